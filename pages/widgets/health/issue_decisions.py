"""What people decide about issues: seen and accepted, no defect, not worth it, back again, to be repaired."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

import streamlit as st

from ci_core.backlog.undo import present_transaction
from ci_core.health.decisions import REASON_MAX, Decisions, acknowledge, dismiss, reopen
from ci_core.health.proposals import create_enhancement
from db.enums import IssueStatus
from pages.widgets.acting import act
from pages.widgets.flow_source import reader_zone
from pages.widgets.health.source import show_own_change
from pages.widgets.health.words import counted
from pages.widgets.session import Backend, actor
from pages.widgets.snackbar import offer_undo_of_all, tell
from pages.widgets.text import as_text

TURN, PROBLEM = "issues-turn", "issues-problem"
KINDS = {"False positive": IssueStatus.FALSE_POSITIVE, "Won't fix": IssueStatus.WONT_FIX}
FALSE_POSITIVE = "False positive"
LONGEST_DAYS = 3 * 365
# Which issues are meant, and the version of each that the person saw: asked for when somebody has decided.
Meant = Callable[[], dict[int, int]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which issues a button is about.

    Attributes:
        count: how many; 0 where there is nothing to decide.
        meant: gives them with the versions that were seen.
        key: tells these buttons from others.
        standing, decided: whether some of them are open, and whether some are decided already.
        behind: whether they stand behind an enhancement already.
    """

    count: int
    meant: Meant
    key: str
    standing: bool = True
    decided: bool = False
    behind: bool = False


def draw_decisions(shared: Backend, asked: Asked) -> None:
    """Draw the buttons in a row; what stands in the way of a decision is told below them."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"decide-{asked.key}"):
        if asked.standing:
            st.button(
                "Acknowledge",
                key=f"acknowledge-{asked.key}",
                icon=":material/visibility:",
                help="Known, and accepted for now: it still counts, and is not told as new",
                on_click=partial(_acknowledge, shared, asked),
            )
            with st.popover("Dismiss", icon=":material/do_not_disturb_on:", key=f"dismiss-{asked.key}"):
                _draw_dismissal(shared, asked)
        if asked.standing and not asked.behind:
            st.button(
                "Create enhancement",
                key=f"enhance-{asked.key}",
                icon=":material/add_task:",
                help="One proposal on the board, with these issues behind it",
                on_click=partial(_enhance, shared, asked),
            )
        if asked.decided:
            st.button(
                "Reopen",
                key=f"reopen-{asked.key}",
                icon=":material/undo:",
                help="Take the decision back",
                on_click=partial(_reopen, shared, asked),
            )
    _draw_problem(asked.key)


def _draw_problem(place: str) -> None:
    """Tell what stood in the way of the decision that was made there; once."""
    told = st.session_state.get(PROBLEM)
    if told is not None and told[0] == place:
        st.session_state.pop(PROBLEM)
        st.error(as_text(told[1]))


def turn() -> int:
    """A number that changes when what was selected has been dealt with."""
    return int(st.session_state.get(TURN, 0))


def _draw_dismissal(shared: Backend, asked: Asked) -> None:
    kind, reason, until = (f"dismiss-{name}-{asked.key}" for name in ("kind", "reason", "until"))
    st.radio("Why it need not be repaired", list(KINDS), key=kind, horizontal=True, label_visibility="collapsed")
    st.text_input("Reason", key=reason, max_chars=REASON_MAX, placeholder="Whoever meets it next will want to know why")
    today = datetime.now(reader_zone()).date()
    st.date_input(
        "Until (empty: for good)",
        value=None,
        min_value=today + timedelta(days=1),
        max_value=today + timedelta(days=LONGEST_DAYS),
        key=until,
    )
    _draw_problem(f"dismiss-{asked.key}")
    st.button(
        f"Dismiss {counted(asked.count, 'issue')}",
        key=f"dismiss-now-{asked.key}",
        type="primary",
        on_click=partial(_dismiss, shared, asked, (kind, reason, until)),
    )


def _acknowledge(shared: Backend, asked: Asked) -> None:
    def change(session: Any, seen: dict[int, int]) -> Decisions:
        return acknowledge(session, seen, actor=actor(), versions=seen, partly=True)

    _decide(shared, asked, change, "Acknowledged")


def _dismiss(shared: Backend, asked: Asked, fields: Sequence[str]) -> None:
    kind, reason, until = (st.session_state.get(name) for name in fields)
    status = KINDS[kind or FALSE_POSITIVE]

    def change(session: Any, seen: dict[int, int]) -> Decisions:
        return dismiss(
            session, seen, status, reason=reason or "", until=_moment(until), actor=actor(), versions=seen, partly=True
        )

    place = f"dismiss-{asked.key}"
    _decide(shared, asked, change, "Dismissed", place=place)
    if st.session_state.get(PROBLEM, ("",))[0] != place:
        st.session_state[fields[1]] = ""  # the next one has a reason of its own


def _reopen(shared: Backend, asked: Asked) -> None:
    def change(session: Any, seen: dict[int, int]) -> Decisions:
        return reopen(session, seen, actor=actor(), versions=seen, partly=True)

    _decide(shared, asked, change, "Opened again")


def _enhance(shared: Backend, asked: Asked) -> None:
    made: list[tuple[Any, int]] = []

    def change(session: Any) -> None:
        enhancement = create_enhancement(session, list(asked.meant()), actor=actor(), policy=shared.policy)
        made.append((enhancement, present_transaction(session)))

    if (refusal := act(shared, change)) is not None:
        st.session_state[PROBLEM] = (asked.key, refusal)
        return
    enhancement, transaction = made[0]
    _dealt_with(shared)
    offer_undo_of_all(f"#{enhancement.id} stands on the board: {enhancement.title}", transaction)


def _decide(
    shared: Backend, asked: Asked, change: Callable[[Any, dict[int, int]], Decisions], word: str, place: str = ""
) -> None:
    done: list[tuple[Decisions, int]] = []

    def decide(session: Any) -> None:
        done.append((change(session, asked.meant()), present_transaction(session)))

    if (refusal := act(shared, decide)) is not None:
        st.session_state[PROBLEM] = (place or asked.key, refusal)
        return
    decisions, transaction = done[0]
    if decisions.left:
        why = next(iter(decisions.left.values()))
        st.session_state[PROBLEM] = (asked.key, f"{counted(len(decisions.left), 'issue')} stayed as they were. {why}")
    _dealt_with(shared)
    if decisions.issue_ids:
        offer_undo_of_all(f"{word}: {counted(len(decisions.issue_ids), 'issue')}.", transaction)
    else:
        tell("Nothing was changed.")


def _dealt_with(shared: Backend) -> None:
    st.session_state[TURN] = turn() + 1
    show_own_change(shared)


def _moment(day: object) -> datetime | None:
    """The morning of a day where the reader is."""
    return datetime.combine(day, time(9), tzinfo=reader_zone()) if isinstance(day, date) else None
