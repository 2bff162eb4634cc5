"""Signs of life of the person at this browser, from which their visits are made."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime

import streamlit as st

from ci_core.overview import touch_visit
from db.errors import DatabaseError
from pages.widgets.session import Backend, actor

log = logging.getLogger(__name__)
# A visit ends after half an hour; to know of it to the minute is enough.
NOTED_EVERY_SECONDS = 60.0
NOTED = "visit-noted"


def note_visit(shared: Backend) -> None:
    """Record that the person is here, at most once a minute; a page never fails because that cannot be stored."""
    if time.monotonic() < st.session_state.get(NOTED, 0.0):
        return
    st.session_state[NOTED] = time.monotonic() + NOTED_EVERY_SECONDS
    try:
        with shared.database.transaction(actor()) as session:
            touch_visit(session, actor(), datetime.now(UTC))
    except DatabaseError as error:
        log.warning("visit_not_noted reason=%s", error)
