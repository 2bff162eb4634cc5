"""What agents do by themselves: what runs now, what comes next, what was, and who carries it out."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from pages.widgets.agents.now import draw_now
from pages.widgets.agents.snapshot import overview_now
from pages.widgets.agents.state_line import draw_state
from pages.widgets.agents.workers import draw_workers
from pages.widgets.navigation import begin_page
from pages.widgets.outage import outage_shown
from pages.widgets.page_links import go_where_asked
from pages.widgets.session import backend

NOW, WORKERS = PARTS = ("Now", "Workers")
# What changes anywhere is to be seen within a second; the reading itself costs nothing while nothing changed.
TICK_SECONDS = 0.8

begin_page()
go_where_asked()
shared = backend()

with st.container(horizontal=True, vertical_alignment="center", gap="small", key="agents-bar"):
    st.markdown("**Agents**", width="content")
    part = st.segmented_control(
        "Part", PARTS, default=NOW, required=True, key="part", label_visibility="collapsed", bind="query-params"
    )


@st.fragment(run_every=TICK_SECONDS)
def live_agents() -> None:
    now = datetime.now(UTC)
    with outage_shown(inside="page"):
        seen = overview_now(shared)
        draw_state(seen, now)
        if part == NOW:
            draw_now(shared, seen, now)
        else:
            draw_workers(seen, now)


live_agents()
