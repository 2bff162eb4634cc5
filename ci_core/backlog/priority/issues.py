"""What the health issues behind an enhancement say about its debt and about the risk of leaving it.

Measured, not read from words: how severe they are, how often their files change, how long they have been there,
whether what comes from outside reaches them, and whether one was repaired before. Every figure goes in steps, so that a
score does not move a little with every check.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log2

from ci_core.backlog.priority.model import Component, Reason

# One critical issue weighs as much as two high ones or seven medium ones.
LOADS = (10.0, 5.0, 1.5, 0.3)
# Code that only tests and tools run harms nobody who trades.
BESIDE_THE_PRODUCT = 0.3
RISK_PER_DOUBLING, MOST_RISK = 14.0, 44.0
RISK_UNIT = 3.0
DEBT_PER_DOUBLING, MOST_DEBT = 9.0, 36.0
DEBT_UNIT = 2.5
# Commits in half a year that touched the files, on average: at least so many, how one says that, and the points.
# Files that change often are where the next defect comes from, and where this one is met (Tornhill, hotspots).
CHURN = ((26.0, "change every week", 10.0), (6.0, "change every month", 6.0), (2.0, "change now and then", 3.0))
AGES = (
    (365.0, "more than a year", 8.0),
    (182.0, "more than half a year", 6.0),
    (91.0, "more than three months", 4.0),
    (30.0, "more than a month", 2.0),
)
EXPOSED = 8.0
CAME_BACK = 6.0


@dataclass(frozen=True, slots=True)
class IssuesBehind:
    """The issues behind an enhancement that are still to be repaired, as figures.

    Attributes:
        critical, high, medium, low: how many there are of each severity; what only informs does not count.
        beside: how many of them are in tests, examples, benchmarks or scripts.
        exposed: how many are reached by what comes from outside.
        came_back: how many were repaired before.
        commits: how many touched their files in the last 180 days, on average; None where that is not known.
        age_days: for how long they have been in the code, on average.
    """

    critical: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0
    beside: int = 0
    exposed: int = 0
    came_back: int = 0
    commits: float | None = None
    age_days: float = 0.0

    @property
    def count(self) -> int:
        """How many there are."""
        return self.critical + self.high + self.medium + self.low

    @property
    def load(self) -> float:
        """Their weight in all; what is beside the product counts less."""
        counts = (self.critical, self.high, self.medium, self.low)
        whole = sum(count * load for count, load in zip(counts, LOADS, strict=True))
        share = self.beside / self.count if self.count else 0.0
        return whole * (1 - share * (1 - BESIDE_THE_PRODUCT))


def reasons_from(issues: IssuesBehind) -> Iterator[tuple[Component, Reason]]:
    """What the issues add to the technical debt and to the risk of not doing it, each with its reason.

    Twice the load adds the same again: the tenth issue of a kind is less news than the first.
    """
    if not issues.count:
        return
    risk, debt = Component.INACTION_RISK, Component.TECHNICAL_DEBT
    named = _named(issues)
    yield risk, Reason(named, min(MOST_RISK, RISK_PER_DOUBLING * log2(1 + issues.load / RISK_UNIT)))
    yield debt, Reason(named, min(MOST_DEBT, DEBT_PER_DOUBLING * log2(1 + issues.load / DEBT_UNIT)))
    if issues.commits is not None:
        for least, words, points in CHURN:
            if issues.commits >= least:
                yield risk, Reason(f"The files of its issues {words}", points)
                break
    for days, words, points in AGES:
        if issues.age_days >= days:
            yield debt, Reason(f"Its issues have been there for {words}", points)
            break
    if issues.exposed:
        yield risk, Reason("What comes from outside reaches its issues", EXPOSED)
    if issues.came_back:
        yield risk, Reason("An issue of it came back after it was repaired", CAME_BACK)


def _named(issues: IssuesBehind) -> str:
    counts = {
        "critical": issues.critical, "high": issues.high, "medium": issues.medium, "low": issues.low,
    }  # fmt: skip
    parts = [f"{count} {name}" for name, count in counts.items() if count]
    word = "issue" if issues.count == 1 else "issues"
    return f"{', '.join(parts)} {word} behind it"
