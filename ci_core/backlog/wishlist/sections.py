"""Walking the outline: the wishes of a document, with what the sections around them say, and what was left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ci_core.backlog.wishlist.entries import Context, Wish, entry_wishes, is_item_table, list_kind, row_wishes
from ci_core.backlog.wishlist.fields import read_fields
from ci_core.backlog.wishlist.inline import plain_text
from ci_core.backlog.wishlist.items import SkippedPart
from ci_core.backlog.wishlist.markdown_tree import Block, Document, Heading, trim
from ci_core.backlog.wishlist.marks import CIRCLES
from ci_core.backlog.wishlist.not_wishes import OBSERVATIONS
from ci_core.backlog.wishlist.parts import (
    Part,
    Role,
    label_parts,
    read_part,
    repeated_labels,
    take_shared_codes,
    title_and_tops,
)
from ci_core.backlog.wishlist.roles import decide_roles

# How many blocks between two entries of an interrupted list can belong to the first of them.
_NEAR = 40


@dataclass(slots=True)
class Found:
    """What the walk over the document gives. `plans` wait until everything else is known."""

    wishes: list[Wish] = field(default_factory=list)
    skipped: list[SkippedPart] = field(default_factory=list)
    plans: list[tuple[Part, list[Wish]]] = field(default_factory=list)


@dataclass(slots=True)
class Walk:
    """The document being read, the labels that repeat in it, and what was found so far."""

    doc: Document
    repeated: frozenset[str]
    found: Found = field(default_factory=Found)


def find_wishes(doc: Document) -> tuple[str | None, Found]:
    """Walks the outline. Returns the document's title and everything found, plans apart."""
    title, tops, intro = title_and_tops(doc.root)
    walk = Walk(doc, repeated_labels(doc.root))
    parts = [read_part(heading, 1, walk.repeated) for heading in tops]
    take_shared_codes(parts)
    if not parts:
        parts = label_parts(Heading(0, "", 0, 0, doc.root.end, blocks=intro), walk.repeated)
        intro = [block for block in intro if not parts or block.start < parts[0].heading.start]
    _read_blocks(walk, intro, Context(), plain=not tops)
    _visit(walk, parts, Context())
    return doc.front_matter_title or title, walk.found


def _visit(walk: Walk, parts: Sequence[Part], context: Context) -> None:
    """Decides what each of these siblings is, then reads it."""
    decide_roles(parts, walk.repeated)
    for part in parts:
        if part.role is Role.WISH:
            walk.found.wishes.append(_heading_wish(walk, part, context))
        elif part.role is Role.SKIP:
            reason = part.why_not.reason if part.why_not else _why_skipped(part)
            if reason:
                walk.found.skipped.append(SkippedPart(part.heading.start + 1, part.name, reason))
        elif part.role is Role.PLAN:
            walk.found.plans.append((part, _read_apart(walk, part, context)))
        else:
            _read_section(walk, part, context)


def _why_skipped(part: Part) -> str | None:
    if part.group and part.group.state == "rejected":
        return "marked as rejected"
    blocks = [block for block in part.heading.blocks if block.kind not in {"rule", "html"}]
    if not blocks and not part.children:
        return None if part.group or part.depth == 1 else "a heading without content"
    if any(kind == "observations" for _, kind in part.lists):
        return OBSERVATIONS.reason
    if any(kind == "legend" for _, kind in part.lists):
        return "legend: explains the signs used in the document"
    if any(kind == "contents" for _, kind in part.lists):
        return "table of contents"
    if all(block.kind == "table" for block in blocks):
        return "figures in a table, no wishes"
    return "text without wishes"


def _context_of(part: Part, around: Context) -> Context:
    """What a section adds to what the sections around it say."""
    group = part.group
    done = part.label.completed and (group is not None or part.label.done)
    fields = (
        read_fields(part.heading.blocks[:2])
        if part.heading.blocks and part.heading.blocks[0].kind == "paragraph"
        else {}
    )
    changes = replace(
        around,
        section=(*around.section, part.name),
        areas=(*around.areas, part.label.text) if group is None else around.areas,
        group_areas=(*around.group_areas, group.area) if group and group.kind == "priority" else around.group_areas,
        done=(group.state == "done" if group and group.state else done) or around.done,
        fields={key: value for key, value in fields.items() if key in {"priority", "status"}} or around.fields,
    )
    priority = (group.priority if group else None) or part.label.priority
    signs = tuple(sign for sign in part.label.signs if sign in CIRCLES)
    if priority or (group and group.rank is not None) or signs:
        changes = replace(changes, priority=priority, rank=group.rank if group else None, signs=signs)
    return changes


