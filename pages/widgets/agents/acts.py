"""What people do to runs: open one, cancel it, try it again. Each is for a callback."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import streamlit as st

from ci_core.jobs import Enqueued, cancel_run, retry_run
from db.enums import RunStatus
from pages.widgets.acting import act
from pages.widgets.agents.snapshot import show_own_change
from pages.widgets.session import Backend, actor
from pages.widgets.snackbar import tell

RUN = "run"
LARGEST_ID = 2**31 - 1


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def open_run_id() -> int | None:
    """The run that the address names, if it names a possible one."""
    raw = st.query_params.get(RUN, "")
    return int(raw) if raw.isascii() and raw.isdigit() and 0 < int(raw[:12]) <= LARGEST_ID else None


def open_run(run_id: int) -> None:
    """Show one run instead of the part of the page."""
    st.query_params[RUN] = str(run_id)
    st.rerun()


def close_run() -> None:
    """Go back to the part of the page."""
    st.query_params.pop(RUN, None)
    st.rerun()


def leave_run() -> None:
    """Show no run any more, because a part of the page was chosen."""
    st.query_params.pop(RUN, None)


def cancel(shared: Backend, run_id: int) -> None:
    """Cancel a run; says what happens to it."""
    stood: RunStatus | None = None

    def change(session: Any) -> None:
        nonlocal stood
        stood = cancel_run(session, run_id, actor=actor(), now=utc_now())

    if (refusal := act(shared, change)) is not None:
        tell(refusal)
    elif stood is RunStatus.RUNNING:
        tell(f"Run {run_id} was told to end, which takes it some seconds. What it has finished stays.")
    else:
        tell(f"Run {run_id} is cancelled; it had not begun.")
    show_own_change(shared)


def retry(shared: Backend, run_id: int, *, then_open: bool = False) -> None:
    """Enter the run again, before all that the clock started; with `then_open` the new one is shown."""
    entered: Enqueued | None = None

    def change(session: Any) -> None:
        nonlocal entered
        entered = retry_run(session, run_id, actor=actor(), now=utc_now())

    if (refusal := act(shared, change)) is not None or entered is None:
        tell(refusal or "")
        return
    show_own_change(shared)
    if entered.created:
        tell(f"Run {run_id} is tried again as run {entered.run_id}.")
    else:
        tell(f"The same work is open already as run {entered.run_id}.")
    if then_open:
        open_run(entered.run_id)


def show_part(part: str) -> None:
    """Show this part of the page."""
    st.session_state["part"] = part
    st.query_params.pop(RUN, None)
    st.rerun()
