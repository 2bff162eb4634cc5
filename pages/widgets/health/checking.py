"""Checks that are asked for here, and those under way, checker by checker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from html import escape

import streamlit as st

from ci_core.health.check_result import CheckerResult
from ci_core.health.history import check
from ci_core.health.standing import UnderWay
from ci_core.jobs import KINDS
from ci_core.jobs.overview import JobsOverview
from ci_core.jobs.scans import START
from db.enums import CheckerStatus
from pages.widgets.agents.now import bar_html
from pages.widgets.agents.snapshot import overview_now
from pages.widgets.agents.words import kind_title, lasting
from pages.widgets.health import acts
from pages.widgets.health.source import PROGRESS, checks_under_way, health_kinds, read
from pages.widgets.health.words import CHECKER_STATES, counted
from pages.widgets.session import Backend
from pages.widgets.text import label, shortened

OVER = frozenset(CheckerStatus) - {CheckerStatus.WAITING, CheckerStatus.RUNNING}


def draw_check_now(shared: Backend) -> None:
    """Draw the button with the kinds of checks that one can ask for."""
    if not health_kinds():
        return
    # Another key closes it once something was chosen.
    key = f"check-now-{st.session_state.get(acts.ASKED, 0)}"
    with st.popover("Check now", icon=":material/stethoscope:", key=key, type="primary"):
        for place, kind in enumerate(health_kinds()):
            st.button(
                KINDS[kind].title,
                key=f"ask-{kind}",
                type="secondary" if place == 0 else "tertiary",
                on_click=partial(acts.ask_for_check, shared, kind),
            )


def draw_under_way(shared: Backend, now: datetime) -> tuple[UnderWay, ...]:
    """Draw the checks that wait or run, with how far each checker is; gives them.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    open_ones = checks_under_way(shared)
    if not open_ones:
        return ()
    if any(not one.running for one in open_ones) and not _served(overview_now(shared)):
        st.warning(f"Nothing carries checks out at the moment. Start it with: `{START}`", icon=":material/power_off:")
    for one in open_ones:
        lines = () if one.check_id is None else read(shared, check, one.check_id, tables=PROGRESS).checkers
        with st.container(border=True, horizontal=True, gap="small", wrap=False, key=f"health-under-way-{one.run_id}"):
            st.html(under_way_html(one, lines, now), width="stretch")
            st.button(
                "Cancel",
                key=f"cancel-check-{one.run_id}",
                icon=":material/block:",
                type="tertiary",
                help="It is told to end, which takes it some seconds. It resolves nothing then.",
                disabled=one.cancelling or not one.has_job,
                on_click=partial(acts.cancel_check, shared, one.run_id),
            )
    return open_ones


def _served(seen: JobsOverview) -> bool:
    """Whether a worker lives that takes checks."""
    queues = {KINDS[kind].queue for kind in health_kinds()}
    return bool(seen.living) and not any(queue.name in queues for queue in seen.unserved)


def under_way_html(one: UnderWay, lines: Sequence[CheckerResult], now: datetime) -> str:
    """A check that waits or runs, as safe HTML: how far it is, and what each checker does."""
    title = kind_title(one.run_type)
    done = sum(line.status in OVER for line in lines)
    percent = one.progress_percent
    if percent is None and lines:
        percent = 100 * done / len(lines)
    if one.cancelling:
        word = "Is being cancelled"
    elif not one.running:
        word = "Waits for a free worker"
    else:
        word = f"{done} of {counted(len(lines), 'checker')} done" if lines else "Reads the repository"
    since = lasting(now - (one.started_at or one.created_at))
    bar = bar_html(percent, title) if one.running else ""
    items = "".join(_line_html(line, now) for line in in_order(lines))
    return (
        f'<section class="run" aria-label="{escape(title)}"><div class="run-head"><h3>{escape(title)}</h3>'
        f'<span class="state busy">{escape(word)}</span></div>{bar}'
        f'<p class="run-note">{escape(f"for {since} · asked for by {one.actor}")}</p>'
        f'<ul class="checkers">{items}</ul></section>'
    )


def in_order(lines: Sequence[CheckerResult]) -> list[CheckerResult]:
    """Those that look first, then those that are done, then those that wait: nobody's place jumps back and forth."""
    rank = {CheckerStatus.RUNNING: 0, CheckerStatus.WAITING: 2}
    return sorted(lines, key=lambda line: (rank.get(line.status, 1), line.name))


def _line_html(line: CheckerResult, now: datetime) -> str:
    mark, word, look = CHECKER_STATES[line.status]
    told = [word]
    if line.status is CheckerStatus.RUNNING and line.started_at is not None:
        told.append(f"for {lasting(now - line.started_at)}")
    elif line.status in (CheckerStatus.COMPLETED, CheckerStatus.PARTIAL):
        told.append(counted(line.findings, "finding"))
    if line.error:
        told.append(shortened(line.error, 120))
    return (
        f'<li class="{look}"><i aria-hidden="true">{mark}</i> <b>{escape(label(line.name))}</b> '
        f"<span>{escape(' · '.join(told))}</span></li>"
    )
