"""The fields of an enhancement, each with its message beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from ci_core.backlog import allowed_transitions
from ci_core.backlog.validation import BRANCH_MAX, TITLE_MAX, URL_MAX
from db.enums import Category, Complexity, Priority, Source, Status
from pages.widgets.board_source import filter_choices
from pages.widgets.edit_form import LABELS, EditForm, values_of
from pages.widgets.markdown import draw_markdown
from pages.widgets.session import Backend
from pages.widgets.text import as_text, label


def field_key(enhancement_id: int, name: str) -> str:
    """The key of a field's widget in the session."""
    return f"edit-{enhancement_id}-{name}"


def draw_fields(shared: Backend, form: EditForm) -> None:
    """Draw every field: the text on the left, what people sort and filter by on the right."""
    text, properties = st.columns([17, 10], gap="medium")
    with text:
        _draw_text(form)
    with properties, st.container(gap="small", key="properties"):
        _draw_properties(shared, form)


def _draw_text(form: EditForm) -> None:
    if not form.writing:
        with st.container(key="description"):
            if form.opened.description.strip():
                draw_markdown(form.opened.description)
            else:
                st.caption("No description yet.")
        st.button("Edit title and description", icon=":material/edit:", key="write", on_click=_write, args=(form,))
        return
    key = _seeded(form, "title")
    st.text_input(LABELS["title"], key=key, max_chars=TITLE_MAX)
    _message(form, "title")
    mode = st.segmented_control(
        "How to show the description",
        ["Write", "Preview"],
        default="Write",
        required=True,
        key="description-mode",
        label_visibility="collapsed",
    )
    key = _seeded(form, "description")
    if mode == "Preview":
        st.session_state[key] = st.session_state[key]  # a field that is not drawn would forget its text
        with st.container(border=True, height=380):
            draw_markdown(st.session_state[key])
    else:
        st.text_area("Description", key=key, height=380, label_visibility="collapsed", placeholder="Markdown")
    _message(form, "description")


def _write(form: EditForm) -> None:
    form.writing = True


def _draw_properties(shared: Backend, form: EditForm) -> None:
    status = form.opened.status
    choices = filter_choices(shared.store)
    left, right = st.columns(2, gap="small")
    with left:
        _choice(form, "status", [status.value, *(target.value for target in allowed_transitions(status))])
        _choice(form, "category", [value.value for value in Category])
        _free_choice(form, "feature_area", choices.areas)
        _hours(form, "estimated_hours")
    with right:
        _choice(form, "priority", [value.value for value in Priority])
        _choice(form, "complexity", [value.value for value in Complexity], optional=True)
        _free_choice(form, "assignee", choices.assignees)
        _hours(form, "actual_hours")
    chosen = st.session_state.get(field_key(form.opened.id, "status"))
    if chosen != status.value:
        if chosen == Status.COMPLETED and form.waits_for:
            waits = ", ".join(f"#{blocker.id}" for blocker in form.waits_for)
            st.markdown(f":orange[:material/block: It still waits for {waits}. To complete it nevertheless, say why.]")
        st.text_input(
            "Reason (goes into the history)",
            key=field_key(form.opened.id, "reason"),
            placeholder="Why?",
            max_chars=500,
        )
        _message(form, "reason")
    st.slider(LABELS["completion_percentage"], 0, 100, step=5, key=_seeded(form, "completion_percentage"))
    _message(form, "completion_percentage")
    _tags(form)
    _line(form, "branch", BRANCH_MAX)
    _line(form, "pull_request_url", URL_MAX, placeholder="https://…")
    left, right = st.columns(2, gap="small")
    with left:
        _choice(form, "source", [value.value for value in Source])
    with right:
        _line(form, "source_url", URL_MAX)


def _seeded(form: EditForm, name: str) -> str:
    key = field_key(form.opened.id, name)
    if key not in st.session_state:
        st.session_state[key] = values_of(form.opened)[name]
    return key


def _message(form: EditForm, name: str) -> None:
    if name in form.errors:
        st.markdown(f":red[:material/error: {as_text(form.errors[name])}]")


def _choice(form: EditForm, name: str, options: Sequence[str], *, optional: bool = False) -> None:
    extra: dict[str, Any] = {"index": None, "placeholder": "–"} if optional else {}
    key = _seeded(form, name)
    # What is stored may be none of the options when somebody moved the card meanwhile.
    stored = st.session_state[key]
    known = [*options, stored] if stored is not None and stored not in options else options
    st.selectbox(LABELS[name], known, format_func=label, key=key, **extra)
    _message(form, name)


def _free_choice(form: EditForm, name: str, options: Sequence[str]) -> None:
    key = _seeded(form, name)
    stored = st.session_state[key]
    known = [*options, stored] if stored and stored not in options else options
    st.selectbox(LABELS[name], known, index=None, placeholder="–", accept_new_options=True, key=key)
    _message(form, name)


def _hours(form: EditForm, name: str) -> None:
    st.number_input(LABELS[name], min_value=0.0, step=0.5, value=None, placeholder="–", key=_seeded(form, name))
    _message(form, name)


def _line(form: EditForm, name: str, longest: int, placeholder: str | None = None) -> None:
    st.text_input(LABELS[name], key=_seeded(form, name), max_chars=longest, placeholder=placeholder)
    _message(form, name)


def _tags(form: EditForm) -> None:
    key = _seeded(form, "tags")
    known = list(dict.fromkeys(st.session_state[key]))
    st.multiselect(LABELS["tags"], known, accept_new_options=True, placeholder="Add a tag", key=key)
    _message(form, "tags")
