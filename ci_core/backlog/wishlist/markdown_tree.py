"""The outline of a markdown document: headings with their blocks, lists with their entries, tables with their rows.

Block structure comes from markdown-it (CommonMark with tables); inline markup is read on demand, elsewhere. Every
part knows its source lines, so that bodies are cut out of the source as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

_TAB = 4
_FRONT_MATTER_LINES = 60
_LABEL_LINE = re.compile(r"\*\*[^*\n]{1,80}(?::\*\*|\*\*:|\*\*\s*(?:\([^()\n]*\)|\[[^\[\]\n]*\])?\s*$)", re.MULTILINE)
_FIELD_LINE = re.compile(r"^\s*(?:[-*+]\s+)?(?:\*\*|__)?[^*_:\n]{1,40}(?:\*\*|__)?:")


@dataclass(slots=True)
class Entry:
    """One entry of a list; `lead` is the inline markdown of its first paragraph."""

    start: int
    end: int
    number: int | None
    lead: str
    lead_end: int
    blocks: list[Block]


@dataclass(slots=True)
class Row:
    """One body row of a table, as inline markdown per cell."""

    line: int
    cells: list[str]


@dataclass(slots=True)
class Block:
    """A piece between headings. `start` and `end` are source lines from 0, the end excluded."""

    kind: str  # paragraph, list, table, fence, html, quote, rule
    start: int
    end: int
    text: str = ""
    ordered: bool = False
    entries: list[Entry] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Heading:
    """A heading with what follows up to the next one of its level; level 0 is the document itself."""

    level: int
    text: str
    start: int
    body_start: int
    end: int
    parent: Heading | None = None
    blocks: list[Block] = field(default_factory=list)
    children: list[Heading] = field(default_factory=list)
    lead: str = ""  # text that follows the title on its own line


@dataclass(slots=True)
class Document:
    """The source lines and the outline over them."""

    lines: list[str]
    root: Heading
    front_matter_title: str | None = None

    def body(self, start: int, end: int) -> str:
        """The source of these lines without blank lines around it."""
        return trim("\n".join(self.lines[start:end]))

    def entry_text(self, entry: Entry, end: int | None = None) -> str:
        """The source of a list entry without its marker, moved to the left margin."""
        first, *rest = self.lines[entry.start : end if end is not None else entry.end]
        content = _content_column(first)
        moved = [cut_columns(first, content, marker=True), *(cut_columns(line, content) for line in rest)]
        return trim("\n".join(moved))


def trim(text: str) -> str:
    """Takes blank lines off both ends, and spaces off the last line; the first line keeps its indentation."""
    lines = text.split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    return "\n".join(lines).rstrip()


def normalize(text: str) -> str:
    """Line ends as `\\n` and no NUL, just as markdown-it reads the source, so that its line numbers fit."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def block_parser() -> MarkdownIt:
    """CommonMark blocks and tables only. Link definitions are off: they cost quadratic time on hostile input."""
    parser = MarkdownIt("commonmark", {"maxNesting": 12}).enable(["table"]).disable(["reference"])
    parser.core.ruler.enableOnly(["block"])
    parser.block.ruler.before("paragraph", "label", _ends_at_label, {"alt": ["paragraph"]})
    return parser


def _ends_at_label(state: StateBlock, line: int, _end: int, silent: bool) -> bool:
    """Stops a bullet at a bold label on the left margin right below it; CommonMark would make it the bullet's text."""
    if not silent or state.sCount[line] >= state.blkIndent:
        return False
    return bool(_LABEL_LINE.match(state.src, state.bMarks[line] + state.tShift[line], state.eMarks[line]))


def read_document(text: str) -> Document:
    """Builds the outline. Takes any text; never raises."""
    lines = normalize(text).removeprefix("\ufeff").split("\n")
    title, matter_end = _front_matter(lines)
    visible = [""] * matter_end + lines[matter_end:]
    tokens = block_parser().parse("\n".join(visible))
    blocks, _ = _blocks(tokens, 0)
    root = Heading(0, "", 0, 0, len(lines))
    last = root
    for block in blocks:
        if not block.kind.startswith("h") or block.kind == "html":
            last.blocks.append(block)
            continue
        level = int(block.kind[1])
        while last.level >= level and last.parent is not None:
            last.end = block.start
            last = last.parent
        heading = Heading(level, block.text, block.start, block.end, len(lines), parent=last)
        last.children.append(heading)
        last = heading
    return Document(lines, root, title)