def _heading_wish(walk: Walk, part: Part, context: Context) -> Wish:
    heading = part.heading
    end = _without_rule(walk.doc, heading)
    own = [child.heading for child in part.children]
    return Wish(
        heading.start + 1,
        part.label,
        trim(f"{heading.lead}\n{walk.doc.body(heading.body_start, end)}"),
        context,
        read_fields(heading.blocks, own),
        rich=True,
    )


def _without_rule(doc: Document, heading: Heading) -> int:
    """The end of a body without a horizontal rule that only separates it from the next one."""
    end = heading.end
    while end > heading.body_start:
        line = doc.lines[end - 1].strip()
        if line and not re.fullmatch(r"(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,}", line):
            break
        end -= 1
    last = heading
    while last.children:
        last = last.children[-1]
    rules = [block for block in last.blocks if block.kind == "rule" and block.end > end]
    return end if rules else heading.end


def _read_section(walk: Walk, part: Part, context: Context) -> None:
    inner = _context_of(part, context)
    labels = [child for child in part.children if child.is_label]
    before = part.heading.blocks
    if labels:
        first = labels[0].heading.start
        before = [block for block in before if block.start < first]
    wishes = len(walk.found.wishes)
    takes_plain = (not part.children or bool(labels)) and (
        part.is_label or part.group is not None or not any(kind == "bold" for _, kind in part.lists)
    )
    _read_blocks(walk, before, inner, plain=takes_plain)
    _visit(walk, part.children, inner)
    nothing = len(walk.found.wishes) == wishes and not part.children
    if nothing and (reason := _why_skipped(part)):
        walk.found.skipped.append(SkippedPart(part.heading.start + 1, part.name, reason))


def _read_apart(walk: Walk, part: Part, context: Context) -> list[Wish]:
    """The wishes that a plan would give if it turns out to be no mere plan."""
    aside = Walk(walk.doc, walk.repeated)
    _read_section(aside, part, context)
    return [*aside.found.wishes, *(wish for _, wishes in aside.found.plans for wish in wishes)]


def _read_blocks(walk: Walk, blocks: Sequence[Block], context: Context, *, plain: bool) -> None:
    """Takes the wishes out of lists and tables; what follows a list loosely belongs to its last entry."""
    kinds = {block.start: list_kind(block, walk.repeated) for block in blocks if block.kind == "list"}
    bold = any(kind in {"bold", "checkboxes"} for kind in kinds.values())
    taken: set[int] = set()
    interrupted = False
    for index, block in enumerate(blocks):
        if block.kind == "table" and is_item_table(block):
            walk.found.wishes.extend(row_wishes(block, context))
            continue
        if block.kind != "list" or block.start in taken:
            continue
        kind = kinds[block.start]
        if kind in {"bold", "checkboxes"} or (kind == "plain" and plain and not bold):
            trailing, interrupted = _trailing(walk.doc, blocks, index, kinds, interrupted)
            taken.update(part.start for part in trailing)
            walk.found.wishes.extend(entry_wishes(walk.doc, block, context, trailing))
        elif kind == "plain" and block.entries:
            title = plain_text(block.entries[0].lead) or "(a list)"
            walk.found.skipped.append(SkippedPart(block.start + 1, title, "a list that belongs to the text around it"))


def _trailing(
    doc: Document, blocks: Sequence[Block], index: int, kinds: dict[int, str], interrupted: bool
) -> tuple[list[Block], bool]:
    """Blocks after a list that are meant for its last entry: indented too little, or before the next number.

    `interrupted`: the numbers before this list went on after such blocks, so what follows the last number is its own
    as well. Returns the blocks, and whether the numbers go on after them.
    """
    block = blocks[index]
    after: list[Block] = []
    resumed: int | None = None
    for following in blocks[index + 1 : index + 1 + _NEAR]:
        wishes = following.kind == "list" and kinds[following.start] in {"bold", "checkboxes"}
        if following.kind == "rule" or wishes or (following.kind == "list" and following.ordered and block.ordered):
            resumed = following.entries[0].number if following.kind == "list" and following.entries else None
            break
        after.append(following)
    last = block.entries[-1].number if block.entries else None
    goes_on = last is not None and (resumed == last + 1 or resumed == last == 1)
    own = goes_on or (interrupted and block.ordered and resumed is None)
    found: list[Block] = []
    end = block.end
    for following in after:
        line = doc.lines[following.start].expandtabs(4)
        indented = len(line) - len(line.lstrip()) >= 2
        adjoins = following.start == end and block.ordered and following.kind == "list"
        if not (own or indented or adjoins):
            break
        end = following.end
        found.append(following)
    return found, bool(goes_on and found)
