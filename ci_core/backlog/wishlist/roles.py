"""Deciding for each heading whether it is a wish, a section of wishes, a plan, or neither.

The document's structure decides: numbers and codes in headings, fields below them, sub-headings that repeat from
sibling to sibling, lists whose entries have bold titles. Words decide only where they are words about a document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ci_core.backlog.wishlist.entries import is_item_table, speaks_for_itself
from ci_core.backlog.wishlist.fields import fields_of_line, is_telling, label_key, label_of
from ci_core.backlog.wishlist.headings import is_aspect, is_telling_aspect, names_many
from ci_core.backlog.wishlist.markdown_tree import Heading
from ci_core.backlog.wishlist.not_wishes import OBSERVATIONS
from ci_core.backlog.wishlist.parts import Part, Role

_MARK = re.compile(r"\W*\d+(?:\.\d+)?\s*/\s*\d+")
_CHAPTER_NUMBER = re.compile(r"\d+|[A-Z]|[IVX]+")
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


def decide_roles(parts: Sequence[Part], repeated: frozenset[str]) -> None:
    """Sets the role of each of these siblings, first by itself and then, where that does not tell, by the others."""
    company = _Company(parts, repeated)
    for part in parts:
        part.role = _role(part, company)
    _settle_leaves(parts)


class _Company:
    """What the siblings have in common, worked out once."""

    def __init__(self, parts: Sequence[Part], repeated: frozenset[str]) -> None:
        self.repeated = repeated
        self.telling = sum(part.telling for part in parts)
        chapters = [part for part in parts if not part.why_not]
        self.divided = sum(any(child.marked for child in part.children) for part in chapters) * 2 > len(chapters)
        alike = [part for part in parts if part.numbered and not part.telling and not part.why_not]
        shaped = [part for part in alike if sum(not self.is_side(child) for child in part.children) >= 2]
        self.shaped = len(shaped) * 2 > len(alike)

    def is_side(self, part: Part) -> bool:
        """Whether a sub-heading names a side of the wish above it rather than something of its own."""
        if part.group is not None and part.group.kind != "container":
            return False
        text = part.label.text
        if is_aspect(text) or is_telling(text):
            return True
        return self.repeats(part) and _style(part) != "sure"

    def repeats(self, part: Part) -> bool:
        """Whether the heading comes back below other headings and is no field of work such as "Performance"."""
        return label_key(part.label.full) in self.repeated and not _TOPIC.fullmatch(part.label.text)


def _role(part: Part, company: _Company) -> Role:
    if part.group and part.group.state == "rejected":
        return Role.SKIP
    if part.why_not and (not part.numbered or _chapter(part, company)):
        if part.why_not.plan:
            return Role.PLAN
        if not (part.telling and part.depth > 1) and not any(_named_below(child) for child in part.children):
            return Role.SKIP
    if _groups(part):
        return Role.SECTION
    if part.group is None and _gives_marks(part.heading):
        part.why_not = OBSERVATIONS
        return Role.SKIP
    if part.marked:
        return _role_of_marked(part, company)
    if any(_marked_below(child) for child in part.children if not child.is_label or child.numbered):
        return Role.SECTION
    sides = sum(company.is_side(child) for child in part.children)
    several = names_many(part.label.text) and sides < len(part.children)
    told = any(is_telling_aspect(child.label.text) or company.repeats(child) for child in part.children)
    if told and sides * 2 >= len(part.children) and not several:
        return Role.WISH
    if part.children and not part.children[0].is_label:
        return Role.SECTION
    return Role.LEAF


def _gives_marks(heading: Heading) -> bool:
    """An assessment: its fields are marks such as "8/10"."""
    texts = [block.text for block in heading.blocks if block.kind == "paragraph"]
    # A field right below a bullet continues the bullet's paragraph.
    entries = (entry for block in heading.blocks for entry in block.entries)
    texts.extend(entry.lead.partition("\n")[2] for entry in entries)
    values = [value for text in texts for line in text.split("\n") for _, value in fields_of_line(line)]
    return sum(bool(_MARK.match(value)) for value in values) >= max(2, len(values) / 2)


def _chapter(part: Part, company: _Company) -> bool:
    """A numbered heading that is a chapter of the document rather than a wish among wishes."""
    if part.why_not is None or part.telling or (part.depth > 1 and company.telling):
        return False
    return part.why_not.sure or (part.depth == 1 and company.divided)


def _groups(part: Part) -> bool:
    """A group heading that really groups; numbered ones such as "3. Future Enhancements" need something to group."""
    if part.group is None or (part.telling and part.group.kind == "container"):
        return False
    return not part.numbered or part.group.kind != "container" or part.depth == 1 or bool(part.children)


def _role_of_marked(part: Part, company: _Company) -> Role:
    """A heading with a number or fields: a wish, unless deeper numbers or a wish's fields stand below it."""
    number = part.label.identifier or ""
    headings = [child for child in part.children if not child.is_label]
    if any((child.label.identifier or "").startswith(f"{number}.") for child in headings if number):
        return Role.SECTION
    if part.telling and part.numbered:
        return Role.WISH
    if part.heading.level == 1 and headings:
        return Role.SECTION
    others = [child for child in headings if not company.is_side(child) and not _is_step(child)]
    if any(child.telling for child in others) or any(_code(child.label.identifier) for child in others):
        return Role.SECTION
    if (
        part.depth == 1
        and not part.label.called
        and _CHAPTER_NUMBER.fullmatch(number)
        and _is_divided(part, headings, others, company)
    ):
        return Role.SECTION
    return Role.WISH


