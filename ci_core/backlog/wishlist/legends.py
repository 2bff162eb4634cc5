"""Legends: what the signs and sizes of this very document mean."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ci_core.backlog.wishlist.effort import SIZES, USUAL_SIZE_HOURS, hours_in
from ci_core.backlog.wishlist.headings import group_of
from ci_core.backlog.wishlist.inline import plain_text
from ci_core.backlog.wishlist.markdown_tree import Block, Heading
from ci_core.backlog.wishlist.marks import signs_in, spell_signs, without_emoji
from ci_core.backlog.wishlist.titles import priority_word
from db.enums import Priority

_USUAL = {
    "🔴": Priority.HIGH,
    "🟥": Priority.HIGH,
    "🟠": Priority.HIGH,
    "🟧": Priority.HIGH,
    "🟡": Priority.MEDIUM,
    "🟨": Priority.MEDIUM,
    "🟢": Priority.LOW,
    "🟩": Priority.LOW,
    "🔵": Priority.LOW,
    "🟦": Priority.LOW,
    "⚪": Priority.LOW,
}
_FOUR_LEVELS = {"🔴": Priority.CRITICAL, "🟡": Priority.HIGH, "🟢": Priority.MEDIUM, "🔵": Priority.LOW}
_STATE = re.compile(
    r"^\W*(?:done|completed?|implemented|finished|not started|in progress|started|planned|blocked|todo|to do|on hold"
    r"|testing|open|"
    r"ready|live|working|partial\w*|pending|concept)\b",
    re.IGNORECASE,
)
_DONE_STATE = re.compile(r"^\W*(?:done|completed?|implemented|finished|live|working)\b", re.IGNORECASE)
_PIECES = re.compile(r"\s*(?:\||•|·|,|;|/)\s*(?=\W*[🔴🟠🟡🟢🔵⚪🟣⚫🟥🟧🟨🟩🟦✅]|\*{0,2}(?:XS|S|M|L|XL|XXL)\b)")
_LEGEND_START = re.compile(
    r"^[\s*_>]*(?:priority |status |complexity )?(?:legend|key|priority|status)[\s*_]*:[\s*_]*", re.IGNORECASE
)
_SIZE = re.compile(r"^\W*(XXL|XL|XS|S|M|L)\b\W*[:=–—-]?\s*(.*)$")


@dataclass(slots=True)
class Legend:
    """Signs by meaning. `states` are signs that tell progress and so no priority; `done` those that mean completed."""

    priorities: dict[str, Priority] = field(default_factory=dict)
    states: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    size_hours: dict[str, float] = field(default_factory=lambda: dict(USUAL_SIZE_HOURS))
    written: bool = False

    def priority_of(self, signs: tuple[str, ...]) -> Priority | None:
        """The priority that the first telling sign means."""
        for sign in signs:
            if sign not in self.states and sign in self.priorities:
                return self.priorities[sign]
        return None


def read_legend(root: Heading) -> Legend:
    """Reads legends wherever they stand: a section, a table, one line, or headings such as "🔴 High Priority"."""
    legend = Legend()
    used: set[str] = set()
    todo = [root]
    while todo:
        heading = todo.pop()
        todo.extend(heading.children)
        used.update(signs_in(heading.text))
        title = plain_text(heading.text).lower()
        about_legend = bool(re.search(r"legend|\bkey\b|levels?\b|indicators?|scale|guide|sizes?", title))
        for block in heading.blocks:
            if about_legend or _is_legend_line(block):
                _read_block(block, title, legend)
        group = group_of(spell_signs(plain_text(heading.text)))
        if group is not None and group.priority is not None and group.kind == "priority":
            for sign in signs_in(spell_signs(heading.text))[:1]:
                legend.priorities.setdefault(sign, group.priority)
    usual = dict(_USUAL)
    if not legend.priorities and "🔵" in used and "🟠" not in used:
        usual.update(_FOUR_LEVELS)
    elif "🟠" in used or "🟠" in legend.priorities:
        usual["🔴"] = Priority.CRITICAL
    if not legend.written:
        legend.priorities = {**usual, **legend.priorities}
    return legend


def _is_legend_line(block: Block) -> bool:
    if block.kind == "paragraph":
        return len(signs_in(block.text)) >= 2 or bool(re.match(r"^\W*legend\b", block.text, re.IGNORECASE))
    return False


def _read_block(block: Block, title: str, legend: Legend) -> None:
    if block.kind == "list":
        lines = [entry.lead for entry in block.entries]
    elif block.kind == "table":
        lines = [" ".join(row.cells) for row in block.rows]
    elif block.kind == "paragraph":
        lines = [_LEGEND_START.sub("", line) for line in block.text.split("\n")]
    else:
        return
    for line in lines:
        for piece in _PIECES.split(line):
            _read_piece(piece, title, legend)


def _read_piece(piece: str, title: str, legend: Legend) -> None:
    text = plain_text(spell_signs(piece))
    words = without_emoji(text)
    signs = signs_in(text)
    if signs and _STATE.match(words):
        legend.states.add(signs[0])
        if _DONE_STATE.match(words):
            legend.done.add(signs[0])
    elif signs and not re.search(r"complexity|effort|difficulty", title) and (level := priority_word(words)):
        legend.priorities[signs[0]] = level
        legend.written = True
    elif (size := _SIZE.match(words)) and size[1] in SIZES and (hours := hours_in(size[2])) is not None:
        legend.size_hours[size[1]] = hours
