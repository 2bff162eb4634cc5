"""What people do on the Health page: look behind a number, ask for a check, cancel one. Each is for a callback."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from ci_core.jobs import KINDS, Enqueued, NotOpen, cancel_run, enqueue
from db.enums import RunTrigger
from pages.widgets import view_address
from pages.widgets.acting import act
from pages.widgets.address import LARGEST_ID
from pages.widgets.health.source import REPOSITORY, show_own_change
from pages.widgets.session import Backend, actor
from pages.widgets.snackbar import tell

SCORE, ISSUES, FILES, CHECKS = PARTS = ("Score", "Issues", "Files", "Checks")
PART, ISSUE, CHECK = "part", "issue", "check"
ASKED = "health-asked"


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def show_issues(**narrowed: Sequence[str]) -> None:
    """Show the issues that are like this, and nothing of what the filters were set to before."""
    _show(ISSUES, **narrowed)


def open_issue(issue_id: int) -> None:
    """Show one issue, beside those that the filters name."""
    if st.session_state.get(PART) != ISSUES:
        _show(ISSUES)
    st.query_params[ISSUE] = str(issue_id)
    st.rerun()


def close_issue() -> None:
    """Show the list alone again."""
    st.query_params.pop(ISSUE, None)


def open_check(check_id: int) -> None:
    """Show one check with what each checker did."""
    if st.session_state.get(PART) != CHECKS:
        _show(CHECKS)
    st.query_params[CHECK] = str(check_id)
    st.rerun()


def close_check() -> None:
    """Show the list of checks again."""
    st.query_params.pop(CHECK, None)
    st.rerun()


def leave_opened() -> None:
    """Show no single issue or check any more, because another part of the page was chosen."""
    for name in (ISSUE, CHECK):
        st.query_params.pop(name, None)


def named(name: str) -> int | None:
    """The id that the address has under this name, if it is a possible one."""
    raw = st.query_params.get(name, "")
    return int(raw) if raw.isascii() and raw.isdigit() and 0 < int(raw[:12]) <= LARGEST_ID else None


def ask_for_check(shared: Backend, kind: str) -> None:
    """Enter a check of this kind, before all that the clock started."""
    entered: list[Enqueued] = []

    def change(session: Any) -> None:
        entered.append(enqueue(session, kind, {}, trigger=RunTrigger.MANUAL, actor=actor(), now=utc_now()))

    if (refusal := act(shared, change)) is not None:
        tell(refusal)
    elif entered[0].created:
        tell(f"{KINDS[kind].title}: it begins as soon as a worker is free.")
    else:
        tell(f"{KINDS[kind].title}: one waits or runs already.")
    st.session_state[ASKED] = st.session_state.get(ASKED, 0) + 1
    show_own_change(shared)


def cancel_check(shared: Backend, run_id: int) -> None:
    """Cancel a check; says what happens to it."""

    def change(session: Any) -> None:
        try:
            cancel_run(session, run_id, actor=actor(), now=utc_now())
        except NotOpen:
            return  # it has just ended, and what it found is there

    refusal = act(shared, change)
    tell(refusal or "The check was told to end. It resolves nothing, and what was known stays.")
    show_own_change(shared)


def _show(part: str, **narrowed: Sequence[str]) -> None:
    kept = {REPOSITORY: st.query_params.get_all(REPOSITORY)} if REPOSITORY in st.query_params else {}
    leave_opened()
    view_address.show(urlencode({PART: part, **kept, **narrowed}, doseq=True))
    st.rerun()