def _is_divided(part: Part, headings: Sequence[Part], others: Sequence[Part], company: _Company) -> bool:
    """Whether a numbered chapter ("2. Data") holds several wishes: headings of their own, or entries with titles."""
    if others:
        numbered = sum(child.marked for child in others) * 2 > len(headings)
        return numbered or (len(others) >= 2 and len(others) == len(headings) and company.shaped)
    kinds = [kind for _, kind in part.lists]
    if part.telling or headings or not kinds or any(kind not in {"bold", "checkboxes"} for kind in kinds):
        return False
    return "bold" in kinds or names_many(part.label.text)


def _is_step(part: Part) -> bool:
    """A stage of one wish: "Phase 1", "Week 2"."""
    return part.group is not None and part.group.kind == "time"


def _code(identifier: str | None) -> bool:
    return bool(identifier and ("-" in identifier or "." in identifier))


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
    topics = [_is_topic(part) for part in leaves if styles[id(part)] == "plain"]
    topical = sum(topics) * 2 >= len(topics)
    # One that says "enhancements" speaks for siblings of the same shape that name fields of work.
    together = many > 0 and (many * 2 >= plain or topical)
    for part in leaves:
        style = styles[id(part)]
        if part.is_label:
            part.role = _label_role(part, style)
        elif style in {"sure", "bold"} and _is_described(part):
            part.role = Role.WISH
        elif style == "sure":
            part.role = Role.SECTION
        elif style in {"empty", "other"}:
            part.role = Role.SKIP
        elif style == "bold":
            part.role = Role.SECTION if bold >= plain or part.depth == 1 else Role.WISH
        elif style == "plain" and part.depth == 1:
            lists_wishes = names_many(part.label.text) or topical or Role.SECTION in others
            part.role = Role.SECTION if lists_wishes or bold > plain else Role.WISH
        elif style == "plain":
            lists_wishes = names_many(part.label.text) or together
            part.role = Role.SECTION if lists_wishes or bold > plain else Role.WISH
        else:
            in_company = part.depth > 1 or not others
            part.role = Role.WISH if in_company and bold <= plain else Role.SKIP


def _is_described(part: Part) -> bool:
    """A heading with a text of its own above boxes or bold bullets: those are its steps or features."""
    first = part.heading.blocks[0]
    if part.depth == 1 or names_many(part.label.text) or _TOPIC.fullmatch(part.label.text):
        return False
    if any(kind == "bold" and speaks_for_itself(block, kind) for block, kind in part.lists):
        return False
    text = first.text.strip()
    told = first.kind == "paragraph" and not text.endswith((":", ":**", "*", "_"))
    return first.kind == "quote" or (told and label_of(first) is None)


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


def _is_topic(part: Part) -> bool:
    """A heading such as "Performance" or "Reporting" names a field of work, not one wish; nested lists say so too."""
    title = part.label.text
    nested = any(inner.kind == "list" for block, _ in part.lists for entry in block.entries for inner in entry.blocks)
    return bool(_TOPIC.fullmatch(title)) or " " not in title or names_many(title) or nested
