"""Carries out what the inbox in the browser asks for, and remembers what to answer."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace

import streamlit as st

from ci_core.backlog.triage import MergeInto, TakeBack, apply_decisions
from db.errors import DatabaseError
from pages.widgets.acting import LINKS
from pages.widgets.board_source import best_matches
from pages.widgets.inbox import ClientDecisions, Found, Outcome, Search
from pages.widgets.kanban import remember_outcomes
from pages.widgets.session import Backend, actor
from pages.widgets.text import label

log = logging.getLogger(__name__)
ACKNOWLEDGED, WANTED, FOUND = "inbox_acknowledged", "inbox_wanted", "inbox_found"
# Two quick messages can become one on their way, and details are made meanwhile: a few messages carry what is there.
SENT_FOR_SECONDS = 3.5
MOST_FOUND = 7


@dataclass(frozen=True, slots=True)
class Wanted:
    """Items that the browser lacks details of, until when (monotonic seconds) they are sent, and whether just asked."""

    ids: tuple[int, ...]
    until: float
    new: bool = True


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
        linked = any(isinstance(one.decision, MergeInto | TakeBack) for one in received.operations)
        shared.store.refresh(LINKS if linked else ())
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


def wanted_now() -> Wanted | None:
    """What is to be sent now; `new` in one run only, so that the answer to a decision never waits for details."""
    wanted = st.session_state.get(WANTED)
    if wanted is None or time.monotonic() >= wanted.until:
        return None
    if wanted.new:
        st.session_state[WANTED] = replace(wanted, new=False)
    return wanted


def search(shared: Backend, asked: Search) -> None:
    """Look for another enhancement by number or words, and send what was found with the next messages."""
    cards = best_matches(shared.store, asked.text, MOST_FOUND)
    items = [{"id": card.id, "title": card.title, "status": label(card.status)} for card in cards]
    st.session_state[FOUND] = Found(asked.nonce, items)
