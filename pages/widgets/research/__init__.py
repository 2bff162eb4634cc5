"""The research feed for Streamlit: read calmly, decide by one key, see the next finding at once, lose no decision.

The page decides nothing here: it hands in rows and details, and gets the person's decisions as values. Every text of a
finding is shown as text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.widgets.desk_wire import encoded, heard
from pages.widgets.inbox import Found
from pages.widgets.kanban import parse_open
from pages.widgets.kanban.values import Acknowledgement
from pages.widgets.messages import parse_wanted
from pages.widgets.research.assets import research_css, research_html, research_js
from pages.widgets.research.protocol import (
    FeedDecisions,
    FeedSearch,
    parse_decisions,
    parse_more,
    parse_search,
    parse_shown,
)
from pages.widgets.research.values import FeedChoices, FeedOutcome, FeedUpdate, Nothing, Wire

__all__ = [
    "FeedChoices",
    "FeedDecisions",
    "FeedOutcome",
    "FeedSearch",
    "FeedUpdate",
    "Nothing",
    "Wire",
    "research_component",
]

_mount = st.components.v2.component("magnus_research", html=research_html(), css=research_css(), js=research_js())


def research_component(
    *,
    key: str,
    update: FeedUpdate,
    choices: FeedChoices,
    shelf: str,
    query: str,
    nothing: Nothing,
    on_decisions: Callable[[FeedDecisions], None],
    on_wanted: Callable[[tuple[int, ...]], None],
    on_search: Callable[[FeedSearch], None],
    on_open: Callable[[int], None],
    on_shown: Callable[[tuple[tuple[int, int], ...]], None],
    on_more: Callable[[int], None],
    on_need_base: Callable[[], None],
    details: Sequence[Wire] = (),
    found: Found | None = None,
    acknowledged: Acknowledgement | None = None,
    since: float | None = None,
    focus: int | None = None,
    message: str | None = None,
) -> None:
    """Draw the feed; the `on_…` functions run as Streamlit callbacks, before the page's next run.

    `on_decisions` gets every decision that the browser has no answer for, some perhaps for the second time: apply each
    (client, sequence) once, and pass what became of them as `acknowledged`. `on_wanted` names findings whose `details`
    the browser lacks; `on_search` asks for `found`; `on_open` is about an enhancement; `on_shown` gets findings that
    were seen with their places; `on_more` says how many rows are there when the end comes near.

    `query` tells one narrowing from another; `since` is when this person was here last, in Unix seconds; `focus` the
    finding to begin with; `message` stands above everything.
    """
    around = {
        "key": key,
        "choices": choices.wire(),
        "shelf": shelf,
        "query": query,
        "nothing": nothing.wire(),
        "details": list(details),
        "found": found.wire() if found else None,
        "acknowledged": acknowledged.wire() if acknowledged else None,
        "since": since,
        "focus": focus,
        "message": message,
        **update.wire(),
    }
    _mount(
        key=key,
        data=encoded(around, update.base),
        on_operations_change=heard(key, "operations", parse_decisions, on_decisions),
        on_wanted_change=heard(key, "wanted", parse_wanted, on_wanted),
        on_search_change=heard(key, "search", parse_search, on_search),
        on_open_change=heard(key, "open", parse_open, on_open),
        on_seen_change=heard(key, "seen", parse_shown, on_shown),
        on_more_change=heard(key, "more", parse_more, on_more),
        on_need_base_change=on_need_base,
    )
