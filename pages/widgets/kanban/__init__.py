"""A Kanban board for Streamlit: drag and drop, keys, an outbox that loses no move, and only changes on the wire.

The page decides nothing here either: it hands in cards and columns, and gets the person's moves as values to carry out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import streamlit as st

from pages.widgets.kanban.assets import board_css, board_html, board_js
from pages.widgets.kanban.delta import BaseTracker, BoardSource, Changes, Snapshot
from pages.widgets.kanban.encoding import encode
from pages.widgets.kanban.protocol import (
    CardVersion,
    ClientOperations,
    LaneChange,
    MalformedMessage,
    Move,
    parse_bulk,
    parse_need_base,
    parse_older,
    parse_open,
    parse_operations,
    remember_outcomes,
)
from pages.widgets.kanban.values import Acknowledgement, BoardUpdate, Card, Column, Look, Older, Outcome

__all__ = [
    "Acknowledgement",
    "BaseTracker",
    "BoardSource",
    "BoardUpdate",
    "Card",
    "CardVersion",
    "Changes",
    "ClientOperations",
    "Column",
    "LaneChange",
    "Look",
    "MalformedMessage",
    "Move",
    "Older",
    "Outcome",
    "Snapshot",
    "kanban",
    "parse_bulk",
    "parse_need_base",
    "parse_older",
    "parse_open",
    "parse_operations",
    "remember_outcomes",
]

T = TypeVar("T")
_log = logging.getLogger(__name__)
_mount = st.components.v2.component("magnus_kanban", html=board_html(), css=board_css(), js=board_js())


def kanban(
    *,
    key: str,
    columns: Sequence[Column],
    update: BoardUpdate,
    on_operations: Callable[[ClientOperations], None],
    on_open: Callable[[int], None],
    on_need_base: Callable[[], None],
    on_bulk: Callable[[Sequence[CardVersion]], None] | None = None,
    on_older: Callable[[str], None] | None = None,
    older: Mapping[str, Older] | None = None,
    look: Look | None = None,
    filter_ids: Sequence[int] | None = None,
    acknowledged: Acknowledgement | None = None,
    selected_id: int | None = None,
    read_only: bool = False,
    message: str | None = None,
    height: int | None = None,
) -> None:
    """Draw the board; the `on_…` functions run as Streamlit callbacks, before the page's next run.

    `on_operations` gets every operation that the browser has no answer for, some perhaps for the second time: apply
    each (client, sequence) once, and pass what became of them as `acknowledged` (see `remember_outcomes`). `on_open`
    gets the id of a card that the person wants to see, `on_bulk` those to change together, and
    `on_older` the column of whose `older` cards (see `Older`) the person wants to see more.
    `on_need_base` says that the browser lacks the base: send one (`BaseTracker.forget`).
    `filter_ids` shows only these of the cards; `selected_id` is the card that is open beside
    the board; `message` stands above the columns; `height` is in pixels, and None fills the window.

    A message from the browser that cannot be understood is logged and dropped; it changes nothing.
    """
    statuses = frozenset(column.status for column in columns)

    def operations_came() -> None:
        received = _understood(lambda raw: parse_operations(raw, statuses), key, "operations")
        if received is not None and received.operations:
            on_operations(received)

    def open_came() -> None:
        card_id = _understood(parse_open, key, "open")
        if card_id is not None:
            on_open(card_id)

    def bulk_came() -> None:
        cards = _understood(parse_bulk, key, "bulk")
        if cards and on_bulk is not None:
            on_bulk(cards)

    def older_came() -> None:
        status = _understood(lambda raw: parse_older(raw, statuses), key, "older")
        if status is not None and on_older is not None:
            on_older(status)

    shown = look or Look()
    _mount(
        key=key,
        data=encode(
            update,
            {
                "key": key,
                "columns": [column.wire() for column in columns],
                "filter_ids": None if filter_ids is None else list(filter_ids),
                "acknowledged": acknowledged.wire() if acknowledged else None,
                "selected_id": selected_id,
                "read_only": read_only,
                "message": message,
                "height": height,
                "lanes": shown.lanes,
                "density": shown.density,
                "hidden": list(shown.hidden),
                "older": {status: {"all": one.all, "matching": one.matching} for status, one in (older or {}).items()},
            },
        ),
        on_operations_change=operations_came,
        on_open_change=open_came,
        on_need_base_change=on_need_base,
        on_bulk_change=bulk_came,
        on_older_change=older_came,
    )


def _understood(parse: Callable[[object], T], key: str, event: str) -> T | None:
    """Return what the browser sent with `event`, or None when there is nothing or nothing that can be understood."""
    state: Any = st.session_state.get(key)
    raw = state.get(event) if isinstance(state, dict) else None
    if raw is None:
        return None
    try:
        return parse(raw)
    except MalformedMessage as error:
        _log.warning("kanban_message_malformed", extra={"event": event, "where": error.where, "problem": error.problem})
        return None
