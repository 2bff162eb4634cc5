"""What people said about an enhancement, and everything that was ever changed, with the way back."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from ci_core.backlog.comments import Comment, add_comment, comments_of, delete_comment, edit_comment
from ci_core.backlog.history import HistoryEntry, history_of
from ci_core.backlog.undo import undo_transaction
from pages.widgets.acting import LINKS, act
from pages.widgets.detail_save import reread
from pages.widgets.edit_form import LABELS, EditForm, in_words
from pages.widgets.markdown import draw_markdown
from pages.widgets.session import Backend, actor
from pages.widgets.text import ago, as_text, shortened

SHOWN_FIRST = 20
SHOWN_AT_MOST = 200
PROBLEM = "activity-problem"
# The summary tells of a move; times and scores that follow from a change are no news of their own.
TOLD = LABELS.keys() - {"status"}


def draw_activity(shared: Backend, form: EditForm) -> None:
    """Draw comments on the left and the history on the right."""
    item = form.opened.id
    more = st.session_state.get("history-all", False)
    with shared.database.reading() as session:
        comments = comments_of(session, item)
        history = history_of(session, item, limit=SHOWN_AT_MOST if more else SHOWN_FIRST + 1)
    if problem := st.session_state.pop(PROBLEM, None):
        st.error(as_text(problem))
    talk, past = st.columns([1, 1], gap="medium")
    with talk:
        st.markdown("###### Comments")
        for comment in comments:
            _draw_comment(shared, comment)
        if not comments:
            st.caption("Nobody has said anything yet.")
        _draw_new_comment(shared, item)
    with past:
        st.markdown("###### History")
        for entry in history if more else history[:SHOWN_FIRST]:
            _draw_entry(shared, form, entry)
        if not more and len(history) > SHOWN_FIRST:
            st.button("Show older changes", key="history-more", on_click=_show_all, type="tertiary")


def _show_all() -> None:
    st.session_state["history-all"] = True


def _draw_comment(shared: Backend, comment: Comment) -> None:
    edited = " · edited" if comment.edited_at else ""
    own = comment.author == actor()
    with st.container(border=True, gap="xsmall", key=f"comment-{comment.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"**{as_text(comment.author)}** · {ago(comment.created_at)}{edited}", width="stretch")
            if own:
                st.button("Edit", key=f"comment-edit-{comment.id}", type="tertiary", on_click=_edit, args=(comment,))
                st.button(
                    "Delete", key=f"comment-delete-{comment.id}", type="tertiary", on_click=_delete,
                    args=(shared, comment.id),
                )  # fmt: skip
        if own and st.session_state.get("comment-edited") == comment.id:
            key = f"comment-text-{comment.id}"
            st.text_area("Your comment", key=key, label_visibility="collapsed")
            st.button("Save comment", key=f"comment-save-{comment.id}", on_click=_store_edit, args=(shared, comment.id))
        else:
            draw_markdown(comment.body)


def _draw_new_comment(shared: Backend, item: int) -> None:
    key = f"comment-new-{item}"
    st.text_area(
        "New comment", key=key, placeholder="Say something (markdown)", height=90, label_visibility="collapsed"
    )
    st.button("Comment", key=f"comment-add-{item}", on_click=_add, args=(shared, item, key))


def _add(shared: Backend, item: int, key: str) -> None:
    text = st.session_state.get(key, "")
    refusal = act(shared, lambda session: add_comment(session, item, text, actor=actor()))
    st.session_state[PROBLEM] = refusal
    if refusal is None:
        st.session_state[key] = ""


def _edit(comment: Comment) -> None:
    st.session_state["comment-edited"] = comment.id
    st.session_state[f"comment-text-{comment.id}"] = comment.body


def _store_edit(shared: Backend, comment_id: int) -> None:
    text = st.session_state.get(f"comment-text-{comment_id}", "")
    refusal = act(shared, lambda session: edit_comment(session, comment_id, text, actor=actor()))
    st.session_state[PROBLEM] = refusal
    if refusal is None:
        st.session_state.pop("comment-edited", None)


def _delete(shared: Backend, comment_id: int) -> None:
    st.session_state[PROBLEM] = act(shared, lambda session: delete_comment(session, comment_id, actor=actor()))


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
