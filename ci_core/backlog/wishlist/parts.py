"""Headings with what can be said about each of them alone: number, group, fields, lists."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from ci_core.backlog.wishlist.entries import list_kind, read_entry_title
from ci_core.backlog.wishlist.fields import fields_of_line, is_telling, label_key, label_of, telling_labels
from ci_core.backlog.wishlist.headings import Group, group_of, is_aspect
from ci_core.backlog.wishlist.inline import plain_text, split_lead
from ci_core.backlog.wishlist.markdown_tree import Block, Heading, trim
from ci_core.backlog.wishlist.not_wishes import NoWishes, no_wishes
from ci_core.backlog.wishlist.titles import Label, read_label

_LABEL_LEVEL = 7  # below the six levels that markdown has


class Role(Enum):
    """What a heading is; LEAF still waits for what its siblings are."""

    WISH = "wish"
    SECTION = "section"
    PLAN = "plan"
    SKIP = "skip"
    LEAF = "leaf"


@dataclass(slots=True)
class Part:
    """A heading (or a bold label that acts as one) with what is known about it."""

    heading: Heading
    label: Label
    group: Group | None
    why_not: NoWishes | None
    depth: int
    children: list[Part]
    lists: list[tuple[Block, str]]
    telling: bool
    is_label: bool = False
    role: Role = Role.LEAF

    @property
    def numbered(self) -> bool:
        """The heading carries a number, a code or a box to tick."""
        return self.label.identifier is not None or self.label.checked is not None

    @property
    def marked(self) -> bool:
        """The heading is surely one wish or a numbered chapter: it has a number or fields of a wish."""
        return self.group is None and (self.numbered or self.telling)

    @property
    def name(self) -> str:
        """Its title, for sections and reports."""
        return self.label.text or self.label.full or "(no title)"


def title_and_tops(root: Heading) -> tuple[str | None, list[Heading], list[Block]]:
    """The title, the sections directly below it, and what stands before the first of them."""
    firsts = [heading for heading in root.children if heading.level == 1]
    if not firsts or root.children[0].level != 1:
        return None, root.children, root.blocks
    first = firsts[0]
    name = read_label(first.text, numbered=False)
    group = group_of(name.text)
    if (
        len(firsts) > 1
        and (first.blocks or first.children)
        and (read_label(first.text).identifier or (group and group.kind != "container"))
    ):
        return None, root.children, root.blocks
    return name.text or None, [*first.children, *root.children[1:]], [*root.blocks, *first.blocks]


def repeated_labels(root: Heading) -> frozenset[str]:
    """Labels of sub-headings and bold lead-ins that come back under different headings: sides of a wish."""
    below: Counter[str] = Counter()
    leads: Counter[str] = Counter()
    todo = [root]
    while todo:
        heading = todo.pop()
        todo.extend(heading.children)
        if heading.level > 1 and group_of(plain_text(heading.text)) is None:
            below.update({label_key(plain_text(child.text)) for child in heading.children})
            labels = {label_key(plain_text(text)) for block in heading.blocks if (text := label_of(block)) is not None}
            lists = [block for block in heading.blocks if block.kind == "list"]
            leads.update(labels | {key for block in lists for entry in block.entries for key in _bold_keys(entry.lead)})
    names = {name for name, count in below.items() if count >= 2} | {
        name for name, count in leads.items() if count >= 3
    }
    return frozenset(name for name in names if group_of(name) is None)


_LOOSE_CODE = re.compile(r"(?P<id>(?P<prefix>[A-Z]{1,6})[-_]?\d{1,4})\s+(?=\S)")


def take_shared_codes(parts: Sequence[Part]) -> None:
    """Reads codes without a colon ("R-1 Bulk edit") as such where several siblings begin with the same letters."""
    found = [(part, code) for part in parts if not part.numbered and (code := _LOOSE_CODE.match(part.label.text))]
    prefixes = Counter(code["prefix"] for _, code in found)
    for part, code in found:
        if prefixes[code["prefix"]] >= max(2, len(parts) / 2):
            part.label.identifier = code["id"]
            part.label.text = part.label.text[code.end() :]


def _bold_keys(lead: str) -> list[str]:
    """The label of a bullet such as "- **Cost**: low"."""
    line = lead.split("\n", 1)[0]
    return [key for key, _ in fields_of_line(line)][:1] if "**" in line else []


def read_part(heading: Heading, depth: int, repeated: frozenset[str], *, is_label: bool = False) -> Part:
    """Reads a heading and all below it. `repeated` are the labels that name sides of wishes in this document."""
    label = read_label(heading.text)
    group = group_of(label.full)
    if group is not None and group.kind in {"priority", "time"}:
        label.identifier = None
    else:
        group = group_of(label.text)
    children = [read_part(child, depth + 1, repeated) for child in heading.children]
    take_shared_codes(children)
    if not children and not is_label:
        labels = _labels(heading, grouping=group is not None)
        children = [read_part(child, depth + 1, repeated, is_label=True) for child in labels]
    lists = [(block, list_kind(block, repeated)) for block in heading.blocks if block.kind == "list"]
    numbered = next((child.heading.start for child in children if child.is_label and child.numbered), heading.end)
    telling = bool(telling_labels([block for block in heading.blocks if block.start < numbered]))
    why_not = no_wishes(label.text or label.full, deep=depth > 1)
    return Part(heading, label, group, why_not, depth, children, lists, telling, is_label)


def label_parts(heading: Heading, repeated: frozenset[str]) -> list[Part]:
    """The labels of a text without headings, as parts."""
    return [read_part(label, 1, repeated, is_label=True) for label in _labels(heading, grouping=True)]


def _labels(heading: Heading, *, grouping: bool) -> list[Heading]:
    """Bold paragraphs that stand like headings above what follows them.

    Numbered ones may go on with text at once ("**1. Export** writes …"); below a heading that only groups, any may.
    """
    found: list[Heading] = []
    for index, block in enumerate(heading.blocks):
        text = label_of(block)
        followed = index + 1 < len(heading.blocks) and heading.blocks[index + 1].kind != "rule"
        if text is not None and (followed or grouping or read_label(text).identifier):
            found.append(Heading(_LABEL_LEVEL, block.text.strip(), block.start, block.end, heading.end, parent=heading))
        elif text is None and (titled := _titled_paragraph(block, grouping)) is not None:
            title, rest = titled
            label = Heading(_LABEL_LEVEL, title, block.start, block.end, heading.end, parent=heading, lead=rest)
            label.blocks.append(Block("paragraph", block.start, block.end, rest))
            found.append(label)
        elif found:
            found[-1].blocks.append(block)
    for this, following in pairwise(found):
        this.end = following.start
    return found


def _titled_paragraph(block: Block, grouping: bool) -> tuple[str, str] | None:
    """Title and text of a paragraph such as "**2. Export** (1 h): as CSV", where that makes a wish."""
    if block.kind != "paragraph":
        return None
    first, _, more = block.text.strip().partition("\n")
    lead = split_lead(first)
    if not lead.bold:
        return None
    label, rest, bold = read_entry_title(first)
    if not bold or is_telling(label.text) or is_aspect(label.text) or not (label.identifier or grouping):
        return None
    notes = lead.rest[: len(lead.rest) - len(rest)] if rest and lead.rest.endswith(rest) else lead.rest
    return f"{lead.marks}{lead.title}{notes.rstrip(' :–—-')}", trim(f"{rest}\n{more}")
