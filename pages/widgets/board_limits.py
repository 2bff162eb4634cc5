"""Where people decide how much work a column should hold at most."""

from __future__ import annotations

import streamlit as st

from ci_core.backlog.board import BOARD_STATUSES, WipLimit, set_wip_limit
from ci_core.backlog.lifecycle import LABELS
from ci_core.errors import InvalidInput
from db.enums import Status
from db.errors import DatabaseError
from pages.widgets.session import Backend, actor
from pages.widgets.text import as_text

WORKING = tuple(status for status in BOARD_STATUSES if status not in {Status.COMPLETED, Status.REJECTED})


def limits_popover(shared: Backend) -> None:
    """A button that shows the limits and lets people change them."""
    popover = st.popover("Limits", icon=":material/speed:", key="limits", on_change="rerun", type="tertiary")
    if not popover.open:
        return
    limits = shared.store.limits()
    with popover:
        st.markdown("**Work-in-progress limits**")
        st.caption("A soft limit: a column that holds more is marked, and nothing is refused. Empty means no limit.")
        for status in WORKING:
            _limit_input(shared, status, limits.get(status))
        if problem := st.session_state.pop("limits_problem", None):
            st.error(as_text(problem))


def _limit_input(shared: Backend, status: Status, current: WipLimit | None) -> None:
    key = f"limit_{status.value}"
    name, field = st.columns([3, 2], vertical_alignment="center")
    name.markdown(LABELS[status])
    if current:
        name.caption(f"set by {as_text(current.set_by)}")
    field.number_input(
        f"Limit of {LABELS[status]}",
        min_value=1,
        max_value=9999,
        step=1,
        value=current.limit if current else None,
        placeholder="none",
        key=key,
        label_visibility="collapsed",
        on_change=_store_limit,
        args=(shared, status, key),
    )


def _store_limit(shared: Backend, status: Status, key: str) -> None:
    value = st.session_state[key]
    try:
        with shared.database.transaction(actor()) as session:
            set_wip_limit(session, status, None if value is None else int(value), actor=actor())
        shared.store.refresh(["ci_board_columns"])
    except (DatabaseError, InvalidInput) as error:
        st.session_state["limits_problem"] = str(error)
