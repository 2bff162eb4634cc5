"""How work flows: what the history of every status says about pace, waiting and what is to come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial

import streamlit as st

from ci_core.backlog.figure_rows import DAY_COLUMNS, day_rows
from ci_core.backlog.flow_report import DEFAULT_COUNT, DEFAULT_HORIZON_DAYS, chosen_ids, flow_report, period_of_days
from ci_core.backlog.forecast import MOST_ITEMS
from pages.widgets.export_menu import draw_export
from pages.widgets.flow_source import flow_choices, flow_filter, flow_store, reader_zone
from pages.widgets.flow_view import draw_figures, draw_nothing_recorded
from pages.widgets.navigation import begin_page
from pages.widgets.period import draw_period
from pages.widgets.saved_views import draw_saved_views
from pages.widgets.work_filters import draw_work_filters

PERIODS = ("30 days", "90 days", "180 days", "365 days")
DEFAULT_PERIOD = PERIODS[1]
FARTHEST = timedelta(days=3_650)

begin_page()
history = flow_store().history()
now = datetime.now(UTC)
zone = reader_zone()
today = now.astimezone(zone).date()
usual_end = today + timedelta(days=DEFAULT_HORIZON_DAYS)

with st.container(horizontal=True, vertical_alignment="center", gap="small", key="flow-bar"):
    st.markdown("**Flow**", width="content")
    chosen_period = draw_period(PERIODS, DEFAULT_PERIOD)
    wanted = flow_filter(draw_work_filters(flow_choices(history)))
    st.space("stretch")
    draw_saved_views("flow", {"period": DEFAULT_PERIOD, "count": DEFAULT_COUNT, "until": usual_end})
    export_slot = st.container(width="content", key="flow-export")


def forecast_inputs() -> tuple[int, date]:
    """For how many, and until when, the forecast is made; the address keeps both."""
    count = st.number_input("How many items", 1, MOST_ITEMS, DEFAULT_COUNT, key="count", bind="query-params", width=150)
    until = st.date_input(
        "How many until",
        usual_end,
        min_value=today,
        max_value=today + FARTHEST,
        key="until",
        bind="query-params",
        width=170,
    )
    return int(count or DEFAULT_COUNT), until or today


days = int((chosen_period or DEFAULT_PERIOD).split()[0])
ids = None if wanted.is_empty else chosen_ids(history, wanted.lets_through)
make_report = partial(flow_report, history, period_of_days(days, now, zone), now=now, ids=ids)
if not history.items:
    draw_nothing_recorded()
else:
    report = draw_figures(make_report, history.items, forecast_inputs)
    with export_slot:
        draw_export("flow", lambda: (DAY_COLUMNS, day_rows(report)))
