"""What is told of a repository's health: its newest scores with what changed them, its checks, its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.enums import CheckerStatus, CheckStatus, CheckType, HealthChange, IssueType, Severity


@dataclass(frozen=True, slots=True)
class Repository:
    """A code base that was checked, or is to be."""

    id: int
    name: str
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        score: the overall score, 0–100; None where too little was known.
        scores: what the check stored of each part's score, by its name.
        confidence: how much of what was to be looked at was, in per cent.
        delta: change of the score since the check before that had one.
        issues: how many issues were new, resolved and so on.
        gate_passed: None where there was no gate.
        excluded: what is not the team's own: path, reason and number of files.
    """

    id: int
    check_type: CheckType
    status: CheckStatus
    actor: str
    run_id: int | None
    commit: str | None
    branch: str | None
    dirty: bool
    paths: tuple[str, ...]
    score: int | None
    scores: Mapping[str, Mapping[str, Any]]
    confidence: float | None
    delta: int | None
    metrics: Mapping[str, Any]
    issues: Mapping[str, int]
    by_severity: Mapping[str, int]
    gate_passed: bool | None
    gate_reasons: tuple[str, ...]
    excluded: tuple[Mapping[str, Any], ...]
    files: int
    lines: int
    error: str | None
    started_at: datetime
    ended_at: datetime | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Part:
    """One dimension of the score.

    Attributes:
        score: 0–100; None where it is not known.
        unknown_because: why, in words, where it is not.
        change: since the check before; None where one of the two is not known.
        based_on: how much of what was to be looked at for it was, in per cent; None where that is not told.
        capped_by: the severity of the open issue that limits it, if one does.
        open: its open issues by severity, as they are now.
        changes: how many of its issues the newest check found new, resolved and so on.
    """

    part: IssueType
    score: int | None
    unknown_because: str | None
    change: int | None
    based_on: float | None
    capped_by: Severity | None
    open: Mapping[Severity, int]
    changes: Mapping[HealthChange, int]


@dataclass(frozen=True, slots=True)
class Changed:
    """An issue that a check found new, back, gone or of another severity; `alike` of its part did the same."""

    issue_id: int
    change: HealthChange
    part: IssueType
    severity: Severity
    title: str
    file_path: str | None
    line_number: int | None
    subject: str | None
    alike: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A repository as its newest check left it.

    Attributes:
        check: the newest that has a score; None where none has.
        before: the one before it, which changes are told against.
        newest: the newest of all, which may have failed or run.
        parts: all dimensions, the worst first, those that are not known last.
        changed: what the newest scored check changed, the worst first, 40 at most.
        open: open issues by severity, as they are now.
    """

    repository: Repository
    check: Check | None
    before: Check | None
    newest: Check | None
    parts: tuple[Part, ...]
    changed: tuple[Changed, ...]
    open: Mapping[Severity, int]


@dataclass(frozen=True, slots=True)
class CheckerLine:
    """What one checker did in a check; `unseen` are files that it could not read, each with "path" and "reason"."""

    name: str
    status: CheckerStatus
    version: str
    seconds: float | None
    files_expected: int
    files_seen: int
    findings: int
    error: str | None
    remedy: str | None
    unseen: tuple[Mapping[str, str], ...]
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """A score in time; `parts` holds what is known of each dimension."""

    check_id: int
    check_type: CheckType
    at: datetime
    commit: str | None
    score: int
    delta: int | None
    confidence: float | None
    parts: Mapping[str, int]
    issues: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Fixed:
    """An enhancement that was completed, and how many issues it was for."""

    enhancement_id: int
    title: str
    at: datetime
    issues: int


@dataclass(frozen=True, slots=True)
class FileStanding:
    """One file: its size, its score, how often it changes, and how much of it is tested; None: not known."""

    path: str
    lines: int
    score: int | None
    churn_commits: int
    churn_lines: int
    complexity: int | None
    coverage_percent: float | None
    issues: int
    area: str | None


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
