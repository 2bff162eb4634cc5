"""What a proposal says where no chat model writes it: what was found, where, why it matters, when it is done.

Titles, messages and paths come from the checked repository or from tools that read it: they are plain text here,
whoever renders it. Line numbers move with every edit, so that the text is as of one check; the drawer lists the issues
as they are now.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ci_core.backlog.plain_words import one_line, plain_markdown
from ci_core.backlog.validation import NAME_MAX, TAG_MAX, TITLE_MAX, URL_MAX
from ci_core.backlog.values import NewEnhancement
from ci_core.health.areas import TOP
from ci_core.health.proposals.grouping import EVERYWHERE, is_in_area
from ci_core.health.proposals.values import GroupKey, IssueBehind, by_severity, worst_first, worst_of
from db.enums import Category, Complexity, IssueType, Priority, Severity, Source, Status

MOST_PLACES = 12
LONGEST_MESSAGE = 200
LONGEST_PATH = 300
CATEGORIES = {
    IssueType.SECURITY: Category.SECURITY,
    IssueType.BUGS: Category.BUG_FIX,
    IssueType.CODE_QUALITY: Category.REFACTORING,
    IssueType.DEPENDENCIES: Category.REFACTORING,
    IssueType.TESTS: Category.TESTING,
    IssueType.PERFORMANCE: Category.PERFORMANCE,
    IssueType.DOCUMENTATION: Category.DOCUMENTATION,
}
PRIORITIES = {Severity.CRITICAL: Priority.CRITICAL, Severity.HIGH: Priority.HIGH, Severity.MEDIUM: Priority.MEDIUM}
# Up to so many hours of work, a proposal is of this complexity.
COMPLEXITIES = (
    (1.0, Complexity.TRIVIAL),
    (4.0, Complexity.SIMPLE),
    (16.0, Complexity.MODERATE),
    (60.0, Complexity.COMPLEX),
)


@dataclass(frozen=True, slots=True)
class Words:
    """What people read of a rule; empty where nobody wrote it."""

    why: str = ""
    remedy: str = ""


WORDLESS = Words()


@dataclass(frozen=True, slots=True)
class Wording:
    """The fields of a proposal."""

    title: str
    description: str
    category: Category
    priority: Priority
    complexity: Complexity | None
    estimated_hours: float | None
    feature_area: str | None
    source_url: str | None
    tags: tuple[str, ...]
    predicted_impact: dict[str, Any]


def wording(key: GroupKey, issues: Sequence[IssueBehind], words: Words = WORDLESS, lead: str | None = None) -> Wording:
    """The proposal for these issues, of which there is at least one.

    Args:
        key: what they share; a rule "" says that they are of several rules.
        lead: plain paragraphs, already safe as markdown, that stand above what was found in place of the usual ones.
    """
    ordered = worst_first(issues)
    first, worst = ordered[0], worst_of(ordered)
    hours = hours_of(ordered)
    area = key.area if key.area not in (EVERYWHERE, TOP) and is_in_area(first) else None
    return Wording(
        title=title_of(key, ordered),
        description="\n\n".join(_description(key, ordered, words, lead)),
        category=_category(first),
        priority=PRIORITIES.get(worst, Priority.LOW) if worst else Priority.LOW,
        complexity=complexity_of(hours),
        estimated_hours=hours,
        feature_area=one_line(area, NAME_MAX) or None if area else None,
        source_url=_origin(first),
        tags=_tags(ordered),
        predicted_impact={
            "health": {"part": first.issue_type.value, "issues": len(ordered), "by_severity": by_severity(ordered)}
        },
    )


def new_enhancement(
    text: Wording, *, title: str | None = None, status: Status | str = Status.PROPOSED
) -> NewEnhancement:
    """The enhancement that a wording describes, under another title where one is given."""
    return NewEnhancement(
        title=title or text.title,
        description=text.description,
        feature_area=text.feature_area,
        category=text.category,
        priority=text.priority,
        complexity=text.complexity,
        status=status,
        estimated_hours=text.estimated_hours,
        source=Source.HEALTH_CHECK,
        source_url=text.source_url,
        tags=text.tags,
        predicted_impact=text.predicted_impact,
    )


def title_of(key: GroupKey, issues: Sequence[IssueBehind]) -> str:
    """What is to be repaired and where: "SQL put together from text in scanner"."""
    what = one_line(issues[0].title) or key.rule
    if not key.rule:
        what = f"{len(issues)} issues"
    files = {one.file_path for one in issues}
    if key.area == EVERYWHERE:
        where, joint = "all over the code", " "
    elif not is_in_area(issues[0]):
        where, joint = one_line(key.area), ": "
    else:
        where, joint = _part_of_code(key.area, sorted(filter(None, files))), " in "
    if not where or where.lower() in what.lower():
        return one_line(what, TITLE_MAX)
    room = TITLE_MAX - len(joint) - len(where)
    return one_line(what, room) + joint + where if room > TITLE_MAX // 3 else one_line(what + joint + where, TITLE_MAX)


def _part_of_code(area: str, files: Sequence[str]) -> str:
    if len(files) == 1:
        return one_line(files[0])
    if area != TOP:
        return one_line(area)
    # The files beside all folders have no name in common.
    more = "1 more file" if len(files) == 2 else f"{len(files) - 1} more files"
    return f"{one_line(files[0])} and {more}"


def digest(issues: Sequence[IssueBehind]) -> str:
    """A word that changes when other issues stand behind a proposal, or worse ones; not when lines move."""
    named = sorted(f"{one.id}:{one.severity}" for one in issues)
    return hashlib.sha256(",".join(named).encode()).hexdigest()[:32]


def hours_of(issues: Sequence[IssueBehind]) -> float | None:
    """What the repairs take in hours; None where it is not known of one of them."""
    minutes = [one.effort_minutes for one in issues if one.effort_minutes is not None]
    return round(sum(minutes) / 60, 2) if len(minutes) == len(issues) and minutes else None


def complexity_of(hours: float | None) -> Complexity | None:
    """How involved work of so many hours is."""
    if hours is None:
        return None
    return next((complexity for most, complexity in COMPLEXITIES if hours <= most), Complexity.EPIC)


def _category(issue: IssueBehind) -> Category:
    # A package is brought up to date for what can be done through it.
    if issue.issue_type is IssueType.DEPENDENCIES and (issue.cwe or issue.severity is Severity.CRITICAL):
        return Category.SECURITY
    return CATEGORIES[issue.issue_type]


def _description(key: GroupKey, issues: Sequence[IssueBehind], words: Words, lead: str | None) -> Iterator[str]:
    if lead:
        yield lead
    elif words.why:
        yield plain_markdown(words.why)
    yield f"**What was found:** {found_in_words(key, issues)}"
    yield "\n".join(_places(issues, titled=not key.rule))
    if words.remedy and not lead:
        yield f"**What to do:** {plain_markdown(words.remedy)}"
    if effort := _effort(issues):
        yield f"**Effort:** {effort}"
    yield (
        "**Done when** a health check has looked at these files again and sees none of it. This then closes by "
        "itself. The issues as they are now stand under Links."
    )


def found_in_words(key: GroupKey, issues: Sequence[IssueBehind]) -> str:
    """How many there are, how bad, where, and since when, in two sentences at most."""
    counts = by_severity(issues)
    severities = ", ".join(f"{count} {severity}" for severity, count in counts.items())
    number = "1 issue" if len(issues) == 1 else f"{len(issues)} issues"
    amount = f"{number} ({severities})" if len(counts) > 1 else f"{number}, {next(iter(counts))}"
    files = {one.file_path for one in issues if one.file_path is not None}
    where = "" if len(files) < 2 else f", in {len(files)} files"
    rule = f", rule {code(key.rule)}" if key.rule else ""
    cwe = sorted({one.cwe for one in issues if one.cwe})
    named = f" ({', '.join(cwe)})" if cwe else ""
    return f"{amount}{where}{rule}{named}.{_since(issues)}"


def code(text: str, longest: int = LONGEST_PATH) -> str:
    """A name in the code as markdown: nothing in it is markup, and no word of it counts as said."""
    line = one_line(text, longest)
    return f"`{line}`" if line and "`" not in line else plain_markdown(line)


def _since(issues: Sequence[IssueBehind]) -> str:
    known = [one.introduced_at for one in issues if one.introduced_at is not None]
    back = sum(one.regressed for one in issues)
    said = ""
    if known:
        oldest, newest = min(known), max(known)
        span = f"{oldest:%d %b %Y}".lstrip("0")
        if newest.date() != oldest.date():
            span += f" – {newest:%d %b %Y}".replace("– 0", "– ")
        said = f" Brought in {span}."
    if back:
        said += f" {'It was' if len(issues) == 1 else f'{back} of them had been'} fixed before and came back."
    return said


def _places(issues: Sequence[IssueBehind], *, titled: bool) -> Iterator[str]:
    for one in issues[:MOST_PLACES]:
        inside = f" in {code(one.scope, NAME_MAX)}" if one.scope else ""
        said = one.title if titled or not one.message else one.message
        message = plain_markdown(one_line(said, LONGEST_MESSAGE))
        words = f": {message}" if message and (titled or one.message != one.title) else ""
        yield f"- {code(one.place, LONGEST_PATH)}{inside}{words}"
    if len(issues) > MOST_PLACES:
        yield f"- and {len(issues) - MOST_PLACES} more"


def _effort(issues: Sequence[IssueBehind]) -> str:
    hours = hours_of(issues)
    fixable = sum(one.auto_fixable for one in issues)
    parts = []
    if hours is not None:
        parts.append(f"about {hours * 60:.0f} minutes" if hours < 2 else f"about {hours:.0f} hours")
    if fixable:
        parts.append("a fixer can do all of it" if fixable == len(issues) else f"a fixer can do {fixable} of them")
    return "; ".join(parts) + "." if parts else ""


def _origin(issue: IssueBehind) -> str | None:
    if issue.file_path is None:
        return None
    place = one_line(issue.file_path) + (f"#L{issue.line_number}" if issue.line_number else "")
    # A path that looks like an address of a site would be taken for one.
    return None if len(place) > URL_MAX or ":" in place or place.startswith("//") else place


def _tags(issues: Sequence[IssueBehind]) -> tuple[str, ...]:
    cwe = sorted({one.cwe.lower() for one in issues if one.cwe})[:3]
    rules = sorted({one_line(one.rule).lower() for one in issues})[:3]
    return tuple(dict.fromkeys(tag for tag in ("health", *rules, *cwe) if 0 < len(tag) <= TAG_MAX))
