"""Carries out what the header in the browser asks for, before the page's next run."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

import streamlit as st

from ci_core.backlog.notifications import mark_all_read, mark_read
from ci_core.backlog.undo import UndoResult, undo_last
from pages.widgets import address
from pages.widgets.acting import LINKS, act
from pages.widgets.add_dialog import ask_to_add
from pages.widgets.header import received
from pages.widgets.header.bell import TABLE
from pages.widgets.header.received import MalformedRequest, Trigger
from pages.widgets.header.search import answer
from pages.widgets.page_links import follow
from pages.widgets.search_field import TEXT
from pages.widgets.session import Backend, actor
from pages.widgets.snackbar import tell
from pages.widgets.text import shortened

log = logging.getLogger(__name__)
UNDONE = "header-undone"
MOST_AT_ONCE = 200
PREPARED = "header-prepared"
BOARD = "board"


def carry_out(shared: Backend, key: str, trigger: Trigger, current: str) -> None:
    """Do what `trigger` of the component `key` asks for on the page `current`; for a callback.

    What cannot be understood is logged and dropped; it changes nothing.
    """
    state: Any = st.session_state.get(key)
    raw = state.get(trigger.value) if isinstance(state, dict) else None
    if raw is None:
        return
    try:
        _carry_out(shared, trigger, raw, current)
    except MalformedRequest as error:
        log.warning("header_request_malformed trigger=%s where=%s problem=%s", trigger, error.where, error.problem)


def _carry_out(shared: Backend, trigger: Trigger, raw: object, current: str) -> None:
    match trigger:
        case Trigger.SEARCH:
            answer(shared, received.parse_search(raw))
        case Trigger.OPEN:
            address.open_item_page(received.parse_open(raw))
        case Trigger.READ:
            _read(shared, received.parse_read(raw))
        case Trigger.UNDO:
            _undo(shared, received.parse_undo(raw))
        case Trigger.ADD:
            ask_to_add()
        case Trigger.SHOW_ALL:
            _show_all(received.parse_show_all(raw), current)


def mark_as_read(shared: Backend, *ids: int) -> None:
    """Mark these notifications as read; for a callback."""
    _mark(shared, ids)


def _read(shared: Backend, asked: received.Read) -> None:
    _mark(shared, asked.ids)
    if asked.item is not None:
        address.open_item_page(asked.item)
    if asked.run is not None:
        follow(f"agents?run={asked.run}")


def _mark(shared: Backend, ids: Collection[int] | None) -> None:
    refusal = act(
        shared, lambda session: mark_all_read(session, actor()) if ids is None else mark_read(session, ids, actor())
    )
    shared.listener.note_change(TABLE)
    if refusal:
        tell(f"Not marked as read: {refusal}")


def _undo(shared: Backend, asked: received.Undo) -> None:
    client, done = st.session_state.get(UNDONE, (asked.client, 0))
    wanted = asked.count - (done if client == asked.client else 0)
    st.session_state[UNDONE] = (asked.client, asked.count)
    results: list[UndoResult] = []
    refusal = None
    while refusal is None and len(results) < min(wanted, MOST_AT_ONCE):
        refusal = _undo_newest(shared, results)
    if wanted > 0:
        tell(_told(shared, results, refusal))
        st.rerun()  # whatever the page shows may be what was taken back


def _undo_newest(shared: Backend, results: list[UndoResult]) -> str | None:
    """Take back one's newest change and add it to `results`; gives in words why not."""
    done: list[UndoResult] = []
    refusal = act(
        shared,
        lambda session: done.append(undo_last(session, actor=actor(), policy=shared.policy)),
        tables=LINKS,
    )
    if refusal is None:  # only now it is committed
        results.extend(done)
    return refusal


def _told(shared: Backend, results: list[UndoResult], refusal: str | None) -> str:
    ids = list(dict.fromkeys(item for result in results for item in result.enhancement_ids))
    if not results:
        return f"Not undone: {refusal}"
    card = shared.store.card(ids[0]) if len(ids) == 1 else None
    what = f": #{card.id} “{shortened(card.title, 48)}”" if card else f": {len(ids)} enhancements" if ids else ""
    told = f"Undone{what}." if len(results) == 1 else f"{len(results)} changes undone{what}."
    return f"{told} No more: {refusal}" if refusal else told


def _show_all(asked: received.ShowAll, current: str) -> None:
    st.session_state[TEXT] = asked.text
    # From elsewhere the browser follows the link to the board when it hears of this: `st.switch_page` refuses to leave
    # a page whose fields are a part of the address.
    st.session_state[PREPARED] = asked.sequence
    if current == BOARD:
        st.rerun()
