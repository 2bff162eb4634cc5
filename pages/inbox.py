"""The inbox: proposals that nobody has decided, best first, decided by one key each."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ci_core.backlog.query_syntax import Query, parse_query
from ci_core.backlog.triage import REJECTION_REASONS, proposals_matching
from ci_core.errors import InvalidInput, QueryError
from pages.widgets import address, inbox_decisions
from pages.widgets.board_export import rows_of
from pages.widgets.board_source import filter_choices
from pages.widgets.board_state import draw_nothing_yet
from pages.widgets.bulk_dialog import ask_for_bulk
from pages.widgets.export_menu import draw_export
from pages.widgets.inbox import Choices, inbox_component
from pages.widgets.inbox_details import details
from pages.widgets.inbox_source import InboxSource, InboxTracker, Waiting
from pages.widgets.navigation import begin_page
from pages.widgets.outage import local_time, outage_is_over, outage_shown, outage_since
from pages.widgets.saved_views import draw_saved_views
from pages.widgets.search_field import clear_search_field, draw_search_field
from pages.widgets.session import Backend, actor, backend
from pages.widgets.text import as_text

TICK_SECONDS = 1.0
FOCUS = "focus"

begin_page()
shared = backend()


@st.cache_resource(show_spinner=False)
def source() -> InboxSource:
    """Who waits, shared by all sessions."""
    return InboxSource(shared.store)


def clear_query() -> None:
    """Show everything again; for a callback."""
    clear_search_field()
    st.rerun()


def draw_query() -> tuple[str, Query]:
    """Draw the search field; give what is typed, and how it is understood."""
    text = draw_search_field("Narrow the inbox", "priority:high area:scanner pool …", width=300)
    try:
        return text, parse_query(text)
    except QueryError as misunderstanding:
        st.caption(f":orange[:material/info:] {as_text(str(misunderstanding))}", width="content")
        return "", Query()


@st.cache_data(ttl=20, max_entries=100, show_spinner=False)
def matching(_shared: Backend, _waiting: Waiting, revision: int, query: str, who: str) -> frozenset[int]:  # noqa: ARG001
    """The ids that a query lets through at a revision."""
    with _shared.database.reading() as session:
        return proposals_matching(session, tuple(_waiting.ids), parse_query(query), actor=who)


def narrowed(waiting: Waiting, query: str) -> Waiting:
    """What the query lets through; everything where it asks for nothing."""
    if not query:
        return waiting
    try:
        return waiting.narrowed(matching(shared, waiting, waiting.revision, query, actor()))
    except InvalidInput:
        return waiting


def focused() -> int | None:
    """The item that the address names to begin with."""
    raw = st.query_params.get(FOCUS, "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 12 else None


def outage_message() -> str | None:
    """What stands above the inbox while the database cannot be reached."""
    if shared.listener.problem is None:
        outage_is_over()
        return None
    return (
        f"The database cannot be reached since {local_time(outage_since())}. The inbox shows what was stored then. "
        "Decisions are kept in this browser and stored as soon as it is back, which is tried all the time."
    )


with st.container(horizontal=True, vertical_alignment="center", gap="small", key="inbox-bar"):
    st.markdown("**Inbox**", width="content")
    typed, _ = draw_query()
    if typed:
        st.button("Clear", on_click=clear_query, type="tertiary", icon=":material/close:", key="clear-query")
    st.space("stretch")
    draw_saved_views("inbox")
    draw_export("Inbox", lambda: rows_of(shared, narrowed(source().waiting(), typed).ids))


@st.fragment(run_every=TICK_SECONDS)
def live_inbox() -> None:
    tracker = st.session_state.setdefault("inbox_tracker", InboxTracker())
    with outage_shown(inside="inbox"):
        if not shared.store.all_cards():
            draw_nothing_yet()
            return
        waiting = narrowed(source().waiting(), typed)
        wanted = inbox_decisions.wanted_now()
        inbox_component(
            key="inbox",
            update=tracker.update_for(shared.store, waiting, typed),
            choices=Choices(
                actor(),
                filter_choices(shared.store).assignees,
                [(reason.key, reason.text) for reason in REJECTION_REASONS],
            ),
            snoozed=waiting.snoozed,
            query=typed,
            details=details(shared, wanted.ids, wait=wanted.new) if wanted and shared.listener.problem is None else [],
            found=st.session_state.get(inbox_decisions.FOUND),
            acknowledged=st.session_state.get(inbox_decisions.ACKNOWLEDGED),
            focus=focused(),
            message=outage_message(),
            on_decisions=partial(inbox_decisions.carry_out, shared),
            on_wanted=inbox_decisions.want,
            on_search=partial(inbox_decisions.search, shared),
            on_open=address.open_item_page,
            on_bulk=lambda cards: ask_for_bulk([(card.id, card.version) for card in cards]),
            on_need_base=tracker.forget,
        )


live_inbox()
