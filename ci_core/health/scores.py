"""How healthy a repository is, 0–100: by part, overall, and by file. `docs/health-score.md` explains and tests it.

Pure: plain arguments, no clock, no database. What is not known stays None.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from db.enums import IssueType, Severity

Counts = Mapping[Severity, int]

# How much an issue weighs. A step of severity is worth about three of the next lower one.
POINTS: Mapping[Severity, float] = MappingProxyType(
    {
        Severity.CRITICAL: 30.0,
        Severity.HIGH: 10.0,
        Severity.MEDIUM: 3.0,
        Severity.LOW: 1.0,
        Severity.INFO: 0.1,
    }
)
# A part's score is halved by so many points per unit of size; a unit is 1,000 lines of Python, or ten dependencies.
# Bugs are mostly what a type checker suspects, which is less certain than what is seen.
# What is measured as a share of what is wanted (coverage, documentation) is not also judged by counting its issues.
HALVED_BY: Mapping[IssueType, float] = MappingProxyType(
    {
        IssueType.SECURITY: 10.0,
        IssueType.BUGS: 20.0,
        IssueType.CODE_QUALITY: 40.0,
        IssueType.DEPENDENCIES: 10.0,
        IssueType.PERFORMANCE: 10.0,
        IssueType.TESTS: math.inf,
        IssueType.DOCUMENTATION: math.inf,
    }
)
# A part is not healthy while one such issue is open, however large the code around it is.
CAPS: Mapping[Severity, float] = MappingProxyType({Severity.CRITICAL: 39.0, Severity.HIGH: 69.0})
OVERALL_CAPS: Mapping[Severity, float] = MappingProxyType({Severity.CRITICAL: 69.0})
LINES_PER_UNIT = 1_000.0
DEPENDENCIES_PER_UNIT = 10.0
# A file's score is halved by so many points per 1,000 lines; one shorter than `SHORT_FILE` is judged as if it had that
# many lines, so that one remark in ten lines does not make it the worst file of all.
FILE_HALVED_BY = 60.0
SHORT_FILE = 100
# 100 means that nothing was found: with anything at all, it stays below.
ALMOST = 99.99
# A part of which nothing is left counts as 1 in the mean, because a factor of 0 would hide all other parts.
LEAST_IN_MEAN = 1.0


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that was measured, beside the one that is wanted.

    Attributes:
        name: as in the check's metrics, such as "coverage_percent".
        share: how much of what is wanted is reached, 0–1.
    """

    name: str
    value: float
    wanted: float
    share: float

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"name": self.name, "value": self.value, "wanted": self.wanted, "share": round(self.share, 4)}


def at_least(name: str, value: float, wanted: float) -> Measure:
    """A measure of which more is better, such as coverage."""
    return Measure(name, value, wanted, 1.0 if wanted <= 0 else min(max(value / wanted, 0.0), 1.0))


