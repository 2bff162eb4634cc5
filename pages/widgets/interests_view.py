"""What the team wants to hear of: its texts by kind, added, weighed, switched off and removed in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import streamlit as st

from ci_core.backlog.undo import present_transaction
from ci_core.errors import CiError, InvalidInput
from ci_core.research.insight_queries import newest_change
from ci_core.research.interests import (
    LONGEST,
    MOST_WEIGHT,
    USUAL_WEIGHT,
    TeamInterest,
    add_interest,
    edit_interest,
    lately_matched,
    list_interests,
    remove_interest,
)
from db.enums import InterestKind
from db.errors import DatabaseError
from pages.widgets.session import Backend, actor
from pages.widgets.snackbar import offer_undo_of_all, tell
from pages.widgets.text import as_text, shortened

ERROR, EDITED = "interest-error", "interest-edited"
# Of hundreds of keywords, a page shows the weightiest; the search finds the others.
MOST_SHOWN = 40
LATELY = timedelta(days=30)
TITLES = {
    InterestKind.INTEREST: "Interests",
    InterestKind.KEYWORD: "Keywords",
    InterestKind.UNWANTED: "Unwanted",
}
MEANINGS = {
    InterestKind.INTEREST: "A sentence each. A finding near to one of them in meaning is relevant.",
    InterestKind.KEYWORD: "A finding that has such a word is more relevant, the more weight the word has.",
    InterestKind.UNWANTED: "A finding near to one of these is less relevant.",
}
PLACEHOLDERS = {
    InterestKind.INTEREST: "Rolling short puts before assignment",
    InterestKind.KEYWORD: "implied volatility",
    InterestKind.UNWANTED: "Paid signal groups",
}


@st.cache_data(ttl=60, max_entries=2, show_spinner=False)
def _matched(_shared: Backend, newest: int) -> dict[str, int]:  # noqa: ARG001 - a key of what is kept
    with _shared.database.reading() as session:
        return lately_matched(session, since=datetime.now(UTC) - LATELY)


def draw_interests(shared: Backend) -> None:
    """Draw the texts of all kinds, each kind with a field to add one.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    with shared.database.reading() as session:
        every, newest = list_interests(session), newest_change(session)
    st.caption(
        "Findings are scored by these texts, and by what people convert and reject. "
        "A change counts from the next scan on."
    )
    matched = _matched(shared, newest)
    words = st.text_input(
        "Find a text",
        key="find-interest",
        type="search",
        placeholder="Find a text …",
        label_visibility="collapsed",
        live=True,
        max_chars=100,
        width=300,
    )
    wanted = " ".join((words or "").lower().split())
    left, right = st.columns([3, 2], gap="medium")
    for place, kinds in ((left, (InterestKind.INTEREST,)), (right, (InterestKind.KEYWORD, InterestKind.UNWANTED))):
        for kind in kinds:
            with place:
                _draw_kind(shared, kind, [one for one in every if one.kind is kind], wanted, matched)


def _draw_kind(
    shared: Backend, kind: InterestKind, all_of_it: Sequence[TeamInterest], wanted: str, matched: Mapping[str, int]
) -> None:
    shown = [one for one in all_of_it if wanted in one.wording.lower()]
    with st.container(border=True, gap="xsmall", key=f"interests-{kind.value}"):
        st.markdown(f"**{TITLES[kind]}** :gray[{len(all_of_it):,}]")
        st.caption(MEANINGS[kind])
        _draw_add(shared, kind)
        for one in shown[:MOST_SHOWN]:
            _draw_one(shared, one, matched.get(one.wording.lower(), 0))
        if not shown:
            st.caption("None fits." if all_of_it else "None yet.")
        elif len(shown) > MOST_SHOWN:
            st.caption(f"and {len(shown) - MOST_SHOWN:,} more: search for them above.")


def _draw_add(shared: Backend, kind: InterestKind) -> None:
    key = f"add-{kind.value}"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key=f"{key}-row"):
        st.text_input(
            f"Add to {TITLES[kind].lower()}",
            key=key,
            max_chars=LONGEST,
            placeholder=PLACEHOLDERS[kind],
            label_visibility="collapsed",
            on_change="ignore",
            width="stretch",
        )
        name = f"Add to {TITLES[kind].lower()}"
        st.button("Add", key=f"{key}-save", on_click=partial(_add, shared, kind), help=name)
    _message(key)


