"""A check as it is stored and shown: what it looked at, what it found, how it was judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from db.enums import CheckerStatus, CheckStatus, CheckType, IssueType


@dataclass(frozen=True, slots=True)
class CheckerResult:
    """What one checker did in a check.

    Attributes:
        seconds: None while it has not ended.
        error, remedy: why it did not look at all it was to, and what helps.
        unseen: the files it could not look at: {"path": "a.py", "reason": "…"}; the first of them.
    """

    name: str
    status: CheckerStatus
    version: str
    seconds: float | None
    files_expected: int
    files_seen: int
    findings: int
    error: str | None
    remedy: str | None
    unseen: Sequence[Mapping[str, Any]]
    metrics: Mapping[str, Any]
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check.

    Attributes:
        status: "failed" also where its process was killed and nobody could say so.
        scores: by part, as `scores.PartScore.as_json` gives them, with "delta" since the check before.
        confidence: how much of what should be known is, 0–100.
        delta: of the overall score since the check before that had one; None for the first.
        issues: {"new", "open", "resolved", "regressed"}.
        by_severity: the open ones.
        gate: {"passed", "reasons", "remarks"}; empty while it was not judged.
        excluded: what is not the team's own: [{"path", "reason", "files"}].
        checkers: by name.
    """

    id: int
    repository_id: int
    repository: str
    run_id: int | None
    check_type: CheckType
    status: CheckStatus
    actor: str
    commit_sha: str | None
    branch: str | None
    dirty: bool
    paths: Sequence[str]
    since_commit: str | None
    overall_health_score: int | None
    scores: Mapping[str, Mapping[str, Any]]
    confidence: float | None
    delta: int | None
    metrics: Mapping[str, Any]
    thresholds: Mapping[str, Any]
    issues: Mapping[str, int]
    by_severity: Mapping[str, int]
    gate: Mapping[str, Any]
    excluded: Sequence[Mapping[str, Any]]
    files: int
    lines: int
    error: str | None
    started_at: datetime
    ended_at: datetime | None
    duration_seconds: float | None
    checkers: tuple[CheckerResult, ...] = ()

    def score_of(self, part: IssueType) -> int | None:
        """The score of a part; None where it is not known."""
        found = self.scores.get(part.value, {}).get("score")
        return None if found is None else int(found)

    @property
    def files_expected(self) -> int:
        """How many files its checkers were to look at, each counted once for each checker."""
        return sum(one.files_expected for one in self.checkers)

    @property
    def files_seen(self) -> int:
        """How many of `files_expected` they looked at."""
        return sum(one.files_seen for one in self.checkers)


def check_of(row: Row[Any], checkers: tuple[CheckerResult, ...] = ()) -> CheckResult:
    """A row of `check_queries` as a check."""
    values = dict(row._mapping)
    values["check_type"] = CheckType(values["check_type"])
    values["status"] = CheckStatus(values["status"])
    values["confidence"] = None if values["confidence"] is None else float(values["confidence"])
    return CheckResult(**values, checkers=checkers)


def checker_of(row: Row[Any]) -> CheckerResult:
    """A row of `check_queries.CHECKERS` as a checker."""
    values = {name: value for name, value in row._mapping.items() if name != "check_id"}
    return CheckerResult(**{**values, "status": CheckerStatus(values["status"])})
