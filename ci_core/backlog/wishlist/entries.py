"""Wishes that are entries of a list or rows of a table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ci_core.backlog.wishlist.effort import SIZES
from ci_core.backlog.wishlist.fields import Fields, fields_of_line, is_telling, label_key, read_fields
from ci_core.backlog.wishlist.headings import is_aspect
from ci_core.backlog.wishlist.inline import Lead, plain_text, split_lead
from ci_core.backlog.wishlist.markdown_tree import Block, Document, Entry, Row, trim
from ci_core.backlog.wishlist.marks import CHECKBOX, DONE_SIGNS, spell_signs
from ci_core.backlog.wishlist.titles import Label, priority_word, read_label, shorten, take_note
from db.enums import Priority


@dataclass(frozen=True, slots=True)
class Context:
    """What the sections around a wish say about it; the nearest one wins."""

    section: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    group_areas: tuple[str, ...] = ()
    priority: Priority | None = None
    rank: int | None = None
    signs: tuple[str, ...] = ()
    done: bool = False
    fields: Fields = field(default_factory=dict)


@dataclass(slots=True)
class Wish:
    """A wish as found, before its attributes are read. `batch` is the list that it is an entry of, by its line."""

    line: int
    label: Label
    body: str
    context: Context
    fields: Fields
    rich: bool
    batch: int | None = None
    is_row: bool = False


_LINK_ONLY = re.compile(r"^\s*\[[^\]]*\]\(#[^)]*\)\s*$")
_NOTE = re.compile(r"^\s*(?:\(([^()]*)\)|\[([^\[\]]*)\](?!\())")
_SEPARATOR = re.compile(r"^\s*(?:[:–—|→-]+(?=\s|$)|:)\s*")
_INNER_SEPARATOR = re.compile(r"(?<!\d)\s+[-–—]{1,2}\s+|:\s+")
_OBSERVATION = re.compile(r"^\W*(?:lines?\s+\d+|[\w/.-]+\.\w{1,4}:\d+)|\b\d+(?:\.\d+)?\s*/\s*10\b", re.IGNORECASE)
_MAY_END_IN_NOTE = re.compile(
    r"[)\]}]\W*$|\b(?:done|completed?|implemented|shipped|fixed|hours?|hrs?|h|days?|weeks?|min\w*|months?|priority"
    r"|p\d)\W*$",
    re.IGNORECASE,
)
_DOCUMENT_KEYS = frozenset(
    ["author", "authors", "version", "date", "last updated", "created", "updated", "owner", "maintainer", "reviewers"]
)
_STATUS_LEAD = re.compile(r"^\s*(?:[⏳🔲🚧⬜☐🔄📋🔜🟩✅☑✔✓]|\[[ xX]\](?=\s|$)|~~)")


def list_kind(block: Block, repeated: frozenset[str] = frozenset()) -> str:
    """What a list is: contents, legend, fields, observations, checkboxes, bold (titles), or plain.

    `repeated` holds labels that come back under many headings and so are fields, whatever their words.
    """
    leads = [entry.lead.split("\n")[0] for entry in block.entries if entry.lead.strip()]
    half = max(1, (len(leads) + 1) // 2)
    if not leads:
        return "plain"
    if sum(bool(_LINK_ONLY.match(lead)) for lead in leads) >= half:
        return "contents"
    if sum(bool(CHECKBOX.match(lead)) for lead in leads) >= half:
        return "checkboxes"
    if sum(bool(_OBSERVATION.search(lead)) for lead in leads) * 2 > len(leads):
        return "observations"
    split = [split_lead(lead) for lead in leads]
    bold = [lead for lead in split if lead.bold]
    if len(bold) >= half:
        names = [label_key(plain_text(lead.title)) for lead in bold]
        if sum(name.upper() in SIZES or _names_level(name) for name in names) * 2 > len(names):
            return "legend"
        keyed = [name for lead in leads for name, _ in fields_of_line(lead)]
        sides = sum(is_telling(name) or is_aspect(name) or name in repeated or name in _DOCUMENT_KEYS for name in keyed)
        if sides * 2 > len(leads):
            return "fields"
        return "bold"
    if sum(is_telling(name) for lead in leads for name, _ in fields_of_line(lead)) * 2 > len(leads):
        return "fields"
    return "plain"


def _names_level(name: str) -> bool:
    return (
        bool(re.fullmatch(r"(?:p\d|critical|high|medium|low)(?: priority)?", name)) and priority_word(name) is not None
    )


def speaks_for_itself(block: Block, kind: str) -> bool:
    """True when the entries are surely wishes of their own: boxes to tick, an effort of their own, a body each."""
    if kind == "checkboxes":
        return True
    if kind != "bold":
        return False
    numbered = block.ordered and block.entries[0].number not in (None, 1)
    marked = sum(_is_marked(entry) for entry in block.entries)
    return numbered or marked * 2 > len(block.entries)


def _is_marked(entry: Entry) -> bool:
    line = entry.lead.split("\n")[0]
    lead = split_lead(line)
    label = read_label(lead.title)
    _read_rest(lead.rest, label)
    noted = label.hours is not None or label.size or label.priority or label.done or label.complexity
    return bool(noted or label.identifier or entry.blocks or _STATUS_LEAD.match(line))


def entry_wishes(doc: Document, block: Block, context: Context, trailing: Sequence[Block] = ()) -> Iterator[Wish]:
    """Every entry of a list as a wish. `trailing` blocks follow the list and belong to its last entry."""
    for entry in block.entries:
        text = doc.entry_text(entry)
        if not text:
            continue
        blocks = list(entry.blocks)
        if trailing and entry is block.entries[-1]:
            blocks.extend(trailing)
            text = f"{text}\n\n" + "\n\n".join(_source(doc, part) for part in trailing)
        label, rest, bold = read_entry_title(text.split("\n", 1)[0])
        if entry.number is not None and label.identifier is None:
            label.identifier = str(entry.number)
        body = trim("\n".join([rest, _dedent(text.split("\n", 1)[1] if "\n" in text else "")]))
        first = Block("paragraph", entry.start, entry.start + 1, rest)
        fields = read_fields([first, *blocks])
        rich = bold or bool(blocks) or label.hours is not None or len(rest) > 120
        yield Wish(entry.start + 1, label, body, context, fields, rich, batch=block.start)


def _source(doc: Document, block: Block) -> str:
    return _dedent(trim("\n".join(doc.lines[block.start : block.end])))


def _dedent(text: str) -> str:
    """Moves text to the left margin by the smallest indentation of its lines."""
    lines = [line.expandtabs(4) if line[:1] in " \t" else line for line in text.split("\n")]
    margin = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
    if not margin:
        return text
    return "\n".join(line[margin:] if line.strip() else "" for line in lines)


def read_entry_title(line: str) -> tuple[Label, str, bool]:
    """The title of an entry, the rest of its line as markdown, and whether the title was set in bold."""
    lead = split_lead(spell_signs(line))
    if not lead.bold:
        return _plain_title(lead, line)
    label = read_label(lead.marks + lead.title)
    label.done = label.done or lead.struck
    rest = _read_rest(lead.rest, label)
    if rest and rest == lead.rest and not _SEPARATOR.match(rest) and re.match(r"\s*\w", rest):
        # Bold is only the start of a sentence: "**Redis** caching for all calls".
        return _plain_title(Lead(lead.marks, lead.title + lead.rest, "", False, lead.struck), line)
    separator = _SEPARATOR.match(rest)
    rest = rest[separator.end() :] if separator else rest.lstrip()
    if rest and _MAY_END_IN_NOTE.search(rest):
        rest = _read_tail(rest, label)
    return label, rest, True


def _read_tail(rest: str, label: Label) -> str:
    """Takes the effort or state at the end of an explanation into the label; it stays in the text unless it is all."""
    tail = read_label(f"x {rest[-60:]}", numbered=False)
    label.done = label.done or tail.done
    label.hours = tail.hours if label.hours is None else label.hours
    label.priority = label.priority or tail.priority
    return "" if read_label(f"x - {rest}", numbered=False).text == "x" else rest


def _read_rest(rest: str, label: Label) -> str:
    """Takes the notes right behind a bold title into the label: "(2 hours)", "[M]", "✅"; returns what remains."""
    while True:
        if (note := _NOTE.match(rest)) and take_note(note[1] or note[2] or "", label, brackets=note[0].strip()[0]):
            rest = rest[note.end() :]
            continue
        sign = re.match(r"\s*([^\w\s()\[\]`*~:;,.–—\-\"'<>/$#&+=|→]+)", rest)
        if sign is None or not any(char > "\u2100" for char in sign[1]):
            return rest
        label.signs += tuple(char for char in sign[1] if char in DONE_SIGNS or char > "\U0001f000")
        rest = rest[sign.end() :]


def _plain_title(lead: Lead, line: str) -> tuple[Label, str, bool]:
    text = lead.title
    whole = read_label(lead.marks + text)
    whole.done = whole.done or lead.struck
    for found in _INNER_SEPARATOR.finditer(text[:300]):
        left, right = text[: found.start()], text[found.end() :].strip()
        if left.count("`") % 2 or left.count("(") != left.count(")") or left.count("[") != left.count("]"):
            continue
        label = read_label(lead.marks + left)
        if not label.text or not right or len(left) > 90:
            continue
        if read_label(f"x - {right}", numbered=False).text == "x":
            break
        if ":" in found[0] and len(label.text.split()) > 8:
            break
        for name in ("hours", "priority", "complexity", "size"):
            if getattr(label, name) is None:
                setattr(label, name, getattr(whole, name))
        label.done, label.signs = whole.done or label.done, whole.signs
        return label, right, False
    full = plain_text(text)
    kept = "" if shorten(full) == full else line.strip()
    return whole, kept or (lead.rest.strip(" :-") if lead.struck else ""), False


_TITLE_COLUMN = re.compile(
    r"(?:feature|item|enhancement|title|name|task|improvement|idea|request|wish|story|user story|requirement|change"
    r"|fix|issue|bug)s?"
    r"(?: (?:name|title|request|description|idea))?|what"
)
_FACT_COLUMN = re.compile(
    r"(?:.* )?(?:priority|prio|effort|complexity|status|impact|estimate|estimated .*|category|type|description|value"
    r"|notes?|timeline|hours|"
    r"time|size|dependencies|depends on|area|component|owner|benefits?|why|what|rationale|details|quarter|phase"
    r"|difficulty|done|roi)s?"
)
_FIGURE_COLUMN = re.compile(
    r"(?:current|target|baseline|actual|goal|metric|before|after|threshold|kpi|improvement)(?: .*)?"
)
_NUMBER_COLUMN = re.compile(r"(?:#|id|no\.?|nr\.?|number|ref|key|rank|code)")


def is_item_table(block: Block) -> bool:
    """True for a table with one wish per row: a column of titles beside facts such as priority or effort."""
    columns = [label_key(plain_text(cell)) for cell in block.header]
    named = any(_TITLE_COLUMN.fullmatch(name) for name in columns)
    facts = sum(bool(_FACT_COLUMN.fullmatch(name)) and not _TITLE_COLUMN.fullmatch(name) for name in columns)
    figures = sum(bool(_FIGURE_COLUMN.fullmatch(name)) for name in columns)
    return bool(block.rows) and named and facts >= 1 and figures < 2 and figures < facts


def row_wishes(block: Block, context: Context) -> Iterator[Wish]:
    """Every row of a table as a wish; the other columns are its fields and, as a list, its description."""
    columns = [plain_text(cell) for cell in block.header]
    keys = [label_key(name) for name in columns]
    place = next((index for index, key in enumerate(keys) if _TITLE_COLUMN.fullmatch(key)), 0)
    for row in block.rows:
        label = read_label(row.cells[place]) if place < len(row.cells) else Label("")
        fields: Fields = {}
        body: list[str] = []
        for index, cell in enumerate(row.cells):
            value = cell.strip()
            if index == place or index >= len(keys) or not value or plain_text(value) in {"-", "–", "—"}:
                continue
            if _NUMBER_COLUMN.fullmatch(keys[index]):
                label.identifier = label.identifier or plain_text(value).lstrip("#").strip()
                continue
            fields.setdefault(keys[index], value)
            if keys[index] in {"done", "completed", "✅"} and re.search(
                r"\b(?:yes|x|true|done)\b|[✅✔✓☑]", value, re.IGNORECASE
            ):
                label.done = True
            if (box := CHECKBOX.match(value)) and box[1] != " ":
                label.done = True
            body.append(f"- **{columns[index] or 'Note'}**: {value}")
        if _has_cells(row):
            yield Wish(row.line + 1, label, "\n".join(body), context, fields, False, batch=block.start, is_row=True)


def _has_cells(row: Row) -> bool:
    return any(cell.strip() for cell in row.cells)
