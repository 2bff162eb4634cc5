"""The fields of a wish: "**Priority**: High", "- **Effort:** 2 days", "#### Dependencies" with a list below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ci_core.backlog.wishlist.headings import group_of
from ci_core.backlog.wishlist.inline import plain_text, split_lead
from ci_core.backlog.wishlist.markdown_tree import Block, Entry, Heading
from ci_core.backlog.wishlist.marks import without_emoji

Fields = dict[str, str]

# Where one of these stands below a heading, the heading is a wish.
_TELLING = frozenset(
    """
    priority status effort impact complexity description benefit benefits value problem solution current desired
    proposed why what rationale difficulty estimate dependencies category type goal idea motivation hours size
    concept feature features purpose requirement requirements implementation prio currently expected outcome
    """.split()  # noqa: SIM905 (a list of quoted words would be unreadable)
) | {
    "user story",
    "acceptance criteria",
    "estimated time",
    "estimated effort",
    "estimated hours",
    "time estimate",
    "use case",
    "use cases",
    "business value",
    "user value",
    "current state",
    "desired state",
    "proposed solution",
    "expected benefits",
    "expected benefit",
    "development time",
    "effort estimate",
    "user impact",
    "business impact",
    "key features",
    "user benefit",
    "feature request",
    "depends on",
    "blocked by",
    "implementation ideas",
    "technical details",
    "success criteria",
    "use-case",
    "target state",
    "priority level",
    "problem statement",
    "how it works",
    "current behavior",
    "desired behavior",
    "time",
    "level",
    "implementation notes",
    "potential impact",
    "potential benefits",
    "implementation complexity",
}
_PLAIN_LABELS = _TELLING - {"features", "feature", "time", "level", "current", "type"} | {
    "requires",
    "prerequisites",
    "tags",
    "area",
}
_BOLD = re.compile(
    r"^[\s>*+-]*(?P<markup>\*\*|__)(?P<label>[^*_\n]{1,50}?)(?P<in>:)?\s*(?P=markup)\s*(?P<out>:)?\s*(?P<value>.*)$"
)
_PLAIN = re.compile(
    r"^[\s>*+-]*(?:(?P<label>[A-Z][A-Za-z /-]{1,30}):|[*_](?P<italic>[A-Z][A-Za-z /-]{1,30}):?[*_]:?)"
    r"\s+(?P<value>\S.*)$"
)
_LABEL_LENGTH = 60
_NEXT_FIELD = re.compile(
    r"\s*[|•·]\s*(?=\*\*|__|[A-Z][a-z]+:)|[,;]?\s+(?=(?:\*\*|__)[^*_]{1,40}(?::(?:\*\*|__)|(?:\*\*|__):))"
)


def label_key(label: str) -> str:
    """A label for comparing: lower case, without emoji, brackets and colon."""
    return re.sub(r"\s+", " ", re.sub(r"\([^()]*\)", "", without_emoji(label))).strip(" :*_.-").lower()


def fields_of_line(line: str) -> Iterator[tuple[str, str]]:
    """The fields written on one line, as label and value."""
    for part in _NEXT_FIELD.split(line[:600]):
        part = re.sub(r"^[\W_]*(?=\*\*|__)", "", without_emoji(part))
        found = _BOLD.match(part)
        if found and (found["in"] or found["out"]):
            yield label_key(found["label"]), found["value"].strip()
        elif not found and (plain := _PLAIN.match(part)):
            key = label_key(plain["label"] or plain["italic"])
            if key in _PLAIN_LABELS:
                yield key, plain["value"].strip()


def label_of(block: Block) -> str | None:
    """The markdown of a paragraph that is only a label: "**Tier 1**:", "**1. Dark mode** (2 h)", "Must have:"."""
    if block.kind != "paragraph" or "\n" in block.text.strip():
        return None
    text = block.text.strip()
    if text.endswith(":") and len(text) < _LABEL_LENGTH and group_of(text) is not None:
        return text
    lead = split_lead(text)
    if lead.bold and re.fullmatch(r"\s*(?:\([^()]*\)|\[[^\[\]]*\]|[^\w\s()\[\]`]+|\s)*", lead.rest):
        return lead.title if lead.rest.strip() in {"", ":"} else lead.title + lead.rest.rstrip(": ")
    return None


def entry_texts(block: Block) -> list[str]:
    """The plain first lines of a list."""
    return [plain_text(entry.lead) for entry in block.entries if entry.lead.strip()]


def read_fields(blocks: Sequence[Block], headings: Iterable[Heading] = ()) -> Fields:
    """All fields of a body by their label; the first of a name counts. A list as value is joined by semicolons."""
    fields: Fields = {}
    waiting: str | None = None
    for block in blocks:
        if waiting is not None:
            fields.setdefault(waiting, _value(block))
            waiting = None
        if block.kind == "paragraph":
            if (label := label_of(block)) is not None:
                waiting = label_key(plain_text(label))
                continue
            for line in block.text.split("\n"):
                for key, value in fields_of_line(line):
                    fields.setdefault(key, value)
                    waiting = key if not value else None
        elif block.kind == "list":
            for entry in block.entries:
                _entry_fields(entry, fields)
        elif block.kind == "table" and len(block.header) == 2:
            for cells in [block.header, *(row.cells for row in block.rows)]:
                if len(cells) == 2 and label_key(plain_text(cells[0])) in _TELLING:
                    fields.setdefault(label_key(plain_text(cells[0])), plain_text(cells[1]))
    for heading in headings:
        if ":" in heading.text.rstrip(" :*"):
            key, _, said = plain_text(heading.text).partition(":")
            fields.setdefault(label_key(key), said.strip())
        value = next((text for block in heading.blocks if (text := _value(block))), "")
        fields.setdefault(label_key(plain_text(heading.text)), value)
    fields.pop("", None)
    return fields


def _entry_fields(entry: Entry, fields: Fields) -> None:
    for line in entry.lead.split("\n")[:3]:
        for key, value in fields_of_line(line):
            nested = entry.blocks[0] if entry.blocks else None
            fields.setdefault(key, value or (_value(nested) if nested else ""))


def _value(block: Block) -> str:
    if block.kind == "paragraph":
        return block.text.strip()
    return "; ".join(entry_texts(block)) if block.kind == "list" else ""


def telling_labels(blocks: Sequence[Block]) -> list[str]:
    """The fields directly below a heading that make it a wish, in order."""
    found: list[str] = []
    for block in blocks:
        lines: list[str] = []
        if block.kind == "paragraph":
            lines = block.text.split("\n")
            if (label := label_of(block)) is not None and label_key(plain_text(label)) in _TELLING:
                found.append(label_key(plain_text(label)))
        elif block.kind == "list":
            lines = [entry.lead.split("\n")[0] for entry in block.entries]
        found.extend(key for line in lines for key, _ in fields_of_line(line) if key in _TELLING)
    return found


def is_telling(label: str) -> bool:
    """True for the name of a field that only a wish has."""
    return label_key(label) in _TELLING
