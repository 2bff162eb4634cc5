"""The table: what fits the filters, row by row, with cells that can be edited where they stand."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.widgets import table_bar, table_state
from pages.widgets.board_source import filter_choices
from pages.widgets.board_state import draw_nothing_yet
from pages.widgets.export_menu import draw_export
from pages.widgets.filters import draw_filters
from pages.widgets.navigation import begin_page
from pages.widgets.outage import outage_shown
from pages.widgets.saved_views import draw_saved_views
from pages.widgets.session import backend
from pages.widgets.text import as_text

begin_page()
shared = backend()
with st.container(horizontal=True, vertical_alignment="center", gap="small", key="table-bar"):
    st.markdown("**Table**", width="content")
    state_slot = st.container(width="content", key="table-state")
    wanted = draw_filters(filter_choices(shared.store))
    filters, left_out = table_state.shown_filters()
    if filters or not wanted.is_empty:
        st.button(
            "Clear", on_click=table_bar.clear_everything, type="tertiary", icon=":material/close:", key="clear-filters"
        )
    table_bar.draw_grouping()
    table_bar.draw_columns()
    st.space("stretch")
    draw_saved_views("table")
    export_slot = st.container(width="content", key="table-export")
with outage_shown(inside="table"):
    table_state.store_waiting_edits(shared)
    asked, misunderstood = table_state.wanted_rows(wanted)
    found = table_state.found_rows(shared, asked)
    for told in filter(None, (misunderstood, left_out)):
        st.caption(f":orange[:material/info:] {as_text(told)}")
    table_state.draw_problems(shared)
    with state_slot:
        table_bar.draw_count(shared, found, filters)
    with export_slot:
        draw_export("Table", partial(table_state.exported_rows, shared, asked, table_state.shown_columns(), filters))
    if not shared.store.all_cards():
        draw_nothing_yet()
    else:
        table_state.draw_table(shared, found, filters)
table_state.watch(shared)
