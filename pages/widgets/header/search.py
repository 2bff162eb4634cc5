"""Answers what is typed into the search of the header."""

from __future__ import annotations

import time
from functools import lru_cache

import streamlit as st

from ci_core.backlog.board_store import BoardStore
from ci_core.backlog.suggestions import Choices, suggest
from ci_core.finder import FoundPage, find
from db.errors import DatabaseError
from pages.widgets.header.received import Typed
from pages.widgets.header.values import Answer
from pages.widgets.session import Backend, actor

ANSWER = "header-answer"
# Long enough to arrive also after a run that was cut short; then it need not travel with every look for news.
KEPT_SECONDS = 5.0
MOST_OF_A_KIND = 6
SHORTEST_TEXT = 2


def answer(shared: Backend, typed: Typed) -> None:
    """Prepare the answer for the run that follows; for a callback."""
    suggestions = suggest(typed.text, typed.cursor, _choices(shared.store, shared.store.revision))
    found = FoundPage()
    if len(typed.text.strip()) >= SHORTEST_TEXT:
        try:
            with shared.database.reading() as session:
                encoder = shared.encoder.ready()
                found = find(session, typed.text, encoder=encoder, actor=actor(), limit=MOST_OF_A_KIND)
        except DatabaseError as error:
            found = FoundPage(message=f"Nothing can be searched at the moment. {error}")
    st.session_state[ANSWER] = (time.monotonic(), Answer(typed.sequence, suggestions, found))


def answer_to_show() -> Answer | None:
    """The answer that the browser may not have yet."""
    at, newest = st.session_state.get(ANSWER, (0.0, None))
    return newest if time.monotonic() - at < KEPT_SECONDS else None


@lru_cache(maxsize=4)
def _choices(store: BoardStore, revision: int) -> Choices:  # noqa: ARG001 - the revision is the key
    cards = store.all_cards()
    return Choices(
        _sorted({card.area for card in cards if card.area}),
        _sorted({card.assignee for card in cards if card.assignee}),
        _sorted({tag for card in cards for tag in card.tags}),
    )


def _sorted(values: set[str]) -> tuple[str, ...]:
    return tuple(sorted(values, key=str.casefold))
