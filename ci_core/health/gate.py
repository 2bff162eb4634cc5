"""Whether new code may pass: what it brought, what came back, and whether anything failed to look. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from db.enums import Severity

# One new issue of these is one too many.
REFUSED = (Severity.CRITICAL, Severity.HIGH)
NAMED = 3
FIRST_CHECK = "There is no earlier check to compare with, so that nothing can be told of new code."


@dataclass(frozen=True, slots=True)
class GateIssue:
    """An issue that a check found to be new, or back."""

    title: str
    severity: Severity
    file_path: str | None = None
    line_number: int | None = None

    @property
    def in_words(self) -> str:
        """What, and where."""
        if self.file_path is None:
            return self.title
        place = self.file_path if self.line_number is None else f"{self.file_path}:{self.line_number}"
        return f"{self.title} ({place})"


@dataclass(frozen=True, slots=True)
class NewCode:
    """What is known of the code that is new since the check before, or since a commit.

    Attributes:
        new, regressed: the issues that it brought, and those that were resolved, are back and stand open: in this check
            or in one before. Without what somebody dismissed.
        coverage_percent: of the changed lines; None where it was not measured.
        blind: what did not look at all of it, in words, one for each checker.
        unknown: the same of what is not about the files themselves, such as vulnerabilities of packages.
        comparable: False in the first check, without a commit to compare with.
    """

    new: Sequence[GateIssue] = ()
    regressed: Sequence[GateIssue] = ()
    coverage_percent: float | None = None
    blind: Sequence[str] = ()
    unknown: Sequence[str] = ()
    comparable: bool = True


@dataclass(frozen=True, slots=True)
class Gate:
    """The verdict.

    Attributes:
        passed: None where nothing can be told.
        reasons: why it did not pass, each a sentence.
        remarks: what should be known besides.
    """

    passed: bool | None
    reasons: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As the table of checks keeps it."""
        return {"passed": self.passed, "reasons": list(self.reasons), "remarks": list(self.remarks)}


def judge(code: NewCode, *, coverage_wanted_percent: float) -> Gate:
    """Pass or fail, with reasons. What is old is no reason; what nobody looked at is one.

    Args:
        coverage_wanted_percent: of changed lines, 0–100.
    """
    if not code.comparable:
        return Gate(None, remarks=(FIRST_CHECK,))
    reasons = []
    for severity in REFUSED:
        found = [issue for issue in code.new if issue.severity is severity]
        if found:
            what = "new issue" if len(found) == 1 else "new issues"
            reasons.append(f"{len(found)} {what} of {severity} severity: {_named(found)}.")
    if code.regressed:
        back = len(code.regressed)
        what = "1 issue that was resolved is back" if back == 1 else f"{back} issues that were resolved are back"
        reasons.append(f"{what}: {_named(code.regressed)}.")
    covered = code.coverage_percent
    if covered is not None and covered < coverage_wanted_percent:
        reasons.append(
            f"Tests cover {_percent(covered)} of the changed lines; {coverage_wanted_percent:g} % are wanted."
        )
    reasons += code.blind
    return Gate(not reasons, tuple(reasons), tuple(_remarks(code)))


def _remarks(code: NewCode) -> list[str]:
    others = Counter(issue.severity for issue in code.new if issue.severity not in REFUSED)
    told = [f"{others[severity]} {severity}" for severity in Severity if others[severity]]
    remarks = [f"Further new issues, which do not fail it: {', '.join(told)}."] if told else []
    if code.coverage_percent is None:
        remarks.append("How much of the changed lines tests cover was not measured.")
    return remarks + list(code.unknown)


def _named(issues: Sequence[GateIssue]) -> str:
    worst = sorted(issues, key=lambda issue: list(Severity).index(issue.severity))
    named = "; ".join(issue.in_words for issue in worst[:NAMED])
    more = len(issues) - NAMED
    return f"{named}; and {more} more" if more > 0 else named


def _percent(value: float) -> str:
    """Rounded down, so that it never reads as enough."""
    return f"{int(value * 10) / 10:g} %"
