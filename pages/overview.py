"""The start page: what needs attention first."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ci_core.backlog.listing import list_enhancements
from ci_core.backlog.query_syntax import parse_query
from pages.widgets import address
from pages.widgets.board_state import draw_nothing_yet
from pages.widgets.navigation import begin_page
from pages.widgets.session import backend
from pages.widgets.text import as_text, label, number, shortened

TOP = 10

begin_page()
shared = backend()
with shared.database.reading() as session:
    top = list_enhancements(session, parse_query("is:open"), limit=TOP)
if not shared.store.all_cards():
    draw_nothing_yet()
else:
    st.markdown("##### Top priorities")
    for item in top.enhancements:
        with st.container(horizontal=True, vertical_alignment="center", key=f"top-{item.id}"):
            st.button(
                as_text(f"#{item.id} {shortened(item.title, 90)}"),
                key=f"go-top-{item.id}",
                type="tertiary",
                on_click=partial(address.open_item_page, item.id),
                width="stretch",
                wrap=False,
            )
            st.caption(f"{label(item.status)} · {number(item.ai_priority_score)}", width="content")
