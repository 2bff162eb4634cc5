"""A checked repository whose issues come and go as a test says, and the board that follows it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from ci_core.backlog import Enhancement, get_enhancement
from ci_core.health.proposals import AGENT, Proposed, propose
from db.enums import HealthChange, IssueStatus
from db.tables import HealthCheck, HealthFile, HealthIssue, HealthIssueChange, HealthRepository

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
USUAL: dict[str, Any] = {
    "issue_type": "security",
    "checker": "flows",
    "rule": "sql-injection",
    "severity": "high",
    "title": "SQL put together from text",
    "message": "A request's value reaches execute()",
    "file_path": "scanner/db.py",
    "line_number": 40,
    "scope": "Scanner.scan",
    "feature_area": "scanner",
    "cwe": "CWE-89",
    "effort_minutes": 30,
}


class Platform:
    """One repository; every check is a completed one, and issues are what the test makes of them."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._numbers = count(1)
        repository = HealthRepository(identity=f"https://example.org/{id(self)}", name="team/magnus")
        session.add(repository)
        session.flush()
        self.id = repository.id

    def issue(self, **values: Any) -> int:
        """An open issue, first seen a week before `NOON`."""
        number = next(self._numbers)
        row = HealthIssue(
            repository_id=self.id,
            fingerprint=hashlib.md5(f"{self.id} {number}".encode(), usedforsecurity=False).hexdigest(),
            **{
                **USUAL,
                "first_detected_at": NOON - timedelta(days=7),
                "last_seen_at": NOON,
                **values,
            },
        )
        self.session.add(row)
        self.session.flush()
        return row.id

    def file(self, path: str, commits: int) -> None:
        """A file that so many commits touched in half a year."""
        self.session.add(HealthFile(repository_id=self.id, path=path, lines=100, churn_commits=commits))
        self.session.flush()

    def set(self, issues: Sequence[int], **values: Any) -> None:
        """Change issues as the agent or a person would."""
        self.session.execute(update(HealthIssue).where(HealthIssue.id.in_(issues)).values(**values))
        self.session.expire_all()

    def fix(self, *issues: int) -> None:
        """They were looked for and are gone."""
        self.set(issues, status=IssueStatus.FIXED.value, resolved_at=NOON)

    def check(self, *, back: Sequence[int] = (), status: str = "completed", **options: Any) -> Proposed:
        """A check that saw what there is, and `back` again after they were fixed; then the board follows it."""
        check = HealthCheck(repository_id=self.id, check_type="full_scan", status=status)
        self.session.add(check)
        self.session.flush()
        if back:
            self.set(back, status=IssueStatus.OPEN.value, regressed=True)
        for issue in back:
            self.session.add(HealthIssueChange(check_id=check.id, issue_id=issue, change=HealthChange.REGRESSED.value))
        self.session.flush()
        return propose(self.session, check.id, now=NOON, **{"actor": AGENT, **options})

    def behind(self, issue: int) -> int | None:
        """The enhancement that an issue stands behind."""
        return self.session.scalar(text("SELECT enhancement_id FROM ci_health_issues WHERE id = :id"), {"id": issue})

    def card(self, issue: int) -> Enhancement:
        """The same, whole."""
        enhancement_id = self.behind(issue)
        assert enhancement_id is not None
        return get_enhancement(self.session, enhancement_id)


@pytest.fixture
def platform(session: Session) -> Platform:
    return Platform(session)
