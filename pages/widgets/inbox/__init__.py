"""An inbox for Streamlit: decide by one key, see the next item at once, and lose no decision.

The page decides nothing here either: it hands in rows and details, and gets the person's decisions as values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.widgets.desk_wire import encoded, heard
from pages.widgets.inbox.assets import inbox_css, inbox_html, inbox_js
from pages.widgets.inbox.protocol import (
    ClientDecisions,
    Search,
    parse_decisions,
    parse_search,
)
from pages.widgets.inbox.values import Choices, Found, InboxUpdate, Outcome, Row, Wire
from pages.widgets.kanban import Acknowledgement, CardVersion, parse_bulk, parse_open
from pages.widgets.messages import parse_wanted

__all__ = ["Choices", "ClientDecisions", "Found", "InboxUpdate", "Outcome", "Row", "Search", "inbox_component"]

_mount = st.components.v2.component("magnus_inbox", html=inbox_html(), css=inbox_css(), js=inbox_js())


def inbox_component(
    *,
    key: str,
    update: InboxUpdate,
    choices: Choices,
    snoozed: int,
    query: str,
    on_decisions: Callable[[ClientDecisions], None],
    on_wanted: Callable[[tuple[int, ...]], None],
    on_search: Callable[[Search], None],
    on_open: Callable[[int], None],
    on_bulk: Callable[[Sequence[CardVersion]], None],
    on_need_base: Callable[[], None],
    details: Sequence[Wire] = (),
    found: Found | None = None,
    acknowledged: Acknowledgement | None = None,
    focus: int | None = None,
    message: str | None = None,
) -> None:
    """Draw the inbox; the `on_…` functions run as Streamlit callbacks, before the page's next run.

    `on_decisions` gets every decision that the browser has no answer for, some perhaps for the second time: apply each
    (client, sequence) once, and pass what became of them as `acknowledged`. `on_wanted` names items whose `details`
    the browser lacks; `on_search` asks for `found`; `on_bulk` gets the selected items.

    `snoozed` is how many are asleep; `query` what the list was narrowed to; `focus` the item to begin with; `message`
    stands above everything. A message from the browser that cannot be understood is logged and dropped.
    """

    around = {
        "key": key,
        "choices": choices.wire(),
        "snoozed": snoozed,
        "query": query,
        "details": list(details),
        "found": found.wire() if found else None,
        "acknowledged": acknowledged.wire() if acknowledged else None,
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
        on_bulk_change=heard(key, "bulk", parse_bulk, on_bulk),
        on_need_base_change=on_need_base,
    )
