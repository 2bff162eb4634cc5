"""Adding an enhancement: what resembles it appears while the title is typed, before it is written down twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import streamlit as st

from ci_core.backlog import NewEnhancement, create_enhancement
from ci_core.backlog.validation import TITLE_MAX
from ci_core.errors import InvalidInput
from db.enums import Category, Priority
from db.errors import DatabaseError
from pages.widgets import address
from pages.widgets.acting import show_own_change
from pages.widgets.board_source import filter_choices
from pages.widgets.outage import outage_shown
from pages.widgets.session import Backend, actor
from pages.widgets.snackbar import offer_undo
from pages.widgets.text import as_text, label, shortened

OPEN, ERRORS, KEPT, TO_FILL = "adding", "add-errors", "add-kept", "add-to-fill"
FIELDS = ("title", "description", "priority", "category", "feature_area", "assignee", "estimated_hours")
SHORTEST_TITLE = 4
SHORTEST_WORD = 3
MOST_SIMILAR = 4


def ask_to_add() -> None:
    """Open the dialog; for a callback, also of a part of the page that runs by itself."""
    st.session_state[OPEN] = True
    st.session_state[TO_FILL] = True
    st.session_state[ERRORS] = {}
    st.rerun()


def add_dialog(shared: Backend) -> None:
    """Show the dialog."""

    @st.dialog("Add an enhancement", width=680, on_dismiss=_close)
    def dialog() -> None:
        with outage_shown(inside="dialog"):
            _draw(shared)

    dialog()


def _close() -> None:
    """Leave the dialog; what was typed stays for the next time, until it is saved."""
    st.session_state[OPEN] = False
    if any(_key(name) in st.session_state for name in FIELDS):  # else it is closed already, and was kept then
        st.session_state[KEPT] = _typed()


def _draw(shared: Backend) -> None:
    # Until they stand once, because a run may be cut short before. Set and not left as they are: when it opens again at
    # once, the values are still known here, but not in the browser, which is told only of what is set.
    if st.session_state.get(TO_FILL):
        for name, value in st.session_state.get(KEPT, {}).items():
            st.session_state[_key(name)] = value
    title = st.text_input(
        "Title",
        key=_key("title"),
        live=True,
        max_chars=TITLE_MAX,
        placeholder="What should be better afterwards?",
    )
    _message("title")
    similar_slot = st.container(key="add-similar", gap="xsmall")
    st.text_area("Description", key=_key("description"), height=140, placeholder="Markdown. Why, and how one can tell.")
    _message("description")
    st.session_state.setdefault(_key("priority"), Priority.MEDIUM.value)
    st.session_state.setdefault(_key("category"), Category.ENHANCEMENT.value)
    choices = filter_choices(shared.store)
    left, right = st.columns(2)
    with left:
        st.selectbox("Priority", [value.value for value in Priority], format_func=label, key=_key("priority"))
        _free_choice("Area", "feature_area", choices.areas)
        st.number_input("Estimate (hours)", 0.0, value=None, step=0.5, placeholder="–", key=_key("estimated_hours"))
        _message("estimated_hours")
    with right:
        st.selectbox("Category", [value.value for value in Category], format_func=label, key=_key("category"))
        _free_choice("Assignee", "assignee", choices.assignees)
    st.session_state[TO_FILL] = False
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        if problem := st.session_state.get(ERRORS, {}).get(""):
            st.markdown(f":red[{as_text(problem)}]", width="stretch")
        st.button("Add to the board", key="add-save", type="primary", on_click=_save, args=(shared,))
    # Last, so that the fields stand before the database is asked.
    with similar_slot:
        _draw_similar(shared, (title or "").strip())


def _free_choice(title: str, name: str, options: Sequence[str]) -> None:
    stored = st.session_state.get(_key(name))
    known = [*options, stored] if stored and stored not in options else list(options)
    st.selectbox(title, known, index=None, placeholder="–", accept_new_options=True, key=_key(name))
    _message(name)


def _draw_similar(shared: Backend, title: str) -> None:
    if len(title) < SHORTEST_TITLE:
        return
    found = _similar(shared, title)
    if not found:
        return
    st.caption(":material/content_copy: Already on the board?")
    for enhancement_id, text, note in found:
        st.button(
            as_text(f"#{enhancement_id} {shortened(text, 80)}") + f" :gray[{as_text(note)}]",
            key=f"add-similar-{enhancement_id}",
            type="tertiary",
            on_click=_open_instead,
            args=(enhancement_id,),
        )


def _similar(shared: Backend, title: str) -> list[tuple[int, str, str]]:
    """Id, title and a note of what means nearly the same, then of what has words in common."""
    from ci_core.backlog.search import search_enhancements
    from ci_core.backlog.similar import similar_to_text

    encoder = shared.encoder.ready()
    words = [word for word in re.findall(r"\w+", title) if len(word) >= SHORTEST_WORD]
    with shared.database.reading() as session:
        alike = similar_to_text(session, title, encoder=encoder, limit=MOST_SIMILAR) if encoder else ()
        wide = " OR ".join(words)
        same_words = search_enhancements(session, wide, encoder=None, limit=MOST_SIMILAR) if words else None
    found = {one.enhancement.id: (one.enhancement, f"{one.similarity:.0%} alike") for one in alike}
    for one in same_words.enhancements if same_words else ():
        found.setdefault(one.id, (one, "same words"))
    return [(one.id, one.title, f"{note} · {label(one.status)}") for one, note in list(found.values())[:MOST_SIMILAR]]


def _open_instead(enhancement_id: int) -> None:
    _close()
    address.open_item_page(enhancement_id)


def _save(shared: Backend) -> None:
    typed = _typed()
    st.session_state[ERRORS] = errors = {}
    try:
        with shared.database.transaction(actor()) as session:
            new = NewEnhancement(**{name: value for name, value in typed.items() if value is not None})
            stored = create_enhancement(session, new, actor=actor(), policy=shared.policy)
    except InvalidInput as invalid:
        errors[invalid.field] = str(invalid)
        errors[""] = "" if invalid.field in FIELDS else str(invalid)
        return
    except DatabaseError as failure:
        errors[""] = f"Not added, and still here: {failure}"
        return
    show_own_change(shared)
    for name in FIELDS:
        st.session_state.pop(_key(name), None)
    st.session_state.pop(KEPT, None)
    st.session_state[OPEN] = False
    offer_undo(f"Added #{stored.id} “{shortened(stored.title, 48)}”", stored.id)
    st.rerun()


def _typed() -> dict[str, Any]:
    return {name: st.session_state.get(_key(name)) for name in FIELDS}


def _key(name: str) -> str:
    return f"add-{name}"


def _message(name: str) -> None:
    if message := st.session_state.get(ERRORS, {}).get(name):
        st.markdown(f":red[:material/error: {as_text(message)}]")
