"""Which parts of a document are wishes, which are groups of wishes, and which are neither.

The document's structure decides: numbers and codes in headings, fields below them, sub-headings that repeat from
sibling to sibling, lists whose entries have bold titles. Words decide only where they are words about a document.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from ci_core.backlog.wishlist.entries import (
    Context,
    Wish,
    entry_wishes,
    is_item_table,
    list_kind,
    row_wishes,
    speaks_for_itself,
)
from ci_core.backlog.wishlist.fields import fields_of_line, is_telling, label_key, label_of, read_fields, telling_labels
from ci_core.backlog.wishlist.headings import Group, group_of, is_aspect, names_many
from ci_core.backlog.wishlist.inline import plain_text
from ci_core.backlog.wishlist.items import SkippedPart
from ci_core.backlog.wishlist.markdown_tree import Block, Document, Heading
from ci_core.backlog.wishlist.marks import CIRCLES
from ci_core.backlog.wishlist.not_wishes import OBSERVATIONS, NoWishes, no_wishes
from ci_core.backlog.wishlist.titles import Label, read_label


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
    title, tops, intro = _title_and_tops(doc.root)
    walk = Walk(doc, _repeated_labels(doc.root))
    parts = [_part(walk, heading, 1) for heading in tops]
    _read_blocks(walk, intro, Context(), plain=not tops)
    _visit(walk, parts, Context())
    return doc.front_matter_title or title, walk.found


def _title_and_tops(root: Heading) -> tuple[str | None, list[Heading], list[Block]]:
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


def _repeated_labels(root: Heading) -> frozenset[str]:
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
            leads.update(labels)
    names = {name for name, count in below.items() if count >= 2} | {
        name for name, count in leads.items() if count >= 3
    }
    return frozenset(name for name in names if group_of(name) is None)


def _part(walk: Walk, heading: Heading, depth: int, *, is_label: bool = False) -> Part:
    label = read_label(heading.text)
    group = group_of(label.full)
    if group is not None and group.kind in {"priority", "time"}:
        label.identifier = None
    else:
        group = group_of(label.text)
    children = [_part(walk, child, depth + 1) for child in heading.children]
    if not children and not is_label:
        children = [_part(walk, child, depth + 1, is_label=True) for child in _labels(heading)]
    lists = [(block, list_kind(block, walk.repeated)) for block in heading.blocks if block.kind == "list"]
    telling = bool(telling_labels(heading.blocks)) and not any(
        child.heading.blocks is heading.blocks for child in children
    )
    why_not = no_wishes(label.text or label.full, deep=depth > 1)
    return Part(heading, label, group, why_not, depth, children, lists, telling, is_label)


def _labels(heading: Heading) -> list[Heading]:
    """Bold paragraphs that stand like headings above what follows them."""
    found: list[Heading] = []
    for index, block in enumerate(heading.blocks):
        text = label_of(block)
        followed = index + 1 < len(heading.blocks) and heading.blocks[index + 1].kind != "rule"
        if text is not None and (followed or (text and read_label(text).identifier)):
            found.append(Heading(7, block.text.strip(), block.start, block.end, heading.end, parent=heading))
        elif found:
            found[-1].blocks.append(block)
    for this, following in zip(found, found[1:], strict=False):
        this.end = following.start
    return found


def _visit(walk: Walk, parts: Sequence[Part], context: Context) -> None:
    """Decides what each of these siblings is, then reads it."""
    for part in parts:
        part.role = _role(walk, part, parts)
    _settle_leaves(parts)
    for part in parts:
        if part.role is Role.WISH:
            walk.found.wishes.append(_heading_wish(walk, part, context))
        elif part.role is Role.SKIP:
            reason = part.why_not.reason if part.why_not else _why_skipped(part)
            if reason:
                walk.found.skipped.append(SkippedPart(part.heading.start + 1, _name(part), reason))
        elif part.role is Role.PLAN:
            walk.found.plans.append((part, _read_apart(walk, part, context)))
        else:
            _read_section(walk, part, context)


def _name(part: Part) -> str:
    return part.label.text or part.label.full or "(no title)"


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


def _role(walk: Walk, part: Part, siblings: Sequence[Part]) -> Role:
    if part.group and part.group.state == "rejected":
        return Role.SKIP
    if part.why_not and (not part.numbered or (part.why_not.sure and _chapter(part, siblings))):
        if part.why_not.plan:
            return Role.PLAN
        if not (part.telling and part.depth > 1) and not any(_named_below(child) for child in part.children):
            return Role.SKIP
    if part.group and not (part.telling and part.group.kind == "container") and _groups(part):
        return Role.SECTION
    if part.group is None and _gives_marks(part.heading):
        part.why_not = OBSERVATIONS
        return Role.SKIP
    if part.marked:
        return _role_of_marked(walk, part, siblings)
    if (
        any(_marked_below(child) for child in part.children if not child.is_label or child.numbered)
        and not part.telling
    ):
        return Role.SECTION
    sides = [child for child in part.children if _is_side(walk, child)]
    if part.children and len(sides) * 2 >= len(part.children):
        return Role.WISH if part.depth > 1 or part.telling or not part.is_label else Role.SECTION
    if part.children and not part.children[0].is_label:
        return Role.SECTION
    return Role.LEAF


def _gives_marks(heading: Heading) -> bool:
    """An assessment: its fields are marks such as "8/10"."""
    values = [value for block in heading.blocks if block.kind == "paragraph" for _, value in fields_of_line(block.text)]
    return sum(bool(re.match(r"\W*\d+(?:\.\d+)?\s*/\s*\d+", value)) for value in values) >= max(2, len(values) / 2)


def _chapter(part: Part, siblings: Sequence[Part]) -> bool:
    """A numbered heading that is a chapter of the document rather than a wish among wishes."""
    return part.depth == 1 or not any(other.telling for other in siblings if other is not part)


def _groups(part: Part) -> bool:
    """A group heading that really groups; numbered ones such as "3. Future Enhancements" need something to group."""
    assert part.group is not None
    return not part.numbered or part.group.kind != "container" or part.depth == 1 or bool(part.children)


def _role_of_marked(walk: Walk, part: Part, siblings: Sequence[Part]) -> Role:
    """A heading with a number or fields: a wish, unless deeper numbers or a wish's fields stand below it."""
    number = part.label.identifier or ""
    headings = [child for child in part.children if not child.is_label]
    if any((child.label.identifier or "").startswith(f"{number}.") for child in headings if number):
        return Role.SECTION
    if part.telling and part.numbered:
        return Role.WISH
    others = [child for child in headings if not _is_side(walk, child)]
    if any(child.telling for child in others) or any(_code(child.label.identifier) for child in others):
        return Role.SECTION
    if re.fullmatch(r"\d+|[A-Z]|[IVX]+", number) and part.depth == 1 and others:
        if sum(child.marked for child in others) * 2 > len(headings):
            return Role.SECTION
        alike = [other for other in siblings if other.numbered and not other.telling and not other.why_not]
        shaped = [other for other in alike if sum(not _is_side(walk, child) for child in other.children) >= 2]
        if len(others) >= 2 and len(others) == len(headings) and len(shaped) * 2 > len(alike):
            return Role.SECTION
    if part.depth == 1 and not part.telling and not headings and re.fullmatch(r"\d+|[A-Z]|[IVX]+", number):
        if (
            part.lists
            and all(kind in {"bold", "checkboxes"} for _, kind in part.lists)
            and any(kind == "bold" or names_many(part.label.text) for _, kind in part.lists)
        ):
            return Role.SECTION
    return Role.WISH


