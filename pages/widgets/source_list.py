"""The configured sources: how each does, what stands in its way and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from ci_core.backlog.undo import present_transaction
from ci_core.research.finding_history import site_name
from ci_core.research.source_health import SourceOverview, Standing
from ci_core.research.source_settings import set_enabled
from pages.widgets.acting import act
from pages.widgets.insight_charts import percent
from pages.widgets.scan_panel import scan_now
from pages.widgets.session import Backend, actor
from pages.widgets.snackbar import offer_undo_of_all, tell
from pages.widgets.source_dialog import ask_to_edit
from pages.widgets.text import ago, as_text, shortened

# A symbol and a word, so that no state is told by its colour alone.
STATES = {
    Standing.WELL: ("✓", "Well", "well"),
    Standing.DEGRADED: ("◐", "In part", "odd"),
    Standing.FAILED: ("✕", "Failed", "bad"),
    Standing.PAUSED: ("…", "Paused", "odd"),
    Standing.NEVER_SCANNED: ("○", "Not scanned yet", "calm"),
    Standing.OFF: ("–", "Off", "calm"),
}
MOST_QUERIES = 3


def draw_sources(shared: Backend, sources: Sequence[SourceOverview], now: datetime) -> None:
    """Draw each source with its health, its figures and its buttons."""
    with st.container(key="sources-list"):
        for source in sources:
            _draw_source(shared, source, now)


def _draw_source(shared: Backend, source: SourceOverview, now: datetime) -> None:
    with st.container(border=True, gap="small", height="stretch", key=f"source-{source.id}"):
        st.html(source_html(source, now))
        with st.container(horizontal=True, gap="small", key=f"source-buttons-{source.id}"):
            st.button(
                "Scan now",
                key=f"scan-{source.id}",
                icon=":material/sync:",
                type="tertiary",
                help=f"Scan {as_text(source.source_name)} of {site_name(source.source_type)}",
                on_click=partial(scan_now, shared, [source.id]),
            )
            st.button(
                "Edit",
                key=f"edit-source-{source.id}",
                icon=":material/edit:",
                type="tertiary",
                help=f"Edit {as_text(source.source_name)}",
                on_click=partial(ask_to_edit, source.id),
            )
            st.button(
                "Switch off" if source.enabled else "Switch on",
                key=f"switch-source-{source.id}",
                type="tertiary",
                on_click=partial(_switch, shared, source.id, not source.enabled),
            )


def _switch(shared: Backend, source_id: int, wanted: bool) -> None:
    def change(session: Any) -> None:
        nonlocal told
        name = set_enabled(session, source_id, wanted, actor=actor()).source_name
        told = f"“{shortened(name, 48)}” is {'on' if wanted else 'off'}", present_transaction(session)

    told = ("", 0)
    if (refusal := act(shared, change)) is not None:
        tell(refusal)
    else:
        offer_undo_of_all(*told)


def source_html(source: SourceOverview, now: datetime) -> str:
    """One source as safe HTML: a heading, its figures as a list of terms, and its problem."""
    mark, word, look = STATES[source.standing]
    words = ", ".join(source.search_queries[:MOST_QUERIES])
    more = len(source.search_queries) - MOST_QUERIES
    asks = f"{words} and {more} more" if more > 0 else words or "everything new"
    figures = "".join(
        f'<div title="{escape(hint)}"><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>'
        for name, value, hint in figures_of(source, now)
    )
    problem = problem_of(source, now)
    told = f'<p class="source-problem"><b aria-hidden="true">⚠</b> {escape(problem)}</p>' if problem else ""
    return (
        f'<section class="source" aria-label="{escape(source.source_name)}"><div class="source-head">'
        f'<h3>{escape(source.source_name)}</h3><span class="source-site">{escape(site_name(source.source_type))}</span>'
        f'<span class="source-state {look}"><i aria-hidden="true">{mark}</i> {word}</span></div>'
        f'<p class="source-asks">{escape(shortened(asks, 160))}</p><dl>{figures}</dl>{told}</section>'
    )


def figures_of(source: SourceOverview, now: datetime) -> list[tuple[str, str, str]]:
    """Each figure with its name, its value and what it means."""
    precision, range_ = source.precision, source.precision.interval
    sure = "Nobody has decided any of its findings yet."
    if range_ is not None:
        sure = (
            f"{precision.part:,} of {precision.whole:,} decided were accepted; with 95 % certainty it is "
            f"{percent(range_[0])} to {percent(range_[1])}."
        )
    limit = f"{source.max_results:,} a scan"
    if source.max_requests_per_minute is not None:
        limit += f", {source.max_requests_per_minute:,} requests a minute"
    return [
        ("Last scan", "never" if source.last_scan_at is None else ago(source.last_scan_at, now), ""),
        ("Next scan", next_in_words(source, now), f"Every {every_in_words(source.scan_frequency_hours)}."),
        ("Found", f"{source.found:,}", f"In the last 90 days; {source.waiting:,} of them wait for a decision."),
        ("Converted", percent(source.converted.value), f"{source.converted.part:,} became enhancements."),
        ("Precision", percent(precision.value), sure),
        ("Duplicates", percent(source.duplicates.value), f"{source.duplicates.part:,} repeat another finding."),
        ("Limit", limit, ""),
    ]


def next_in_words(source: SourceOverview, now: datetime) -> str:
    """When the source is scanned next."""
    if source.standing is Standing.OFF:
        return "off"
    due = max((at for at in (source.next_scan_at, source.retry_at) if at is not None), default=None)
    if due is None or due <= now:
        return "due"
    return f"in {lasting_in_words(due - now)}"


def lasting_in_words(span: timedelta) -> str:
    """A length of time in its largest whole unit."""
    minutes = max(1, round(span.total_seconds() / 60))
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{round(minutes / 60)} h"
    return f"{round(minutes / 1440)} days"


def every_in_words(hours: int) -> str:
    """A frequency in words: "12 hours", "day", "7 days"."""
    if hours % 24:
        return "hour" if hours == 1 else f"{hours} hours"
    return "day" if hours == 24 else f"{hours // 24} days"


def problem_of(source: SourceOverview, now: datetime) -> str | None:
    """What stands in the way of a source that is on, with when it is tried again."""
    if source.standing in (Standing.OFF, Standing.WELL, Standing.NEVER_SCANNED):
        return None
    told = source.problem or "The site answered, but not with everything."
    if source.retry_at is not None and "next try" not in told:
        told = f"{told.rstrip('.')}. Not asked again for {lasting_in_words(source.retry_at - now)}."
    if source.failures > 1:
        told = f"{told} ({source.failures} times in a row)"
    return told
