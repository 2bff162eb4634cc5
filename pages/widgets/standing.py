"""How an enhancement stands among others and among people: what it waits for, who votes for it, who follows it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ci_core.backlog.dependencies import LinkedEnhancement, open_blockers
from ci_core.backlog.followers import follow, followers_of, unfollow
from ci_core.backlog.lifecycle import OPEN_STATUSES
from ci_core.backlog.reactions import react, voters_of
from db.enums import ReactionKind, Status
from pages.widgets.acting import act
from pages.widgets.edit_form import EditForm
from pages.widgets.links import go_to
from pages.widgets.session import Backend, actor
from pages.widgets.text import as_text, label, shortened

PROBLEM = "standing-problem"
MOST_NAMED = 12


def draw_standing(shared: Backend, form: EditForm) -> None:
    """Draw what it waits for first, then the votes and the followers; one look at the database."""
    item = form.opened.id
    with shared.database.reading() as session:
        form.waits_for = open_blockers(session, item)
        voters, followers = voters_of(session, item), followers_of(session, item)
    if problem := st.session_state.pop(PROBLEM, None):
        st.error(as_text(problem))
    if form.waits_for and form.opened.status in OPEN_STATUSES:
        _draw_waiting(form, form.waits_for)
    if form.opened.merged_into_id is None:
        _draw_people(shared, item, voters, followers)


def _draw_waiting(form: EditForm, blockers: Sequence[LinkedEnhancement]) -> None:
    with st.container(border=True, gap="xxsmall", key="waits-for"):
        comes_up = form.opened.status is Status.BLOCKED
        st.markdown(
            f":orange[:material/block:] **Waits for {'this one' if len(blockers) == 1 else 'these'}**"
            + (" :gray[and moves up to Approved by itself when that is done]" if comes_up else "")
        )
        for blocker in blockers:
            with st.container(horizontal=True, wrap=False, vertical_alignment="center", key=f"waits-for-{blocker.id}"):
                st.button(
                    as_text(f"#{blocker.id} {shortened(blocker.title, 90)}"),
                    key=f"go-blocker-{blocker.id}",
                    type="tertiary",
                    on_click=go_to,
                    args=(form, blocker.id),
                    width="stretch",
                )
                st.caption(label(blocker.status), width="content")


def _draw_people(shared: Backend, item: int, voters: Sequence[str], followers: Sequence[str]) -> None:
    voted, following = _among(voters), _among(followers)
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="standing"):
        st.button(
            f"{'Voted' if voted else 'Vote'} · {len(voters)}",
            key=f"vote-{item}",
            icon=":material/thumb_up:",
            type="primary" if voted else "secondary",
            help=_named("Voted for it", voters, "Nobody has voted for it yet."),
            on_click=_vote,
            args=(shared, item, not voted),
        )
        st.button(
            f"{'Unfollow' if following else 'Follow'} · {len(followers)}",
            key=f"follow-{item}",
            icon=":material/notifications_off:" if following else ":material/notifications:",
            help=_named("Followed by", followers, "Nobody follows it yet."),
            on_click=_follow,
            args=(shared, item, not following),
        )


def _among(people: Sequence[str]) -> bool:
    return actor().lower() in (person.lower() for person in people)


def _named(words: str, people: Sequence[str], nobody: str) -> str:
    if not people:
        return nobody
    more = f" and {len(people) - MOST_NAMED} more" if len(people) > MOST_NAMED else ""
    return as_text(f"{words}: {', '.join(people[:MOST_NAMED])}{more}")


def _vote(shared: Backend, item: int, wanted: bool) -> None:
    # What the button said when it was pressed: a click that is carried out twice must not take the vote back.
    st.session_state[PROBLEM] = act(
        shared, lambda session: react(session, item, ReactionKind.VOTE, stands=wanted, actor=actor())
    )


def _follow(shared: Backend, item: int, wanted: bool) -> None:
    change = follow if wanted else unfollow
    st.session_state[PROBLEM] = act(shared, lambda session: change(session, item, actor=actor()))
