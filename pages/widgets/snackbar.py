"""One short message at the bottom of the page about what was just done, with the way back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.widgets.acting import LINKS, act
from pages.widgets.session import actor, backend

SHOWN_SECONDS = 10.0
# The run that answers a move carries the answer alone; the next tick brings the message.
NOT_BEFORE_SECONDS = 0.15
STATE = "snackbar"


@dataclass(frozen=True, slots=True)
class _Message:
    text: str
    enhancement_id: int | None
    transaction_id: int | None
    number: int
    at: float


def tell(text: str) -> None:
    """Show `text` for a while."""
    _put(text)


def offer_undo(text: str, enhancement_id: int) -> None:
    """Show `text` for a while, with a button that takes back one's newest change of this enhancement."""
    _put(text, enhancement_id=enhancement_id)


def offer_undo_of_all(text: str, transaction_id: int) -> None:
    """Show `text` for a while, with a button that takes back everything that one transaction changed."""
    _put(text, transaction_id=transaction_id)


def _put(text: str, *, enhancement_id: int | None = None, transaction_id: int | None = None) -> None:
    before = st.session_state.get(STATE)
    number = before.number + 1 if before else 1
    st.session_state[STATE] = _Message(text, enhancement_id, transaction_id, number, time.monotonic())


def draw_snackbar() -> None:
    """Draw the message that is due, if one is; the header does it on every page, and nobody else."""
    message = st.session_state.get(STATE)
    if message is None or not NOT_BEFORE_SECONDS < time.monotonic() - message.at < SHOWN_SECONDS:
        return
    # The key is the message's own, so that its slow fading starts anew with each message and not with each run.
    with st.container(horizontal=True, vertical_alignment="center", key=f"snackbar-{message.number}"):
        st.text(message.text, width="content")
        if message.enhancement_id is not None or message.transaction_id is not None:
            st.button("Undo", key=f"undo-{message.number}", on_click=_undo, args=(message,))


def _undo(message: _Message) -> None:
    from ci_core.backlog.undo import undo_last, undo_transaction

    if st.session_state.get(STATE) != message:
        return  # answered already: a click that comes twice must not take back the change before as well

    def change(session: Any) -> None:
        if message.transaction_id is not None:
            undo_transaction(session, message.transaction_id, actor=actor(), policy=backend().policy)
        else:
            undo_last(session, actor=actor(), enhancement_id=message.enhancement_id)

    refusal = act(backend(), change, tables=LINKS)
    tell(f"Not undone: {refusal}" if refusal else "Undone.")
    st.rerun()  # the header runs by itself, and what the page shows may be what was taken back
