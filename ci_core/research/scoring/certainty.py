"""How sure a score may be: as sure as answers of people back it.

Much that speaks of the team's field makes an item surely one of the field, and not surely one that is worth a minute:
on papers and repositories nine of ten such items are wanted, on headlines four of ten, and only answers tell which it
is. So beyond odds of about three to one, evidence counts with its logarithm, and the more answers there are, the later.
The order of the items stays as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

# The logit up to which evidence counts in full, and how soon it counts little beyond. Without an answer 3 becomes 1.9
# (87 %), 8 becomes 2.7 (94 %), and nothing is surer than 98 %.
TRUSTED_TO, BEYOND = 1.0, 0.7
# With so many answers twice as much beyond counts in full.
ANSWERS_TO_DOUBLE = 25.0
LARGEST = 30.0


def backed(logits: Numbers, answers: float) -> Numbers:
    """The logits that may be claimed where so many answers back the model; larger ones stay larger."""
    slack = BEYOND * (1 + answers / ANSWERS_TO_DOUBLE)
    held = np.clip(logits, -LARGEST, LARGEST)
    beyond = np.maximum(held - TRUSTED_TO, 0.0)
    return np.asarray(np.where(beyond > 0, TRUSTED_TO + slack * np.log1p(beyond / slack), held))


def probabilities(logits: Numbers, answers: float) -> Numbers:
    """From logits to what may be said of them, 0–1."""
    return logistic(backed(logits, answers))


def probability(logit: float, answers: float = 0.0) -> float:
    """From one logit to what may be said of it, 0–1."""
    return float(probabilities(np.array([logit]), answers)[0])


def logistic(logits: Numbers) -> Numbers:
    """From logarithms of odds to probabilities."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -LARGEST, LARGEST))))