def _code(identifier: str | None) -> bool:
    return bool(identifier and ("-" in identifier or "." in identifier))


def _is_side(walk: Walk, part: Part) -> bool:
    """Whether a sub-heading names a side of the wish above it rather than something of its own."""
    if part.group is not None and part.group.kind != "container":
        return False
    text = part.label.text
    return is_aspect(text) or is_telling(text) or label_key(part.label.full) in walk.repeated


def _marked_below(part: Part) -> bool:
    return part.marked or any(_marked_below(child) for child in part.children if not child.is_label)


def _named_below(part: Part) -> bool:
    """A code, a dotted number or fields on a heading below: real wishes under an unlikely title."""
    own = not part.is_label and part.group is None and (_code(part.label.identifier) or part.telling)
    return own or any(_named_below(child) for child in part.children)


def _style(part: Part) -> str:
    """How a heading without sub-headings is filled: surely wishes, bold entries, plain entries, text, nothing."""
    kinds = [kind for _, kind in part.lists]
    tables = [block for block in part.heading.blocks if block.kind == "table"]
    if any(is_item_table(block) for block in tables) or any(speaks_for_itself(*pair) for pair in part.lists):
        return "sure"
    if "bold" in kinds:
        return "bold"
    if "plain" in kinds:
        return "plain"
    if kinds or (tables and not any(block.kind in {"paragraph", "fence"} for block in part.heading.blocks)):
        return "other"
    return "text" if any(block.kind in {"paragraph", "fence", "quote"} for block in part.heading.blocks) else "empty"


