"""Storing what was typed: against the version that was seen, field by field where somebody else was faster."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ci_core.backlog import Enhancement, get_enhancement, update_enhancement
from ci_core.errors import CiError, EditConflict, InvalidInput, NotAllowed, NotFound
from db.enums import Status
from db.errors import DatabaseError
from pages.widgets.acting import LINKS, show_own_change
from pages.widgets.detail_fields import field_key
from pages.widgets.edit_form import FIELDS, LABELS, EditForm, changes, in_words, values_of
from pages.widgets.session import Backend, actor
from pages.widgets.text import as_text

THEIRS, MINE = "Keep theirs", "Write mine"
UNDONE = "Undone."
MOST_DRAFTS = 20
EXPECTED, EXPECTED_SECONDS = "completion-expected", 30.0


@dataclass(frozen=True, slots=True)
class _Draft:
    opened: Enhancement
    typed: dict[str, Any]


def open_form(enhancement: Enhancement) -> EditForm:
    """Start to edit what was just read, or go on with what was typed and not saved when it was closed."""
    draft = _drafts().pop(enhancement.id, None)
    form = EditForm(draft.opened if draft else enhancement)
    if draft:
        form.writing = "title" in draft.typed or "description" in draft.typed
        form.problem = "These changes were not saved when you closed this; they are still here."
        for name, value in draft.typed.items():
            st.session_state[field_key(enhancement.id, name)] = value
    expected, at = st.session_state.pop(EXPECTED, (None, 0.0))
    if expected == enhancement.id and time.monotonic() - at < EXPECTED_SECONDS and draft is None:
        st.session_state[field_key(enhancement.id, "status")] = Status.COMPLETED.value
    st.session_state["edit_form"] = form
    return form


def expect_completion(enhancement_id: int) -> None:
    """Offer to complete the enhancement when it is opened within seconds, because the board could not; for a callback.

    What still waits for others is completed with a reason only, and the opened enhancement has the field for it.
    """
    st.session_state[EXPECTED] = (enhancement_id, time.monotonic())


def keep_draft(enhancement_id: int) -> None:
    """Put away what was typed and not saved; for the callback that closes the drawer."""
    form = st.session_state.pop("edit_form", None)
    if form is None or form.opened.id != enhancement_id:
        return
    typed = changes(form.opened, _typed(enhancement_id))
    if typed:
        drafts = _drafts()
        drafts[enhancement_id] = _Draft(form.opened, typed)
        while len(drafts) > MOST_DRAFTS:
            drafts.pop(next(iter(drafts)))


def discard(enhancement_id: int) -> None:
    """Forget what was typed and read the enhancement anew at the next run; for a callback."""
    st.session_state.pop("edit_form", None)
    _drafts().pop(enhancement_id, None)
    for name in (*FIELDS, "reason"):
        st.session_state.pop(field_key(enhancement_id, name), None)


def show_stored(enhancement: Enhancement, message: str | None = None) -> None:
    """Go on with what is stored now, in place of everything typed; for a callback."""
    discard(enhancement.id)
    st.session_state["edit_form"] = EditForm(enhancement, saved=message)


def follow(form: EditForm, stored: Enhancement) -> None:
    """Take over a change that was made beside the fields, unless it touches what is being typed; for a callback."""
    typed = changes(form.opened, _typed(stored.id))
    moved = changes(form.opened, values_of(stored))
    if form.conflict or typed.keys() & moved.keys():
        return
    form.opened = stored
    for name in moved:
        st.session_state.pop(field_key(stored.id, name), None)


def reread(shared: Backend, form: EditForm) -> None:
    """Take over what is stored now (see `follow`); for a callback."""
    try:
        with shared.database.reading() as session:
            follow(form, get_enhancement(session, form.opened.id))
    except (NotFound, DatabaseError) as failure:
        form.problem = str(failure)


def draw_save_bar(shared: Backend, form: EditForm) -> None:
    """The bar that stays in sight: what is not saved yet, or what was saved, with the way back."""
    typed = changes(form.opened, _typed(form.opened.id))
    with st.container(horizontal=True, vertical_alignment="center", key="save-bar"):
        if form.problem:
            st.markdown(f":red[{as_text(form.problem)}]", width="stretch")
        elif typed:
            st.markdown(f"Not saved yet: {', '.join(LABELS[name].lower() for name in typed)}", width="stretch")
        elif form.saved:
            st.markdown(f":green[:material/check_circle:] {as_text(form.saved)}", width="stretch")
            if form.saved != UNDONE:
                st.button("Undo", key="undo-edit", on_click=undo_here, args=(shared, form), icon=":material/undo:")
        else:
            st.space("stretch")
        if typed or form.writing:
            st.button("Discard", key="discard", on_click=discard, args=(form.opened.id,), type="tertiary")
        st.button(
            "Save",
            key="save",
            on_click=save,
            args=(shared, form),
            type="primary" if typed else "secondary",
            shortcut="ctrl+s",
        )


def draw_conflict(form: EditForm) -> None:
    """Both versions of each field that somebody else changed too, with the choice between them."""
    conflict = form.conflict
    if conflict is None:
        return
    with st.container(border=True, key="conflict", gap="small"):
        st.markdown(
            f"**{as_text(conflict.changed_by)} changed the same in the meantime.** Nothing was overwritten: "
            "choose for each field, then save. What you typed is still here."
        )
        for name in conflict.fields:
            theirs, mine, choice = st.columns([3, 3, 2], vertical_alignment="center")
            title = as_text(LABELS.get(name, name))
            _version(theirs, f"{title}: theirs", in_words(name, conflict.theirs.get(name)))
            _version(mine, f"{title}: yours", in_words(name, conflict.yours.get(name)))
            choice.segmented_control(
                LABELS.get(name, name),
                [THEIRS, MINE],
                default=MINE,
                required=True,
                key=f"resolve-{form.opened.id}-{name}",
                label_visibility="collapsed",
            )


def _version(column: Any, title: str, value: str) -> None:
    column.caption(title)
    if len(value) > 120 or "\n" in value:
        column.code(value, language=None, height=140, wrap_lines=True)
    else:
        column.text(value)


def save(shared: Backend, form: EditForm) -> None:
    """Store what was typed; for a callback. What cannot be stored stays in the fields, with the reason beside it."""
    wanted = changes(form.opened, _typed(form.opened.id))
    wanted = {name: value for name, value in wanted.items() if not _theirs_chosen(form, name)}
    reason = st.session_state.get(field_key(form.opened.id, "reason")) or None
    told_before = _told_last()
    form.errors, form.problem, form.saved = {}, None, None
    try:
        with shared.database.transaction(actor(), reason=reason) as session:
            stored = update_enhancement(
                session,
                form.opened.id,
                wanted,
                expected_version=form.base_version,
                actor=actor(),
                reason=reason,
                policy=shared.policy,
            )
    except EditConflict as conflict:
        form.conflict = conflict
    except InvalidInput as invalid:
        form.errors[invalid.field] = str(invalid)
        form.problem = "Not saved: see the message beside the field."
    except NotAllowed as refusal:
        form.problem = f"Not saved: {refusal}"
        if wanted.get("status") == Status.COMPLETED and form.waits_for and not reason:
            form.errors["reason"] = "Why is it done although it still waits for others?"
    except (NotFound, DatabaseError) as failure:
        form.problem = f"Not saved, and still here: {failure}"
    else:
        show_own_change(shared)
        named = ", ".join(LABELS[name].lower() for name in wanted)
        show_stored(stored, f"Saved: {named}." if wanted else told_before or "Nothing had changed.")


def _told_last() -> str | None:
    """What was told of the save before: a click that comes twice must not deny that it was stored."""
    form = st.session_state.get("edit_form")
    return form.saved if form else None


def _theirs_chosen(form: EditForm, name: str) -> bool:
    if form.conflict is None or name not in form.conflict.fields:
        return False
    return st.session_state.get(f"resolve-{form.opened.id}-{name}") == THEIRS


def undo_here(shared: Backend, form: EditForm) -> None:
    """Take back one's newest change of this enhancement; for a callback."""
    from ci_core.backlog.undo import undo_last

    if _told_last() == UNDONE:
        return  # a click that comes twice must not take back the change before as well
    try:
        with shared.database.transaction(actor()) as session:
            undo_last(session, actor=actor(), enhancement_id=form.opened.id)
            stored = get_enhancement(session, form.opened.id)
    except (CiError, DatabaseError) as error:
        form.problem = f"Not undone: {error}"
    else:
        show_own_change(shared, LINKS)
        show_stored(stored, UNDONE)


def _typed(enhancement_id: int) -> dict[str, Any]:
    keys = {name: field_key(enhancement_id, name) for name in FIELDS}
    return {name: st.session_state[key] for name, key in keys.items() if key in st.session_state}


def _drafts() -> dict[int, _Draft]:
    drafts: dict[int, _Draft] = st.session_state.setdefault("edit_drafts", {})
    return drafts
