"""What people said about an enhancement, and everything that was ever changed, with the way back."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from ci_core.backlog.comments import comments_of
from ci_core.backlog.history import HistoryEntry, history_of
from ci_core.backlog.people import known_people
from ci_core.backlog.reactions import reactions_of
from ci_core.backlog.undo import undo_transaction
from pages.widgets.acting import LINKS, act
from pages.widgets.detail_save import reread
from pages.widgets.edit_form import LABELS, EditForm, in_words
from pages.widgets.session import Backend, actor
from pages.widgets.talk import PROBLEM, draw_talk
from pages.widgets.text import ago, as_text, shortened

SHOWN_FIRST = 20
SHOWN_AT_MOST = 200
# The summary tells of a move; times and scores that follow from a change are no news of their own.
TOLD = LABELS.keys() - {"status"}


def draw_activity(shared: Backend, form: EditForm) -> None:
    """Draw comments on the left and the history on the right."""
    item = form.opened.id
    more = st.session_state.get("history-all", False)
    with shared.database.reading() as session:
        comments = comments_of(session, item)
        marks = reactions_of(session, item) if comments else ()
        people = known_people(session)
        history = history_of(session, item, limit=SHOWN_AT_MOST if more else SHOWN_FIRST + 1)
    if problem := st.session_state.pop(PROBLEM, None):
        st.error(as_text(problem))
    talk, past = st.columns([1, 1], gap="medium")
    with talk:
        draw_talk(shared, form, comments, marks, people)
    with past:
        st.markdown("###### History")
        for entry in history if more else history[:SHOWN_FIRST]:
            _draw_entry(shared, form, entry)
        if not more and len(history) > SHOWN_FIRST:
            st.button("Show older changes", key="history-more", on_click=_show_all, type="tertiary")


def _show_all() -> None:
    st.session_state["history-all"] = True


def _draw_entry(shared: Backend, form: EditForm, entry: HistoryEntry) -> None:
    with st.container(horizontal=True, wrap=False, vertical_alignment="top", key=f"history-{entry.audit_id}"):
        lines = [f"**{as_text(entry.actor)}** {as_text(entry.summary)} · :gray[{ago(entry.occurred_at)}]"]
        lines += [
            f":gray[{LABELS[change.field]}: {_value(change.field, change.before)} → "
            f"{_value(change.field, change.after)}]"
            for change in entry.changes
            if change.field in TOLD and entry.action == "update"
        ]
        if entry.reason:
            lines.append(f":gray[Reason: {as_text(entry.reason)}]")
        st.markdown("  \n".join(lines), width="stretch")
        if entry.undoable:
            st.button(
                "Undo",
                key=f"undo-entry-{entry.audit_id}",
                type="tertiary",
                on_click=partial(_undo, shared, form, entry.transaction_id),
            )


def _value(name: str, value: Any) -> str:
    return as_text(shortened(in_words(name, value), 100))


def _undo(shared: Backend, form: EditForm, transaction_id: int) -> None:
    st.session_state[PROBLEM] = act(
        shared, lambda session: undo_transaction(session, transaction_id, actor=actor()), tables=LINKS
    )
    reread(shared, form)
