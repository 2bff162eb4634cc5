"""Reads the parts of a document that `render_wishlist` wrote: marked items, taken word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from markdown_it.token import Token

from ci_core.backlog.wishlist.effort import hours_in
from ci_core.backlog.wishlist.items import WishlistItem
from ci_core.backlog.wishlist.markdown_tree import block_parser, read_document, trim
from db.enums import Category, Complexity, Priority

DOCUMENT = "<!-- wishlist export -->"
START = "<!-- wish -->"
END = "<!-- /wish -->"
DESCRIPTION = "<!-- description -->"
QUOTED = "<!-- quoted description -->"
NO_SECTION = "<!-- no section -->"
_MARKERS = (START, END, DESCRIPTION, QUOTED, NO_SECTION, DOCUMENT)
_Kind = TypeVar("_Kind", Priority, Category, Complexity)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


@dataclass(frozen=True, slots=True)
class Exported:
    """The marked items, and the document with their lines emptied: what people wrote between them.

    `section_lines` are the lines (from 1) of headings that were written as sections, so that none is taken for a wish.
    """

    title: str | None
    items: tuple[WishlistItem, ...]
    rest: str
    section_lines: frozenset[int]

    @property
    def has_more(self) -> bool:
        """Something besides headings and markers stands outside the items."""
        lines = (line.strip() for line in self.rest.split("\n"))
        return any(line and not line.startswith("#") and line not in _MARKERS for line in lines)


@dataclass(slots=True)
class _Mark:
    """A marker or heading outside of any container; `level` is 0 for markers."""

    line: int
    level: int
    text: str


def breaks_out(body: str) -> bool:
    """Whether a description between the markers would hide the end marker or be taken for a marker itself."""
    if any(marker in body for marker in _MARKERS):
        return True
    tokens = block_parser().parse(f"{DESCRIPTION}\n\n{body}\n\n{END}\n")
    last = tokens[-1]
    return not (last.type == "html_block" and last.level == 0 and last.content.strip() == END)


def unescape(markdown: str) -> str:
    """The text behind `render.escape`."""
    return _ESCAPED.sub(r"\1", markdown).strip()


def read_export(text: str) -> Exported | None:
    """Takes the marked items out of an exported document; None when it is none."""
    if DOCUMENT not in text:
        return None
    lines = text.split("\n")
    marks = list(_marks(block_parser().parse(text)))
    if not any(mark.text == DOCUMENT and not mark.level for mark in marks):
        return None
    items: list[WishlistItem] = []
    section: list[str] = []
    headings: list[int] = []
    section_lines: set[int] = set()
    title: str | None = None
    rest = list(lines)
    place = 0
    while place < len(marks):
        mark = marks[place]
        place += 1
        if mark.level == 1 and title is None:
            title = unescape(mark.text)
        elif mark.level:
            section[max(mark.level - 2, 0) :] = [unescape(mark.text)]
            headings[max(mark.level - 2, 0) :] = [mark.line + 1]
        elif mark.text == NO_SECTION:
            section.clear()
            headings.clear()
        elif mark.text == START:
            inner: list[_Mark] = []
            while place < len(marks) and (marks[place].level or marks[place].text not in {START, END}):
                inner.append(marks[place])
                place += 1
            end = marks[place].line if place < len(marks) else len(lines)
            if (item := _item(lines, inner, end, tuple(section))) is not None:
                items.append(item)
                section_lines.update(headings)
                rest[mark.line : end] = [""] * (end - mark.line)
    return Exported(title, tuple(items), "\n".join(rest), frozenset(section_lines))


def _marks(tokens: Sequence[Token]) -> Iterator[_Mark]:
    for index, token in enumerate(tokens):
        if token.level or not token.map:
            continue
        if token.type == "heading_open":
            yield _Mark(token.map[0], int(token.tag[1]), tokens[index + 1].content)
        elif token.type == "html_block" and token.content.strip() in _MARKERS:
            yield _Mark(token.map[0], 0, token.content.strip())


def _item(lines: Sequence[str], inner: Sequence[_Mark], end: int, section: tuple[str, ...]) -> WishlistItem | None:
    heading = next((mark for mark in inner if mark.level), None)
    if heading is None:
        return None
    described = next((mark for mark in inner if mark.text in {DESCRIPTION, QUOTED} and not mark.level), None)
    fields = _fields("\n".join(lines[heading.line + 1 : described.line if described else end]))
    body = list(lines[described.line + 1 : end]) if described else []
    if described and described.text == QUOTED:
        body = [line.removeprefix(">").removeprefix(" ") for line in body]
    hours = " ".join(fields.get("effort", []))
    return WishlistItem(
        title=unescape(heading.text),
        description=trim("\n".join(body)),
        completed="completed" in fields.get("status", []),
        priority=_one_of(Priority, fields.get("priority")),
        category=_one_of(Category, fields.get("category")),
        complexity=_one_of(Complexity, fields.get("complexity")),
        estimated_hours=_hours(hours),
        feature_area=next(iter(fields.get("area", [])), None),
        tags=tuple(fields.get("tags", [])),
        dependencies=tuple(fields.get("depends on", [])),
        identifier=next(iter(fields.get("number", [])), None),
        section=(*section, *fields.get("below", [])),
        line=heading.line + 1,
    )


def _fields(text: str) -> dict[str, list[str]]:
    """Fields by lower-case name. A value on the line counts whole, but tags and the like may be parted by commas."""
    fields: dict[str, list[str]] = {}
    for block in read_document(text).root.blocks:
        for entry in block.entries:
            name, found, value = entry.lead.partition("**:")
            key = name.strip("* ").lower()
            if not found or not key:
                continue
            values = [value.strip()]
            if key in {"tags", "depends on"}:
                values = value.split(",")
            values.extend(inner.lead for nested in entry.blocks for inner in nested.entries)
            fields[key] = [text for raw in values if (text := unescape(raw.strip()))]
            if key in {"priority", "category", "complexity", "status"}:
                fields[key] = [text.lower().replace(" ", "_") for text in fields[key]]
    return fields


def _one_of(kind: type[_Kind], values: Sequence[str] | None) -> _Kind | None:
    known = {member.value: member for member in kind}
    return known.get(values[0]) if values else None


def _hours(text: str) -> float | None:
    number, _, unit = text.partition(" ")
    if unit == "hours":
        try:
            return float(number)
        except ValueError:
            return hours_in(text)
    return hours_in(text)
