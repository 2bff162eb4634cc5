"""Where the research agent looks, what the team wants to hear of, and what came of it."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from ci_core.research.source_health import sources_overview
from pages.widgets.insight_view import DEFAULT_PERIOD, draw_insight, draw_insight_period
from pages.widgets.interests_view import draw_interests
from pages.widgets.navigation import begin_page
from pages.widgets.outage import outage_shown
from pages.widgets.page_links import follow
from pages.widgets.saved_views import draw_saved_views
from pages.widgets.scan_panel import draw_scans, scan_now
from pages.widgets.session import backend
from pages.widgets.source_dialog import ask_to_add, draw_source_dialog
from pages.widgets.source_list import draw_sources

SOURCES, INTERESTS, INSIGHT = PARTS = ("Sources", "Interests", "Insight")
# While a scan runs its progress is looked at more often.
TICK_SECONDS, QUIET_SECONDS = 1.5, 10.0
SCANNING = "scan-seen"

begin_page()
shared = backend()

with st.container(horizontal=True, vertical_alignment="center", gap="small", key="sources-bar"):
    st.markdown("**Sources**", width="content")
    part = st.segmented_control(
        "Part", PARTS, default=SOURCES, required=True, key="part", label_visibility="collapsed", bind="query-params"
    )
    days = draw_insight_period() if part == INSIGHT else 0
    st.space("stretch")
    if part == INSIGHT:
        st.button("Findings", on_click=follow, args=("research",), type="tertiary", icon=":material/arrow_forward:")
        draw_saved_views("sources", {"part": SOURCES, "period": DEFAULT_PERIOD})
    elif part == SOURCES:
        st.button("Add a source", on_click=ask_to_add, icon=":material/add:", key="add-source")
        st.button("Scan all", on_click=scan_now, args=(shared,), icon=":material/sync:", key="scan-all", type="primary")


@st.fragment(run_every=TICK_SECONDS if st.session_state.get(SCANNING) else QUIET_SECONDS)
def live_sources() -> None:
    now = datetime.now(UTC)
    with outage_shown(inside="sources"):
        scanning = draw_scans(shared, now)
        with shared.database.reading() as session:
            sources = sources_overview(session, now=now)
        if not sources:
            draw_no_sources()
        draw_sources(shared, sources, now)
    if scanning != bool(st.session_state.get(SCANNING)):
        st.session_state[SCANNING] = scanning
        st.rerun()


def show_sources() -> None:
    """Show the sources instead; for a callback."""
    st.session_state["part"] = SOURCES


def draw_no_sources() -> None:
    with st.container(border=True, width=640, key="nothing-yet"):
        st.markdown("##### No source yet")
        st.markdown("Add the first one above, or fill in the usual nine with this command:")
        st.code("python -m ci_core setup", language=None)


if part == INTERESTS:
    with outage_shown(inside="interests"):
        draw_interests(shared)
elif part == INSIGHT:
    with outage_shown(inside="figures"):
        draw_insight(shared, days, show_sources)
else:
    live_sources()
    draw_source_dialog(shared)
