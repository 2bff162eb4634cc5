"""Severities, parts of the score, checkers and checks in words of people, each with a mark beside its colour."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from db.enums import CheckerStatus, CheckStatus, CheckType, HealthChange, IssueStatus, IssueType, Severity
from pages.widgets.chart_style import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION
from pages.widgets.text import label

# How full the mark is tells the severity without its colour.
SEVERITY_MARKS: Mapping[Severity, str] = MappingProxyType(
    {Severity.CRITICAL: "◆", Severity.HIGH: "▲", Severity.MEDIUM: "●", Severity.LOW: "○", Severity.INFO: "·"}
)
PART_COLOURS: Mapping[IssueType, tuple[str, str]] = MappingProxyType(
    {
        IssueType.SECURITY: (VERMILION, "dash"),
        IssueType.BUGS: (PURPLE, "dot"),
        IssueType.CODE_QUALITY: (GREEN, "dashdot"),
        IssueType.TESTS: (ORANGE, "longdash"),
        IssueType.DEPENDENCIES: (SKY, "longdashdot"),
        IssueType.PERFORMANCE: (GREY, "dash"),
        IssueType.DOCUMENTATION: (BLUE, "dot"),
    }
)
CHECK_TITLES: Mapping[CheckType, str] = MappingProxyType(
    {
        CheckType.FULL_SCAN: "Full check",
        CheckType.QUICK_SCAN: "Check of what changed",
        CheckType.SECURITY_SCAN: "Check of security",
        CheckType.DEPENDENCY_CHECK: "Check of dependencies",
        CheckType.PERFORMANCE_TEST: "Test of performance",
        CheckType.FEATURE_SPECIFIC: "Check of a folder",
        CheckType.IMPORT: "Import of findings",
    }
)
# A mark, a word and a look, as runs of agents have them.
CHECK_STATES: Mapping[CheckStatus, tuple[str, str, str]] = MappingProxyType(
    {
        CheckStatus.RUNNING: ("▶", "Runs", "busy"),
        CheckStatus.COMPLETED: ("✓", "Completed", "well"),
        CheckStatus.FAILED: ("✕", "Failed", "bad"),
        CheckStatus.CANCELLED: ("–", "Cancelled", "calm"),
    }
)
CHECKER_STATES: Mapping[CheckerStatus, tuple[str, str, str]] = MappingProxyType(
    {
        CheckerStatus.WAITING: ("○", "waits", "calm"),
        CheckerStatus.RUNNING: ("▶", "looks", "busy"),
        CheckerStatus.COMPLETED: ("✓", "looked at all", "well"),
        CheckerStatus.PARTIAL: ("◐", "looked at a part", "odd"),
        CheckerStatus.FAILED: ("✕", "failed", "bad"),
        CheckerStatus.TIMED_OUT: ("✕", "ran out of time", "bad"),
        CheckerStatus.MISSING: ("?", "its tool is missing", "odd"),
        CheckerStatus.SKIPPED: ("–", "nothing to look at", "calm"),
        CheckerStatus.CANCELLED: ("–", "cancelled", "calm"),
    }
)
CHANGES: Mapping[HealthChange, tuple[str, str]] = MappingProxyType(
    {
        HealthChange.NEW: ("+", "new"),
        HealthChange.REGRESSED: ("↩", "back again"),
        HealthChange.RESOLVED: ("✓", "fixed"),
        HealthChange.SEVERITY: ("↕", "of another severity"),
        HealthChange.LAPSED: ("↺", "no longer dismissed"),
        HealthChange.WITHDRAWN: ("–", "no longer reported"),
    }
)
STATUS_WORDS: Mapping[IssueStatus, str] = MappingProxyType(
    {
        IssueStatus.OPEN: "Open",
        IssueStatus.ACKNOWLEDGED: "Acknowledged",
        IssueStatus.FIXING: "Being fixed",
        IssueStatus.FIXED: "Fixed",
        IssueStatus.WONT_FIX: "Won't fix",
        IssueStatus.FALSE_POSITIVE: "False positive",
    }
)


def severity_words(severity: Severity) -> str:
    """A severity with its mark: "◆ Critical"."""
    return f"{SEVERITY_MARKS[severity]} {label(severity)}"


def signed(change: int | None) -> str:
    """A change of a score: "▲ 3", "▼ 12", "=", "" where it is not known."""
    if change is None:
        return ""
    return f"{'▲' if change > 0 else '▼'} {abs(change)}" if change else "="


def look_of_score(score: int | None, least: int) -> str:
    """How a score is drawn: "well" from `least` on, "odd" up to 20 below, "bad" under that, "none" where unknown."""
    if score is None:
        return "none"
    return "well" if score >= least else "odd" if score >= least - 20 else "bad"


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 issue", "2,000 issues"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def effort(minutes: int) -> str:
    """An estimate of work: "45 min", "6 h", "12 days" (of eight hours)."""
    if minutes < 90:
        return f"{minutes} min"
    hours = minutes / 60
    return f"{hours:.0f} h" if hours < 16 else f"{hours / 8:,.0f} days"
