"""Items as a markdown wishlist that people can read and edit, and that is read back to exactly the same items.

Every item stands between HTML comments, so that nothing in a description can be taken for structure:

    <!-- wish -->
    ### Title
    - **Priority**: high
    <!-- description -->
    …
    <!-- /wish -->

A description that would break out of this (an open code fence, say) is written as a block quote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ci_core.backlog.wishlist.exported import DESCRIPTION, DOCUMENT, END, NO_SECTION, QUOTED, START, breaks_out
from ci_core.backlog.wishlist.items import WishlistItem
from ci_core.backlog.wishlist.markdown_tree import normalize, trim

# Headings of sections go from 2 to 5, so that an item's own heading has a level left.
_SECTION_LEVELS = 4
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#~|&!=]|^[+-]|(?<=\d)[.)](?=\s))")
_BLANKS = re.compile(r"\s+")


def render_wishlist(items: Sequence[WishlistItem], *, title: str) -> str:
    """Writes items as one document. Reading it gives the same items; only `line` tells the new place.

    Line ends become `\\n`; blanks inside titles and names collapse, and blank lines around a description go.
    """
    lines = [DOCUMENT, "", f"# {escape(title)}", ""]
    section: tuple[str, ...] = ()
    for item in items:
        now = item.section[:_SECTION_LEVELS]
        lines.extend(_headings(section, now))
        lines.extend(_item(item, len(now) + 2))
        section = now
    return "\n".join(lines)


def escape(text: str) -> str:
    """One line of text whose every sign shows as it is in markdown."""
    return _MARKUP.sub(r"\\\1", one_line(text))


def one_line(text: str) -> str:
    """The text with every run of blanks as one space."""
    return _BLANKS.sub(" ", normalize(text)).strip()


def _headings(before: tuple[str, ...], now: tuple[str, ...]) -> Iterator[str]:
    """Headings for what changes from one section to the next; going up repeats the heading gone up to."""
    if now == before:
        return
    if not now:
        yield from (NO_SECTION, "")
        return
    shared = 0
    while shared < min(len(now), len(before)) and now[shared] == before[shared]:
        shared += 1
    for depth in range(min(shared, len(now) - 1), len(now)):
        yield from (f"{'#' * (depth + 2)} {escape(now[depth])}", "")


def _item(item: WishlistItem, level: int) -> Iterator[str]:
    yield from (START, "", f"{'#' * level} {escape(item.title)}", "")
    if fields := list(_fields(item)):
        yield from (*fields, "")
    body = trim(normalize(item.description))
    if body and not breaks_out(body):
        yield from (DESCRIPTION, "", body, "")
    elif body:
        yield from (QUOTED, "", *(f"> {line}" if line else ">" for line in body.split("\n")), "")
    yield from (END, "")


def _fields(item: WishlistItem) -> Iterator[str]:
    named = {
        "Number": item.identifier,
        "Status": "completed" if item.completed else None,
        "Priority": item.priority,
        "Category": item.category,
        "Complexity": item.complexity,
        "Effort": None if item.estimated_hours is None else f"{float(item.estimated_hours)!r} hours",
        "Area": item.feature_area,
    }
    for name, value in named.items():
        if value:
            yield f"- **{name}**: {escape(value)}"
    lists = {"Tags": item.tags, "Depends on": item.dependencies, "Below": item.section[_SECTION_LEVELS:]}
    for name, values in lists.items():
        if values:
            yield f"- **{name}**:"
            yield from (f"    - {escape(value)}" for value in values)
