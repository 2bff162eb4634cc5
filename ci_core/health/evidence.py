"""What a check and those before it know about each part of the score: how much was looked at, and what was measured.

Pure. A check that looks at a part of the code, or with some of the checkers only, goes on from what was known before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ci_core.health.checkers.kinds import Checker
from ci_core.health.scores import (
    DEPENDENCIES_PER_UNIT,
    LINES_PER_UNIT,
    Counts,
    Evidence,
    Measure,
    PartScore,
    at_least,
    at_most,
    part_score,
)
from ci_core.health.values import CheckerOutcome, SourceFile, Target
from ci_core.settings.health import HealthSettings
from db.enums import CheckerStatus, IssueType

NOBODY = "no checker has looked at it yet"
NO_COVERAGE = "how much of the code the tests cover was not measured"
NO_SHARE = "how much of the code is documented was not measured"
# Without what this checker knows, a part would look well that nobody can tell anything of.
ESSENTIAL: Mapping[IssueType, str] = {IssueType.DEPENDENCIES: "vulnerabilities"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What one check saw, for the scores.

    Attributes:
        checkers: all there are, also those that did not take part.
        metrics: the figures of all reports together.
    """

    check_id: int
    target: Target
    checkers: Sequence[Checker]
    outcomes: Mapping[str, CheckerOutcome]
    metrics: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kilo_lines(self) -> float:
        """The size of the Python code, in 1,000 lines."""
        return sum(file.lines for file in self.target.files.values() if file.is_python) / LINES_PER_UNIT


def score_parts(
    seen: Seen,
    live: Mapping[IssueType, Counts],
    earlier: Mapping[IssueType, PartScore],
    settings: HealthSettings,
    rules: Mapping[IssueType, Mapping[str, float]] | None = None,
) -> dict[IssueType, PartScore]:
    """The score of each part as it is after this check.

    Args:
        live: the issues that are there, by part.
        rules: their points by part and rule.
        earlier: the scores of the newest check before that had some.
    """
    return {
        part: _part(part, seen, live.get(part, {}), (rules or {}).get(part, {}), earlier.get(part), settings)
        for part in IssueType
    }


def looked_at(part: IssueType, seen: Seen, earlier: PartScore | None) -> float | None:
    """How much of what was to be looked at for a part was, in per cent; None where this check has nothing to say of it.

    Every checker of the part counts alike. Of the files that this check left out, as much was looked at as before.
    """
    before = earlier.evidence.based_on if earlier else 0.0
    shares: list[float] = []
    news = False
    for checker in seen.checkers:
        if part not in checker.parts:
            continue
        outcome = seen.outcomes.get(checker.name)
        if outcome is None:
            shares.append(before)
        elif outcome.status is not CheckerStatus.SKIPPED:
            share = _share(checker, outcome, seen.target, before)
            if share is not None:
                news = True
                shares.append(share)
    return sum(shares) / len(shares) if news else None


def _share(checker: Checker, outcome: CheckerOutcome, target: Target, before: float) -> float | None:
    report = outcome.report
    if checker.looks_at is None:
        return 100.0 if report is not None and report.looked_at_whole else 0.0
    files = [file for file in target.files.values() if checker.looks_at(file)]
    if not files:
        return None
    seen = report.seen if report else frozenset()
    sizes = {file.path: _size(file) for file in files}
    left_out = sum(size for path, size in sizes.items() if path not in outcome.expected)
    looked = sum(size for path, size in sizes.items() if path in seen and path in outcome.expected)
    return (100.0 * looked + before * left_out) / sum(sizes.values())


def _size(file: SourceFile) -> int:
    """Its lines, and one for the file itself: an empty one that was not looked at is missed too."""
    return file.lines + 1


def _part(
    part: IssueType,
    seen: Seen,
    counts: Counts,
    rules: Mapping[str, float],
    earlier: PartScore | None,
    settings: HealthSettings,
) -> PartScore:
    based_on = looked_at(part, seen, earlier)
    if based_on is None:
        if earlier is None:
            return part_score(part, Evidence(counts, 1.0, 0.0), reason=_why_not(part, seen))
        known = earlier.evidence
        units = _units(part, seen, known.units, known.based_on)
        evidence = Evidence(counts, units, known.based_on, known.measures, known.lacking, known.as_of, rules)
        return part_score(part, evidence, reason=earlier.unknown_because or NOBODY)
    measures, lacking = _measures(part, seen, earlier, settings)
    units = _units(part, seen, earlier.evidence.units if earlier else None, based_on)
    return part_score(
        part, Evidence(counts, units, based_on, measures, lacking, seen.check_id, rules), reason=_why_not(part, seen)
    )


