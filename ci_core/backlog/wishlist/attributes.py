"""The attributes of a wish, from its title, its fields, the sections around it and the document's legend."""

from __future__ import annotations

import re

from ci_core.backlog.wishlist.effort import SIZES, complexity_of_hours, hours_in, level_in, size_in
from ci_core.backlog.wishlist.entries import Context, Wish
from ci_core.backlog.wishlist.fields import Fields
from ci_core.backlog.wishlist.inline import plain_text
from ci_core.backlog.wishlist.items import WishlistItem
from ci_core.backlog.wishlist.legends import Legend
from ci_core.backlog.wishlist.marks import signs_in, without_emoji
from ci_core.backlog.wishlist.titles import priority_word
from ci_core.backlog.wishlist.topics import area_of, category_of, tags_of
from db.enums import Category, Complexity, Priority

_EFFORT_FIELDS = (
    "effort",
    "estimated effort",
    "estimated time",
    "estimated hours",
    "estimate",
    "time estimate",
    "time",
    "development time",
    "hours",
    "duration",
    "size",
    "t-shirt size",
    "effort estimate",
    "estimated duration",
    "time required",
    "est. time",
    "est",
    "est. hours",
    "est. effort",
    "estimation",
    "timeline",
    "implementation time",
    "development effort",
    "implementation effort",
    "work",
)
_COMPLEXITY_FIELDS = (
    "complexity",
    "difficulty",
    "technical complexity",
    "implementation complexity",
    "implementation difficulty",
)
_DEPENDENCY_FIELDS = (
    "dependencies",
    "depends on",
    "dependency",
    "requires",
    "blocked by",
    "prerequisites",
    "prerequisite",
    "needs",
    "required",
    "waiting for",
    "dependent on",
    "external dependencies",
)
_STATUS_DONE = re.compile(
    r"^(?:fully |now |already )?(?:completed?|done|implemented|shipped|released|live|finished|delivered|deployed"
    r"|merged|closed|resolved"
    r"|fixed|100\s?%)\b(?!\s+in\s+q\d)",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"\b(?:depends on|dependent on|requires|blocked by|blocked on|waits for|waiting for|prerequisites?:?|needs"
    r"|builds on|after)\s+"
    r"(?P<ids>(?:(?:items?|features?|issues?|wish|task|enhancement)\s+)?(?:#\d+|[A-Z]{1,8}-\d+)"
    r"(?:\s*(?:,|and|&|\+|or)\s*(?:#\d+|[A-Z]{1,8}-\d+))*)",
    re.IGNORECASE,
)
_ID = re.compile(r"#\d+|[A-Z]{1,8}-\d+", re.IGNORECASE)
_NOTHING = re.compile(r"^(?:none|n/?a|no|nothing|-+|–|—|tbd|unknown|not applicable|none\b.*)\.?$", re.IGNORECASE)
_CATEGORIES: tuple[tuple[str, Category], ...] = (
    (r"bug|fix|defect", Category.BUG_FIX),
    (r"secur", Category.SECURITY),
    (r"perform|optimi|speed|scal", Category.PERFORMANCE),
    (r"test|qa\b", Category.TESTING),
    (r"doc", Category.DOCUMENTATION),
    (r"refactor|tech(?:nical)? debt|clean|maintenance|code quality|infrastructure", Category.REFACTORING),
    (r"new|feature|integration", Category.NEW_FEATURE),
    (r"enhance|improve|ui|ux", Category.ENHANCEMENT),
)


def item_from(wish: Wish, legend: Legend, levels: int, default_area: str | None) -> WishlistItem:
    """A wish with all that the document tells about it. `levels` is the number of numbered priority groups."""
    label, fields, context = wish.label, wish.fields, wish.context
    hours = label.hours if label.hours is not None else _field_hours(fields, legend)
    size = label.size
    if hours is None and size in SIZES:
        hours = legend.size_hours.get(size)
    section_area = area_of(context.areas) or area_of(context.group_areas)
    area = default_area or _field_text(fields, ("feature area", "area", "component", "module")) or section_area
    return WishlistItem(
        title=label.text,
        description=wish.body,
        completed=_completed(wish, legend),
        priority=_priority(wish, legend, levels),
        category=label.category or _category(fields) or category_of(label.text, context.section),
        complexity=_complexity(wish, hours),
        estimated_hours=hours,
        feature_area=area,
        tags=_tags(fields) or tags_of(label.text, wish.body, section_area),
        dependencies=dependencies_of(fields, f"{label.full}\n{wish.body}", label.identifier),
        identifier=label.identifier,
        section=context.section,
        line=wish.line,
    )


def _field_text(fields: Fields, names: tuple[str, ...]) -> str | None:
    for name in names:
        if fields.get(name) and (text := without_emoji(plain_text(fields[name]))):
            return text[:60].strip()
    return None


