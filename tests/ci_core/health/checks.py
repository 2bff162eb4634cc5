"""Builders of checks and issues for tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.health import store
from ci_core.health.scores import Evidence, part_score
from ci_core.health.store import Figures
from ci_core.health.values import CheckRequest, SourceFile, Target
from db.enums import CheckType, IssueType, Severity

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ISSUE = text("""
    INSERT INTO ci_health_issues (repository_id, fingerprint, issue_type, checker, rule, severity, title, file_path,
                                  line_number, status, status_by, status_at, first_detected_at, last_seen_at)
    VALUES (:repository_id, md5(random()::text), :issue_type, 'lint', :rule, :severity, :title, :file_path, 3, :status,
            :status_by, :status_at, :at, :at)
    RETURNING id
""")
CHANGE = text("INSERT INTO ci_health_changes (check_id, issue_id, change) VALUES (:check_id, :issue_id, :change)")


def a_file(path: str, *, lines: int = 100, blob: str = "b") -> SourceFile:
    """A file of a target."""
    return SourceFile(path, blob * 40 if len(blob) == 1 else blob, lines * 30, lines)


def a_target(*files: SourceFile, root: Path = Path("/nowhere"), **values: Any) -> Target:
    """A target whose files are all selected."""
    by_path = {file.path: file for file in files}
    given: dict[str, Any] = {"identity": "example.org/team/app", "name": "team/app", "commit": "c" * 40, **values}
    return Target(root=root, files=by_path, selected=frozenset(by_path), **given)


def add_issue(
    session: Session,
    repository_id: int,
    *,
    part: IssueType = IssueType.SECURITY,
    severity: Severity = Severity.MEDIUM,
    title: str = "SQL from a request",
    rule: str = "S608",
    path: str | None = "a.py",
    status: str = "open",
    at: datetime = NOW,
    status_at: datetime | None = None,
) -> int:
    """An issue as an earlier check found it; gives its number."""
    values = {
        "repository_id": repository_id,
        "issue_type": part,
        "rule": rule,
        "severity": severity,
        "title": title,
        "file_path": path,
        "status": status,
        "status_by": "Ada" if status_at else None,
        "status_at": status_at,
        "at": at,
    }
    return int(session.execute(ISSUE, values).scalar_one())


def note_change(session: Session, check_id: int, issue_id: int, change: str) -> None:
    """What a check changed about an issue."""
    session.execute(CHANGE, {"check_id": check_id, "issue_id": issue_id, "change": change})


def begin(
    session: Session, *, expected: Mapping[str, int] | None = None, now: datetime = NOW, run_id: int | None = None
) -> tuple[int, int]:
    """A check that runs; gives the numbers of its repository and of the check."""
    target = a_target(a_file("a.py"), a_file("b.py"))
    repository_id = store.ensure_repository(session, target.identity, target.name)
    request = CheckRequest(CheckType.FULL_SCAN, target.root)
    check_id = store.begin_check(
        session,
        repository_id,
        request,
        target,
        expected or {"lint": 2},
        run_id=run_id,
        actor="agent:health",
        thresholds={"min_score": 70},
        now=now,
    )
    return repository_id, check_id


def complete(
    session: Session,
    *,
    overall: int | None = 70,
    counts: Mapping[Severity, int] | None = None,
    delta: int | None = None,
    metrics: Mapping[str, Any] | None = None,
    now: datetime = NOW,
) -> tuple[int, int]:
    """A completed check whose security has these issues; gives the numbers of its repository and of the check."""
    repository_id, check_id = begin(session, now=now)
    security = part_score(IssueType.SECURITY, Evidence(counts or {}, 10.0, 100.0))
    figures = Figures(
        overall_health_score=overall,
        scores={"security": security.as_json()},
        confidence=100.0,
        delta=delta,
        metrics=metrics or {},
        issues={"new": 0, "open": 0, "resolved": 0, "regressed": 0},
        by_severity={},
        gate={},
    )
    store.hold_check(session, check_id)
    store.complete_check(session, check_id, figures, now=now + timedelta(seconds=30))
    return repository_id, check_id
