"""The timeline: who works on what and until when, if everybody works off their own; and where it is too much."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st

from ci_core.backlog.figure_rows import PLAN_COLUMNS, plan_rows
from ci_core.backlog.planning import WorkFilter, read_timeline
from pages.widgets.board_source import filter_choices
from pages.widgets.export_menu import draw_export
from pages.widgets.flow_source import reader_zone
from pages.widgets.navigation import begin_page
from pages.widgets.saved_views import draw_saved_views
from pages.widgets.session import backend
from pages.widgets.timeline_view import draw_nothing_planned, draw_timeline
from pages.widgets.work_filters import AREA, ASSIGNEE, PRIORITY, Choices, draw_work_filters

HORIZONS = ("2 weeks", "4 weeks", "8 weeks", "12 weeks")
DEFAULT_HORIZON = HORIZONS[1]

begin_page()
shared = backend()
known = filter_choices(shared.store)

with st.container(horizontal=True, vertical_alignment="center", gap="small", key="timeline-bar"):
    st.markdown("**Timeline**", width="content")
    horizon = st.segmented_control(
        "Horizon",
        HORIZONS,
        default=DEFAULT_HORIZON,
        required=True,
        key="horizon",
        label_visibility="collapsed",
        bind="query-params",
    )
    chosen = draw_work_filters(Choices(known.areas, known.assignees), (PRIORITY, AREA, ASSIGNEE))
    st.space("stretch")
    draw_saved_views("timeline", {"horizon": DEFAULT_HORIZON})
    export_slot = st.container(width="content", key="timeline-export")

wanted = WorkFilter(areas=chosen[AREA], assignees=chosen[ASSIGNEE], priorities=chosen[PRIORITY])
today = datetime.now(UTC).astimezone(reader_zone()).date()
weeks = int((horizon or DEFAULT_HORIZON).split()[0])
with shared.database.reading() as session:
    timeline = read_timeline(
        session,
        shared.settings,
        today=today,
        until=today + timedelta(weeks=weeks) - timedelta(days=1),
        shown=wanted.lets_through,
    )
if timeline.lanes or timeline.not_planned:
    with export_slot:
        draw_export("timeline", lambda: (PLAN_COLUMNS, plan_rows(timeline)))
    draw_timeline(timeline, shared.settings)
else:
    draw_nothing_planned(filtered=wanted != WorkFilter())
