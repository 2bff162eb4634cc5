"""Figures of a ranking and of probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Labels = NDArray[np.bool_]

ECE_BINS = 10


def average_precision(wanted: Labels, probabilities: Numbers) -> float | None:
    """The mean, over the wanted items, of the precision down to each; None where nothing is wanted.

    Items of equal probability share their place: each counts with the precision at the end of the group, so that the
    order of a file is of no advantage.
    """
    total = int(wanted.sum())
    if not total:
        return None
    order = np.argsort(-probabilities, kind="stable")
    right = np.cumsum(wanted[order])
    ends = np.append(np.diff(probabilities[order]) != 0, True)
    found = np.diff(right[ends], prepend=0)
    precision = right[ends] / (np.flatnonzero(ends) + 1)
    return float((found * precision).sum() / total)


def calibration_error(wanted: Labels, probabilities: Numbers) -> float | None:
    """The expected calibration error: how far, in the mean over all items, what is said is from what is.

    Ten bins of equal width (Guo et al., 2017); each counts with its share of the items. Of few items it is never 0,
    though the probabilities be exact: with 6,000 items, most of them told apart well, .005 is chance.
    """
    if not len(wanted):
        return None
    bins = np.minimum((probabilities * ECE_BINS).astype(int), ECE_BINS - 1)
    off = np.bincount(bins, weights=probabilities - wanted, minlength=ECE_BINS)
    return float(np.abs(off).sum() / len(wanted))


def brier_score(wanted: Labels, probabilities: Numbers) -> float | None:
    """The mean square of how far the probabilities are from what is; 0 is the best."""
    return float(np.mean((probabilities - wanted) ** 2)) if len(wanted) else None


def rounded(value: float | None) -> float | None:
    """To the four digits that are reported."""
    return None if value is None else round(value, 4)
