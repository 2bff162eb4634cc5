"""What the team's answers add to the cold start: a logistic model with the cold start as its prior.

The odds of the cold start stay where they are, as an offset; answers move a bias, a factor of the cold start, and a
direction among meanings. Each begins at nothing with a Gaussian prior, so that a few answers move little and many move
what they must: the weight of the prior shrinks by itself, and ten answers cannot make the ranking worse than none.
(A model that learns everything from clicks ranks worse than no model for the first two hundred, because people answer
what they were shown.) The maximum of the posterior is found by Newton's method in a few steps.

People are shown the best, so their answers speak of the best. That most of these were taken, or few, must not move
what nobody was shown: the bias moves an item by as much as the cold start thinks it is one of the team's field, and
what all answered items have in common makes half a direction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ci_core.research.scoring.certainty import Numbers, logistic, probabilities

# Standard deviations of the priors, the same for every team: found on simulated teams over papers, repositories and
# news, with interests that fit and that do not.
BIAS_SPREAD, FACTOR_SPREAD, DIRECTION_SPREAD = 1.5, 0.1, 2.5
# How much of what all answered items have in common may make a direction.
COMMON_KEPT = 0.5
# A finding that was shown and not answered says something, but less than a no.
SILENCE_WEIGHT = 0.3

MOST_STEPS = 30
LARGEST_MOVE = 4.0  # of a logit in one step; logistic curves are flat beyond, and a free step overshoots
PRECISE_ENOUGH = 1e-4
VERSION = 2


@dataclass(frozen=True, slots=True)
class Answers:
    """What people said about findings, one row for each.

    Attributes:
        logits: of the cold start, (n,).
        meanings: centred vectors of unit length, (n, dimensions).
        accepted: 1 or 0, (n,).
        weights: how much each counts, (n,).
    """

    logits: Numbers
    meanings: Numbers
    accepted: Numbers
    weights: Numbers

    def __len__(self) -> int:
        return len(self.logits)


@dataclass(frozen=True, slots=True)
class Learned:
    """What answers add to the logit of the cold start: `bias * σ(logit) + factor * logit + direction · meaning`.

    Attributes:
        model: the embedding model of which the direction speaks.
        answers: how many people gave.
        accepted: how many of these were a yes.
        weight: how many answers they are worth, a weak no less than one; so sure may the model be.
    """

    model: str
    direction: Numbers
    bias: float = 0.0
    factor: float = 0.0
    answers: int = 0
    accepted: int = 0
    weight: float = 0.0

    def logits(self, cold: Numbers, meanings: Numbers) -> Numbers:
        """The logarithms of the odds, row by row, given those of the cold start."""
        return np.asarray(cold + self.bias * logistic(cold) + self.factor * cold + meanings @ self.direction)

    def as_parameters(self) -> dict[str, object]:
        """In the form in which it is stored."""
        return {
            "version": VERSION,
            "model": self.model,
            "bias": round(self.bias, 5),
            "factor": round(self.factor, 5),
            "direction": [round(float(value), 5) for value in self.direction],
            "answers": self.answers,
            "accepted": self.accepted,
            "weight": round(self.weight, 2),
        }

    @classmethod
    def from_parameters(cls, stored: Mapping[str, object], model: str) -> Learned | None:
        """What was stored; None where another version or another embedding model made it."""
        if stored.get("version") != VERSION or stored.get("model") != model:
            return None
        values = {name: stored[name] for name in ("bias", "factor", "answers", "accepted", "weight")}
        direction = np.array(stored["direction"], dtype=np.float64)
        return cls(model=model, direction=direction, **values)  # type: ignore[arg-type]


def probabilities_of(logits: Numbers, meanings: Numbers, learned: Learned | None) -> Numbers:
    """How probable acceptance is, row by row, given the logits of the cold start and what was learned, if anything."""
    moved = logits if learned is None else learned.logits(logits, meanings)
    return probabilities(moved, 0.0 if learned is None else learned.weight)


def learn(answers: Answers, model: str) -> Learned | None:
    """What the answers add to the cold start; None where there are none.

    Raises:
        ValueError: the rows of the answers do not fit together.
    """
    if not len(answers):
        return None
    common = _common_of(answers)
    rows = np.column_stack([logistic(answers.logits), answers.logits, _less_of_common(answers.meanings, common)])
    spreads = np.r_[BIAS_SPREAD, FACTOR_SPREAD, np.full(answers.meanings.shape[1], DIRECTION_SPREAD)]
    found = _most_probable(rows, answers, spreads)
    return Learned(
        model=model,
        direction=_less_of_common(found[None, 2:], common)[0],  # as it acts on whole meanings
        bias=float(found[0]),
        factor=float(found[1]),
        answers=len(answers),
        accepted=int(answers.accepted.sum()),
        weight=float(answers.weights.sum()),
    )


def _less_of_common(meanings: Numbers, common: Numbers) -> Numbers:
    """The meanings with only `COMMON_KEPT` of what lies along `common`, a vector of unit length or 0."""
    return np.asarray(meanings - (1 - COMMON_KEPT) * np.outer(meanings @ common, common))


def _common_of(answers: Answers) -> Numbers:
    """The direction that the meanings of all answers have in common; 0 where there is none."""
    middle = answers.weights @ answers.meanings
    length = float(np.linalg.norm(middle))
    return np.asarray(middle / length if length else middle)


def _most_probable(rows: Numbers, answers: Answers, spreads: Numbers) -> Numbers:
    """The coefficients of the largest posterior; Newton's method, in the smaller of the two spaces."""
    found = np.zeros(rows.shape[1])
    variances = spreads**2
    for _ in range(MOST_STEPS):
        probable = logistic(answers.logits + rows @ found)
        slope = rows.T @ (answers.weights * (probable - answers.accepted)) + found / variances
        curvature = answers.weights * probable * (1 - probable) + 1e-9
        step = _newton_step(rows, slope, curvature, variances)
        step *= min(1.0, LARGEST_MOVE / max(float(np.abs(rows @ step).max()), 1e-12))
        found = found - step
        if np.abs(step).max() < PRECISE_ENOUGH:
            break
    return found


def _newton_step(rows: Numbers, slope: Numbers, curvature: Numbers, variances: Numbers) -> Numbers:
    if len(rows) >= rows.shape[1]:
        hessian = (rows * curvature[:, None]).T @ rows + np.diag(1 / variances)
        return np.asarray(np.linalg.solve(hessian, slope))
    # With fewer answers than dimensions, the inverse by Woodbury's identity costs answers³ instead of dimensions³.
    spread = rows * variances
    inner = spread @ rows.T + np.diag(1 / curvature)
    return np.asarray(variances * slope - spread.T @ np.linalg.solve(inner, spread @ slope))
