"""What comes next: the coming hours as a picture, and the schedules, to run, pause and edit them."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from ci_core.backlog.undo import present_transaction
from ci_core.jobs import Enqueued
from ci_core.jobs.calendar import Calendar, calendar
from ci_core.jobs.schedules import Schedule, run_now, schedules, set_enabled
from pages.widgets.acting import act
from pages.widgets.agents import acts, coming
from pages.widgets.agents.schedule_dialog import ask_to_add, ask_to_edit
from pages.widgets.agents.snapshot import show_own_change
from pages.widgets.agents.words import STATES, at, from_now
from pages.widgets.chart_style import draw_chart
from pages.widgets.flow_source import reader_zone
from pages.widgets.page_links import follow
from pages.widgets.session import Backend, actor
from pages.widgets.snackbar import offer_undo_of_all, tell
from pages.widgets.text import ago, shortened

SPANS = {"Day": timedelta(days=1), "Week": timedelta(days=7)}
FIRST_SPAN = "Day"
MOST_EACH = 50
PAUSE = "It does not run until you let it go on. Times that pass meanwhile are not made up for."


def draw_next(shared: Backend, now: datetime) -> None:
    """Draw what comes.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    span = SPANS[draw_bar()]
    with shared.database.reading() as session:
        known = schedules(session)
        coming_up = calendar(session, now=now, until=now + span, most_each=MOST_EACH)
    if not known and not coming_up.entries:
        _draw_nothing()
        return
    _draw_calendar(coming_up, now, span)
    if known:
        with st.container(key="agents-schedules"):
            for schedule in sorted(known, key=_order):
                _draw_schedule(shared, schedule, now)
    st.button(
        "How often sources are scanned is set on the Sources page",
        on_click=follow,
        args=("sources",),
        type="tertiary",
        icon=":material/rss_feed:",
        key="to-sources",
    )


