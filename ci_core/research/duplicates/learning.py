"""What people's corrections teach: the decision is shifted a little, and each corrected pair stays as it was said.

A team corrects few pairs, and those are no fair sample: people look where something went wrong. So only two figures are
learned, how readily anything is called the same, and how much of the shipped model's certainty is believed; both are
held near what was shipped by a prior that counts as much as many corrections, and can never move far.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.research.duplicates.decision import SHIPPED, Decision
from ci_core.research.duplicates.window import Window
from db.enums import Verdict

# The prior: as if the shift were 0 ± 0.5 and the scale 1 ± 0.15 (standard deviations, in log-odds).
SHIFT_SPREAD = 0.5
SCALE_SPREAD = 0.15
MOST_SHIFT = 1.5
LEAST_SCALE, MOST_SCALE = 0.6, 1.4
STEPS = 50
MOST_CORRECTIONS = 5_000


@dataclass(frozen=True, slots=True)
class Sample:
    """What was measured of two findings, and whether a person said that they are the same."""

    measured: Mapping[str, float]
    same: bool


def learn_from_corrections(samples: Sequence[Sample], shipped: Decision = SHIPPED) -> Decision:
    """The shipped decision, shifted by what people corrected; without usable samples it is the shipped one.

    A sample of which not everything was measured teaches nothing. The most probable shift and scale are found by
    Newton's method on the logistic likelihood with a Gaussian prior (MacKay, Information Theory, ch. 41).
    """
    usable = [one for one in samples if shipped.weights.keys() <= one.measured.keys()]
    logits = [max(-8.0, min(8.0, shipped.logit(one.measured))) for one in usable]
    shift, scale = _most_probable(logits, [one.same for one in usable])
    shift = max(-MOST_SHIFT, min(MOST_SHIFT, shift))
    scale = max(LEAST_SCALE, min(MOST_SCALE, scale))
    weights = {name: scale * weight for name, weight in shipped.weights.items()}
    return Decision(weights, scale * shipped.bias + shift)


def _most_probable(logits: Sequence[float], same: Sequence[bool]) -> tuple[float, float]:
    """Shift and scale of the log-odds under which the answers are the most probable."""
    shift, scale = 0.0, 1.0
    for _ in range(STEPS):
        slope_shift, slope_scale = -shift / SHIFT_SPREAD**2, -(scale - 1) / SCALE_SPREAD**2
        bend_shift, bend_both, bend_scale = 1 / SHIFT_SPREAD**2, 0.0, 1 / SCALE_SPREAD**2
        for logit, answer in zip(logits, same, strict=True):
            sure = 1 / (1 + math.exp(-(scale * logit + shift)))
            miss, width = answer - sure, sure * (1 - sure)
            slope_shift += miss
            slope_scale += miss * logit
            bend_shift += width
            bend_both += width * logit
            bend_scale += width * logit * logit
        determinant = bend_shift * bend_scale - bend_both**2
        step_shift = (bend_scale * slope_shift - bend_both * slope_scale) / determinant
        step_scale = (bend_shift * slope_scale - bend_both * slope_shift) / determinant
        shift, scale = shift + step_shift, scale + step_scale
        if abs(step_shift) + abs(step_scale) < 1e-9:
            break
    return shift, scale


def prepare(session: Session, window: Window) -> None:
    """Let a window decide by what the corrections of this moment teach, and by what people said of single pairs.

    A correction that was taken back teaches nothing from then on, because nothing but the corrections is read.
    """
    window.use(learned(session), corrections(session))


def learned(session: Session) -> Decision:
    """The decision that the newest corrections teach."""
    return learn_from_corrections(_samples(session))


def record(session: Session) -> None:
    """Enter what the corrections teach now into the models that were in use; nothing where there are none."""
    samples = _samples(session)
    if samples:
        decision = learn_from_corrections(samples)
        parameters = {"bias": decision.bias, "weights": dict(decision.weights)}
        session.execute(_STORE, {"samples": len(samples), "parameters": json.dumps(parameters)})


def corrections(session: Session) -> dict[frozenset[int], Verdict]:
    """What people said of pairs of findings, by their ids."""
    return {frozenset((row.low_id, row.high_id)): Verdict(row.verdict) for row in session.execute(_CORRECTIONS)}


def _samples(session: Session) -> list[Sample]:
    rows = session.execute(_SAMPLES, {"most": MOST_CORRECTIONS})
    return [Sample(_figures(row.measured), row.verdict == Verdict.DUPLICATE) for row in rows]


def _figures(measured: Mapping[str, object]) -> dict[str, float]:
    return {name: float(value) for name, value in measured.items() if isinstance(value, int | float)}


_SAMPLES = text("SELECT measured, verdict FROM ci_research_corrections ORDER BY id DESC LIMIT :most")
_CORRECTIONS = text("SELECT low_id, high_id, verdict FROM ci_research_corrections")
_STORE = text(
    "INSERT INTO ci_research_models (kind, samples, parameters) "
    "VALUES ('duplicates', :samples, CAST(:parameters AS jsonb))"
)
