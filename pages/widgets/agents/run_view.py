"""One run: how it ended or how far it is, what went wrong and what to do, its steps, what it made, and what it said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from ci_core.errors import NotFound
from ci_core.jobs import KINDS
from ci_core.jobs.failures import REMEDIES
from ci_core.jobs.names import Names, names_of
from ci_core.runs import Run, RunWithSteps, run_with_steps
from ci_core.runs.history import LogLine, run_log
from db.enums import LogLevel, RunStatus
from pages.widgets.agents import acts
from pages.widgets.agents.now import CANCEL_RUNNING, CANCEL_WAITING, bar_html
from pages.widgets.agents.run_parts import counts_in_words, log_html, steps_html
from pages.widgets.agents.words import STATES, asked_by, at, from_now, lasting, run_title
from pages.widgets.flow_source import reader_zone
from pages.widgets.page_links import page_link
from pages.widgets.session import Backend
from pages.widgets.text import as_text, shortened

MOST_LINES = 300
LEVELS = {"All": LogLevel.DEBUG, "Info": LogLevel.INFO, "Warnings": LogLevel.WARNING, "Errors": LogLevel.ERROR}
# Where things that runs make are to be seen.
PLACES = {"finding": ("research", "focus"), "enhancement": ("board", "item"), "run": ("agents", "run")}
MOST_LINKS = 20
AGAIN = "Enters it again with the same parameters, before all that the clock started."


@dataclass(frozen=True, slots=True)
class _Shown:
    found: RunWithSteps
    names: Names
    lines: tuple[LogLine, ...]


def draw_run(shared: Backend, run_id: int, now: datetime) -> None:
    """Draw a run instead of the part of the page.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    st.button("Back", on_click=acts.close_run, icon=":material/arrow_back:", type="tertiary", key="run-back")
    level = st.session_state.get("log-level") or "All"
    try:
        shown = _read(shared, run_id, LEVELS[level])
    except NotFound as gone:
        st.info(as_text(str(gone)), icon=":material/search_off:")
        return
    run = shown.found.run
    st.html(head_html(run, shown.names, now))
    _draw_state(shared, run)
    _draw_made(run)
    if shown.found.steps:
        st.html(steps_html(shown.found.steps, now))
    _draw_log(shown.lines, level)


def _read(shared: Backend, run_id: int, level: LogLevel) -> _Shown:
    with shared.database.reading() as session:
        found = run_with_steps(session, run_id)
        lines = run_log(session, run_id, level=level, limit=MOST_LINES)
        return _Shown(found, names_of(session, [found.run]), lines)


def head_html(run: Run, names: Names, now: datetime) -> str:
    """Name, state and origin of a run as safe HTML."""
    mark, word, look = STATES[run.status]
    if run.status is RunStatus.RUNNING and run.cancel_requested_at is not None:
        mark, word, look = "◌", "Is being cancelled", "odd"
    title = run_title(run.run_type, names.subject_of(run))
    facts = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts_of(run, now))
    origin = asked_by(run.trigger, run.actor, names.schedule_of(run))
    return (
        f'<section class="run whole" aria-label="Run {run.id}"><div class="run-head"><h2>{escape(title)}</h2>'
        f'<span class="state {look}"><i aria-hidden="true">{mark}</i> {escape(word)}</span></div>'
        f'<p class="run-note">Run {run.id} · {escape(origin)}</p><dl>{facts}</dl></section>'
    )


def facts_of(run: Run, now: datetime) -> list[tuple[str, str]]:
    """What there is to know of a run beside its state, each with its name."""
    zone = reader_zone()
    facts = []
    if run.started_at is not None:
        facts.append(("Began", at(run.started_at, now, zone)))
        facts.append(("Took" if run.ended_at else "So far", lasting((run.ended_at or now) - run.started_at)))
    else:
        facts.append(("Entered", at(run.created_at, now, zone)))
    if run.due_at is not None and run.status is RunStatus.QUEUED and run.due_at > now:
        facts.append(("Not before", f"{at(run.due_at, now, zone)} ({from_now(run.due_at, now)})"))
    if run.counts:
        facts.append(("Did", counts_in_words(run.counts)))
    if run.attempt > 1 or run.kills:
        killed = f", {run.kills} with the death of its worker" if run.kills else ""
        facts.append(("Attempts", f"{run.attempt}{killed}"))
    if run.host:
        facts.append(("On", run.host))
    if run.cost_usd:
        facts.append(("Cost", f"{run.cost_usd:,.4f} USD"))
    if run.cancel_requested_by:
        facts.append(("Cancelled by", run.cancel_requested_by))
    if run.parameters:
        facts.append(("Parameters", ", ".join(f"{name} {value}" for name, value in run.parameters.items())))
    return [(name, shortened(value, 300)) for name, value in facts]


