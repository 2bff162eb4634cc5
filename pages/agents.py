"""What agents do by themselves: what runs now, what comes next, what was, and who carries it out."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import streamlit as st

from pages.widgets.agents.acts import leave_run, open_run_id
from pages.widgets.agents.history import draw_history
from pages.widgets.agents.history_filters import DEFAULTS, draw_history_filters
from pages.widgets.agents.next import draw_next
from pages.widgets.agents.now import draw_now
from pages.widgets.agents.run_view import draw_run
from pages.widgets.agents.schedule_dialog import draw_schedule_dialog, is_open
from pages.widgets.agents.snapshot import overview_now, schedules_revision
from pages.widgets.agents.state_line import draw_state
from pages.widgets.agents.workers import draw_workers
from pages.widgets.navigation import begin_page
from pages.widgets.outage import outage_shown
from pages.widgets.saved_views import draw_saved_views
from pages.widgets.session import backend

NOW, NEXT, HISTORY, WORKERS = PARTS = ("Now", "Next", "History", "Workers")
# What changes anywhere is to be seen within a second; the reading itself costs nothing while nothing changed.
TICK_SECONDS = 0.8
# What comes and what was is drawn anew when something of it changed, but not for each of a hundred changes.
DRAWN_AGAIN_SECONDS = 3.0
# Times to come are told in minutes.
TOLD_AGAIN_SECONDS = 30.0
SEEN = "agents-seen"

begin_page()
shared = backend()
run_id = open_run_id()

with st.container(horizontal=True, vertical_alignment="center", gap="small", key="agents-bar"):
    st.markdown("**Agents**", width="content")
    part = st.segmented_control(
        "Part",
        PARTS,
        default=NOW,
        required=True,
        key="part",
        label_visibility="collapsed",
        bind="query-params",
        on_change=leave_run,
    )
    st.space("stretch")
    draw_saved_views("agents", DEFAULTS)


@st.fragment(run_every=TICK_SECONDS)
def live_agents() -> None:
    """What is live: the state of the sidecar, and the parts that follow it."""
    now = datetime.now(UTC)
    with outage_shown(inside="page"):
        seen = overview_now(shared)
        draw_state(seen, now)
        if run_id is not None:
            draw_run(shared, run_id, now)
        elif part == NOW:
            draw_now(shared, seen, now)
        elif part == WORKERS:
            draw_workers(seen, now)
        elif part == HISTORY:
            draw_again_after_change(seen.newest_end)
        elif not is_open():  # nobody types
            draw_again_after_change((schedules_revision(shared), int(time.time() / TOLD_AGAIN_SECONDS)))


def draw_again_after_change(mark: object) -> None:
    """Draw the whole page again when the mark is another one than it was drawn with, and a moment has passed."""
    drawn_with, drawn_at = st.session_state[SEEN]
    if drawn_with is None:
        st.session_state[SEEN] = (mark, drawn_at)
    elif drawn_with != mark and time.monotonic() - drawn_at > DRAWN_AGAIN_SECONDS:
        st.rerun()


# Until the first tick has said with which mark, everything is as new as this run of the page.
st.session_state[SEEN] = (None, time.monotonic())
live_agents()
if run_id is None and part in (NEXT, HISTORY):
    now = datetime.now(UTC)
    with outage_shown(inside="page"):
        if part == NEXT:
            draw_next(shared, now)
        else:
            draw_history(shared, draw_history_filters(now), now)
draw_schedule_dialog(shared)
