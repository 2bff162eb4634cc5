"""What is asked for of the issues, and what is told of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from db.enums import HealthChange, IssueStatus, IssueType, Severity

# What still harms: nobody has repaired it, and nobody has said that it is none.
STANDING = (IssueStatus.OPEN, IssueStatus.ACKNOWLEDGED, IssueStatus.FIXING)


class GroupBy(StrEnum):
    """What issues are put together by."""

    RULE = "rule"
    FILE = "file"
    AREA = "area"
    PART = "part"
    SEVERITY = "severity"


class Order(StrEnum):
    """Which issues come first: the worst ones, those brought in last, or those brought in longest ago."""

    WORST = "worst"
    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True)
class IssueFilter:
    """What of the issues is wanted; what is left out does not narrow.

    Attributes:
        path: a file, or a folder with all that is below it.
        areas: feature areas, as taken from the path; "" stands for issues without one.
        words: each must occur in the title, the message, the path, the rule or the fingerprint's beginning.
        since: brought in at this moment or later; where no commit is known, found for the first time then.
        regressed: only those that were fixed and are back.
        fixable: only those that can be fixed automatically.
        check_id, change: only those that this check changed, in this way where one is named.
        ids: only these.
        group: only those of one group, as `group_issues` named it.
    """

    severities: tuple[Severity, ...] = ()
    statuses: tuple[IssueStatus, ...] = ()
    types: tuple[IssueType, ...] = ()
    rules: tuple[str, ...] = ()
    path: str = ""
    areas: tuple[str, ...] = ()
    words: str = ""
    since: datetime | None = None
    regressed: bool = False
    fixable: bool = False
    check_id: int | None = None
    change: HealthChange | None = None
    ids: tuple[int, ...] = ()
    group: tuple[GroupBy, str] | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue, as the table has it."""

    id: int
    repository_id: int
    fingerprint: str
    issue_type: IssueType
    checker: str
    rule: str
    severity: Severity
    title: str
    message: str
    file_path: str | None
    line_number: int | None
    end_line: int | None
    column_number: int | None
    scope: str
    snippet: str
    feature_area: str | None
    cwe: str | None
    effort_minutes: int | None
    auto_fixable: bool
    fixer: str | None
    status: IssueStatus
    status_reason: str | None
    status_by: str | None
    status_at: datetime | None
    status_until: datetime | None
    regressed: bool
    regressions: int
    first_detected_at: datetime
    first_check_id: int | None
    last_seen_at: datetime
    last_check_id: int | None
    resolved_at: datetime | None
    occurrence_count: int
    introduced_commit: str | None
    introduced_at: datetime | None
    introduced_by: str | None
    enhancement_id: int | None
    version: int
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where it is: "a.py:12", or what of the whole repository it concerns; "" where neither is known."""
        if self.file_path is None:
            return str(self.details.get("subject") or "")
        return self.file_path if self.line_number is None else f"{self.file_path}:{self.line_number}"

    @property
    def is_standing(self) -> bool:
        """Whether it still harms."""
        return self.status in STANDING


@dataclass(frozen=True, slots=True)
class IssueVersion:
    """Of one issue what a decision about it needs."""

    id: int
    version: int
    status: IssueStatus


@dataclass(frozen=True, slots=True)
class Issues:
    """Issues, and how many there are in all that are like this."""

    total: int
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class IssueGroup:
    """Issues that have something in common.

    Attributes:
        key: what they have in common; "" where that is not known.
        title: of the worst of them.
        worst: the highest severity among them.
        effort_minutes: to repair all of them, as far as that is estimated.
        fixable: how many can be fixed automatically.
        newest_at: when the last of them was found for the first time.
    """

    key: str
    title: str
    count: int
    worst: Severity
    by_severity: Mapping[Severity, int]
    effort_minutes: int
    fixable: int
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class IssueGroups:
    """Groups, those with the worst issues first, and how many there are in all."""

    total: int
    groups: tuple[IssueGroup, ...]
