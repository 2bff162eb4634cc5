"""The board: every enhancement as a card in the column of its status, live, and safe to drag."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.widgets import address, board_moves, board_state
from pages.widgets.board_export import board_rows
from pages.widgets.board_limits import limits_popover
from pages.widgets.board_look import look_popover
from pages.widgets.board_source import columns, filter_choices, matching_ids
from pages.widgets.board_window import WindowedSource
from pages.widgets.bulk_dialog import ask_for_bulk
from pages.widgets.export_menu import draw_export
from pages.widgets.filters import clear_filters, draw_filters
from pages.widgets.found import with_found
from pages.widgets.kanban import BaseTracker, kanban
from pages.widgets.navigation import begin_page
from pages.widgets.outage import outage_shown
from pages.widgets.saved_views import draw_saved_views
from pages.widgets.session import backend
from pages.widgets.text import as_text

TICK_SECONDS = 1.0

begin_page()
shared = backend()
source = st.session_state.get("board_source")
if source is None or not source.is_of(shared.store):
    source = st.session_state["board_source"] = WindowedSource(shared.store)

with st.container(horizontal=True, vertical_alignment="center", gap="small", key="board-bar"):
    st.markdown("**Board**", width="content")
    state_slot = st.container(width="content", key="board-state")
    wanted, misunderstood = with_found(shared, draw_filters(filter_choices(shared.store)))
    if not wanted.is_empty:
        st.button("Clear", on_click=clear_filters, type="tertiary", icon=":material/close:", key="clear-filters")
    st.space("stretch")
    draw_saved_views("board")
    draw_export("Board", partial(board_rows, shared, wanted))
    look = look_popover()
    limits_popover(shared)
if misunderstood:
    st.caption(f":orange[:material/info:] {as_text(misunderstood)}")


def show_older(tracker: BaseTracker, status: str) -> None:
    source.show_more(status)
    tracker.forget()


@st.fragment(run_every=TICK_SECONDS)
def live_board() -> None:
    tracker = st.session_state.setdefault("board_tracker", BaseTracker())
    shown = matching_ids(shared.store, wanted)
    source.look(shown)
    with state_slot:
        board_state.draw_state(shared, shown)
    with outage_shown(inside="board"):
        if not shared.store.all_cards():
            board_state.draw_nothing_yet()
            return
        if shown is not None and not shown:
            board_state.draw_no_match()
        kanban(
            key="board",
            columns=columns(shared.store.limits()),
            update=tracker.update_for(source),
            filter_ids=source.filter_ids(),
            older=source.older(),
            look=look,
            acknowledged=st.session_state.get(board_moves.ACKNOWLEDGED),
            selected_id=address.open_item(),
            message=board_state.outage_message(shared),
            on_operations=partial(board_moves.carry_out, shared, source),
            on_open=address.open_item_page,
            on_need_base=tracker.forget,
            on_older=partial(show_older, tracker),
            on_bulk=lambda cards: ask_for_bulk([(card.id, card.version) for card in cards]),
        )


live_board()
