"""What people say about an enhancement, the marks they leave on it, and the field to answer in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from ci_core.backlog.comments import Comment, add_comment, delete_comment, edit_comment
from ci_core.backlog.operations import Operation, OutcomeKind, carry_out_once
from ci_core.backlog.reactions import Reactions, react
from ci_core.backlog.undo import present_transaction, undo_transaction
from db.enums import ReactionKind
from db.errors import DatabaseError
from pages.widgets.acting import act
from pages.widgets.composer import Answered, Sent, composer
from pages.widgets.edit_form import EditForm
from pages.widgets.markdown import draw_markdown
from pages.widgets.session import Backend, actor
from pages.widgets.text import ago, as_text

SHOWN_FIRST = 30
EDITED, ANSWERED, DONE, PROBLEM = "comment-edited", "comment-answered", "comment-done", "activity-problem"
FACES: Mapping[ReactionKind, tuple[str, str]] = {
    ReactionKind.VOTE: (":material/thumb_up:", "For it"),
    ReactionKind.AGAINST: (":material/thumb_down:", "Against it"),
    ReactionKind.HEART: (":material/favorite:", "Love it"),
    ReactionKind.HOORAY: (":material/celebration:", "Hooray"),
    ReactionKind.EYES: (":material/visibility:", "Looking at it"),
    ReactionKind.CONFUSED: (":material/psychology_alt:", "Puzzled"),
}


@dataclass(frozen=True, slots=True)
class _Done:
    """What was just done to a comment of an enhancement, and in which transaction, as far as that is known."""

    item: int
    text: str
    transaction_id: int | None


def draw_talk(
    shared: Backend, form: EditForm, comments: Sequence[Comment], marks: Sequence[Reactions], people: Sequence[str]
) -> None:
    """Draw the comments, oldest first, and below them the field for a new one."""
    item = form.opened.id
    st.markdown("###### Comments")
    _draw_done(shared, item)
    everything = st.session_state.get("comments-all") == item
    shown = comments if everything else comments[-SHOWN_FIRST:]
    if len(shown) < len(comments):
        older = len(comments) - len(shown)
        st.button(
            f"Show {older} older comments", key="comments-more", on_click=_show_all, args=(item,), type="tertiary"
        )
    for comment in shown:
        _draw_comment(shared, form, comment, [mark for mark in marks if mark.comment_id == comment.id], people)
    if not comments:
        st.caption("Nobody has said anything yet.")
    if form.opened.merged_into_id is not None:
        st.caption(f"The talk goes on at #{form.opened.merged_into_id}.")
        return
    composer(
        key=f"comment-new-{item}",
        draft=f"comment-on-{item}",
        label="New comment",
        send_label="Comment",
        people=people,
        answered=st.session_state.get(ANSWERED),
        on_send=partial(_store_new, shared, item),
    )


def _show_all(item: int) -> None:
    st.session_state["comments-all"] = item


def _draw_done(shared: Backend, item: int) -> None:
    """Say what was just done to a comment, with the way back; until the next thing is done."""
    done: _Done | None = st.session_state.get(DONE)
    if done is None or done.item != item:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="comment-done"):
        st.markdown(f":green[:material/check_circle:] {as_text(done.text)}", width="stretch")
        if done.transaction_id is not None:
            st.button("Undo", key="undo-comment", icon=":material/undo:", on_click=_undo, args=(shared, done))


def _draw_comment(
    shared: Backend, form: EditForm, comment: Comment, marks: Sequence[Reactions], people: Sequence[str]
) -> None:
    edited = " · edited" if comment.edited_at else ""
    own = comment.author == actor()
    item = form.opened.id
    with st.container(border=True, gap="xsmall", key=f"comment-{comment.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"**{as_text(comment.author)}** · {ago(comment.created_at)}{edited}", width="stretch")
            if own:
                st.button("Edit", key=f"comment-edit-{comment.id}", type="tertiary", on_click=_edit, args=(comment.id,))
                st.button(
                    "Delete", key=f"comment-delete-{comment.id}", type="tertiary", on_click=_delete,
                    args=(shared, item, comment.id),
                )  # fmt: skip
        if own and st.session_state.get(EDITED) == comment.id:
            composer(
                key=f"comment-text-{comment.id}",
                draft=f"comment-{comment.id}",
                label="Your comment",
                send_label="Save comment",
                people=people,
                answered=st.session_state.get(ANSWERED),
                on_send=partial(_store_edit, shared, item, comment.id),
                on_cancel=partial(_edit, None),
                text=comment.body,
                focus=True,
            )
        else:
            draw_markdown(comment.body, people)
        if form.opened.merged_into_id is None:
            _draw_marks(shared, item, comment.id, marks)


def _draw_marks(shared: Backend, item: int, comment_id: int, marks: Sequence[Reactions]) -> None:
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key=f"marks-{comment_id}"):
        own = {mark.kind for mark in marks if actor().lower() in (person.lower() for person in mark.people)}
        for mark in marks:
            face, name = FACES[mark.kind]
            mine = mark.kind in own
            st.button(
                str(mark.count),
                icon=face,
                key=f"mark-{comment_id}-{mark.kind}",
                type="primary" if mine else "secondary",
                help=as_text(f"{name}: {', '.join(mark.people)}"),
                on_click=_mark,
                args=(shared, item, mark.kind, comment_id, not mine),
            )
        with (
            st.popover("React", icon=":material/add_reaction:", type="tertiary", key=f"react-{comment_id}"),
            st.container(gap="xxsmall"),
        ):
            for kind, (face, name) in FACES.items():
                st.button(
                    name, key=f"react-{comment_id}-{kind}", icon=face, type="tertiary", on_click=_mark,
                    args=(shared, item, kind, comment_id, kind not in own),
                )  # fmt: skip


def _mark(shared: Backend, item: int, kind: ReactionKind, comment_id: int, stands: bool) -> None:
    st.session_state[PROBLEM] = act(
        shared, lambda session: react(session, item, kind, comment_id=comment_id, stands=stands, actor=actor())
    )


def _edit(comment_id: int | None) -> None:
    st.session_state[EDITED] = comment_id


def _store_new(shared: Backend, item: int, sent: Sent) -> None:
    def change(session: Any) -> object:
        return add_comment(session, item, sent.text, actor=actor())

    if _store(shared, sent, {"comment_on": item}, change):
        st.session_state[DONE] = None


def _store_edit(shared: Backend, item: int, comment_id: int, sent: Sent) -> None:
    edited: list[int] = []

    def change(session: Any) -> object:
        edited.append(present_transaction(session))
        return edit_comment(session, comment_id, sent.text, actor=actor())

    if _store(shared, sent, {"edit": comment_id}, change):
        st.session_state[EDITED] = None
        # What was stored before and is only answered now was not done in a transaction of ours.
        st.session_state[DONE] = _Done(item, "Your comment was changed.", edited[-1] if edited else None)


def _store(shared: Backend, sent: Sent, what: Mapping[str, Any], change: Callable[[Any], object]) -> bool:
    """Store a text once, however often the browser sends it; without a database it waits there and is sent again."""
    operation = Operation(sent.id, 0, {**what, "text": sent.text})
    try:
        answer = carry_out_once(shared.database, operation, change, actor=actor())
    except DatabaseError as failure:
        st.session_state[PROBLEM] = f"Not stored yet, and tried again: {failure}"
        return False
    stored = answer.kind is OutcomeKind.APPLIED
    st.session_state[ANSWERED] = Answered(sent.id, None if stored else answer.message or "It could not be stored.")
    return stored


def _delete(shared: Backend, item: int, comment_id: int) -> None:
    deleted: list[int] = []

    def change(session: Any) -> None:
        delete_comment(session, comment_id, actor=actor())
        deleted.append(present_transaction(session))

    refusal = act(shared, change)
    st.session_state[PROBLEM] = refusal
    st.session_state[DONE] = _Done(item, "Your comment was deleted.", deleted[-1]) if refusal is None else None


def _undo(shared: Backend, done: _Done) -> None:
    if st.session_state.get(DONE) != done or done.transaction_id is None:
        return  # answered already: a click may come twice
    transaction = done.transaction_id
    st.session_state[PROBLEM] = act(
        shared, lambda session: undo_transaction(session, transaction, actor=actor(), policy=shared.policy)
    )
    st.session_state[DONE] = None