def _draw_state(shared: Backend, run: Run) -> None:
    """How far it is, or what went wrong, and what a person can do."""
    if run.status is RunStatus.RUNNING:
        percent = None if run.progress_percent is None else float(run.progress_percent)
        st.html(bar_html(percent, f"run {run.id}"))
    if run.error:
        _draw_error(run)
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="run-actions"):
        if run.is_open and run.job_id is not None:
            running = run.status is RunStatus.RUNNING
            st.button(
                "Cancel",
                key=f"cancel-{run.id}",
                icon=":material/block:",
                help=CANCEL_RUNNING if running else CANCEL_WAITING,
                disabled=running and run.cancel_requested_at is not None,
                on_click=partial(acts.cancel, shared, run.id),
            )
        elif can_retry(run):
            draw_retry(shared, run, then_open=True)
        if run.retry_of_id is not None:
            st.button(
                f"Repeats run {run.retry_of_id}",
                key="run-before",
                type="tertiary",
                on_click=partial(acts.open_run, run.retry_of_id),
            )


def _draw_error(run: Run) -> None:
    draw = st.error if run.status is RunStatus.FAILED else st.warning
    remedy = REMEDIES.get(run.error_kind or "", "")
    text = as_text(shortened(run.error or "", 1_000))
    draw(f"{text}  \n**What to do:** {as_text(remedy)}" if remedy else text, icon=":material/error:")


def can_retry(run: Run) -> bool:
    """Whether the run can be entered again: it has ended, and the queue carried it out."""
    return not run.is_open and run.job_id is not None and run.run_type in KINDS


def draw_retry(shared: Backend, run: Run, *, then_open: bool = False) -> None:
    """Draw the button that enters a run again."""
    st.button(
        "Try again" if run.status is RunStatus.FAILED else "Run again",
        key=f"retry-{run.id}",
        icon=":material/replay:",
        type="primary" if run.status is RunStatus.FAILED and then_open else "tertiary",
        help=AGAIN,
        on_click=partial(acts.retry, shared, run.id, then_open=then_open),
    )


def _draw_made(run: Run) -> None:
    if not run.links:
        return
    st.markdown(f"**Made** — {len(run.links):,}")
    with st.container(gap=None, key="run-made"):
        for link in run.links[:MOST_LINKS]:
            _draw_link(link)
    if (rest := len(run.links) - MOST_LINKS) > 0:
        st.caption(f"And {rest:,} more.")


def _draw_link(link: Mapping[str, Any]) -> None:
    kind, identifier, label = str(link.get("kind", "")), link.get("id"), str(link.get("label", ""))
    words = as_text(f"{kind.replace('_', ' ')} {identifier}: {shortened(label, 100)}")
    if kind in PLACES and isinstance(identifier, int):
        page, name = PLACES[kind]
        page_link(page, words, **{name: str(identifier)})
    else:
        st.markdown(words)


def _draw_log(lines: tuple[LogLine, ...], level: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="log-bar"):
        st.markdown("**Log**", width="content")
        st.segmented_control(
            "Lines", list(LEVELS), default="All", required=True, key="log-level", label_visibility="collapsed"
        )
    if lines:
        st.html(log_html(lines, reader_zone()))
        if len(lines) == MOST_LINES:
            st.caption(f"The newest {MOST_LINES} lines. All of them: `python -m ci_core runs log {lines[0].run_id}`")
    else:
        st.caption("It has said nothing." if level == "All" else "It has said nothing like this.")
