"""Carries out what the research feed in the browser asks for, and remembers what to answer."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

import streamlit as st

from ci_core.backlog.lifecycle import OPEN_STATUSES
from ci_core.errors import CiError
from ci_core.research.feed import FeedFilter, Shelf, feed, record_exposures
from ci_core.research.triage import Convert, Merge, Reopen, Split, TakeBack, apply_decisions
from db.errors import DatabaseError
from pages.widgets.acting import LINKS
from pages.widgets.board_source import best_matches
from pages.widgets.inbox import Found
from pages.widgets.inbox_decisions import MOST_FOUND, SENT_FOR_SECONDS, Wanted
from pages.widgets.kanban import remember_outcomes
from pages.widgets.research import FeedDecisions, FeedOutcome, FeedSearch
from pages.widgets.research_details import shelf
from pages.widgets.research_source import TABLES
from pages.widgets.session import Backend, actor
from pages.widgets.text import label

log = logging.getLogger(__name__)
ACKNOWLEDGED, WANTED, FOUND = "research_acknowledged", "research_wanted", "research_found"
DECIDED = "research_decided"


def carry_out(shared: Backend, received: FeedDecisions) -> None:
    """Store the decisions of one browser and prepare its answer.

    With the database gone nothing is answered: the browser keeps its decisions and sends them again.
    """
    if not received.operations:
        return
    decisions = [one.decision for one in received.operations]
    try:
        results = apply_decisions(
            shared.database, received.client, received.operations, actor=actor(), policy=shared.policy
        )
        if any(isinstance(one, Convert | TakeBack) for one in decisions):
            shared.store.refresh(LINKS)
    except DatabaseError as error:
        waiting = len(received.operations)
        log.warning("feed_decisions_wait client=%s decisions=%d reason=%s", received.client, waiting, error)
        return
    shared.listener.note_change(*TABLES)
    for one in received.operations:
        ids = {item for item, _ in one.findings}
        here = decided_here()
        st.session_state[DECIDED] = here - ids if isinstance(one.decision, TakeBack) else here | ids
    if any(isinstance(one, Merge | Split | TakeBack | Reopen) for one in decisions):
        shelf().forget()
    answers = [
        FeedOutcome(
            one.sequence, one.kind.value, one.message, one.versions or {}, one.problems or {}, one.enhancement_id
        )
        for one in results
    ]
    st.session_state[ACKNOWLEDGED] = remember_outcomes(st.session_state.get(ACKNOWLEDGED), received, answers)


def decided_here() -> frozenset[int]:
    """The findings that this session has decided."""
    decided: frozenset[int] = st.session_state.get(DECIDED, frozenset())
    return decided


def want(ids: tuple[int, ...]) -> None:
    """Send the details of these findings with the next messages."""
    st.session_state[WANTED] = Wanted(ids, time.monotonic() + SENT_FOR_SECONDS)


def wanted_now() -> Wanted | None:
    """What is to be sent now; `new` in one run only, so that the answer to a decision never waits for details."""
    wanted: Wanted | None = st.session_state.get(WANTED)
    if wanted is None or time.monotonic() >= wanted.until:
        return None
    if wanted.new:
        st.session_state[WANTED] = replace(wanted, new=False)
    return wanted


def search(shared: Backend, asked: FeedSearch) -> None:
    """Look for an open enhancement by number or words, or for another finding; sent with the next messages."""
    items = _findings(shared, asked.text) if asked.findings else _enhancements(shared, asked.text)
    st.session_state[FOUND] = Found(asked.nonce, items)


def note_shown(shared: Backend, shown: tuple[tuple[int, int], ...]) -> None:
    """Remember that this person was shown these findings; without a database it is not known, which does no harm."""
    try:
        with shared.database.transaction(actor()) as session:
            record_exposures(session, actor(), shown)
    except (CiError, DatabaseError) as error:
        log.info("exposures_not_stored findings=%d reason=%s", len(shown), error)


def _enhancements(shared: Backend, text: str) -> list[dict[str, object]]:
    cards = [card for card in best_matches(shared.store, text, 3 * MOST_FOUND) if card.status in OPEN_STATUSES]
    return [{"id": card.id, "title": card.title, "status": label(card.status)} for card in cards[:MOST_FOUND]]


def _findings(shared: Backend, text: str) -> list[dict[str, object]]:
    try:
        with shared.database.reading() as session:
            page = feed(session, FeedFilter(shelf=Shelf.EVERYTHING, text=text), limit=MOST_FOUND)
    except DatabaseError as error:
        log.info("findings_not_searched reason=%s", error)
        return []
    return [{"id": one.id, "title": one.source_title, "why": one.source_name} for one in page.findings]
