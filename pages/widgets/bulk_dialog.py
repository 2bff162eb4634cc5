"""Changing many enhancements at once: only the fields that are touched, and what could not be done is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import streamlit as st

from ci_core.backlog import allowed_transitions
from ci_core.backlog.bulk import MOST_CARDS, BulkResult, change_many, merge_many
from ci_core.backlog.bulk_values import all_tags, bulk_items
from ci_core.backlog.triage import REJECTION_REASONS
from ci_core.errors import CiError, InvalidInput
from db.enums import Category, Complexity, Priority, Status
from db.errors import DatabaseError
from pages.widgets.acting import LINKS, act, show_own_change
from pages.widgets.board_source import filter_choices
from pages.widgets.bulk_form import (
    CHANGE,
    LABELS,
    MERGE,
    NONE,
    SNOOZE,
    BulkForm,
    common,
    merge_preview,
    preview,
    reason_of,
    snooze_changes,
    summary,
    wanted_changes,
)
from pages.widgets.outage import outage_shown
from pages.widgets.session import Backend, actor, backend
from pages.widgets.snackbar import offer_undo_of_all, tell
from pages.widgets.text import as_text, label, shortened

FORM = "bulk-form"
PREFIX = "bulk-field-"
ORIGINAL = "merge_into"
BESIDE_FIELDS = (*LABELS, "tags", "add_tags", "remove_tags", "rejection_reason", "snoozed_until", "snoozed_for_id")
SHOWN_PROBLEMS = 200
WEEK = timedelta(days=7)


def ask_for_bulk(cards: Sequence[tuple[int, int | None]]) -> None:
    """Open the dialog for these enhancements, each with the version that the person saw; for a callback."""
    _forget()
    if not cards:
        return
    if len(cards) > MOST_CARDS:
        tell(f"{len(cards):,} are too many at once: select at most {MOST_CARDS:,}.")
    else:
        try:
            st.session_state[FORM] = _read(backend(), cards)
        except DatabaseError as failure:
            tell(f"Not now: {failure}")
    st.rerun()


def bulk_dialog(shared: Backend) -> None:
    """Show the dialog."""
    form: BulkForm = st.session_state[FORM]
    count = len(form.items)
    heading = f"Change {count:,} {'enhancement' if count == 1 else 'enhancements'}"

    @st.dialog(heading, width=820, on_dismiss=_forget)
    def dialog() -> None:
        with outage_shown(inside="dialog"):
            if form.result is None:
                _draw(shared, form)
            else:
                _draw_result(shared, form, form.result)

    dialog()


def _read(shared: Backend, cards: Sequence[tuple[int, int | None]]) -> BulkForm:
    seen = dict(cards)
    with shared.database.reading() as session:
        items = bulk_items(session, seen)
    versions = {item.id: seen[item.id] or item.version for item in items}
    return BulkForm(items, versions, tuple(item for item in seen if item not in versions))


def _forget() -> None:
    st.session_state.pop(FORM, None)
    for key in [key for key in st.session_state if str(key).startswith(PREFIX)]:
        st.session_state.pop(key)


def _keep_typed() -> None:
    """Let what was typed outlive the mode that shows its fields; a field that is not drawn is forgotten otherwise."""
    st.session_state.setdefault(_key("until"), _today() + WEEK)
    for name, value in _typed().items():
        if name != "mode":
            st.session_state[_key(name)] = value


def _today() -> date:
    return date.today()  # noqa: DTZ011 - the day where the person is


def _draw(shared: Backend, form: BulkForm) -> None:
    _keep_typed()
    names = ", ".join(f"#{item.id} {shortened(item.title, 40)}" for item in form.items[:3])
    st.caption(as_text(names) + (" …" if len(form.items) > 3 else ""))
    mode = st.segmented_control(
        "What to do", [CHANGE, SNOOZE, MERGE], default=CHANGE, required=True, key=_key("mode"),
        label_visibility="collapsed",
    )  # fmt: skip
    if mode == MERGE:
        _draw_merge(form)
    elif mode == SNOOZE:
        _draw_snooze(form)
    else:
        _draw_fields(shared, form)
    _draw_foot(shared, form)


def _draw_fields(shared: Backend, form: BulkForm) -> None:
    choices = filter_choices(shared.store)
    reachable = {target for item in form.items for target in (item.status, *allowed_transitions(item.status))}
    tags = all_tags(form.items)
    left, middle, right = st.columns(3)
    with left:
        _choice(form, "status", [status.value for status in Status if status in reachable])
        _choice(form, "category", [value.value for value in Category])
        _estimate(form)
    with middle:
        _choice(form, "priority", [value.value for value in Priority])
        _choice(form, "complexity", [NONE, *(value.value for value in Complexity)])
        st.multiselect("Add tags", tags, accept_new_options=True, placeholder="Type a tag", key=_key("add_tags"))
        _message(form, "add_tags")
    with right:
        _choice(form, "assignee", [NONE, *choices.assignees], free=True)
        _choice(form, "feature_area", [NONE, *choices.areas], free=True)
        st.multiselect("Remove tags", tags, placeholder="–", key=_key("remove_tags"), disabled=not tags)
        _message(form, "remove_tags")
    _message(form, "tags")
    _draw_reasons(form)


def _draw_reasons(form: BulkForm) -> None:
    status = st.session_state.get(_key("status"))
    if not status:
        return
    if status == Status.REJECTED:
        _choice_of_words("rejection_reason", "Reason of the rejection", [one.text for one in REJECTION_REASONS])
        _message(form, "rejection_reason")
        return
    st.text_input(
        "Reason (goes into the history of each)",
        key=_key("reason"),
        max_chars=500,
        placeholder="Why? Needed to complete what is still blocked",
    )


def _choice(form: BulkForm, name: str, options: Sequence[str], *, free: bool = False) -> None:
    st.selectbox(
        LABELS[name],
        options,
        index=None,
        format_func=str if free else label,
        placeholder=common(form.items, name),
        accept_new_options=free,
        key=_key(name),
    )
    _message(form, name)


def _choice_of_words(name: str, title: str, options: Sequence[str]) -> None:
    st.selectbox(
        title, options, index=None, placeholder="Choose one, or write it", accept_new_options=True, key=_key(name)
    )


def _estimate(form: BulkForm) -> None:
    field, none = st.columns([5, 3], vertical_alignment="bottom", gap="small")
    field.number_input(
        LABELS["estimated_hours"],
        min_value=0.0,
        step=0.5,
        value=None,
        placeholder=common(form.items, "estimated_hours"),
        key=_key("estimated_hours"),
        disabled=bool(st.session_state.get(_key("no_estimate"))),
    )
    none.checkbox("None", key=_key("no_estimate"), help="Take the estimate away")
    _message(form, "estimated_hours")


def _draw_snooze(form: BulkForm) -> None:
    st.caption("A snoozed proposal leaves the inbox and comes back by itself.")
    left, right = st.columns(2)
    with left:
        st.date_input("Until the morning of", min_value=_today() + timedelta(days=1), key=_key("until"))
        _message(form, "snoozed_until")
    with right:
        st.number_input(
            "Or until this one is done", min_value=1, step=1, value=None, placeholder="#", key=_key("other")
        )
        _message(form, "snoozed_for_id")


def _draw_merge(form: BulkForm) -> None:
    st.caption("Comments, evidence, votes and links go to the one that stays; the others point to it.")
    titles = {item.id: item.title for item in form.items}
    first, second = st.columns(2)
    with first:
        st.selectbox(
            "Merge all into",
            list(titles),
            index=None,
            format_func=lambda item: f"#{item} {shortened(titles[item], 60)}",
            placeholder="One of these",
            key=_key("original"),
        )
    with second:
        st.number_input(
            "Or into another one", min_value=1, step=1, value=None, placeholder="#", key=_key("original_number")
        )


def _draw_foot(shared: Backend, form: BulkForm) -> None:
    changes = _wanted()
    if (original := changes.get(ORIGINAL)) is not None:
        card = shared.store.card(original)
        line = merge_preview(form.items, original, card.title if card else None)
    else:
        line = preview(form.items, changes)
    if form.missing:
        st.caption(f":orange[:material/info:] {len(form.missing):,} of those selected are gone.")
    if problem := form.errors.get(""):
        st.markdown(f":red[:material/error: {as_text(problem)}]")
    with st.container(horizontal=True, vertical_alignment="center", key="bulk-foot"):
        st.markdown(as_text(line), width="stretch")
        st.button("Apply", key="bulk-apply", type="primary", on_click=_apply, args=(shared, form))


def _wanted() -> dict[str, Any]:
    """What the person has chosen, also when the last of it came together with the click on Apply."""
    typed = _typed()
    mode = typed.get("mode", CHANGE)
    if mode == CHANGE:
        return wanted_changes(typed)
    if mode == SNOOZE:
        until, other = typed.get("until"), typed.get("other")
        day = until if isinstance(until, date) else None
        return snooze_changes(day, None if other is None else int(other), datetime.now().astimezone())
    original = typed.get("original_number") or typed.get("original")
    return {} if original is None else {ORIGINAL: int(original)}


def _message(form: BulkForm, name: str) -> None:
    if message := form.errors.get(name):
        st.markdown(f":red[:material/error: {as_text(message)}]")


def _apply(shared: Backend, form: BulkForm) -> None:
    changes = _wanted()
    form.errors = {}
    if not changes:
        form.errors[""] = "Choose what to change first."
        return
    reason = reason_of(_typed())
    try:
        with shared.database.transaction(actor(), reason=reason) as session:
            if ORIGINAL in changes:
                result = merge_many(
                    session, form.cards, changes[ORIGINAL], actor=actor(), reason=reason, policy=shared.policy
                )
            else:
                result = change_many(session, form.cards, changes, actor=actor(), reason=reason, policy=shared.policy)
    except InvalidInput as invalid:
        form.errors[invalid.field if invalid.field in BESIDE_FIELDS else ""] = str(invalid)
    except (CiError, DatabaseError) as failure:
        form.errors[""] = f"Nothing was changed: {failure}"
    else:
        show_own_change(shared, LINKS)
        _tell(result)
        form.result = result
        if not result.problems:
            _forget()
        st.rerun()


def _tell(result: BulkResult) -> None:
    if result.transaction_id is None:
        tell(f"Nothing changed: {summary(result)}.")
    else:
        offer_undo_of_all(f"{summary(result)}.", result.transaction_id)


def _draw_result(shared: Backend, form: BulkForm, result: BulkResult) -> None:
    st.markdown(f"**{summary(result)}:**")
    with st.container(height=260 if len(result.problems) > 6 else "content", border=True, key="bulk-problems"):
        for problem in result.problems[:SHOWN_PROBLEMS]:
            st.markdown(f":orange[:material/error:] {as_text(problem.line)}")
        if len(result.problems) > SHOWN_PROBLEMS:
            st.caption(f"… and {len(result.problems) - SHOWN_PROBLEMS:,} more.")
    if problem := form.errors.get(""):
        st.markdown(f":red[:material/error: {as_text(problem)}]")
    with st.container(horizontal=True, horizontal_alignment="right", key="bulk-foot"):
        if result.transaction_id is not None:
            st.button("Undo", key="bulk-undo", icon=":material/undo:", on_click=_undo, args=(shared, form))
        again = f"Look at the {len(result.problems):,} again" if len(result.problems) > 1 else "Look at it again"
        st.button(again, key="bulk-again", on_click=_look_again, args=(shared, form))
        st.button("Done", key="bulk-done", type="primary", on_click=_done)


def _done() -> None:
    _forget()
    st.rerun()


def _look_again(shared: Backend, form: BulkForm) -> None:
    """Show what was left out as it is stored now, so that the person can decide anew."""
    left = [(problem.id, None) for problem in form.result.problems] if form.result else []
    _forget()
    st.session_state[FORM] = _read(shared, left)
    st.rerun()


def _undo(shared: Backend, form: BulkForm) -> None:
    from ci_core.backlog.undo import undo_transaction

    transaction = form.result.transaction_id if form.result else None
    if transaction is None:
        return
    refusal = act(
        shared,
        lambda session: undo_transaction(session, transaction, actor=actor(), policy=shared.policy),
        tables=LINKS,
    )
    if refusal:
        form.errors[""] = f"Not undone: {refusal}"
        return
    tell("Undone.")
    _done()


def _typed() -> dict[str, Any]:
    return {
        str(key).removeprefix(PREFIX): value for key, value in st.session_state.items() if str(key).startswith(PREFIX)
    }


def _key(name: str) -> str:
    return PREFIX + name
