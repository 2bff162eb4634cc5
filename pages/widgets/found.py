"""What a search of the database adds to the board's own look at titles: descriptions, and "priority:high"."""

from __future__ import annotations

import logging
from dataclasses import replace

import streamlit as st

from ci_core.errors import InvalidInput, QueryError
from db.errors import DatabaseError
from pages.widgets.board_source import CardFilter
from pages.widgets.session import Backend, actor

log = logging.getLogger(__name__)
SHORTEST_TEXT = 3
MOST_FOUND = 500


def with_found(shared: Backend, wanted: CardFilter) -> tuple[CardFilter, str | None]:
    """The same filter, which also lets through what the database finds for its text, and a word about its text.

    The word is there when the text cannot be understood as it stands; then, as without a database, titles are searched.
    """
    if len(wanted.text) < SHORTEST_TEXT:
        return wanted, None
    try:
        return replace(wanted, found_ids=_found(shared, wanted.text)), None
    except (QueryError, InvalidInput) as misunderstanding:
        return wanted, str(misunderstanding)
    except DatabaseError as failure:
        log.info("board_search_in_titles_only reason=%s", failure)
        return wanted, None


@st.cache_data(ttl=20, max_entries=200, show_spinner=False)
def _found(_shared: Backend, text: str) -> frozenset[int]:
    from ci_core.backlog.search import search_enhancements

    with _shared.database.reading() as session:
        page = search_enhancements(session, text, encoder=None, actor=actor(), limit=MOST_FOUND)
    return frozenset(one.id for one in page.enhancements)
