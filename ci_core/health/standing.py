"""How a repository stands: its newest scores with what changed them, its checks, its trend, its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from ci_core.errors import NotFound
from ci_core.health import standing_queries as queries
from ci_core.health.standing_values import (
    Changed,
    Check,
    CheckerLine,
    FileStanding,
    Fixed,
    Part,
    Repository,
    Standing,
    TrendPoint,
    UnderWay,
)
from db.enums import CheckerStatus, CheckStatus, CheckType, HealthChange, IssueType, Severity

MOST_CHANGED = 40


def repositories(session: Session) -> tuple[Repository, ...]:
    """Every repository that is known, the one checked last first."""
    return tuple(Repository(row.id, row.name, row.checked_at) for row in session.execute(queries.REPOSITORIES))


def standing(session: Session, repository: Repository) -> Standing:
    """How the repository stands now."""
    asked = {"repository": repository.id}
    scored = [_check(row) for row in session.execute(queries.SCORED, {**asked, "most": 2})]
    newest = session.execute(queries.CHECKS, {**asked, "most": 1}).one_or_none()
    check, before = (*scored, None, None)[:2]
    by_part: dict[IssueType, dict[Severity, int]] = {part: {} for part in IssueType}
    for row in session.execute(queries.OPEN_BY_PART, asked):
        by_part[IssueType(row.issue_type)][Severity(row.severity)] = row.issues
    return Standing(
        repository=repository,
        check=check,
        before=before,
        newest=None if newest is None else _check(newest),
        parts=_parts(session, check, before, by_part),
        changed=() if check is None else changed_by(session, check.id),
        open={
            severity: total
            for severity in Severity
            if (total := sum(found.get(severity, 0) for found in by_part.values()))
        },
    )


def changed_by(session: Session, check_id: int, most: int = MOST_CHANGED) -> tuple[Changed, ...]:
    """What a check changed, the worst first; these issues explain the change of its score."""
    return tuple(
        Changed(
            row.id,
            HealthChange(row.change),
            IssueType(row.issue_type),
            Severity(row.severity),
            row.title,
            row.file_path,
            row.line_number,
            row.subject,
            row.alike,
        )
        for row in session.execute(queries.CHANGED, {"check": check_id, "most": most})
    )


def checks(session: Session, repository_id: int, *, limit: int) -> tuple[tuple[Check, ...], int]:
    """The checks of a repository, newest first, and how many there are in all."""
    found = session.execute(queries.CHECKS, {"repository": repository_id, "most": limit})
    total = session.scalar(queries.COUNT_CHECKS, {"repository": repository_id})
    return tuple(_check(row) for row in found), int(total or 0)


def check_with_checkers(session: Session, check_id: int) -> tuple[Check, tuple[CheckerLine, ...]]:
    """One check, and what each checker did in it: those first that did not do all.

    Raises:
        NotFound: there is no such check.
    """
    row = session.execute(queries.CHECK, {"id": check_id}).one_or_none()
    if row is None:
        raise NotFound(f"There is no health check {check_id}. The page Health lists those that there are.")
    return _check(row), checkers_of(session, check_id)


def checkers_of(session: Session, check_id: int) -> tuple[CheckerLine, ...]:
    """What each checker did, or does, in a check."""
    return tuple(
        CheckerLine(**{**row._mapping, "status": CheckerStatus(row.status), "unseen": tuple(row.unseen)})
        for row in session.execute(queries.CHECKERS, {"check": check_id})
    )


def trend(session: Session, repository_id: int, since: datetime) -> tuple[TrendPoint, ...]:
    """The scores of a repository since a moment, oldest first."""
    return tuple(
        TrendPoint(
            row.check_id,
            CheckType(row.check_type),
            row.started_at,
            row.commit_sha,
            row.score,
            row.delta,
            row.confidence,
            {name: score for name, part in row.scores.items() if (score := _score(part)) is not None},
            row.issues,
        )
        for row in session.execute(queries.TREND, {"repository": repository_id, "since": since})
    )


def fixed_since(session: Session, repository_id: int, since: datetime) -> tuple[Fixed, ...]:
    """Completed enhancements that were made for issues of the repository, oldest first."""
    found = session.execute(queries.FIXED, {"repository": repository_id, "since": since})
    return tuple(Fixed(row.id, row.title, row.at, row.issues) for row in found)


def files_of(session: Session, repository_id: int, most: int) -> tuple[tuple[FileStanding, ...], int]:
    """The largest files of a repository, and how many there are in all."""
    rows = session.execute(queries.FILES, {"repository": repository_id, "most": most}).all()
    files = tuple(
        FileStanding(
            row.path,
            row.lines,
            row.score,
            row.churn_commits,
            row.churn_lines,
            row.complexity,
            row.coverage_percent,
            row.issues,
            row.feature_area,
        )
        for row in rows
    )
    return files, rows[0].total if rows else 0


def under_way(session: Session, kinds: Sequence[str], most: int = 10) -> tuple[UnderWay, ...]:
    """Checks of these kinds of jobs that wait or run, those that run first."""
    return tuple(
        UnderWay(
            row.run_id,
            row.run_type,
            row.status == "running",
            row.actor,
            row.created_at,
            row.started_at,
            row.progress_percent,
            row.cancelling,
            row.has_job,
            row.check_id,
        )
        for row in session.execute(queries.UNDER_WAY, {"kinds": list(kinds), "most": most})
    )


def _parts(
    session: Session, check: Check | None, before: Check | None, by_part: Mapping[IssueType, Mapping[Severity, int]]
) -> tuple[Part, ...]:
    if check is None:
        return ()
    changes: dict[IssueType, dict[HealthChange, int]] = {}
    for row in session.execute(queries.CHANGES_BY_PART, {"check": check.id}):
        changes.setdefault(IssueType(row.issue_type), {})[HealthChange(row.change)] = row.issues
    parts = []
    for part in IssueType:
        stored = check.scores.get(part, {})
        now, then = _score(stored), _score((before.scores if before else {}).get(part, {}))
        capped = stored.get("capped_by")
        parts.append(
            Part(
                part,
                now,
                None if now is not None else str(stored.get("unknown_because") or "nothing looked at it"),
                None if now is None or then is None else now - then,
                stored.get("based_on"),
                Severity(capped) if capped in set(Severity) else None,
                by_part[part],
                changes.get(part, {}),
            )
        )
    return tuple(sorted(parts, key=lambda one: (one.score is None, one.score or 0)))


def _score(stored: Any) -> int | None:
    """The score of a part as a check stored it."""
    found = stored.get("score") if isinstance(stored, Mapping) else stored
    return int(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def _check(row: Row[Any]) -> Check:
    gate = row.gate
    return Check(
        id=row.id,
        check_type=CheckType(row.check_type),
        status=CheckStatus(row.status),
        actor=row.actor,
        run_id=row.run_id,
        commit=row.commit_sha,
        branch=row.branch,
        dirty=row.dirty,
        paths=tuple(row.paths),
        score=row.overall_health_score,
        scores=row.scores,
        confidence=row.confidence,
        delta=row.delta,
        metrics=row.metrics,
        issues=row.issues,
        by_severity=row.by_severity,
        gate_passed=gate.get("passed"),
        gate_reasons=tuple(gate.get("reasons", ())),
        excluded=tuple(row.excluded),
        files=row.files,
        lines=row.lines,
        error=row.error,
        started_at=row.started_at,
        ended_at=row.ended_at,
        seconds=row.duration_seconds,
    )