def at_most(name: str, value: float, wanted: float) -> Measure:
    """A measure of which less is better, such as the time that a page takes."""
    return Measure(name, value, wanted, 1.0 if value <= wanted else max(wanted, 0.0) / value)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about one part.

    Attributes:
        counts: the issues that are still there, also those that somebody acknowledged; none that was dismissed.
        by_rule: the points of the same issues by rule; empty where the rules are not known.
        units: the size of what was looked at; one unit is 1,000 lines, or ten dependencies.
        based_on: how much of what was to be looked at was, in per cent; 0: nothing, so that the score is not known.
        measures: what was measured; the score is multiplied with their shares.
        lacking: what had to be measured and was not, in words; the score is not known then.
        as_of: the check that last looked at this part.
    """

    counts: Counts
    units: float
    based_on: float
    measures: tuple[Measure, ...] = ()
    lacking: str | None = None
    as_of: int | None = None
    by_rule: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartScore:
    """The score of one part, with what it was made of.

    Attributes:
        score: floored; None while it is not known.
        exact: before it was floored, to two digits.
        density: points per unit, as far as they count.
        capped_by: the severity that held it down, where one did.
        unknown_because: in words, where the score is None.
    """

    part: IssueType
    score: int | None
    exact: float | None
    density: float | None
    capped_by: Severity | None
    unknown_because: str | None
    evidence: Evidence

    def as_json(self) -> dict[str, Any]:
        """As the table of checks keeps it."""
        known = self.evidence
        return {
            "score": self.score,
            "exact": self.exact,
            "density": self.density,
            "capped_by": self.capped_by,
            "based_on": round(known.based_on, 2),
            "unknown_because": self.unknown_because,
            "units": round(known.units, 3),
            "counts": {severity.value: number for severity, number in known.counts.items() if number},
            "measures": [measure.as_json() for measure in known.measures],
            "as_of": known.as_of,
            "rules": {rule: round(value, 1) for rule, value in known.by_rule.items()},
        }


def part_from_json(part: IssueType, values: Mapping[str, Any]) -> PartScore:
    """What `PartScore.as_json` gave, worked out anew from its evidence, so that all figures follow one rule."""
    measures = tuple(Measure(one["name"], one["value"], one["wanted"], one["share"]) for one in values["measures"])
    counts = {Severity(name): int(number) for name, number in values["counts"].items()}
    lacking = values["unknown_because"] if values["based_on"] else None
    evidence = Evidence(
        counts, values["units"], values["based_on"], measures, lacking, values["as_of"], values.get("rules", {})
    )
    return part_score(part, evidence)


def part_score(part: IssueType, evidence: Evidence, *, reason: str = "nothing looked at it") -> PartScore:
    """The score of one part: 100, halved by every `HALVED_BY` points per unit, times what is reached of each measure.

    Args:
        reason: why it is not known, where nothing was looked at.
    """
    why = reason if evidence.based_on <= 0 else evidence.lacking
    if why is not None:
        return PartScore(part, None, None, None, None, why, evidence)
    density = _density(part, evidence)
    exact = 100.0 * 2.0 ** (-density / HALVED_BY[part])
    for measure in evidence.measures:
        exact *= measure.share
    exact, capped_by = _capped(exact, evidence.counts, CAPS)
    return PartScore(part, math.floor(exact), exact, round(density, 3), capped_by, None, evidence)


def _density(part: IssueType, evidence: Evidence) -> float:
    """Points per unit; of one rule never more than what halves the score, however often it is broken.

    The thousandth issue of one rule says little that the hundredth did not: it is one habit, and often one decision or
    one blind spot of a tool.
    """
    units, most = max(evidence.units, 1.0), HALVED_BY[part]
    if not evidence.by_rule or math.isinf(most):
        return points(evidence.counts) / units
    return sum(most * -math.expm1(-value / units / most) for value in evidence.by_rule.values())


def points(counts: Counts) -> float:
    """What issues weigh together."""
    return sum(POINTS[severity] * number for severity, number in counts.items())


def effect(score: PartScore, severity: Severity, rule: str, *, gone: bool) -> float:
    """How many points of score one issue of this severity and rule makes.

    Args:
        gone: the issue is not among those counted any more (it was resolved): the gain through that. Otherwise it is
            counted, and the loss through it is given, as a number below or equal 0.
    """
    one, known = 1 if gone else -1, score.evidence
    counts, by_rule = dict(known.counts), dict(known.by_rule)
    counts[severity] = max(counts.get(severity, 0) + one, 0)
    if by_rule or not any(known.counts.values()):  # else the rules are not known
        by_rule[rule] = max(by_rule.get(rule, 0.0) + one * POINTS[severity], 0.0)
    other = part_score(score.part, replace(known, counts=counts, by_rule=by_rule))
    if score.exact is None or other.exact is None:
        return 0.0
    return round(score.exact - other.exact, 2)


@dataclass(frozen=True, slots=True)
class Overall:
    """The score of the whole.

    Attributes:
        score: floored; None while no part is known.
        confidence: how much of what should be known is, 0–100: the parts by their weight, each as far as it was
            looked at.
        unknown: the parts that count and are not known.
    """

    score: int | None
    exact: float | None
    confidence: float
    capped_by: Severity | None
    unknown: tuple[IssueType, ...]


def overall_score(parts: Mapping[IssueType, PartScore], weights: Mapping[str, float]) -> Overall:
    """The weighted geometric mean of the known parts: a good part does not make up for a bad one.

    Args:
        weights: by the part's name; 0 or absent leaves it out.
    """
    counting = {part: weights.get(part.value, 0.0) for part in IssueType if weights.get(part.value, 0.0) > 0}
    known = {part: weight for part, weight in counting.items() if part in parts and parts[part].exact is not None}
    unknown = tuple(part for part in counting if part not in known)
    if not known:
        return Overall(None, None, 0.0, None, unknown)
    total = sum(known.values())
    logs = sum(weight * math.log(max(parts[part].exact or 0.0, LEAST_IN_MEAN)) for part, weight in known.items())
    live: dict[Severity, int] = {}
    for part in known:
        for severity, number in parts[part].evidence.counts.items():
            live[severity] = live.get(severity, 0) + number
    # The mean of equal numbers may be a hair above them.
    exact, capped_by = _capped(min(round(math.exp(logs / total), 9), 100.0), live, OVERALL_CAPS)
    seen = sum(weight * parts[part].evidence.based_on for part, weight in known.items())
    confidence = _floor(seen / sum(counting.values()))
    return Overall(math.floor(exact), exact, confidence, capped_by, unknown)


@dataclass(frozen=True, slots=True)
class FileScore:
    """The score of one file; `issues` is how many are there."""

    score: int
    exact: float
    issues: int


def file_score(counts: Counts, lines: int) -> FileScore:
    """The score of a file that was looked at: as a part's, with its own scale, because issues come in heaps."""
    density = points(counts) / (max(lines, SHORT_FILE) / LINES_PER_UNIT)
    exact, _ = _capped(100.0 * 2.0 ** (-density / FILE_HALVED_BY), counts, CAPS)
    return FileScore(math.floor(exact), exact, sum(counts.values()))


def _capped(exact: float, counts: Counts, caps: Mapping[Severity, float]) -> tuple[float, Severity | None]:
    """The score held down by the worst issue, and below 100 by any; with what held it down."""
    if any(counts.values()):
        exact = min(exact, ALMOST)
    for severity, cap in caps.items():
        if counts.get(severity) and exact > cap:
            return cap, severity
    return _floor(exact), None


def _floor(value: float) -> float:
    """Two digits, never rounded up."""
    return math.floor(round(value * 100, 6)) / 100
