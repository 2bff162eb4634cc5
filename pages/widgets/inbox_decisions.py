"""Carries out what the inbox in the browser asks for, and remembers what to answer."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

import streamlit as st

from ci_core.backlog.triage import apply_decisions
from db.errors import DatabaseError
from pages.widgets.acting import LINKS
from pages.widgets.board_source import best_matches
from pages.widgets.inbox import ClientDecisions, Found, Outcome, Search
from pages.widgets.kanban import remember_outcomes
from pages.widgets.session import Backend, actor
from pages.widgets.text import label

log = logging.getLogger(__name__)
ACKNOWLEDGED, WANTED, FOUND = "inbox_acknowledged", "inbox_wanted", "inbox_found"
# Two quick messages can become one on their way; what was asked for travels with a few of them.
SENT_FOR_SECONDS = 2.5
MOST_FOUND = 7


@dataclass(frozen=True, slots=True)
class Wanted:
    """Items that the browser lacks details of, and until when (monotonic seconds) they are sent."""

    ids: tuple[int, ...]
    until: float


def carry_out(shared: Backend, received: ClientDecisions) -> None:
    """Store the decisions of one browser and prepare its answer.

    With the database gone nothing is answered: the browser keeps its decisions and sends them again.
    """
    if not received.operations:
        return
    try:
        results = apply_decisions(
            shared.database, received.client, received.operations, actor=actor(), policy=shared.policy
        )
        shared.store.refresh(LINKS)
    except DatabaseError as error:
        waiting = len(received.operations)
        log.warning("inbox_decisions_wait client=%s decisions=%d reason=%s", received.client, waiting, error)
        return
    answers = []
    for one in results:
        card = shared.store.card(one.enhancement_id)
        answers.append(Outcome(one.sequence, one.kind.value, one.message, card.version if card else None))
    st.session_state[ACKNOWLEDGED] = remember_outcomes(st.session_state.get(ACKNOWLEDGED), received, answers)


def want(ids: tuple[int, ...]) -> None:
    """Send the details of these items with the next messages."""
    st.session_state[WANTED] = Wanted(ids, time.monotonic() + SENT_FOR_SECONDS)


def wanted_now() -> tuple[int, ...]:
    """The items whose details are to be sent now."""
    wanted = st.session_state.get(WANTED)
    return wanted.ids if wanted is not None and time.monotonic() < wanted.until else ()


def search(shared: Backend, asked: Search) -> None:
    """Look for another enhancement by number or words, and send what was found with the next messages."""
    cards = best_matches(shared.store, asked.text, MOST_FOUND)
    items = [{"id": card.id, "title": card.title, "status": label(card.status)} for card in cards]
    st.session_state[FOUND] = Found(asked.nonce, items)
