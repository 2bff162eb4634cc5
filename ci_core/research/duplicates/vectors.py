"""The vectors of a window, searched exactly: the nearest ones of a span of time, none left out by an index."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ci_core.research.values import Vector

DIMENSIONS = 384
FIRST_ROOM = 1_024


class Vectors:
    """Vectors of unit length with a moment each, in rows that never move; adding is cheap."""

    def __init__(self) -> None:
        self._rows: NDArray[np.float32] = np.empty((FIRST_ROOM, DIMENSIONS), dtype=np.float32)
        self._moments: NDArray[np.float64] = np.empty(FIRST_ROOM, dtype=np.float64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, vector: Vector, moment: float) -> None:
        """Append a row; `moment` is in seconds."""
        if self._count == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
            self._moments = np.concatenate([self._moments, np.empty_like(self._moments)])
        self._rows[self._count] = vector
        self._moments[self._count] = moment
        self._count += 1

    def cosine(self, row: int, vector: Vector) -> float:
        """The cosine of one row and a vector."""
        return float(self._rows[row] @ vector)

    def nearest(
        self, vector: Vector, moment: float, *, seconds: float, most: int, without: int | None = None
    ) -> list[tuple[int, float]]:
        """The rows of at most `seconds` before or after `moment` that are nearest, with their cosines, best first.

        The row `without` is left out. Whenever a row lies within the span, there is an answer.
        """
        count = self._count
        if count == 0:
            return []
        # Not "@": for so little work the threads of BLAS wait longer for each other than the work takes.
        cosines = np.einsum("ij,j->i", self._rows[:count], vector)
        cosines[np.abs(self._moments[:count] - moment) > seconds] = -2.0
        if without is not None:
            cosines[without] = -2.0
        looked_at = min(most, count)
        best = np.argpartition(-cosines, looked_at - 1)[:looked_at] if looked_at < count else np.arange(count)
        best = best[np.argsort(-cosines[best], kind="stable")]
        return [(int(row), float(cosines[row])) for row in best if cosines[row] > -1.5]
