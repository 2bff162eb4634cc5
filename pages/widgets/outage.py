"""Says in words that the database is gone, and goes on by itself when it is back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import streamlit as st

from ci_core.errors import SettingsError
from db.errors import DatabaseBusy, DatabaseError, DatabaseFull, PoolExhausted, SchemaOutOfDate, StatementTimeout
from pages.widgets.session import backend
from pages.widgets.text import as_text

RETRY_SECONDS = 2.0
FORGET_AFTER_SECONDS = 30.0
# What another attempt alone may mend, while everything else goes on.
PASSING = (PoolExhausted, DatabaseBusy, StatementTimeout)


@dataclass(slots=True)
class _Outage:
    since: datetime
    seen: float


@st.cache_resource(show_spinner=False)
def _known() -> dict[str, _Outage]:
    return {}


def outage_since() -> datetime:
    """When the outage that goes on now was first seen by any page of this process."""
    outage = _known().get("database")
    if outage is None or time.monotonic() - outage.seen > FORGET_AFTER_SECONDS:
        outage = _known()["database"] = _Outage(datetime.now(UTC), 0.0)
    outage.seen = time.monotonic()
    return outage.since


def outage_is_over() -> None:
    """Forget the outage: the database has answered."""
    _known().clear()


@contextmanager
def outage_shown(*, inside: str = "page") -> Iterator[None]:
    """Run the block; when the database fails in it, show why instead of a traceback, and try again by itself.

    `inside` says what failed, so that a dialog speaks of itself and not of the page.
    """
    try:
        yield
    except SettingsError as error:
        _show("A setting cannot be used", str(error), retried=False)
    except SchemaOutOfDate as error:
        _show("The database is not set up for this version", str(error), retried=True)
    except DatabaseFull as error:
        _show("The database has no room left", str(error), retried=True)
    except PASSING as error:
        _show(f"This {inside} could not be loaded", str(error), retried=True)
    except DatabaseError as error:
        since = local_time(outage_since())
        _show("The database cannot be reached", str(error), retried=True, since=since)


def local_time(moment: datetime) -> str:
    """The time of day where the reader is (the browser says where), else in UTC."""
    offset = st.context.timezone_offset
    if offset is None:
        return f"{moment:%H:%M} UTC"
    return f"{moment - timedelta(minutes=offset):%H:%M}"


def _show(title: str, reason: str, *, retried: bool, since: str | None = None) -> None:
    with st.container(key="outage", width=680, gap="small"):
        st.error(as_text(reason.removeprefix(f"{title}: ")), title=title, icon=":material/cloud_off:")
        if since:
            st.markdown(f"Since **{as_text(since)}**. Nothing that was stored is lost.")
        if retried:
            st.caption("This page tries again every 2 seconds and goes on by itself. More at a shell:")
        st.code("python -m ci_core doctor", language=None)
    if retried:
        st.session_state["_next_attempt"] = time.monotonic() + RETRY_SECONDS / 2
        go_on_when(lambda: backend().database.ping())


@st.fragment(run_every=RETRY_SECONDS)
def go_on_when(answers: Callable[[], object]) -> None:
    """Run the whole page again as soon as `answers` raises no DatabaseError."""
    # The run that shows the page comes through here too; asking at once would turn a short failure into a busy loop.
    if time.monotonic() < st.session_state.get("_next_attempt", 0.0):
        return
    try:
        answers()
    except (DatabaseError, SettingsError):
        return
    outage_is_over()
    st.rerun()
