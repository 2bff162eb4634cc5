"""The scorer that needs nothing but the enhancement itself, and can account for every point."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import log2, log10

from ci_core.backlog.priority.issues import reasons_from
from ci_core.backlog.priority.model import Assessment, Component, Reason, ScoringInput
from ci_core.backlog.priority.signals import (
    BY_NAME,
    DEBT,
    EFFORT,
    INACTION,
    INDEX,
    STRATEGY,
    USERS,
    VALUE,
)
from ci_core.backlog.priority.wording import prose_words
from db.enums import Category, Complexity, Priority

Points = Mapping[Component, float]
Reasons = dict[Component, list[Reason]]

WORK: Mapping[Category, str] = {
    Category.SECURITY: "security work",
    Category.BUG_FIX: "a bug fix",
    Category.PERFORMANCE: "performance work",
    Category.ENHANCEMENT: "an enhancement",
    Category.NEW_FEATURE: "a new feature",
    Category.REFACTORING: "refactoring",
    Category.TESTING: "work on tests",
    Category.DOCUMENTATION: "documentation",
}

STARTING_POINTS: Mapping[Component, Reason] = {
    component: Reason("Starting point", points, start=True)
    for component, points in ((VALUE, 34), (USERS, 30), (STRATEGY, 34), (DEBT, 16), (INACTION, 16))
}

BY_CATEGORY: Mapping[Category, Points] = {
    Category.SECURITY: {VALUE: 16, USERS: 4, STRATEGY: 14, DEBT: 12, INACTION: 24},
    Category.BUG_FIX: {VALUE: 12, USERS: 14, STRATEGY: 4, DEBT: 16, INACTION: 18},
    Category.PERFORMANCE: {VALUE: 6, USERS: 12, STRATEGY: 4, DEBT: 12, INACTION: 6},
    Category.ENHANCEMENT: {VALUE: 4, USERS: 6},
    Category.NEW_FEATURE: {VALUE: 6, USERS: 6, DEBT: -10, INACTION: -8},
    Category.REFACTORING: {VALUE: -8, USERS: -16, DEBT: 44, INACTION: 4},
    Category.TESTING: {VALUE: -8, USERS: -18, DEBT: 38, INACTION: 8},
    Category.DOCUMENTATION: {VALUE: -14, USERS: -4, STRATEGY: -6, DEBT: 18, INACTION: -6},
}

BY_PRIORITY: Mapping[Priority, Points] = {
    Priority.CRITICAL: {VALUE: 24, USERS: 12, STRATEGY: 12, INACTION: 24},
    Priority.HIGH: {VALUE: 12, USERS: 7, STRATEGY: 6, INACTION: 10},
    Priority.MEDIUM: {},
    Priority.LOW: {VALUE: -14, USERS: -8, STRATEGY: -8, INACTION: -10},
}

# Expected risk of the work itself where nobody has estimated the effort.
RISK_BY_COMPLEXITY: Mapping[Complexity, float] = {
    Complexity.TRIVIAL: 8,
    Complexity.SIMPLE: 20,
    Complexity.MODERATE: 38,
    Complexity.COMPLEX: 62,
    Complexity.EPIC: 82,
}
RISK_BY_CATEGORY: Mapping[Category, float] = {
    Category.DOCUMENTATION: 10,
    Category.TESTING: 16,
    Category.BUG_FIX: 28,
    Category.REFACTORING: 46,
    Category.NEW_FEATURE: 52,
}
UNKNOWN_RISK = 40.0

IN_TEXT = 0.6  # a statement in the description, against one in the title
IN_TAGS = 0.4
HARM_ONLY_DESCRIBED = 0.5  # documentation and tests speak of harm without removing it
DESCRIBING = (Category.TESTING, Category.DOCUMENTATION)
# What a health check has measured is not counted once more because the text names it.
MEASURED = (DEBT, INACTION)
# The strongest statement counts in full and each further one less: naming everything must not win.
DIMINISHING = (1.0, 0.6, 0.4, 0.25, 0.15)
UNBLOCKING: Points = {STRATEGY: 10, INACTION: 8, VALUE: 5}
UNBLOCKING_DOUBLINGS = 3.0
PLACE_IN_CODE = re.compile(r"\b\w+\.(?:py|sql|toml|js|ts|html|css|ya?ml|ini)\b")
PLACE_IN_CODE_POINTS = -5.0


class LocalScorer:
    """Scores by category, stated priority, effort, wording, health issues, and what waits. Pure and repeatable."""

    name = "local-1"

    def score(self, item: ScoringInput) -> Mapping[Component, Assessment]:
        """An assessment of every component; the points of its reasons add up to its score, within 0–100."""
        reasons: Reasons = {component: [] for component in Component}
        if item.category:
            _add(reasons, BY_CATEGORY[item.category], f"It is {WORK[item.category]}")
        if item.priority:
            _add(reasons, BY_PRIORITY[item.priority], f"Stated priority {item.priority}")
        if item.unblocks > 0:
            doublings = min(UNBLOCKING_DOUBLINGS, log2(1 + item.unblocks))
            others = "1 other waits" if item.unblocks == 1 else f"{item.unblocks} others wait"
            _add(reasons, {part: points * doublings for part, points in UNBLOCKING.items()}, f"{others} for it")
        if item.issues is not None:
            for component, reason in reasons_from(item.issues):
                reasons[component].append(reason)
        _add_wording(reasons, item)
        return {
            component: _assess([*sorted(reasons[component], key=_strength, reverse=True), STARTING_POINTS[component]])
            for component in STARTING_POINTS
        } | {EFFORT: _assess([_effort(item), *sorted(reasons[EFFORT], key=_strength, reverse=True)])}


def _assess(reasons: list[Reason]) -> Assessment:
    return Assessment(min(100.0, max(0.0, sum(reason.points or 0 for reason in reasons))), tuple(reasons))


def _strength(reason: Reason) -> float:
    return abs(reason.points or 0)


def _add(reasons: Reasons, points: Points, text: str) -> None:
    for component, value in points.items():
        reasons[component].append(Reason(text, value))


def _effort(item: ScoringInput) -> Reason:
    """The risk of the work: with the logarithm of the hours, since ten times the work is not ten times the risk."""
    hours, complexity = item.estimated_hours, item.complexity
    by_hours = None if hours is None else min(95.0, max(3.0, 13 + 27 * log10(max(hours, 0.1))))
    by_complexity = RISK_BY_COMPLEXITY[complexity] if complexity else None
    if by_hours is not None and by_complexity is not None:
        return Reason(f"{_duration(hours)} of {complexity} work", (2 * by_hours + by_complexity) / 3, start=True)
    if by_hours is not None:
        return Reason(f"{_duration(hours)} of work", by_hours, start=True)
    if by_complexity is not None:
        return Reason(f"Unknown effort, {complexity}", by_complexity, start=True)
    usual = RISK_BY_CATEGORY.get(item.category, UNKNOWN_RISK) if item.category else UNKNOWN_RISK
    return Reason("Unknown effort", usual, start=True)


def _duration(hours: float | None) -> str:
    if hours is None:
        return ""
    return f"{hours * 60:.0f} min" if hours < 1 else f"{hours:g} h"


def _add_wording(reasons: Reasons, item: ScoringInput) -> None:
    in_title = INDEX.find(prose_words(item.title))
    in_text = INDEX.find(prose_words(item.description)) - in_title
    in_tags = INDEX.find(prose_words("; ".join(item.tags))) - in_title - in_text
    found: dict[Component, list[Reason]] = {}
    for names, share, place in ((in_title, 1.0, "title"), (in_text, IN_TEXT, "text"), (in_tags, IN_TAGS, "tags")):
        for name in names:
            signal = BY_NAME[name]
            worth = share * HARM_ONLY_DESCRIBED if signal.harm and item.category in DESCRIBING else share
            text = f"{name[0].upper()}{name[1:]} named in the {place}"
            for component, points in signal.points.items():
                if item.issues is not None and component in MEASURED:
                    continue
                found.setdefault(component, []).append(Reason(text, points * worth))
    for component, statements in found.items():
        reasons[component] += _diminished(statements)
    if PLACE_IN_CODE.search(item.description):
        reasons[EFFORT].append(Reason("The files to change are named", PLACE_IN_CODE_POINTS))


def _diminished(statements: list[Reason]) -> Iterator[Reason]:
    """The statements with what each is worth beside the stronger ones that pull the same way."""
    seen = {True: 0, False: 0}
    for text, points, _ in sorted(statements, key=lambda reason: (-_strength(reason), reason.text)):
        lifts = (points or 0) > 0
        yield Reason(text, (points or 0) * DIMINISHING[min(seen[lifts], len(DIMINISHING) - 1)])
        seen[lifts] += 1
