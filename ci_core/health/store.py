"""What a check writes down: that it began, what its checkers do, its figures, and how each file was left."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ci_core.errors import AlreadyUnderWay
from ci_core.health import check_queries as queries
from ci_core.health.scores import POINTS
from ci_core.health.values import CheckerOutcome, CheckRequest, Target
from db.enums import CheckStatus, IssueType, Severity

LONGEST_TEXT = 2_000
LONGEST_IDENTITY, LONGEST_NAME = 1_000, 200
# Of the files that a checker could not look at, so many are named; their number is kept anyway.
MOST_UNSEEN = 200
KILLED = "Its process ended without a word before the check was done. Nothing was resolved by it."


class CheckLost(AlreadyUnderWay):
    """The check was taken for dead, or ended by somebody else; nothing more may be written for it."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a completed check found, as it is stored."""

    overall_health_score: int | None
    scores: Mapping[str, Mapping[str, Any]]
    confidence: float | None
    delta: int | None
    metrics: Mapping[str, Any]
    issues: Mapping[str, int]
    by_severity: Mapping[str, int]
    gate: Mapping[str, Any]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class FileState:
    """One file as a check left it.

    Attributes:
        blob: the content that all checkers looked at; "" where one has yet to.
        score: None where nothing has looked at it.
        churn_commits, churn_lines: in the last 180 days.
    """

    path: str
    blob: str
    lines: int
    score: int | None = None
    churn_commits: int = 0
    churn_lines: int = 0
    complexity: int | None = None
    coverage_percent: float | None = None
    documented_percent: float | None = None
    issues: int = 0
    feature_area: str | None = None
    check_id: int | None = None


def ensure_repository(session: Session, identity: str, name: str) -> int:
    """The number of the repository with this identity; it is entered where it is new."""
    values = {"identity": plain(identity)[:LONGEST_IDENTITY], "name": plain(name)[:LONGEST_NAME]}
    session.execute(queries.ADD_REPOSITORY, values)
    row = session.execute(queries.REPOSITORY_OF_IDENTITY, values).one()
    if row.name != values["name"]:
        session.execute(queries.RENAME_REPOSITORY, {"id": row.id, "name": values["name"]})
    return int(row.id)


def end_dead_checks(session: Session, repository_id: int, *, now: datetime) -> list[int]:
    """Tell the checks of a repository that still count as running as failed; gives their numbers.

    For whoever holds the repository's lock, and so knows that none of them lives.
    """
    values = {"repository_id": repository_id, "error": KILLED, "now": now}
    return [int(found) for found in session.scalars(queries.END_DEAD, values)]


def begin_check(
    session: Session,
    repository_id: int,
    request: CheckRequest,
    target: Target,
    expected: Mapping[str, int],
    *,
    run_id: int | None,
    actor: str,
    thresholds: Mapping[str, float],
    now: datetime,
) -> int:
    """Enter a check that runs, with its checkers waiting; gives its number.

    Args:
        expected: how many files each checker is to look at, by its name.
    """
    values = {
        "repository_id": repository_id,
        "run_id": run_id,
        "check_type": request.check_type,
        "actor": actor,
        "commit_sha": target.commit,
        "branch": target.branch and plain(target.branch),
        "dirty": target.dirty,
        "paths": [plain(path) for path in request.paths],
        "since_commit": request.since and plain(request.since),
        "thresholds": _json(thresholds),
        "excluded": _json([{"path": e.path, "reason": e.reason, "files": e.files} for e in target.excluded]),
        "files": len(target.files),
        "lines": sum(file.lines for file in target.files.values()),
        "now": now,
    }
    check_id = int(session.execute(queries.BEGIN, values).scalar_one())
    rows = [{"name": name, "expected": number} for name, number in expected.items()]
    session.execute(queries.PLAN_CHECKERS, {"check_id": check_id, "rows": _json(rows)})
    if run_id is not None:
        link = {"kind": "health_check", "id": check_id, "label": f"Check of {plain(target.name)}"[:LONGEST_NAME]}
        session.execute(queries.LINK_RUN, {"run_id": run_id, "link": _json([link])})
    return check_id


def checker_began(session: Session, check_id: int, name: str, *, now: datetime) -> None:
    """Note that a checker is at work."""
    session.execute(queries.CHECKER_BEGAN, {"check_id": check_id, "name": name, "now": now})


def checker_ended(session: Session, check_id: int, outcome: CheckerOutcome, *, now: datetime) -> None:
    """Note how a checker did."""
    report = outcome.report
    unseen = [{"path": u.path, "reason": cut(u.reason)} for u in report.unseen[:MOST_UNSEEN]] if report else []
    values = {
        "check_id": check_id,
        "name": outcome.name,
        "status": outcome.status,
        "version": plain(report.version) if report else "",
        "seconds": max(outcome.seconds, 0.0),
        "files_expected": len(outcome.expected),
        "files_seen": len(report.seen & outcome.expected) if report else 0,
        "findings": len(report.sightings) if report else 0,
        "error": cut(outcome.error),
        "remedy": cut(outcome.remedy),
        "unseen": _json(unseen),
        "metrics": _json(dict(report.metrics) if report else {}),
        "now": now,
    }
    session.execute(queries.CHECKER_ENDED, values)