def _front_matter(lines: Sequence[str]) -> tuple[str | None, int]:
    """Title and length of a YAML block at the very start of the file."""
    if not lines or lines[0].strip() != "---":
        return None, 0
    title: str | None = None
    for number, line in enumerate(lines[1:_FRONT_MATTER_LINES], start=1):
        if line.strip() in {"---", "..."}:
            return title, number + 1
        name, colon, value = line.partition(":")
        if not colon and line.strip() and not line.startswith((" ", "-", "#")):
            return None, 0
        if name.strip() == "title" and value.strip():
            title = value.strip().strip("\"'")
    return None, 0


def _blocks(tokens: Sequence[Token], index: int) -> tuple[list[Block], int]:
    """Reads blocks up to the close of the enclosing container; returns them and the place after it."""
    found: list[Block] = []
    while index < len(tokens):
        token = tokens[index]
        if token.nesting < 0:
            return found, index + 1
        start, end = token.map or [0, 0]
        if token.type == "heading_open":
            found.extend(_heading(token, tokens[index + 1].content, start, end))
            index += 3
        elif token.type == "paragraph_open":
            found.append(Block("paragraph", start, end, tokens[index + 1].content))
            index += 3
        elif token.type in {"bullet_list_open", "ordered_list_open"}:
            block = Block("list", start, end, ordered=token.type == "ordered_list_open")
            index = _entries(tokens, index + 1, block)
            found.append(block)
        elif token.type == "table_open":
            block = Block("table", start, end)
            index = _rows(tokens, index + 1, block)
            found.append(block)
        elif token.nesting > 0:
            _, index = _blocks(tokens, index + 1)
            found.append(Block("quote", start, end))
        else:
            kind = {"hr": "rule", "html_block": "html"}.get(token.type, "fence")
            found.append(Block(kind, start, end, token.content if kind == "html" else ""))
            index += 1
    return found, index


def _heading(token: Token, text: str, start: int, end: int) -> list[Block]:
    """A heading; but fields with a rule right below them are a paragraph that CommonMark takes for a heading."""
    underlined = not token.markup.startswith("#")
    if underlined and ("\n" in text or _FIELD_LINE.match(text)):
        return [Block("paragraph", start, end - 1, text), Block("rule", end - 1, end)]
    return [Block(token.tag, start, end, text)]


def _entries(tokens: Sequence[Token], index: int, into: Block) -> int:
    while index < len(tokens) and tokens[index].type == "list_item_open":
        token = tokens[index]
        start, end = token.map or [0, 0]
        blocks, index = _blocks(tokens, index + 1)
        has_lead = bool(blocks) and blocks[0].kind in {"paragraph", "h1", "h2", "h3", "h4", "h5", "h6"}
        into.entries.append(
            Entry(
                start,
                end,
                int(token.info) if into.ordered and token.info.isdigit() else None,
                blocks[0].text if has_lead else "",
                blocks[0].end if has_lead else start + 1,
                blocks[1:] if has_lead else blocks,
            )
        )
    return index + 1


def _rows(tokens: Sequence[Token], index: int, into: Block) -> int:
    cells: list[str] = []
    line = into.start
    depth = 1
    while index < len(tokens) and depth:
        token = tokens[index]
        depth += token.nesting
        if token.type == "tr_open":
            cells, line = [], token.map[0] if token.map else line
        elif token.type == "inline":
            cells.append(token.content)
        elif token.type == "tr_close":
            if not into.header:
                into.header = cells
            else:
                into.rows.append(Row(line, cells))
        index += 1
    return index


def _content_column(line: str) -> int:
    """The column at which the content of a list entry begins, given its first line."""
    match = re.match(r"^([ \t]*(?:[-*+]|\d{1,9}[.)]))([ \t]*)", line)
    if match is None:
        return 0
    marker = len(match[1].expandtabs(_TAB))
    gap = len((match[1] + match[2]).expandtabs(_TAB)) - marker
    return marker + (gap if 1 <= gap <= _TAB and match.end() < len(line) else 1)


def cut_columns(line: str, columns: int, *, marker: bool = False) -> str:
    """Takes up to so many columns off the left: only blanks, or anything where a list marker stands there."""
    column = 0
    for place, char in enumerate(line):
        if column >= columns or (not marker and char not in " \t"):
            return " " * (column - columns) + line[place:]
        column += _TAB - column % _TAB if char == "\t" else 1
    return ""