def _settle_leaves(parts: Sequence[Part]) -> None:
    """Decides plain headings without sub-headings together, since siblings are built alike."""
    leaves = [part for part in parts if part.role is Role.LEAF]
    styles = {id(part): _style(part) for part in leaves}
    bold = sum(styles[id(part)] in {"bold", "sure"} for part in leaves)
    plain = sum(styles[id(part)] in {"plain", "text"} for part in leaves)
    many = sum(names_many(part.label.text) for part in leaves if styles[id(part)] == "plain")
    others = [part.role for part in parts if part.role is not Role.LEAF and not part.group]
    for part in leaves:
        style = styles[id(part)]
        if part.is_label:
            part.role = _label_role(part, style)
        elif style == "sure":
            part.role = Role.SECTION
        elif style in {"empty", "other"}:
            part.role = Role.SKIP
        elif style == "bold":
            part.role = Role.SECTION if bold >= plain or part.depth == 1 else Role.WISH
        elif style == "plain" and part.depth == 1:
            lists_wishes = names_many(part.label.text) or Role.SECTION in others or _is_topic(part)
            part.role = Role.SECTION if lists_wishes or bold > plain else Role.WISH
        elif style == "plain":
            part.role = Role.SECTION if many * 2 > plain or bold > plain else Role.WISH
        else:
            in_company = part.depth > 1 or not others
            part.role = Role.WISH if in_company and bold <= plain else Role.SKIP


def _label_role(part: Part, style: str) -> Role:
    """A bold label above a list: with a colon it announces the entries, without one it is a title."""
    if part.numbered:
        return Role.WISH
    if style in {"empty", "other"}:
        return Role.SKIP
    announces = part.heading.text.rstrip(" *_").endswith(":") or part.heading.text.rstrip().endswith(":")
    if style in {"sure", "bold"} or (style == "plain" and (announces or names_many(part.label.text))):
        return Role.SECTION
    return Role.SKIP if style == "text" and announces else Role.WISH


_TOPIC = re.compile(
    r"(?:ui|ux|ui/ux|user interface|user experience|performance|security|data|analytics|mobile|apis?|integrations?"
    r"|testing|tests|"
    r"documentation|docs|infrastructure|automation|reporting|reports|alerts|notifications|charts?|visuali[sz]ations?"
    r"|accessibility|"
    r"backend|frontend|database|design|settings|export|monitoring|quality|code quality|devops|social|ai|ml|ai/ml"
    r"|usability)"
    r"(?: (?:&|and|/) [\w/]+)?",
    re.IGNORECASE,
)


def _is_topic(part: Part) -> bool:
    """A heading such as "Performance" or "UI & UX" names a field of work, not one wish."""
    return bool(_TOPIC.fullmatch(part.label.text))


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
        section=(*around.section, _name(part)),
        areas=(*around.areas, part.label.text) if group is None else around.areas,
        group_areas=(*around.group_areas, group.area) if group else around.group_areas,
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
        walk.doc.body(heading.body_start, end),
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
        walk.found.skipped.append(SkippedPart(part.heading.start + 1, _name(part), reason))


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
    for index, block in enumerate(blocks):
        if block.kind == "table" and is_item_table(block):
            walk.found.wishes.extend(row_wishes(block, context))
            continue
        if block.kind != "list" or block.start in taken:
            continue
        kind = kinds[block.start]
        if kind in {"bold", "checkboxes"} or (kind == "plain" and plain and not bold):
            trailing = list(_trailing(walk.doc, blocks[index:], kinds))
            taken.update(part.start for part in trailing)
            walk.found.wishes.extend(entry_wishes(walk.doc, block, context, trailing))


def _trailing(doc: Document, blocks: Sequence[Block], kinds: dict[int, str]) -> Iterator[Block]:
    """Blocks after the first list that are meant for its last entry: indented too little, or before the next number."""
    block = blocks[0]
    after: list[Block] = []
    resumed: int | None = None
    for following in blocks[1:]:
        wishes = following.kind == "list" and kinds[following.start] in {"bold", "checkboxes"}
        if following.kind == "rule" or wishes or (following.kind == "list" and following.ordered and block.ordered):
            resumed = following.entries[0].number if following.kind == "list" and following.entries else None
            break
        after.append(following)
    last = block.entries[-1].number if block.entries else None
    goes_on = last is not None and resumed == last + 1
    adjoining = block.end
    for following in after:
        line = doc.lines[following.start].expandtabs(4)
        indented = len(line) - len(line.lstrip()) >= 2
        adjoins = following.start == adjoining and block.ordered and following.kind == "list"
        if not (goes_on or indented or adjoins):
            return
        adjoining = following.end
        yield following