def _units(part: IssueType, seen: Seen, before: float | None, based_on: float) -> float:
    """The size of what was looked at."""
    if part is IssueType.DEPENDENCIES:
        number = seen.metrics.get("packages_named")
        return (before or 1.0) if number is None else float(number) / DEPENDENCIES_PER_UNIT
    return seen.kilo_lines * min(based_on, 100.0) / 100.0


def _why_not(part: IssueType, seen: Seen) -> str:
    """Why nothing is known about a part: what its checkers say."""
    said = []
    for checker in seen.checkers:
        outcome = seen.outcomes.get(checker.name)
        if part in checker.parts and outcome is not None:
            said.append(outcome.error or f"“{checker.title}” did not come to its end")
    return "; ".join(dict.fromkeys(said)) or NOBODY


def _measures(
    part: IssueType, seen: Seen, earlier: PartScore | None, settings: HealthSettings
) -> tuple[tuple[Measure, ...], str | None]:
    """What was measured for a part, by this check or else before; and what is lacking."""
    found = {measure.name: measure for measure in (earlier.evidence.measures if earlier else ())}
    if _measured_anew(part, seen):
        found = {}
    found |= {measure.name: measure for measure in _measured(part, seen.metrics, settings)}
    lacking = _essential(part, seen, earlier)
    if part is IssueType.TESTS and "coverage_percent" not in found:
        lacking = NO_COVERAGE
    if part is IssueType.DOCUMENTATION and "documented_percent" not in found:
        lacking = NO_SHARE
    return tuple(found.values()), lacking


def _essential(part: IssueType, seen: Seen, earlier: PartScore | None) -> str | None:
    """Why a part is not known although some of its checkers looked."""
    name = ESSENTIAL.get(part)
    if name is None or all(checker.name != name for checker in seen.checkers):
        return None
    outcome = seen.outcomes.get(name)
    if outcome is None:
        return earlier.evidence.lacking if earlier else NOBODY
    if outcome.report is None and outcome.status is not CheckerStatus.SKIPPED:
        return outcome.error or NOBODY
    return None


def _measured_anew(part: IssueType, seen: Seen) -> bool:
    """Whether what measures the part took part in this check, so that older figures are out of date."""
    by_files = part is IssueType.DOCUMENTATION
    if by_files and not is_whole(seen.target):
        return False
    return any(
        part in checker.parts
        and (checker.looks_at is not None) == by_files
        and (outcome := seen.outcomes.get(checker.name)) is not None
        and outcome.status is not CheckerStatus.SKIPPED
        for checker in seen.checkers
    )


def metrics_of(target: Target, checkers: Sequence[Checker], outcomes: Mapping[str, CheckerOutcome]) -> dict[str, Any]:
    """The figures of all reports that are about the whole: a share of some files is none of all."""
    found: dict[str, Any] = {}
    for checker in checkers:
        outcome = outcomes.get(checker.name)
        if outcome and outcome.report and (checker.looks_at is None or is_whole(target)):
            found |= outcome.report.metrics
    return found


def is_whole(target: Target) -> bool:
    """Whether the check looks at all files."""
    return len(target.selected) == len(target.files)


def _measured(part: IssueType, metrics: Mapping[str, Any], settings: HealthSettings) -> Iterable[Measure]:
    def value(name: str) -> float | None:
        found = metrics.get(name)
        return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None

    if part is IssueType.TESTS:
        passed = value("passed")
        bad = sum(value(name) or 0.0 for name in ("failed", "hanging", "collection_errors"))
        if passed is not None and passed + bad > 0:
            yield at_least("tests_passed_percent", 100.0 * passed / (passed + bad), 100.0)
        if (covered := value("coverage_percent")) is not None:
            yield at_least("coverage_percent", covered, settings.coverage_total_percent)
    if part is IssueType.DOCUMENTATION and (documented := value("documented_percent")) is not None:
        yield at_least("documented_percent", documented, 100.0)
    if part is IssueType.PERFORMANCE and (loading := value("page_load_ms")) is not None:
        yield at_most("page_load_ms", loading, settings.page_load_ms)
