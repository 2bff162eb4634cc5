"""A small repository and looks at it: lines with certain words are what the checkers see there."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ci_core.health.life import Followed, follow
from ci_core.health.life_queries import storable
from ci_core.health.observed import Observed, observe
from ci_core.health.rules import catalogue
from ci_core.health.values import CheckerOutcome, Report, Sighting, SourceFile, Target
from db.enums import CheckerStatus, CheckType, IssueStatus
from db.tables import HealthCheck, HealthChecker, HealthFile, HealthIssue, HealthIssueChange, HealthRepository

BEGIN = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
# What each checker sees: a pattern, the rule, and the message, which may take names from the line.
SEES: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "lint": (
        (r"eval\(", "S307", "Use of possibly insecure function"),
        (r"except:", "E722", "Do not use bare `except`"),
        (r"(?P<name>\w+) = unused", "F841", "Local variable `{name}` is assigned to but never used"),
        (r"SELECT", "S608", "Possible SQL injection"),
        (r"password = ", "S105", "Possible hardcoded password assigned to: 'password'"),
    ),
    "bandit": ((r"eval\(", "B307", "Use of possibly insecure function - consider ast.literal_eval"),),
}


@dataclass
class Looks:
    """One repository that is checked again and again.

    Attributes:
        files: its texts by path.
        failing: checkers that fail.
        blind: rules that the checkers do not know (any more), and `version`, theirs.
    """

    root: Path
    session: Session
    files: dict[str, str] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    renames: dict[str, str] = field(default_factory=dict)
    checks: int = 0
    blind: set[str] = field(default_factory=set)
    version: str = "1"

    def write(self) -> Target:
        """The files as they are now, as a target."""
        for path, text in self.files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text, encoding="utf-8")
        files = {path: SourceFile(path, blob(text), len(text), text.count("\n")) for path, text in self.files.items()}
        return Target(self.root, "looks", "looks", files, frozenset(files), renames=self.renames)

    def outcomes(self, *, only: Collection[str] = ()) -> list[CheckerOutcome]:
        """What the checkers see in the files, or only in some of them."""
        return [self._outcome(name, only or self.files) for name in SEES]

    def _outcome(self, name: str, paths: Collection[str]) -> CheckerOutcome:
        expected = frozenset(paths)
        if name in self.failing:
            return CheckerOutcome(name, CheckerStatus.FAILED, expected, 1.0, error="it crashed")
        sightings = [one for path in paths for one in seen_in(name, path, self.files.get(path, ""))]
        report = Report(tuple(one for one in sightings if one.rule not in self.blind), expected, version=self.version)
        return CheckerOutcome(name, CheckerStatus.COMPLETED, expected, 1.0, report)

    def observed(self) -> list[Observed]:
        return observe(self.write(), self.outcomes(), catalogue())

    def check(self, *, only: Collection[str] = (), days: float = 0) -> Followed:
        """Check the repository and follow its issues, some days after the check before."""
        self.checks += 1
        repository_id = self._repository()
        now = BEGIN + timedelta(hours=self.checks, days=days)
        row = HealthCheck(repository_id=repository_id, check_type=CheckType.FULL_SCAN, started_at=now)
        self.session.add(row)
        self.session.flush()
        target, outcomes = self.write(), self.outcomes(only=only)
        observed = observe(target, outcomes, catalogue())
        followed = follow(
            self.session,
            repository_id=repository_id,
            check_id=row.id,
            target=target,
            outcomes=outcomes,
            observed=observed,
            now=now,
        )
        self._store(repository_id, row.id, target, outcomes)
        self.session.expire_all()
        return followed

    def _store(self, repository_id: int, check_id: int, target: Target, outcomes: Sequence[CheckerOutcome]) -> None:
        """What a check notes beside its issues: which content its files had, and which versions its checkers."""
        self.session.execute(delete(HealthFile).where(HealthFile.repository_id == repository_id))
        for path, file in target.files.items():
            self.session.add(HealthFile(repository_id=repository_id, path=storable(path), blob=file.blob))
        for one in outcomes:
            version = one.report.version if one.report else ""
            self.session.add(HealthChecker(check_id=check_id, name=one.name, status=one.status.value, version=version))
        self.session.flush()

    def _repository(self) -> int:
        found = self.session.scalar(select(HealthRepository.id).where(HealthRepository.identity == "looks"))
        if found is None:
            row = HealthRepository(identity="looks", name="looks")
            self.session.add(row)
            self.session.flush()
            found = row.id
        return found

    def issues(self, *rules: str) -> list[HealthIssue]:
        """The issues as they stand, those of some rules only."""
        wanted = select(HealthIssue).order_by(HealthIssue.id)
        return list(self.session.scalars(wanted.where(HealthIssue.rule.in_(rules)) if rules else wanted))

    def issue(self, *rules: str) -> HealthIssue:
        """The only issue."""
        (found,) = self.issues(*rules)
        return found

    def statuses(self) -> list[str]:
        return [issue.status for issue in self.issues()]

    def changes(self) -> list[str]:
        """What the newest check changed."""
        newest = select(HealthCheck.id).order_by(HealthCheck.id.desc()).limit(1).scalar_subquery()
        found = select(HealthIssueChange.change).where(HealthIssueChange.check_id == newest)
        return sorted(self.session.scalars(found))

    def decide(self, status: IssueStatus, *, until: datetime | None = None) -> None:
        """A person's word about every issue."""
        for issue in self.issues():
            issue.status, issue.status_until, issue.status_by = status, until, "tess"
        self.session.flush()


def blob(text: str) -> str:
    """What tells contents apart."""
    return hashlib.sha1(text.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()


def seen_in(checker: str, path: str, text: str) -> Sequence[Sighting]:
    """What a checker sees in a file."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, rule, message in SEES[checker]:
            if match := re.search(pattern, line):
                said = message.format(**match.groupdict())
                column = match.start() + 1
                found.append(Sighting(checker, rule, said, path, number, number, column))
    return found
