"""The research feed: what was found and nobody has decided, best first, read calmly and decided by one key each."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from ci_core.research.decisions import REJECTION_REASONS
from ci_core.research.feed import FeedPage, FeedRow, FeedSource, Shelf, counts, last_here, sources_in_feed
from db.enums import Category, Complexity, Priority
from db.errors import DatabaseError
from pages.widgets import address, research_decisions, research_filters, research_source
from pages.widgets.navigation import begin_page
from pages.widgets.outage import local_time, outage_is_over, outage_shown, outage_since
from pages.widgets.research import FeedChoices, Nothing, research_component
from pages.widgets.research_details import shelf
from pages.widgets.saved_views import draw_saved_views
from pages.widgets.session import Backend, actor, backend
from pages.widgets.text import label

TICK_SECONDS = 1.0
FOCUS = "focus"
SINCE, ASKED_FOR = "research-since", "research-asked-for"
SOURCES_PAGE = ("Sources and scanning", "sources")
CHOICES = FeedChoices(
    [(reason.key, reason.text) for reason in REJECTION_REASONS],
    [(one.value, label(one)) for one in Category],
    [(one.value, label(one)) for one in Priority],
    [(one.value, label(one)) for one in Complexity],
)

begin_page()
shared = backend()


@st.cache_resource(show_spinner=False)
def source() -> research_source.FeedSource:
    """What is listed, shared by all sessions."""
    return research_source.source_of(shared)


@st.cache_data(ttl=30, max_entries=4, show_spinner=False)
def sites(_shared: Backend) -> tuple[FeedSource, ...]:
    """Where findings came from."""
    with _shared.database.reading() as session:
        return sources_in_feed(session)


@st.cache_data(ttl=5, max_entries=4, show_spinner=False)
def on_shelves(_shared: Backend) -> dict[Shelf, int]:
    """How many findings stand where."""
    with _shared.database.reading() as session:
        return dict(counts(session).by_shelf)


def here_last() -> datetime | None:
    """When this person was shown something before this visit; read once for each."""
    if SINCE not in st.session_state:
        with shared.database.reading() as session:
            st.session_state[SINCE] = last_here(session, actor(), before=datetime.now(UTC))
    moment: datetime | None = st.session_state[SINCE]
    return moment


def focused() -> int | None:
    """The finding that the address names to begin with."""
    raw = st.query_params.get(FOCUS, "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 16 else None


def asked_for(listed: FeedPage) -> FeedRow | None:
    """The finding that the address names, where it is not listed: read once for each visit.

    What this person has decided since is not brought back.
    """
    wanted = focused()
    if wanted is None or any(one.id == wanted for one in listed.findings):
        return None
    known = st.session_state.get(ASKED_FOR)
    if known is None or known[0] != wanted:
        known = st.session_state[ASKED_FOR] = (wanted, research_source.finding_row(shared, wanted))
    row: FeedRow | None = known[1]
    return None if row is None or wanted in research_decisions.decided_here() else row


def outage_message() -> str | None:
    """What stands above the feed while the database cannot be reached."""
    if shared.listener.problem is None:
        outage_is_over()
        return None
    return (
        f"The database cannot be reached since {local_time(outage_since())}. The feed shows what was stored then. "
        "Decisions are kept in this browser and stored as soon as it is back, which is tried all the time."
    )


def nothing_there(narrowed: research_filters.Narrowed, found: FeedPage) -> Nothing:
    """What an empty feed says: why it is empty, and what to do next."""
    if found.findings:
        return Nothing("", "")
    standing = on_shelves(shared)
    if narrowed.narrows:
        return Nothing("Nothing matches", "Change or clear the filters above to see what else was found.")
    if narrowed.wanted.shelf is not Shelf.WAITING:
        return Nothing("Nothing here", "No finding stands on this shelf.", [("What is to decide", "research")])
    asleep, aside = standing[Shelf.SNOOZED], standing[Shelf.SET_ASIDE]
    told = [f"{asleep:,} snoozed ones come back by themselves." if asleep else ""]
    told.append(f"{aside:,} were set aside as not relevant enough; a look at them now and then teaches the score.")
    links = [("What was set aside", "research?show=set_aside")] if aside else []
    return Nothing(
        "All decided",
        " ".join(["Every finding has its answer. New ones appear here by themselves.", *(told if aside else told[:1])]),
        [*links, SOURCES_PAGE],
    )


def draw_nothing_yet() -> None:
    """The first thing that a team sees before the first scan."""
    with st.container(border=True, width=640, key="no-findings-yet"):
        st.markdown("##### Nothing was found yet")
        st.markdown(
            "The research agent has not scanned a site. [Start a scan on the page *Sources*](sources), or at a shell:"
        )
        st.code("python -m ci_core research scan", language=None)
        st.caption("What it finds appears here by itself, the most relevant first.")


@st.fragment(run_every=TICK_SECONDS)
def live_feed(narrowed: research_filters.Narrowed) -> None:
    tracker = st.session_state.setdefault("research_tracker", research_source.FeedTracker())
    with outage_shown(inside="research"):
        wanted = research_decisions.wanted_now()
        tracker.about(narrowed.wanted)
        window = source().window(narrowed.wanted, tracker.rows)
        if not window.page.total and not on_shelves(shared)[Shelf.EVERYTHING]:
            draw_nothing_yet()
            return
        since = here_last()
        versions = {one.id: one.version for one in window.page.findings}
        keys = [(item, versions.get(item, 0)) for item in wanted.ids] if wanted else []
        alive = wanted is not None and shared.listener.problem is None
        research_component(
            key="research",
            update=tracker.update_for(window, asked_for(window.page)),
            choices=CHOICES,
            shelf=narrowed.wanted.shelf.value,
            query=repr(narrowed.wanted),
            nothing=nothing_there(narrowed, window.page),
            details=shelf().take(keys, wait=wanted.new) if alive and wanted else [],
            found=st.session_state.get(research_decisions.FOUND),
            acknowledged=st.session_state.get(research_decisions.ACKNOWLEDGED),
            since=since.timestamp() if since else None,
            focus=focused(),
            message=outage_message(),
            on_decisions=partial(research_decisions.carry_out, shared),
            on_wanted=research_decisions.want,
            on_search=partial(research_decisions.search, shared),
            on_open=address.open_item_page,
            on_shown=partial(research_decisions.note_shown, shared),
            on_more=tracker.more,
            on_need_base=tracker.forget,
        )


def draw_filters() -> research_filters.Narrowed:
    """Draw the bar; without a database the last known sites are offered."""
    try:
        known, since = sites(shared), here_last()
    except DatabaseError:
        known, since = (), None
    return research_filters.draw_filters(known, since)


with st.container(horizontal=True, vertical_alignment="center", gap="small", key="research-bar"):
    st.markdown("**Research**", width="content")
    narrowed = draw_filters()
    if narrowed.narrows:
        st.button(
            "Clear",
            on_click=research_filters.clear_filters,
            type="tertiary",
            icon=":material/close:",
            key="clear-query",
        )
    st.space("stretch")
    draw_saved_views("research")

live_feed(narrowed)