def draw_bar() -> str:
    """Draw the choice of how far to look ahead, and the button that adds a schedule."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="next-bar"):
        span = st.segmented_control(
            "How far ahead",
            list(SPANS),
            default=FIRST_SPAN,
            required=True,
            key="ahead",
            label_visibility="collapsed",
            bind="query-params",
        )
        st.space("stretch")
        st.button("Add a schedule", on_click=ask_to_add, icon=":material/add:", key="add-schedule")
    return span or FIRST_SPAN


def _order(schedule: Schedule) -> tuple[bool, bool, float, str]:
    """What cannot run first, then what is due soonest, then what is paused."""
    due = schedule.next_due_at.timestamp() if schedule.next_due_at else 0.0
    return schedule.problem is None, not schedule.enabled, due, schedule.name


def _draw_nothing() -> None:
    with st.container(border=True, width=640, key="nothing-yet"):
        st.markdown("##### Nothing is scheduled yet")
        st.markdown("Add a schedule above, or fill in those that the product brings with this command:")
        st.code("python -m ci_core setup", language=None)


def _draw_calendar(found: Calendar, now: datetime, span: timedelta) -> None:
    with st.container(border=True, key="agents-calendar"):
        st.markdown(f"**Calendar** — {coming.sentence(found, now, reader_zone())}")
        if not found.entries:
            return
        alt = "What is due when, one line for each schedule and source. The list below has the times."
        draw_chart(*coming.chart(found, now, span, reader_zone()), key="chart-coming", alt=alt)
        with st.expander("As a list"):
            st.html(coming.list_html(found, now, reader_zone()))


def _draw_schedule(shared: Backend, schedule: Schedule, now: datetime) -> None:
    with st.container(border=True, gap="small", height="stretch", key=f"schedule-{schedule.id}"):
        st.html(schedule_html(schedule, now))
        with st.container(horizontal=True, gap="small", key=f"schedule-buttons-{schedule.id}"):
            st.button(
                "Run now",
                key=f"run-now-{schedule.id}",
                icon=":material/play_arrow:",
                type="tertiary",
                disabled=schedule.problem is not None,
                help=f"Starts {schedule.name} once; its own times stay as they are.",
                on_click=partial(_run_now, shared, schedule),
            )
            st.button(
                "Edit",
                key=f"edit-schedule-{schedule.id}",
                icon=":material/edit:",
                type="tertiary",
                help=f"Edit {schedule.name}",
                on_click=partial(ask_to_edit, schedule.id),
            )
            st.button(
                "Pause" if schedule.enabled else "Go on",
                key=f"switch-schedule-{schedule.id}",
                type="tertiary",
                help=PAUSE if schedule.enabled else f"{schedule.name} runs at its times again.",
                on_click=partial(_switch, shared, schedule),
            )
            if schedule.last_run_id is not None:
                st.button(
                    "Last run",
                    key=f"last-run-{schedule.id}",
                    type="tertiary",
                    help=f"Run {schedule.last_run_id} with its log",
                    on_click=partial(acts.open_run, schedule.last_run_id),
                )


def schedule_html(schedule: Schedule, now: datetime) -> str:
    """A schedule as safe HTML: its name, when, what is next, how the last run went, and what stands in its way."""
    mark, word, look = _state(schedule, now)
    facts = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in _facts(schedule, now)
    )
    problem = (
        f'<p class="source-problem"><b aria-hidden="true">⚠</b> {escape(schedule.problem)}</p>'
        if schedule.problem
        else ""
    )
    told = schedule.description or schedule.title
    return (
        f'<section class="run" aria-label="Schedule {escape(schedule.name)}"><div class="run-head">'
        f'<h3>{escape(schedule.name)}</h3><span class="state {look}"><i aria-hidden="true">{mark}</i> '
        f'{escape(word)}</span></div><p class="run-note">{escape(shortened(told, 200))}</p>'
        f"<p><b>{escape(schedule.when[:1].upper() + schedule.when[1:])}</b>"
        f"{escape(f', {schedule.time_zone}' if schedule.cron else '')}</p><dl>{facts}</dl>{problem}</section>"
    )


def _state(schedule: Schedule, now: datetime) -> tuple[str, str, str]:
    if schedule.problem is not None:
        return "✕", "Cannot run", "bad"
    if not schedule.enabled:
        return "–", "Paused", "calm"
    if schedule.next_due_at is None:
        return "–", "Never again", "calm"
    return "✓", from_now(schedule.next_due_at, now), "well"


def _facts(schedule: Schedule, now: datetime) -> list[tuple[str, str]]:
    zone = reader_zone()
    facts = []
    if schedule.next_due_at is not None:
        facts.append(("Next", at(schedule.next_due_at, now, zone)))
    if schedule.last_status is None:
        facts.append(("Last", "has not run yet"))
    else:
        mark, word, _ = STATES[schedule.last_status]
        when = f" {ago(schedule.last_ended_at, now)}" if schedule.last_ended_at else ""
        facts.append(("Last", f"{mark} {word.lower()}{when}"))
    if schedule.parameters:
        facts.append(("With", ", ".join(f"{name} {value}" for name, value in schedule.parameters.items())))
    return [(name, shortened(value, 160)) for name, value in facts]


def _run_now(shared: Backend, schedule: Schedule) -> None:
    entered: list[Enqueued] = []

    def change(session: Any) -> None:
        entered.append(run_now(session, schedule.id, actor=actor(), now=acts.utc_now()))

    if (refusal := act(shared, change)) is not None:
        tell(refusal)
        return
    show_own_change(shared)
    if entered[0].created:
        tell(f"“{schedule.name}” begins as soon as a worker is free: run {entered[0].run_id}.")
    else:
        tell(f"“{schedule.name}” runs already: run {entered[0].run_id}.")


def _switch(shared: Backend, schedule: Schedule) -> None:
    numbers: list[int] = []

    def change(session: Any) -> None:
        set_enabled(session, schedule.id, not schedule.enabled, actor=actor())
        numbers.append(present_transaction(session))

    if (refusal := act(shared, change)) is not None:
        tell(refusal)
        return
    show_own_change(shared)
    done = "is paused" if schedule.enabled else "runs at its times again"
    offer_undo_of_all(f"“{schedule.name}” {done}", numbers[0])
