"""From six assessments to one priority, with a person's word above the scorer's."""

from __future__ import annotations

from collections.abc import Mapping

from ci_core.backlog.priority.model import (
    TOTAL,
    Assessment,
    Component,
    Contribution,
    Override,
    Scorer,
    ScoreResult,
    ScoringInput,
    Weights,
    check_override,
)
from ci_core.backlog.priority.summary import in_words, summarise
from ci_core.errors import InvalidInput


def prioritise(
    item: ScoringInput,
    *,
    scorer: Scorer,
    weights: Weights | None = None,
    overrides: Mapping[str, Override] | None = None,
) -> ScoreResult:
    """The priority of an enhancement.

    total = Σ weight(c) × score(c) over the five that raise it + weight(implementation risk) × (100 − implementation
    risk). The weights add up to 1, so the total is a weighted mean: 100 exactly when every score is at its best, 0
    when every score is at its worst, and no weight setting leaves that range.

    Args:
        overrides: by component name, or "total" for the priority itself.

    Raises:
        InvalidInput: an override names nothing known, or is no score.
    """
    weights = weights or Weights()
    overrides = overrides or {}
    _check(overrides)
    assessments = scorer.score(item)
    contributions = tuple(
        _contribution(component, assessments[component], weights.of(component), overrides.get(component.value))
        for component in Component
    )
    computed = round(min(100.0, max(0.0, sum(contribution.points for contribution in contributions))), 2)
    decided = overrides.get(TOTAL)
    return ScoreResult(
        components={contribution.component: contribution.score for contribution in contributions},
        total=computed if decided is None else round(decided.value, 2),
        contributions=contributions,
        summary=summarise(contributions, assessments, decided),
        scored_by=scorer.name,
        computed_total=computed,
        overridden_by=decided.by if decided else None,
    )


def _check(overrides: Mapping[str, Override]) -> None:
    known = {*(component.value for component in Component), TOTAL}
    for field, override in overrides.items():
        if field not in known:
            raise InvalidInput(field, f"There is no score named {field}; there are {', '.join(sorted(known))}.")
        check_override(field, override)


def _contribution(
    component: Component, assessment: Assessment, weight: float, override: Override | None
) -> Contribution:
    score = round(min(100.0, max(0.0, override.value if override else assessment.score)), 1)
    return Contribution(
        component=component,
        score=score,
        weight=weight,
        points=weight * (100 - score if component.lowers else score),
        reasons=(in_words(override),) if override else tuple(reason.in_words() for reason in assessment.reasons),
        overridden_by=override.by if override else None,
    )


def explain(result: ScoreResult) -> str:
    """The whole calculation in words, one line per component; what `ai_reasoning` stores."""
    lines = [result.summary]
    for contribution in result.contributions:
        score = f"{contribution.score:g}"
        counted = f"(100 − {score})" if contribution.component.lowers else score
        name = contribution.component.label
        reasons = "; ".join(contribution.reasons) or "no reason given"
        lines.append(
            f"{name[0].upper()}{name[1:]} {score}: "
            f"{counted} × {contribution.weight:.0%} = {contribution.points:.1f} points. {reasons}."
        )
    return "\n".join(lines)