def hold_check(session: Session, check_id: int) -> None:
    """Until this transaction ends, nobody else writes how the check ended.

    Raises:
        CheckLost: somebody has already.
    """
    if session.execute(queries.HOLD, {"id": check_id}).one_or_none() is None:
        raise CheckLost(f"Check {check_id} does not run any more, so that what it found was not stored. Check again.")


def complete_check(session: Session, check_id: int, figures: Figures, *, now: datetime) -> None:
    """Store the figures of a check that is done; `hold_check` comes before."""
    values = {
        "id": check_id,
        "overall_health_score": figures.overall_health_score,
        "scores": _json(figures.scores),
        "confidence": figures.confidence,
        "delta": figures.delta,
        "metrics": _json(figures.metrics),
        "issues": _json(figures.issues),
        "by_severity": _json(figures.by_severity),
        "gate": _json(figures.gate),
        "error": cut(figures.error),
        "now": now,
    }
    session.execute(queries.COMPLETE, values)


def stop_check(session: Session, check_id: int, status: CheckStatus, *, error: str, now: datetime) -> None:
    """End a check that found nothing that counts, failed or cancelled, with its open checkers."""
    values = {"id": check_id, "status": status, "error": cut(error), "now": now}
    session.execute(queries.STOP, values)
    session.execute(queries.STOP_CHECKERS, values)


def note_problem(session: Session, check_id: int, error: str) -> None:
    """Say of a completed check what could not be done afterwards."""
    session.execute(queries.NOTE, {"id": check_id, "error": cut(error)})


def live_by_part(session: Session, repository_id: int) -> dict[IssueType, dict[Severity, int]]:
    """How many issues are there, by part and severity: open ones, acknowledged ones, and those being fixed."""
    found: dict[IssueType, dict[Severity, int]] = {}
    for row in session.execute(queries.LIVE_BY_PART, {"repository_id": repository_id}):
        found.setdefault(IssueType(row.issue_type), {})[Severity(row.severity)] = int(row.number)
    return found


def live_by_rule(session: Session, repository_id: int) -> dict[IssueType, dict[str, float]]:
    """What the same issues weigh, in points by part and rule."""
    found: dict[IssueType, dict[str, float]] = {}
    for row in session.execute(queries.LIVE_BY_RULE, {"repository_id": repository_id}):
        rules = found.setdefault(IssueType(row.issue_type), {})
        rules[row.rule] = rules.get(row.rule, 0.0) + POINTS[Severity(row.severity)] * int(row.number)
    return found


def live_by_file(session: Session, repository_id: int) -> dict[str, dict[Severity, int]]:
    """The same by file."""
    found: dict[str, dict[Severity, int]] = {}
    for row in session.execute(queries.LIVE_BY_FILE, {"repository_id": repository_id}):
        found.setdefault(row.file_path, {})[Severity(row.severity)] = int(row.number)
    return found


def file_states(session: Session, repository_id: int) -> dict[str, FileState]:
    """Each file as the newest check that looked at it left it, by path."""
    return {
        row.path: FileState(
            **{
                **row._mapping,
                "coverage_percent": None if row.coverage_percent is None else float(row.coverage_percent),
                "documented_percent": None if row.documented_percent is None else float(row.documented_percent),
            }
        )
        for row in session.execute(queries.FILES, {"repository_id": repository_id})
    }


def store_files(session: Session, repository_id: int, files: Sequence[FileState], *, gone: Collection[str]) -> None:
    """Store how files were left, and forget those that are gone."""
    rows = [{name: getattr(file, name) for name in FileState.__dataclass_fields__} for file in files]
    session.execute(queries.STORE_FILES, {"repository_id": repository_id, "rows": _json(rows)})
    if gone:
        session.execute(queries.FORGET_FILES, {"repository_id": repository_id, "paths": list(gone)})


def plain(value: str) -> str:
    """A text as the database takes it: bytes of names that are no UTF-8 as escapes, and without NUL."""
    return value.encode("utf-8", "backslashreplace").decode().replace("\0", "")


def cut(message: str | None) -> str | None:
    """A message as the tables take it, and no longer than a person reads."""
    if message is None:
        return None
    whole = plain(message)
    return whole if len(whole) <= LONGEST_TEXT else whole[: LONGEST_TEXT - 1] + "…"


def _json(value: Any) -> str:
    """JSON for the database, with every text in it as `plain` makes it."""
    return json.dumps(_plain_texts(value), default=str, allow_nan=False)


def _plain_texts(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, Mapping):
        return {plain(str(name)): _plain_texts(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_texts(one) for one in value]
    return value
