"""How unlike an item is to what was found before and to the open enhancements."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ci_core.research.values import NormalItem, Vector

# Texts of one field have cosines of .2 to .4 by chance; from .9 on they say the same.
UNLIKE, SAME = 0.35, 0.9
# Beyond this the older half is forgotten: 15 MiB.
MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest of what is known, with the cosine to it."""

    title: str
    similarity: float

    @property
    def novelty(self) -> float:
        """0 for the same, 100 for what is no nearer than any text of the field."""
        return novelty_of(self.similarity)


def novelty_of(similarity: float) -> float:
    """A cosine as a novelty of 0–100."""
    share = (SAME - similarity) / (SAME - UNLIKE)
    return round(100 * min(max(share, 0.0), 1.0), 1)


class Known:
    """What has been found in the last days, growing with what is scored; any number of threads may use it."""

    def __init__(self, hashes: Sequence[str], titles: Sequence[str], vectors: Vector) -> None:
        """Begin with what is stored: content hashes, titles and vectors, row by row, the oldest first."""
        self._hashes = np.array(list(hashes), dtype=object)
        self._titles = np.array(list(titles), dtype=object)
        self._vectors = np.asarray(vectors, dtype=np.float32)
        self._lock = threading.Lock()

    def nearest(self, items: Sequence[NormalItem], vectors: Sequence[Vector]) -> list[Nearest | None]:
        """For each item the nearest of what is known and of the items before it; from now on these are known too.

        The item itself, scored before, is not compared with itself. None where nothing else is known.
        """
        if not items:
            return []
        stacked = np.asarray(vectors, dtype=np.float32)
        hashes = np.array([item.content_hash for item in items], dtype=object)
        with self._lock:
            before = len(self._hashes)
            self._add(hashes, np.array([item.title for item in items], dtype=object), stacked)
            known, titles, own = self._vectors, self._titles, self._hashes
            cut = before + len(items) - len(own)
        cosines = stacked @ known.T
        cosines[hashes[:, None] == own[None, :]] = -1.0
        found: list[Nearest | None] = []
        for place, row in enumerate(cosines):
            earlier = row[: before - cut + place]
            best = int(earlier.argmax()) if len(earlier) else -1
            found.append(Nearest(str(titles[best]), float(row[best])) if best >= 0 and row[best] > -1.0 else None)
        return found

    def _add(self, hashes: np.ndarray, titles: np.ndarray, vectors: Vector) -> None:
        if len(self._hashes) + len(hashes) > MOST_KNOWN:
            keep = max(MOST_KNOWN // 2, len(hashes))
            self._hashes, self._titles = self._hashes[-keep:], self._titles[-keep:]
            self._vectors = self._vectors[-keep:]
        self._hashes = np.concatenate([self._hashes, hashes])
        self._titles = np.concatenate([self._titles, titles])
        self._vectors = np.concatenate([self._vectors.reshape(-1, vectors.shape[1]), vectors])
