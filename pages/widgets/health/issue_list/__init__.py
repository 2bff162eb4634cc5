"""A list of issues, or of groups with their issues, for Streamlit: select with boxes, open one, walk by keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from pages.widgets.desk_wire import heard
from pages.widgets.messages import integer, mapping, words

_HERE = Path(__file__).parent
MOST_KEYS = 5_000
LONGEST_KEY = 4_200


def _source(name: str) -> str:
    """A file without lines that are comments: it travels with every message."""
    return re.sub(r"^\s*//.*\n", "", (_HERE / name).read_text(encoding="utf-8"), flags=re.MULTILINE)


_mount = st.components.v2.component(
    "magnus_issue_list", html=_source("issue_list.html"), css=_source("issue_list.css"), js=_source("issue_list.js")
)


@dataclass(frozen=True, slots=True)
class ListRow:
    """One line: an issue, or a group of issues.

    Attributes:
        key: names it; the page chooses it and gets it back.
        severity: of the mark, with `mark` as its sign and `word` as its word.
        notes: what stands out, such as "back again".
        inside: whether it belongs to the group above it.
        current: whether it is open.
    """

    key: str
    severity: str
    mark: str
    word: str
    title: str
    place: str = ""
    rest: str = ""
    notes: tuple[str, ...] = ()
    group: bool = False
    inside: bool = False
    current: bool = False


def issue_list(
    rows: Sequence[ListRow],
    *,
    key: str,
    turn: int,
    count: str,
    more: str,
    on_open: Callable[[str], None],
    on_more: Callable[[int], None],
) -> tuple[str, ...]:
    """Draw the list; gives the keys of what is selected.

    Args:
        turn: another number than before forgets what is selected.
        count: what stands above the list.
        more: what stands on the button below it; "" for none.
        on_open: called with the key of the row that a person wants to see.
        on_more: called with how many rows are there when a person wants to see more.
    """
    drawn = _mount(
        key=key,
        data={"rows": [asdict(row) for row in rows], "turn": turn, "count": count, "more": more},
        default={"picked": None},
        on_picked_change=lambda: None,
        on_open_change=heard(key, "open", _parse_key, on_open),
        on_more_change=heard(key, "more", _parse_more, on_more),
    )
    known = {row.key for row in rows}
    return tuple(one for one in picked_keys(getattr(drawn, "picked", None), turn) if one in known)


def picked_keys(raw: object, turn: int) -> tuple[str, ...]:
    """What the browser says is selected; nothing where it says so of another turn, or what cannot be understood."""
    if not isinstance(raw, dict) or raw.get("turn") != turn or not isinstance(raw.get("keys"), list):
        return ()
    return tuple(one for one in raw["keys"][:MOST_KEYS] if isinstance(one, str) and len(one) <= LONGEST_KEY)


def _parse_key(raw: object) -> str:
    return words(mapping(raw, "the message"), "key", "key", LONGEST_KEY)


def _parse_more(raw: object) -> int:
    return integer(mapping(raw, "the message").get("shown"), "shown", at_least=0)
