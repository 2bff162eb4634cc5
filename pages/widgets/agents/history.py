"""What agents did: why runs failed and what to do, how long each agent takes, and every run of the past."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from html import escape

import streamlit as st

from ci_core.jobs import KINDS
from ci_core.jobs.failures import REMEDIES
from ci_core.jobs.names import Names, names_of
from ci_core.runs import Run, Runs
from ci_core.runs.history import Cause, Point, causes_of_failure, durations_and_success, find_runs
from db.enums import RunStatus
from pages.widgets.agents import acts
from pages.widgets.agents import history_charts as charts
from pages.widgets.agents.history_filters import Asked, show_cause
from pages.widgets.agents.run_parts import counts_in_words, told_html
from pages.widgets.agents.run_view import can_retry, draw_retry
from pages.widgets.agents.words import STATES, asked_by, at, kind_title, lasting, run_title
from pages.widgets.chart_style import draw_chart
from pages.widgets.export_menu import draw_export
from pages.widgets.flow_source import reader_zone
from pages.widgets.session import Backend
from pages.widgets.text import ago, shortened

PAGE, MOST_LISTED = 25, 500
LISTED = "history-listed"


def draw_history(shared: Backend, asked: Asked, now: datetime) -> None:
    """Draw the history as the filters want it.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    listed = min(int(st.session_state.get(LISTED, PAGE)), MOST_LISTED)
    zone = reader_zone()
    with shared.database.reading() as session:
        causes = causes_of_failure(session, since=asked.since, until=now, remedies=REMEDIES, run_types=asked.kinds)
        agents = {name: kind.agent for name, kind in KINDS.items() if not asked.kinds or name in asked.kinds}
        points = durations_and_success(session, since=asked.since, until=now, agents=agents, time_zone=str(zone))
        found = find_runs(session, asked.wanted, limit=listed)
        names = names_of(session, found.runs)
    if not found.total and not points:
        _draw_nothing(asked)
        return
    _draw_causes(causes, now)
    _draw_charts(_wanted(points, agents, asked), asked, now)
    _draw_runs(shared, found, names, now)


def _wanted(points: tuple[Point, ...], agents: dict[str, str], asked: Asked) -> tuple[Point, ...]:
    if not asked.kinds:
        return points
    return tuple(point for point in points if point.agent in agents.values())


def _draw_nothing(asked: Asked) -> None:
    with st.container(border=True, width=640, key="nothing-yet"):
        if asked.narrowed:
            st.markdown("##### No run is like this")
            st.markdown("Choose a longer period, or fewer filters.")
        else:
            st.markdown(f"##### Nothing has run in the last {asked.days} days")
            st.markdown("Runs come from schedules and from what people start. What comes next stands under *Next*.")
            st.button("What comes next", on_click=acts.show_part, args=("Next",), icon=":material/event:")


def _draw_causes(causes: tuple[Cause, ...], now: datetime) -> None:
    """The causes of failures that still stand, each with its remedy; those that are over fold away."""
    standing = [cause for cause in causes if cause.still]
    over = [cause for cause in causes if not cause.still]
    if standing:
        st.markdown(f"**What fails** — {_counted(sum(cause.still for cause in standing), 'run')} not done since")
        with st.container(key="agents-causes"):
            for cause in standing:
                _draw_cause(cause, now)
    if over:
        with st.expander(f"{_counted(sum(cause.failed for cause in over), 'failure')} that went well since"):
            for cause in over:
                _draw_cause(cause, now)


def _draw_cause(cause: Cause, now: datetime) -> None:
    with st.container(border=True, gap="xsmall", height="stretch", key=f"cause-{cause.kind}"):
        st.html(cause_html(cause, now))
        with st.container(horizontal=True, gap="small", key=f"run-buttons-{cause.kind}"):
            st.button(
                "Show them",
                key=f"show-cause-{cause.kind}",
                type="tertiary",
                help=f"Only runs that failed for this cause: {cause.kind.replace('_', ' ')}",
                on_click=show_cause,
                args=(cause.kind,),
            )
            st.button(
                "Newest of them",
                key=f"newest-{cause.kind}",
                type="tertiary",
                help=f"Run {cause.newest_run_id} with its log",
                on_click=partial(acts.open_run, cause.newest_run_id),
            )


