"""How many repetitions are found, and how many of those are ones; with the window that the product itself uses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ci_core.research.duplicates import Window
from ci_core.research.embedding_text import embedding_text
from ci_core.research.evaluation.labelled import Pair, StreamItem, read_labelled
from db.enums import Verdict

PRECISIONS = (0.90, 0.95)


class Encodes(Protocol):
    """What turns texts into vectors of unit length."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One vector for each text."""


def evaluate_dedup(path: Path, encoder: Encodes) -> dict[str, Any]:
    """The figures of a labelled stream or of labelled pairs; nothing is fitted to the file.

    *Stream*: the items come in the order of time, each is compared with those before it, and then held itself. An item
    counts as a repetition where one of its story came before it within the window (30 days). It counts as found where
    the finding that it is linked to, the surest of all, is of its story; a link to another story is wrong.

    *Pairs*: of each pair it is asked whether both are the same; "related" and "different" mean that they are not. All
    texts of the file together say which words are common.

    Gives "items" or "pairs", "auc" (None where all labels are equal), "recall_at_precision" for .90 and .95 (the
    highest recall at which the precision is at least so high; 0 where it never is), and "decided": precision (None
    where nothing was called the same) and recall at the threshold that the product uses.

    Raises:
        InvalidInput: a line of the file cannot be read; the text names it.
    """
    rows = read_labelled(path)
    if isinstance(rows[0], StreamItem):
        items = [row for row in rows if isinstance(row, StreamItem)]
        return {"items": len(items), **_figures(*judged_stream(items, encoder))}
    pairs = [row for row in rows if isinstance(row, Pair)]
    return {"pairs": len(pairs), **_figures(*_judged_pairs(pairs, encoder))}


Judged = tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]


def judged_stream(items: Sequence[StreamItem], encoder: Encodes) -> Judged:
    """Of each item: how sure it is a repetition, whether it is one, whether the link is right, whether it is made."""
    window = Window()
    vectors = encoder.encode([embedding_text(one.item) for one in items])
    newest: dict[str, datetime] = {}
    rows = []
    for place, (one, vector) in enumerate(zip(items, vectors, strict=True)):
        best = next(iter(window.ranked(one.item, vector, one.at)), None)
        seen = newest.get(one.story)
        rows.append(
            (
                best[1].probability if best else 0.0,
                seen is not None and one.at - seen <= timedelta(days=window.days),
                best is not None and items[best[1].finding_id].story == one.story,
                best is not None and best[0] is Verdict.DUPLICATE,
            )
        )
        window.add(place, one.item, vector, one.at)
        newest[one.story] = one.at
    return _columns(rows)


def _judged_pairs(pairs: Sequence[Pair], encoder: Encodes) -> Judged:
    texts = {one.item.external_id: one for pair in pairs for one in (pair.one, pair.other)}
    vectors = dict(zip(texts, encoder.encode([embedding_text(one) for one in texts.values()]), strict=True))
    window = Window()
    moment = datetime(2000, 1, 1, tzinfo=UTC)
    for place, (name, one) in enumerate(texts.items()):
        window.add(place, one, vectors[name], moment)
    rows = []
    for pair in pairs:
        verdict, match = window.pair(pair.other, vectors[pair.other.item.external_id], pair.one, pair.days)
        rows.append((match.probability, pair.same, pair.same, verdict is Verdict.DUPLICATE))
    return _columns(rows)


def _columns(rows: Sequence[tuple[float, bool, bool, bool]]) -> Judged:
    scores, labels, right, made = zip(*rows, strict=True)
    return np.array(scores), np.array(labels, bool), np.array(right, bool), np.array(made, bool)


def _figures(
    scores: NDArray[np.float64], labels: NDArray[np.bool_], right: NDArray[np.bool_], made: NDArray[np.bool_]
) -> dict[str, Any]:
    positives = int(labels.sum())
    found = right & labels
    return {
        "auc": _auc(scores, labels),
        "recall_at_precision": {
            f"{precision:.2f}": recall_at_precision(scores, found, positives, precision) for precision in PRECISIONS
        },
        "decided": {
            "precision": round(float((found & made).sum() / made.sum()), 4) if made.any() else None,
            "recall": round(float((found & made).sum() / positives), 4) if positives else None,
        },
    }


def recall_at_precision(
    scores: NDArray[np.float64], found: NDArray[np.bool_], positives: int, precision: float
) -> float | None:
    """The highest recall of a threshold above which at least `precision` is right; equal scores stay together."""
    if not positives:
        return None
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(found[order])
    ends = np.append(np.diff(scores[order]) != 0, True)
    usable = ends & (right >= precision * np.arange(1, len(scores) + 1) - 1e-9)
    return round(float(right[usable].max() / positives), 4) if usable.any() else 0.0


def _auc(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> float | None:
    if labels.all() or not labels.any():
        return None
    from sklearn.metrics import roc_auc_score

    return round(float(roc_auc_score(labels, scores)), 4)
