"""The start page: what needs me, what changed since I was here, and how things stand."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ci_core.overview import CHOICES, SINCE_LAST_VISIT
from pages.widgets import address
from pages.widgets.board_state import draw_nothing_yet
from pages.widgets.digest_dialog import open_digest
from pages.widgets.header.actions import mark_as_read
from pages.widgets.navigation import begin_page
from pages.widgets.outage import outage_shown
from pages.widgets.overview_export import draw_overview_export
from pages.widgets.overview_source import SINCE, fresh_overview, period_asked
from pages.widgets.page_links import follow
from pages.widgets.panels import panels
from pages.widgets.session import backend

TICK_SECONDS = 5.0
NAMES = {"visit": "Last visit", "1d": "1 day", "7d": "7 days", "30d": "30 days"}
SHOWN = "since-shown"


def draw_period() -> str:
    """Draw the choice of since when changes are told; the address alone holds it."""
    st.session_state[SHOWN] = period_asked()
    chosen = st.segmented_control(
        "Changes since",
        CHOICES,
        required=True,
        format_func=NAMES.__getitem__,
        key=SHOWN,
        on_change=remember_period,
        label_visibility="collapsed",
    )
    return chosen or SINCE_LAST_VISIT


def remember_period() -> None:
    chosen = st.session_state.get(SHOWN)
    if chosen in (None, SINCE_LAST_VISIT):
        st.query_params.pop(SINCE, None)
    else:
        st.query_params[SINCE] = chosen


begin_page()
shared = backend()
with st.container(horizontal=True, vertical_alignment="center", gap="small", key="overview-bar"):
    st.markdown("**Overview**", width="content")
    since = draw_period()
    st.space("stretch")
    draw_overview_export(shared, since)
    st.button("Digest", on_click=open_digest, icon=":material/mail:", key="open-digest")


@st.fragment(run_every=TICK_SECONDS)
def live_overview() -> None:
    with outage_shown(inside="overview"):
        overview = fresh_overview(shared, since)
        if overview.is_empty:
            draw_nothing_yet()
        panels(overview, on_open=address.open_item_page, on_go=follow, on_read=partial(mark_as_read, shared))


live_overview()
