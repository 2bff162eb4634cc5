"""A priority in one or two sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ci_core.backlog.priority.model import Assessment, Component, Contribution, Override

MIDDLING = 50.0
WORTH_TELLING_POINTS = 1.5
MOST = 2


def summarise(
    contributions: Sequence[Contribution], assessments: Mapping[Component, Assessment], decided: Override | None
) -> str:
    """What lifts the priority most and what holds it back most, against an enhancement that is middling throughout."""
    ranked = sorted(contributions, key=_pull, reverse=True)
    lifts = [contribution for contribution in ranked if _pull(contribution) >= WORTH_TELLING_POINTS][:MOST]
    drags = [contribution for contribution in reversed(ranked) if _pull(contribution) <= -WORTH_TELLING_POINTS]
    drags = drags[: 1 if lifts else MOST]
    sentences = [f"{in_words(decided)}."] if decided else []
    if lifts:
        sentences.append(f"Raised by {_listed(lifts, assessments, lifting=True)}.")
    if drags:
        sentences.append(f"Held back by {_listed(drags, assessments, lifting=False)}.")
    return " ".join(sentences[:2]) or "Middling in every respect."


def in_words(override: Override) -> str:
    """ "Set to 80 by ada: the audit asks for it"."""
    return f"Set to {override.value:g} by {override.by}" + (f": {override.reason}" if override.reason else "")


def _pull(contribution: Contribution) -> float:
    """Points above or below those of a middling score."""
    return contribution.points - contribution.weight * MIDDLING


def _listed(
    contributions: Sequence[Contribution], assessments: Mapping[Component, Assessment], *, lifting: bool
) -> str:
    named = []
    for contribution in contributions:
        low = contribution.component.lowers == lifting
        reason = _reason(contribution, assessments[contribution.component], low)
        level = f"{'low ' if low else ''}{contribution.component.label}"
        named.append(f"{level} ({contribution.score:.0f}{': ' if reason else ''}{reason})")
    return " and ".join(named)


def _reason(contribution: Contribution, assessment: Assessment, low: bool) -> str:
    """The strongest reason that pulls the score the way it went; none when it only lies where it started."""
    if contribution.overridden_by:
        return f"set by {contribution.overridden_by}"
    for reason in assessment.reasons:
        if contribution.component.lowers or reason.points is None or (reason.points < 0) == low:
            return f"{reason.text[:1].lower()}{reason.text[1:]}"
    return ""
