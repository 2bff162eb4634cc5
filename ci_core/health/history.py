"""Checks as people look at them: one with its checkers, many, the trend of the scores, and what moved them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from ci_core.errors import NotFound
from ci_core.health import check_queries as queries
from ci_core.health.check_result import CheckerResult, CheckResult, check_of, checker_of
from db.enums import CheckType, IssueType


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that was checked, with its newest check."""

    id: int
    identity: str
    name: str
    check_id: int | None
    checked_at: datetime | None
    overall_health_score: int | None


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The scores of one check.

    Attributes:
        parts: the score of each part by its name; those not known are missing.
        issues: {"new", "open", "resolved", "regressed"}.
    """

    check_id: int
    at: datetime
    check_type: CheckType
    commit_sha: str | None
    overall: int
    delta: int | None
    confidence: float | None
    parts: Mapping[str, int]
    issues: Mapping[str, int]
    by_severity: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TrendMark:
    """What happened to the code at a moment.

    Attributes:
        kind: "release" or "fix".
        label: the release's name; or how many grave issues were resolved.
        detail: more of it, for a hover text.
        check_id: the check that saw the fix.
    """

    kind: str
    at: datetime
    label: str
    detail: str = ""
    check_id: int | None = None


@dataclass(frozen=True, slots=True)
class Trend:
    """The scores of a stretch of time, oldest first, with releases and fixes."""

    points: tuple[TrendPoint, ...]
    marks: tuple[TrendMark, ...]


def repositories(session: Session) -> tuple[Repository, ...]:
    """All that were ever checked; the one checked last comes first."""
    return tuple(
        Repository(row.id, row.identity, row.name, row.check_id, row.started_at, row.overall_health_score)
        for row in session.execute(queries.REPOSITORIES)
    )


def repository_of(session: Session, identity: str) -> Repository | None:
    """The repository with this identity (`Target.identity`); None where it was never checked."""
    return next((one for one in repositories(session) if one.identity == identity), None)


def check(session: Session, check_id: int) -> CheckResult:
    """One check with its checkers.

    Raises:
        NotFound: there is no such check.
    """
    row = session.execute(queries.CHECK, {"id": check_id}).one_or_none()
    if row is None:
        raise NotFound(f"There is no health check {check_id}. `ci health show` shows the newest one.")
    return _with_checkers(session, [row])[0]


def checks(
    session: Session,
    repository_id: int | None = None,
    *,
    check_type: CheckType | None = None,
    before: int | None = None,
    limit: int = 50,
) -> tuple[CheckResult, ...]:
    """The newest checks with their checkers, of one repository or of all; those before a number are the next page."""
    values = {"repository_id": repository_id, "check_type": check_type, "before": before, "limit": limit}
    return _with_checkers(session, session.execute(queries.CHECKS, values).all())


def latest_scored(session: Session, repository_id: int, *, before: int | None = None) -> CheckResult | None:
    """The newest completed check that has an overall score, of those before a number; None where there is none."""
    return _one(session, queries.NEWEST_SCORED, repository_id=repository_id, before=before)


def latest_completed(session: Session, repository_id: int, *, before: int | None = None) -> CheckResult | None:
    """The newest check that looked at the code itself and came to its end; None where there is none."""
    return _one(session, queries.NEWEST_COMPLETED, repository_id=repository_id, before=before)


def running(session: Session, repository_id: int) -> CheckResult | None:
    """The check that is under way, with what its checkers do; None where there is none."""
    return _one(session, queries.RUNNING, repository_id=repository_id)


def trend(session: Session, repository_id: int, *, days: int, now: datetime) -> Trend:
    """The scores of the last days, with the releases of the repository and the grave issues that were resolved."""
    since = now - timedelta(days=days)
    rows = session.execute(queries.TREND, {"repository_id": repository_id, "since": since}).all()
    fixes = session.execute(queries.FIXES, {"repository_id": repository_id, "since": since})
    newest = latest_completed(session, repository_id)
    releases = releases_of(newest.metrics) if newest else ()
    marks = [mark for mark in releases if since <= mark.at <= now] + [_fix(row) for row in fixes]
    return Trend(tuple(_point(row) for row in rows), tuple(sorted(marks, key=lambda mark: mark.at)))


def releases_of(metrics: Mapping[str, Any]) -> tuple[TrendMark, ...]:
    """The releases that a check noted."""
    return tuple(
        TrendMark("release", datetime.fromisoformat(one["at"]), one["name"], one.get("commit", ""))
        for one in metrics.get("releases", ())
    )


def _one(session: Session, query: Any, **values: Any) -> CheckResult | None:
    row = session.execute(query, values).one_or_none()
    return None if row is None else _with_checkers(session, [row])[0]


def _with_checkers(session: Session, rows: Sequence[Row[Any]]) -> tuple[CheckResult, ...]:
    found: dict[int, list[CheckerResult]] = {}
    for row in session.execute(queries.CHECKERS, {"ids": [row.id for row in rows]}):
        found.setdefault(row.check_id, []).append(checker_of(row))
    return tuple(check_of(row, tuple(found.get(row.id, ()))) for row in rows)


def _point(row: Row[Any]) -> TrendPoint:
    parts = {part.value: (row.parts or {}).get(part.value) for part in IssueType}
    return TrendPoint(
        check_id=row.check_id,
        at=row.started_at,
        check_type=CheckType(row.check_type),
        commit_sha=row.commit_sha,
        overall=row.overall_health_score,
        delta=row.delta,
        confidence=None if row.confidence is None else float(row.confidence),
        parts={name: score for name, score in parts.items() if score is not None},
        issues=row.issues,
        by_severity=row.by_severity,
    )


def _fix(row: Row[Any]) -> TrendMark:
    what = "1 grave issue resolved" if row.number == 1 else f"{row.number} grave issues resolved"
    more = f"; and {row.number - len(row.titles)} more" if row.number > len(row.titles) else ""
    return TrendMark("fix", row.started_at, what, "; ".join(row.titles) + more, row.check_id)
