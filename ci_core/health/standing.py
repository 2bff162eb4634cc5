"""How a repository stands: its newest score with all parts, what moved it, what is open now, and what is under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ci_core.health import standing_queries as queries
from ci_core.health.causes import Causes, causes
from ci_core.health.check_result import CheckResult
from ci_core.health.history import Repository, checks, latest_scored
from db.enums import HealthChange, IssueType, Severity

MOST_CAUSES = 12


@dataclass(frozen=True, slots=True)
class Part:
    """One dimension of the score.

    Attributes:
        score: 0–100; None where it is not known.
        unknown_because: why, in words, where it is not.
        delta: since the check before; None where one of the two is not known.
        based_on: how much of what was to be looked at for it was, in per cent; None where that is not told.
        capped_by: the severity of the open issue that limits it, if one does.
        open: its open issues by severity, as they are now.
        changes: how many of its issues the newest check found new, resolved and so on.
    """

    part: IssueType
    score: int | None
    unknown_because: str | None
    delta: int | None
    based_on: float | None
    capped_by: Severity | None
    open: Mapping[Severity, int]
    changes: Mapping[HealthChange, int]


@dataclass(frozen=True, slots=True)
class Standing:
    """A repository as its newest check left it.

    Attributes:
        check: the newest that has a score; None where none has.
        newest: the newest of all, which may have failed or run.
        parts: all dimensions, the worst first, those that are not known last.
        causes: what moved the scores since the check before; None without a score.
        open: open issues by severity, as they are now.
    """

    repository: Repository
    check: CheckResult | None
    newest: CheckResult | None
    parts: tuple[Part, ...]
    causes: Causes | None
    open: Mapping[Severity, int]


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A check that waits or runs; `check_id` is there as soon as it has begun to look."""

    run_id: int
    run_type: str
    running: bool
    actor: str
    created_at: datetime
    started_at: datetime | None
    progress_percent: float | None
    cancelling: bool
    has_job: bool
    check_id: int | None


def standing(session: Session, repository: Repository) -> Standing:
    """How the repository stands now."""
    by_part: dict[IssueType, dict[Severity, int]] = {part: {} for part in IssueType}
    for row in session.execute(queries.OPEN_BY_PART, {"repository": repository.id}):
        by_part[IssueType(row.issue_type)][Severity(row.severity)] = row.issues
    totals = {one: sum(found.get(one, 0) for found in by_part.values()) for one in Severity}
    check = latest_scored(session, repository.id)
    before = None if check is None else latest_scored(session, repository.id, before=check.id)
    return Standing(
        repository=repository,
        check=check,
        newest=next(iter(checks(session, repository.id, limit=1)), None),
        parts=() if check is None else _parts(session, check, before, by_part),
        causes=None if check is None else causes(session, check.id, limit=MOST_CAUSES),
        open={severity: total for severity, total in totals.items() if total},
    )


def under_way(session: Session, kinds: Sequence[str], most: int = 10) -> tuple[UnderWay, ...]:
    """Checks by jobs of these kinds that wait or run, those that run first."""
    found = session.execute(queries.UNDER_WAY, {"kinds": list(kinds), "most": most})
    return tuple(UnderWay(**row._mapping) for row in found)


def _parts(
    session: Session,
    check: CheckResult,
    before: CheckResult | None,
    by_part: Mapping[IssueType, Mapping[Severity, int]],
) -> tuple[Part, ...]:
    changes: dict[IssueType, dict[HealthChange, int]] = {part: {} for part in IssueType}
    for row in session.execute(queries.CHANGES_BY_PART, {"check": check.id}):
        changes[IssueType(row.issue_type)][HealthChange(row.change)] = row.issues
    parts = (_part(one, check, before, by_part[one], changes[one]) for one in IssueType)
    return tuple(sorted(parts, key=lambda one: (one.score is None, one.score or 0)))


def _part(
    part: IssueType,
    check: CheckResult,
    before: CheckResult | None,
    found: Mapping[Severity, int],
    changes: Mapping[HealthChange, int],
) -> Part:
    stored = check.scores.get(part.value, {})
    now, then = check.score_of(part), before.score_of(part) if before is not None else None
    capped = stored.get("capped_by")
    return Part(
        part=part,
        score=now,
        unknown_because=None if now is not None else str(stored.get("unknown_because") or "nothing looked at it"),
        delta=None if now is None or then is None else now - then,
        based_on=stored.get("based_on"),
        capped_by=None if capped is None else Severity(capped),
        open=found,
        changes=changes,
    )