def _draw_one(shared: Backend, one: TeamInterest, matched: int) -> None:
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall", key=f"interest-{one.id}"):
        weight = "" if one.weight == USUAL_WEIGHT else f" :gray[× {one.weight:g}]"
        words = as_text(one.wording)
        lately = f" :gray-badge[{matched:,} lately]" if matched else ""
        st.markdown(f"{words if one.enabled else f':gray[~~{words}~~ off]'}{weight}{lately}", width="stretch")
        popover = st.popover(
            "Edit",
            key=f"edit-interest-{one.id}",
            on_change="rerun",
            type="tertiary",
            help=f"Edit “{as_text(shortened(one.wording, 60))}”",
        )
        if popover.open:
            with popover:
                _draw_form(shared, one)


def _draw_form(shared: Backend, one: TeamInterest) -> None:
    wording, weight = f"wording-{one.id}", f"weight-{one.id}"
    st.session_state.setdefault(wording, one.wording)
    st.session_state.setdefault(weight, one.weight)
    st.text_area("Text", key=wording, max_chars=LONGEST, height=90, on_change="ignore")
    _message(wording)
    hint = "1 is the usual one; 0 counts nothing."
    st.number_input("Weight", 0.0, MOST_WEIGHT, step=0.25, key=weight, on_change="ignore", help=hint)
    with st.container(horizontal=True, gap="small"):
        st.button("Save", key=f"save-{one.id}", type="primary", on_click=partial(_save, shared, one))
        st.button(
            "Switch off" if one.enabled else "Switch on",
            key=f"switch-{one.id}",
            on_click=partial(_switch, shared, one),
        )
        st.button("Remove", key=f"remove-{one.id}", on_click=partial(_remove, shared, one))
    st.caption(f"Added by {as_text(one.created_by)}.")


def _add(shared: Backend, kind: InterestKind) -> None:
    key = f"add-{kind.value}"
    typed = st.session_state.get(key) or ""
    added = _change(shared, key, lambda session: add_interest(session, typed, kind, actor=actor()), "Added")
    if added is not None:
        st.session_state[key] = ""


def _save(shared: Backend, one: TeamInterest) -> None:
    wording, weight = f"wording-{one.id}", f"weight-{one.id}"
    given = {"wording": st.session_state.get(wording), "weight": st.session_state.get(weight)}
    if _change(shared, wording, lambda session: edit_interest(session, one.id, **given, actor=actor()), "Changed"):
        _forget(one)


def _switch(shared: Backend, one: TeamInterest) -> None:
    # What the button said when it was pressed: a click that is carried out twice must not switch it back.
    wanted = not one.enabled
    done = "Switched on" if wanted else "Switched off"
    _change(shared, f"wording-{one.id}", lambda s: edit_interest(s, one.id, enabled=wanted, actor=actor()), done)


def _remove(shared: Backend, one: TeamInterest) -> None:
    if _change(shared, f"wording-{one.id}", lambda session: remove_interest(session, one.id, actor=actor()), "Removed"):
        _forget(one)


def _forget(one: TeamInterest) -> None:
    for name in ("wording", "weight"):
        st.session_state.pop(f"{name}-{one.id}", None)


def _change(shared: Backend, key: str, change: Callable[[Any], TeamInterest], done: str) -> TeamInterest | None:
    """Store a change and offer to take it back; what stands in its way is kept to be shown beside the field `key`."""
    errors = st.session_state.setdefault(ERROR, {})
    errors.pop(key, None)
    try:
        with shared.database.transaction(actor()) as session:
            changed = change(session)
            number = present_transaction(session)
    except (CiError, DatabaseError) as refusal:
        errors[key] = str(refusal)
        if not isinstance(refusal, InvalidInput):
            tell(f"Not stored: {refusal}")
        return None
    offer_undo_of_all(f"{done} “{shortened(changed.wording, 60)}”", number)
    return changed


def _message(key: str) -> None:
    if message := st.session_state.get(ERROR, {}).get(key):
        st.markdown(f":red[:material/error: {as_text(message)}]")
