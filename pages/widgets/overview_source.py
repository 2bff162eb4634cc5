"""The overview of the person at this browser, read again only when something in it can have changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import streamlit as st

from ci_core.overview import CHOICES, SINCE_LAST_VISIT, Overview, current_visit, newest_change, overview_of, period_from
from pages.widgets.session import Backend, actor

KEPT = "overview-kept"
SINCE = "since"
# Times of day matter as well: a snooze ends, a week passes.
READ_AGAIN_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Kept:
    newest: tuple[int, ...]
    since: str
    overview: Overview


def period_asked() -> str:
    """Since when the address wants to be told of changes; since the last visit where it does not say."""
    asked = st.query_params.get(SINCE, SINCE_LAST_VISIT)
    return asked if asked in CHOICES else SINCE_LAST_VISIT


def fresh_overview(shared: Backend, since: str) -> Overview:
    """What the overview shows now, with changes since `since`, which is one of `period.CHOICES`.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    now, person = datetime.now(UTC), actor()
    kept: _Kept | None = st.session_state.get(KEPT)
    with shared.database.reading() as session:
        newest = newest_change(session, person)
        same = kept is not None and (kept.newest, kept.since, kept.overview.person) == (newest, since, person)
        if kept is not None and same and now - kept.overview.now < READ_AGAIN_AFTER:
            return kept.overview
        period = period_from(since, now, current_visit(session, person))
        overview = overview_of(session, person, period, now)
    st.session_state[KEPT] = _Kept(newest, since, overview)
    return overview
