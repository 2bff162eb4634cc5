"""The timeline's parts: what is too much, the picture, the same as a list, and what could not be planned."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from ci_core.backlog.timeline import Planned, Timeline
from ci_core.settings import Settings
from pages.widgets import address
from pages.widgets.chart_style import STATUS_SYMBOLS, draw_clickable
from pages.widgets.text import as_text, label, shortened
from pages.widgets.timeline_chart import overload_reasons, timeline_chart

MOST_ROWS = 200


def draw_nothing_planned(*, filtered: bool) -> None:
    """What stands in the place of a plan."""
    with st.container(border=True, width=640, key="nothing-yet"):
        st.markdown("##### Nothing is planned" + (" that fits these filters" if filtered else " yet"))
        st.markdown(
            "The timeline shows what is *approved*, *in progress* or *blocked*, in the lane of its assignee. "
            "Approve an enhancement on the board, give it an assignee and an estimate, and it appears here."
        )


def draw_timeline(timeline: Timeline, settings: Settings) -> None:
    """Draw the plan and everything around it."""
    _draw_summary(timeline, settings)
    if timeline.lanes:
        draw_clickable(
            *timeline_chart(timeline, most_running=settings.wip_per_person),
            key="chart-timeline",
            alt="Work by person over time; the list below says the same in words.",
        )
    st.markdown(
        f":small[{settings.hours_per_day:g} hours on {_days(settings)}; what runs comes first, then the order of the "
        "board. ≈ and dots: not estimated, the hours are the median of the same complexity. A click opens the card.]"
    )
    if timeline.not_planned:
        _draw_not_planned(timeline)
    rows = st.expander("As a list", on_change="rerun", key="timeline-list")
    # Hundreds of rows that nobody sees would slow every run.
    if rows.open:
        with rows:
            _draw_list(timeline)


def _days(settings: Settings) -> str:
    return ", ".join(day.capitalize() for day in settings.working_days.split(","))


def _draw_summary(timeline: Timeline, settings: Settings) -> None:
    over = [lane for lane in timeline.lanes if lane.overloaded]
    until = f"{timeline.until.day} {timeline.until:%B}"
    if not over:
        st.markdown(f":green[✓] Everybody's work fits until {until}.", width="content")
    lines = []
    for lane in over[:8]:
        reasons = " and ".join(_reason(reason, until) for reason in overload_reasons(lane, settings.wip_per_person))
        lines.append(f":red[**⚠ {as_text(lane.assignee or '')}**] · {reasons}")
    if lines:
        st.markdown("  \n".join(lines), width="content")
    if len(over) > 8:
        st.caption(f"and {len(over) - 8} more people")
    nobody = next((lane for lane in timeline.lanes if lane.assignee is None), None)
    if nobody is not None:
        st.caption(
            f"{nobody.hours:,.0f} hours of work are nobody's yet. Their lane shows how long one person would take."
        )


def _reason(reason: str, until: str) -> str:
    return f"{reason} what fits until {until}" if reason.endswith("over") else reason


def _draw_not_planned(timeline: Timeline) -> None:
    with st.expander(f"{len(timeline.not_planned):,} cannot be planned", key="timeline-not-planned"):
        st.caption("They wait for something that nobody has approved, or for each other in a circle.")
        for one in timeline.not_planned[:MOST_ROWS]:
            waits = ", ".join(f"#{blocker}" for blocker in one.waits_for)
            _row(one.item.id, f"#{one.item.id} {shortened(one.item.title, 70)} · waits for {waits}", "not-planned")


def _draw_list(timeline: Timeline) -> None:
    left = MOST_ROWS
    for lane in timeline.lanes:
        st.markdown(f"**{as_text(lane.assignee or 'Unassigned')}** · {lane.hours:,.1f} hours", width="content")
        _draw_rows(timeline, lane.planned[: max(left, 0)])
        left -= len(lane.planned)
    if left < 0:
        st.caption(f"and {-left:,} later ones; filters show them")


def _draw_rows(timeline: Timeline, rows: Sequence[Planned]) -> None:
    for one in rows:
        start, end = timeline.calendar.start(one.start), timeline.calendar.end(one.end)
        guessed = "≈ " if one.guessed else ""
        _row(
            one.item.id,
            f"{STATUS_SYMBOLS[one.item.status]} {label(one.item.status)} · {start:%-d %b} – {end:%-d %b} · "
            f"{guessed}{one.hours:.1f} h · #{one.item.id} {shortened(one.item.title, 60)}",
            "planned",
        )


def _row(item_id: int, words: str, where: str) -> None:
    st.button(
        as_text(words),
        key=f"go-{where}-{item_id}",
        type="tertiary",
        on_click=partial(address.open_item_page, item_id),
        width="stretch",
    )
