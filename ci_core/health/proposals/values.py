"""What stands behind a proposal, what it says, and what one check changed on the board."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from db.enums import IssueStatus, IssueType, Severity

# These are still to be repaired.
ACTIVE = frozenset({IssueStatus.OPEN, IssueStatus.ACKNOWLEDGED, IssueStatus.FIXING})
# These are proposed without anybody's asking.
PROPOSED_BY_ITSELF = frozenset({Severity.CRITICAL, Severity.HIGH})
WORST_FIRST = tuple(Severity)


@dataclass(frozen=True, slots=True)
class IssueBehind:
    """One issue as the board needs to know it; title, message and places hold words of the checked repository.

    Attributes:
        subject: what it concerns where it has no place in a file.
        package: the package that it concerns, wherever that is named.
        commits: how many touched its file in the last 180 days; None where that is not known.
    """

    id: int
    rule: str
    severity: Severity
    issue_type: IssueType
    title: str
    message: str
    status: IssueStatus
    first_detected_at: datetime
    last_seen_at: datetime
    checker: str = ""
    file_path: str | None = None
    line_number: int | None = None
    scope: str = ""
    snippet: str = ""
    feature_area: str | None = None
    subject: str | None = None
    package: str | None = None
    cwe: str | None = None
    effort_minutes: int | None = None
    auto_fixable: bool = False
    regressed: bool = False
    introduced_at: datetime | None = None
    introduced_commit: str | None = None
    enhancement_id: int | None = None
    repository: str = ""
    repository_id: int = 0
    commits: int | None = None

    @property
    def place(self) -> str:
        """Where it is: "scanner/db.py:40", or what it concerns."""
        if self.file_path is None:
            return self.subject or "the whole repository"
        return self.file_path if self.line_number is None else f"{self.file_path}:{self.line_number}"


@dataclass(frozen=True, slots=True)
class GroupKey:
    """What the issues of one proposal share: the rule, and where: a feature area, a package, "*" for everywhere."""

    rule: str
    area: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How much was behind a proposal at a moment; `solved`: nothing was left of it."""

    issues: int = 0
    worst: Severity | None = None
    solved: bool = False

    def as_json(self) -> dict[str, Any]:
        """For the column `standing`."""
        return {"issues": self.issues, "worst": self.worst, "solved": self.solved}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Standing:
        """What `as_json` stored."""
        worst = stored.get("worst")
        return cls(stored.get("issues", 0), Severity(worst) if worst else None, bool(stored.get("solved")))

    @classmethod
    def of(cls, issues: Sequence[IssueBehind]) -> Standing:
        """The standing of a proposal with these issues behind it."""
        return cls(len(issues), worst_of(issues)) if issues else cls(solved=True)


@dataclass(frozen=True, slots=True)
class Proposed:
    """What one check changed on the board, by the ids of enhancements.

    Attributes:
        created: new proposals.
        rewritten: of which the text follows other issues than before.
        reopened: that stand open again, because what was fixed is back or became more than what was rejected.
        completed: accepted work whose issues are verified to be gone.
        archived: proposals that nobody had accepted and whose issues are gone or dismissed.
        remembered: how many groups were not proposed because people had rejected them.
    """

    created: tuple[int, ...] = ()
    rewritten: tuple[int, ...] = ()
    reopened: tuple[int, ...] = ()
    completed: tuple[int, ...] = ()
    archived: tuple[int, ...] = ()
    remembered: int = 0


@dataclass(slots=True)
class Board:
    """The same while it is being worked out."""

    created: list[int] = field(default_factory=list)
    rewritten: list[int] = field(default_factory=list)
    reopened: list[int] = field(default_factory=list)
    completed: list[int] = field(default_factory=list)
    archived: list[int] = field(default_factory=list)
    remembered: int = 0

    def frozen(self) -> Proposed:
        """As a value."""
        return Proposed(
            tuple(self.created), tuple(self.rewritten), tuple(self.reopened), tuple(self.completed),
            tuple(self.archived), self.remembered,
        )  # fmt: skip


def worst_of(issues: Sequence[IssueBehind]) -> Severity | None:
    """The severity of the worst of them; None where there is none."""
    return min((one.severity for one in issues), key=WORST_FIRST.index, default=None)


def by_severity(issues: Sequence[IssueBehind]) -> dict[str, int]:
    """How many there are of each severity, worst first, without the zeros."""
    counts = Counter(one.severity for one in issues)
    return {severity.value: counts[severity] for severity in WORST_FIRST if counts[severity]}


def worst_first(issues: Sequence[IssueBehind]) -> list[IssueBehind]:
    """The issues in the order in which one would look at them; the same ones are always in the same order."""
    return sorted(
        issues, key=lambda one: (WORST_FIRST.index(one.severity), one.file_path or "", one.line_number or 0, one.id)
    )
