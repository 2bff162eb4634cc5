"""What runs now, with how far it is, and what waits with the reason why."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from html import escape

import streamlit as st

from ci_core.jobs.overview import JobsOverview, OpenRun, why_it_waits
from pages.widgets.agents import acts
from pages.widgets.agents.words import STATES, asked_by, from_now, lasting, run_title
from pages.widgets.page_links import follow
from pages.widgets.session import Backend
from pages.widgets.text import as_text, shortened

MOST_WAITING = 12
CANCEL_RUNNING = "It is told to end, which takes it some seconds. What it has finished stays; you can run it again."
CANCEL_WAITING = "It will not begin. You can run it again later."


def draw_now(shared: Backend, seen: JobsOverview, now: datetime) -> None:
    """Draw what runs as cards and what waits as lines."""
    if not seen.running and not seen.waiting:
        _draw_nothing(seen, now)
        return
    if seen.running:
        with st.container(key="agents-running"):
            for run in seen.running:
                _draw_running(shared, run, now)
    if (rest := seen.running_count - len(seen.running)) > 0:
        st.caption(f"And {rest:,} more run.")
    if seen.waiting:
        _draw_waiting(shared, seen, now)


def _draw_nothing(seen: JobsOverview, now: datetime) -> None:
    with st.container(border=True, width=640, key="nothing-yet"):
        st.markdown("##### Nothing runs and nothing waits")
        if seen.next_due is None:
            st.markdown("Nothing is scheduled either. Schedules come with this command:")
            st.code("python -m ci_core setup", language=None)
        else:
            due = from_now(seen.next_due.due_at, now)
            st.markdown(f"Next is **{as_text(seen.next_due.name)}**, {due}. You can also start something at once:")
        with st.container(horizontal=True, gap="small"):
            st.button("What comes next", on_click=acts.show_part, args=("Next",), icon=":material/event:")
            st.button("Scan a source", on_click=follow, args=("sources",), icon=":material/rss_feed:")


def _draw_running(shared: Backend, run: OpenRun, now: datetime) -> None:
    with st.container(border=True, gap="small", height="stretch", key=f"running-{run.id}"):
        st.html(running_html(run, now))
        with st.container(horizontal=True, gap="small", key=f"run-buttons-{run.id}"):
            _open_button(run)
            st.button(
                "Cancel",
                key=f"cancel-{run.id}",
                icon=":material/block:",
                type="tertiary",
                help=CANCEL_RUNNING,
                disabled=run.cancel_requested_at is not None or not run.has_job,
                on_click=partial(acts.cancel, shared, run.id),
            )


def _draw_waiting(shared: Backend, seen: JobsOverview, now: datetime) -> None:
    st.markdown(f"**Waiting** — {seen.waiting_count:,}, in the order of their turn")
    with st.container(key="agents-waiting", gap=None):
        for run in seen.waiting[:MOST_WAITING]:
            key = f"waiting-{run.id}"
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key=key):
                st.html(waiting_html(run, seen, now), width="stretch")
                _open_button(run)
                st.button(
                    "Cancel",
                    key=f"cancel-{run.id}",
                    type="tertiary",
                    help=CANCEL_WAITING,
                    on_click=partial(acts.cancel, shared, run.id),
                )
    if (rest := seen.waiting_count - min(len(seen.waiting), MOST_WAITING)) > 0:
        st.caption(f"And {rest:,} more wait.")


def _open_button(run: OpenRun) -> None:
    st.button(
        "Details",
        key=f"open-{run.id}",
        type="tertiary",
        help=f"Steps, log and origin of run {run.id}",
        on_click=partial(acts.open_run, run.id),
    )


def running_html(run: OpenRun, now: datetime) -> str:
    """A running run as safe HTML: its name, how far it is, what it does, since when, where and why."""
    mark, word, look = STATES[run.status]
    if run.cancel_requested_at is not None:
        mark, word, look = "◌", "Is being cancelled", "odd"
    title = run_title(run.run_type, run.subject)
    since = lasting(now - (run.started_at or run.created_at))
    where = f" on {run.host}" if run.host else ""
    again = f" · attempt {run.attempt}" if run.attempt > 1 else ""
    return (
        f'<section class="run" aria-label="{escape(title)}"><div class="run-head"><h3>{escape(title)}</h3>'
        f'<span class="state {look}"><i aria-hidden="true">{mark}</i> {word}</span></div>'
        f"{bar_html(run.progress_percent, title)}"
        f'<p class="run-step">{escape(step_in_words(run))}</p>'
        f'<p class="run-note">{escape(f"for {since}{where}{again} · {origin(run)}")}</p></section>'
    )


def step_in_words(run: OpenRun) -> str:
    """What a run does at the moment, as far as it says."""
    if not run.steps_known:
        return "has begun"
    done = f"{run.steps_done:,} of {run.steps_known:,} steps done"
    return f"{shortened(run.step, 80)} · {done}" if run.step else done


def origin(run: OpenRun) -> str:
    """Why a run is there."""
    return asked_by(run.trigger, run.actor, run.schedule)


def bar_html(percent: float | None, title: str) -> str:
    """How far it is as a bar; one that moves to and fro where that is not known."""
    name = f'aria-label="How far it is: {escape(title)}"'
    if percent is None:
        return f'<div class="run-bar unknown" role="progressbar" {name}><i></i></div>'
    whole = round(percent)
    return (
        f'<div class="run-far"><div class="run-bar" role="progressbar" aria-valuenow="{whole}" aria-valuemin="0" '
        f'aria-valuemax="100" {name}><i style="width: {whole}%"></i></div><span>{whole} %</span></div>'
    )


def waiting_html(run: OpenRun, seen: JobsOverview, now: datetime) -> str:
    """A waiting run as one line of safe HTML: its name, when, and why not yet."""
    title = escape(run_title(run.run_type, run.subject))
    reason = why_it_waits(run, seen)
    when = from_now(run.due_at, now) if run.later and run.due_at else f"{lasting(now - waits_since(run))} so far"
    error = f" · {shortened(run.error, 120)}" if run.error and run.failures else ""
    return (
        f'<div class="waits"><b>{title}</b> <span>{escape(when)} · {escape(reason)}{escape(error)} · '
        f"{escape(origin(run))}</span></div>"
    )


def waits_since(run: OpenRun) -> datetime:
    """Since when a run could have begun."""
    return max(run.created_at, run.due_at) if run.due_at else run.created_at
