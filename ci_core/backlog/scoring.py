"""Keep the stored scores what the scorer, the weights and people's overrides make of an enhancement."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core.backlog import queries
from ci_core.backlog.conflicts import changed_since, check_version
from ci_core.backlog.issue_queries import issues_behind
from ci_core.backlog.priority import (
    TOTAL,
    Component,
    IssuesBehind,
    LocalScorer,
    Override,
    Scorer,
    ScoreResult,
    ScoringInput,
    Weights,
    explain,
    prioritise,
)
from ci_core.backlog.validation import body, checked_score
from ci_core.backlog.values import Enhancement, enhancement_from
from ci_core.errors import EditConflict, InvalidInput
from ci_core.settings import Settings
from db.engine import act_as
from db.enums import Category, Complexity, Priority

SCORED_FIELDS = frozenset(
    {"title", "description", "category", "priority", "complexity", "estimated_hours", "tags", "score_overrides"}
)
BATCH = 1_000
OVERRIDE_REASON_MAX = 500
# What was stored of an enhancement, and the score columns as they are now.
Change = tuple[queries.Stored, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ScoringPolicy:
    """How scores come about: who judges, and how much each side counts."""

    scorer: Scorer = field(default_factory=LocalScorer)
    weights: Weights = field(default_factory=Weights)


DEFAULT_POLICY = ScoringPolicy()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What enhancements are scored by that is not in their own row: who waits for them, and what a check found."""

    waiting: Mapping[int, int]
    issues: Mapping[int, IssuesBehind]

    @classmethod
    def of(cls, session: Session, ids: Collection[int]) -> Surroundings:
        """The surroundings of these enhancements."""
        return cls(queries.unblocks_counts(session, ids), issues_behind(session, ids)) if ids else cls({}, {})

    def scores(self, policy: ScoringPolicy, row: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
        """The score columns of one of them, which has its id in `row`."""
        item = row["id"]
        return score_columns(
            policy, row, overrides=overrides, unblocks=self.waiting.get(item, 0), issues=self.issues.get(item)
        )


def policy_from(settings: Settings) -> ScoringPolicy:
    """The local scorer with the weights of the settings.

    Raises:
        SettingsError: the weights cannot be used.
    """
    return ScoringPolicy(weights=Weights.from_settings(settings))


def score_columns(
    policy: ScoringPolicy,
    row: Mapping[str, Any],
    *,
    overrides: Mapping[str, Any],
    unblocks: int,
    issues: IssuesBehind | None,
) -> dict[str, Any]:
    """The score columns of an enhancement with the values of `row`, for which `unblocks` open ones wait."""
    hours = row["estimated_hours"]
    result = prioritise(
        ScoringInput(
            title=row["title"],
            description=row["description"],
            category=Category(row["category"]),
            priority=Priority(row["priority"]),
            complexity=Complexity(row["complexity"]) if row["complexity"] else None,
            estimated_hours=None if hours is None else float(hours),
            tags=tuple(row["tags"]),
            unblocks=unblocks,
            issues=issues,
        ),
        scorer=policy.scorer,
        weights=policy.weights,
        overrides={
            name: Override(stated["value"], stated["by"], stated.get("reason", ""))
            for name, stated in overrides.items()
        },
    )
    scores = {f"{component.value}_score": score for component, score in result.components.items()}
    return {
        **{name: Decimal(str(score)) for name, score in scores.items()},
        "ai_priority_score": Decimal(str(result.total)),
        "ai_reasoning": explain(result),
        "score_breakdown": _breakdown(result),
        "scored_by": result.scored_by,
    }


def _breakdown(result: ScoreResult) -> list[dict[str, Any]]:
    return [
        {
            "component": part.component.value,
            "score": part.score,
            "weight": part.weight,
            "points": round(part.points, 4),
            "reasons": list(part.reasons),
            "overridden_by": part.overridden_by,
        }
        for part in result.contributions
    ]


def score_enhancement(
    session: Session, enhancement_id: int, *, actor: str, policy: ScoringPolicy = DEFAULT_POLICY
) -> Enhancement:
    """Score one enhancement anew.

    Raises:
        NotFound: there is none with this id.
    """
    act_as(session, actor)
    queries.locked_rows(session, [enhancement_id])
    rescore(session, [enhancement_id], policy=policy)
    return enhancement_from(queries.stored_row(session, enhancement_id))


def rescore_all(session: Session, *, actor: str, policy: ScoringPolicy = DEFAULT_POLICY) -> int:
    """Score every enhancement anew (after the weights or the scorer have changed); gives how many scores changed."""
    act_as(session, actor)
    ids = session.scalars(select(queries.ENHANCEMENTS.c.id).order_by(queries.ENHANCEMENTS.c.id)).all()
    return rescore(session, ids, policy=policy)


def rescore(session: Session, ids: Collection[int], *, policy: ScoringPolicy) -> int:
    """Score these enhancements anew, as the transaction's actor; gives how many scores changed."""
    return len(rescored(session, ids, policy=policy))


def rescored(session: Session, ids: Collection[int], *, policy: ScoringPolicy) -> list[Change]:
    """As `rescore`; gives what the scores that changed were and are."""
    changes: list[Change] = []
    ordered = sorted(ids)
    for start in range(0, len(ordered), BATCH):
        some = ordered[start : start + BATCH]
        rows = queries.rows_to_score(session, some)
        around = Surroundings.of(session, some)
        scored = [(row, around.scores(policy, row, row["score_overrides"])) for row in rows]
        differing = [(row, scores) for row, scores in scored if _differs(row, scores)]
        if differing:
            rows = [{"id": row["id"], **scores} for row, scores in differing]
            queries.store_scores(session, json.dumps(rows, default=str))
        changes += differing
    return changes


def _differs(row: queries.Stored, scores: Mapping[str, Any]) -> bool:
    return any(row[name] != value for name, value in scores.items())


def set_score_override(
    session: Session,
    enhancement_id: int,
    name: str,
    value: float | None,
    *,
    actor: str,
    expected_version: int | None = None,
    reason: str = "",
    policy: ScoringPolicy = DEFAULT_POLICY,
) -> Enhancement:
    """Put a person's score above the scorer's; None gives the word back to the scorer.

    Args:
        name: a component such as "user_impact", or "total" for the priority itself.
        value: 0–100.

    Raises:
        InvalidInput: there is no such score, or the value is none.
        EditConflict: somebody else set the same score since `expected_version`.
        NotFound: there is no such enhancement.
    """
    known = (*(component.value for component in Component), TOTAL)
    if name not in known:
        raise InvalidInput("score", f"There is no score named {name!r}; there are {', '.join(known)}.")
    stated = None if value is None else checked_score(name, value)
    words = body("reason", reason, OVERRIDE_REASON_MAX).strip()
    act_as(session, actor)
    row = queries.locked_rows(session, [enhancement_id])[enhancement_id]
    overrides = dict(row["score_overrides"])
    present = overrides.pop(name, None)
    if stated == (present["value"] if present else None):
        return enhancement_from(row)
    _refuse_stale_override(session, row, name, stated, expected_version)
    if stated is not None:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        overrides[name] = {"value": stated, "by": actor, "at": at} | ({"reason": words} if words else {})
    scores = Surroundings.of(session, [enhancement_id]).scores(policy, row, overrides)
    return queries.write_columns(session, enhancement_id, {"score_overrides": overrides, **scores})


def _refuse_stale_override(
    session: Session, row: queries.Stored, name: str, stated: float | None, expected_version: int | None
) -> None:
    check_version(row["version"], expected_version)
    if expected_version in (None, row["version"]):
        return
    since = changed_since(session, row["id"], expected_version).get("score_overrides")
    now = row["score_overrides"].get(name)
    if since is not None and (since.value_then or {}).get(name) != now:
        raise EditConflict(
            row["id"],
            yours={name: stated},
            theirs={name: now["value"] if now else None},
            current_version=row["version"],
            changed_by=since.changed_by,
        )