def _completed(wish: Wish, legend: Legend) -> bool:
    label = wish.label
    if label.checked is False:
        return label.done
    if label.completed or wish.context.done or any(sign in legend.done for sign in label.signs):
        return True
    status = wish.fields.get("status") or wish.fields.get("state") or wish.fields.get("current status") or ""
    words = without_emoji(plain_text(status))
    if _STATUS_DONE.match(words):
        return True
    return not words and any(sign in {"✅", "☑", "✔"} for sign in signs_in(status))


def _priority(wish: Wish, legend: Legend, levels: int) -> Priority | None:
    for name in ("priority", "prio", "priority level", "importance", "urgency"):
        if value := wish.fields.get(name):
            said = priority_word(plain_text(value)) or legend.priority_of(signs_in(value))
            if said is not None:
                return said
    if wish.label.priority is not None:
        return wish.label.priority
    if legend.written and (said := legend.priority_of(wish.label.signs)):
        return said
    return _context_priority(wish.context, legend, levels) or legend.priority_of(wish.label.signs)


def _context_priority(context: Context, legend: Legend, levels: int) -> Priority | None:
    if context.priority is not None:
        return context.priority
    if context.rank is not None:
        return ranked_priority(context.rank, levels)
    if value := context.fields.get("priority"):
        return priority_word(plain_text(value))
    return legend.priority_of(context.signs)


def ranked_priority(rank: int, levels: int) -> Priority:
    """ "Priority 2" of so many levels: up to three are high, medium, low; more begin with critical."""
    order = [Priority.HIGH, Priority.MEDIUM, Priority.LOW]
    if levels > 3 or rank == 0:
        order.insert(0, Priority.CRITICAL)
    return order[min(max(rank - 1, 0), len(order) - 1)]


def _field_hours(fields: Fields, legend: Legend) -> float | None:
    for name in _EFFORT_FIELDS:
        value = plain_text(fields.get(name, ""))
        if not value:
            continue
        if (hours := hours_in(value)) is not None:
            return hours
        if (size := size_in(value)) and size == without_emoji(value).split()[0].strip("[]().,"):
            return legend.size_hours.get(size)
        if "hours" in name and (number := re.match(r"~?\s*(\d+(?:\.\d+)?)\s*$", value)):
            return float(number[1])
    return None


def _complexity(wish: Wish, hours: float | None) -> Complexity | None:
    fields, label = wish.fields, wish.label
    for name in _COMPLEXITY_FIELDS:
        value = without_emoji(plain_text(fields.get(name, "")))
        if value and (level := level_in(value) or SIZES.get(size_in(value) or "")):
            return level
    if label.complexity is not None:
        return label.complexity
    if label.size in SIZES:
        return SIZES[label.size or "M"]
    for name in _EFFORT_FIELDS:
        value = without_emoji(plain_text(fields.get(name, "")))
        if value and (level := level_in(value) or SIZES.get(size_in(value) or "")):
            return level
    return complexity_of_hours(hours) if hours is not None else None


def _category(fields: Fields) -> Category | None:
    value = without_emoji(plain_text(fields.get("category") or fields.get("type") or "")).lower()
    for pattern, category in _CATEGORIES:
        if value and re.search(rf"\b(?:{pattern})", value):
            return category
    return None


def _tags(fields: Fields) -> tuple[str, ...]:
    value = plain_text(fields.get("tags") or fields.get("labels") or "")
    words = [word.strip(" #`").lower() for word in re.split(r"[,;]|\s+#", value)]
    return tuple(dict.fromkeys(word for word in words if word and len(word) <= 40))


def dependencies_of(fields: Fields, body: str, own: str | None = None) -> tuple[str, ...]:
    """What a wish waits for: entries of a dependency field, and ids that its text says it depends on."""
    found: list[str] = []
    for name in _DEPENDENCY_FIELDS:
        value = plain_text(fields.get(name, ""))
        parts = re.split(r"[;,](?![^(]*\))(?:\s+and\s+)?", value) if value else []
        for part in parts:
            text = without_emoji(part).strip(" .*_-")
            if text and not _NOTHING.match(text) and len(text) <= 200:
                found.append(text)
    for reference in _REFERENCE.finditer(body[:20000]):
        found.extend(name for name in _ID.findall(reference["ids"]) if name.lstrip("#") != own and name.upper() == name)
    known = " ".join(found[: len(found)])
    unique = dict.fromkeys(found)
    return tuple(
        name for name in unique if not (_ID.fullmatch(name) and known.count(name) > 1 and _inside(name, unique))
    )


def _inside(name: str, names: dict[str, None]) -> bool:
    """Whether a bare id is already named within a longer dependency text."""
    return any(name != other and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", other) for other in names)