def cause_html(cause: Cause, now: datetime) -> str:
    """One cause of failures as safe HTML: what it is, how often, the newest error in words, and the remedy."""
    types = ", ".join(f"{kind_title(name)} {many:,}" for name, many in cause.by_type.items())
    error = f'<p class="cause-error">{escape(shortened(cause.newest_error, 300))}</p>' if cause.newest_error else ""
    return (
        f'<section class="run" aria-label="Cause: {escape(cause.kind)}"><div class="run-head">'
        f"<h3>{escape(cause.kind.replace('_', ' ').capitalize())}</h3>"
        f'<span class="state bad"><i aria-hidden="true">✕</i> {cause.failed:,} failed</span></div>'
        f'<p class="run-note">{escape(types)} · newest {escape(ago(cause.newest_at, now))}</p>{error}'
        f"<p><b>What to do:</b> {told_html(cause.remedy)}</p></section>"
    )


def _draw_charts(points: tuple[Point, ...], asked: Asked, now: datetime) -> None:
    if not points:
        return
    shown = charts.days_of(points, asked.since, now, reader_zone())
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, key="agents-success", height="stretch"):
        st.markdown(f"**Success** — {charts.success_sentence(shown)}")
        alt = "Days of each agent: all went well, some failed, or all failed. The table below has the numbers."
        draw_chart(*charts.success_chart(shown), key="chart-success", alt=alt)
    with right, st.container(border=True, key="agents-duration", height="stretch"):
        st.markdown(f"**Duration** — {charts.duration_sentence(shown)}")
        traces, shape = charts.duration_chart(shown)
        alt = "Median duration of each agent's runs by day. The table below has the numbers."
        if traces:
            draw_chart(traces, shape, key="chart-duration", alt=alt)
    rows = charts.rows_of(shown)
    with st.expander("As a table"):
        st.html(_days_html(rows))
        draw_export("agents", lambda: (charts.COLUMNS, rows))


def _days_html(rows: list[dict[str, object]]) -> str:
    heads = "".join(f'<th scope="col">{escape(column.title)}</th>' for column in charts.COLUMNS)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_cell(row[column.key]))}</td>" for column in charts.COLUMNS) + "</tr>"
        for row in rows
    )
    return (
        '<div class="agents-table"><table><caption>How agents did, day by day</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _draw_runs(shared: Backend, found: Runs, names: Names, now: datetime) -> None:
    st.markdown(f"**Runs** — {found.total:,}, newest first")
    if not found.runs:
        st.caption("No run is like this. Choose a longer period, or fewer filters.")
    with st.container(key="agents-runs", gap=None):
        for run in found.runs:
            key = f"past-{run.id}"
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key=key):
                st.html(past_html(run, names, now), width="stretch")
                st.button(
                    "Details",
                    key=f"open-{run.id}",
                    type="tertiary",
                    help=f"Steps, log and origin of run {run.id}",
                    on_click=partial(acts.open_run, run.id),
                )
                if run.status is RunStatus.FAILED and can_retry(run):
                    draw_retry(shared, run)
    if len(found.runs) < min(found.total, MOST_LISTED):
        st.button("Show older ones", on_click=_list_more, key="older-runs", type="tertiary")


def _list_more() -> None:
    st.session_state[LISTED] = int(st.session_state.get(LISTED, PAGE)) + PAGE


def past_html(run: Run, names: Names, now: datetime) -> str:
    """A run that is over as one line of safe HTML: its state, its name, when, how long, and what came of it."""
    mark, word, look = STATES[run.status]
    took = "" if run.seconds is None or run.started_at is None or run.ended_at is None else (
        f" · took {lasting(run.ended_at - run.started_at)}"
    )  # fmt: skip
    when = at(run.ended_at or run.created_at, now, reader_zone())
    result = run.error if run.status is RunStatus.FAILED else counts_in_words(run.counts)
    told = f" · {shortened(result, 160)}" if result else ""
    origin = asked_by(run.trigger, run.actor, names.schedule_of(run))
    title = escape(run_title(run.run_type, names.subject_of(run)))
    return (
        f'<div class="waits"><span class="state {look}"><i aria-hidden="true">{mark}</i> {word}</span> '
        f"<b>{title}</b> <span>{escape(f'{when}{took}{told} · {origin}')}</span></div>"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
