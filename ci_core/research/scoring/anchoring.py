"""Puts the scores of a chat model on the team's scale: 80 should mean that the team takes up four of five.

Models agree badly with one another about what is relevant, and each is harsh or kind in its own way. What people
decided about findings that the same model scored with the same prompt tells how its scores are to be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HIGHEST = 100.0
# As long as nobody has decided anything, a score means what it says. That belief weighs as much as this many decisions,
# spread evenly over the scale, so that where people have decided nothing it still holds; and as a whole it gives way
# only with so many decisions again.
PRIOR_DECISIONS = 21.0
STEP = 5
# A stair of equal values would put unlike items in no order; so much of the model's own order is always left.
OWN_ORDER = 0.05


@dataclass(frozen=True, slots=True)
class Anchor:
    """How the scores of one model and prompt are read.

    Attributes:
        decisions: how many decisions of people it was learned from.
        scores: scores of the model, ascending; empty where nothing was learned.
        chances: for each, how many in a hundred the team takes up; ascending.
    """

    decisions: int = 0
    scores: tuple[float, ...] = ()
    chances: tuple[float, ...] = ()

    def __call__(self, score: float) -> float:
        """The score (0–100) on the team's scale; a higher score never becomes a lower one than a lower score does."""
        if not self.scores:
            return score
        import numpy as np

        learned = float(np.interp(score, self.scores, self.chances))
        weight = (1 - OWN_ORDER) * self.decisions / (self.decisions + PRIOR_DECISIONS)
        return round(weight * learned + (1 - weight) * score, 2)


def anchor_of(decided: Sequence[tuple[float, bool]]) -> Anchor:
    """Learn from decisions: the model's score (0–100), and whether the team took it up.

    Isotonic regression (Zadrozny and Elkan, 2002) over the decisions and over as many made-up ones as `PRIOR_DECISIONS`
    that lie on the identity.
    """
    if not decided:
        return Anchor()
    import numpy as np
    from sklearn.isotonic import IsotonicRegression

    grid = np.arange(0, HIGHEST + STEP, STEP)
    weight = PRIOR_DECISIONS / len(grid)
    scores = np.concatenate([[score for score, _ in decided], grid, grid])
    taken = np.concatenate([[float(accepted) for _, accepted in decided], np.ones_like(grid), np.zeros_like(grid)])
    weights = np.concatenate([np.ones(len(decided)), weight * grid / HIGHEST, weight * (1 - grid / HIGHEST)])
    counted = weights > 0
    fitted = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(
        scores[counted], taken[counted], sample_weight=weights[counted]
    )
    return Anchor(
        decisions=len(decided),
        scores=tuple(float(score) for score in fitted.X_thresholds_),
        chances=tuple(float(chance) * HIGHEST for chance in fitted.y_thresholds_),
    )
