"""One source being added or edited: its fields with their messages beside them, and what it would bring."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from ci_core.backlog.undo import present_transaction
from ci_core.errors import CiError, InvalidInput, NotFound
from ci_core.research import source_settings
from ci_core.research.source_removal import findings_of, remove_source
from ci_core.research.sources import SITES, SourceConfig, SourceReading
from db.enums import SourceHealth
from db.errors import DatabaseError
from pages.widgets.outage import outage_shown
from pages.widgets.session import Backend, actor
from pages.widgets.snackbar import offer_undo_of_all, tell
from pages.widgets.source_form import FIELDS, LABELS, config_of, typed_of
from pages.widgets.text import as_text, shortened

OPEN, TO_FILL, ERRORS = "source-open", "source-to-fill", "source-errors"
TESTED, REMOVING = "source-tested", "source-removing"
NEW = 0
LONGEST_NAME = 200
LONGEST_FREQUENCY = 8_760


def ask_to_add() -> None:
    """Open the dialog for a source that is not there yet; for a callback."""
    _open(NEW)


def ask_to_edit(source_id: int) -> None:
    """Open the dialog for a source; for a callback."""
    _open(source_id)


def _open(source_id: int) -> None:
    st.session_state[OPEN] = source_id
    st.session_state[TO_FILL] = True
    _clear()
    st.rerun()


def _clear() -> None:
    st.session_state[ERRORS] = {}
    for name in (TESTED, REMOVING):
        st.session_state.pop(name, None)


def _close() -> None:
    st.session_state.pop(OPEN, None)
    _clear()


def draw_source_dialog(shared: Backend) -> None:
    """Show the dialog if it is open; the last thing of the page."""
    source_id = st.session_state.get(OPEN)
    if source_id is None:
        return
    try:
        stored, found = (None, 0) if source_id == NEW else _stored(shared, source_id)
    except NotFound as gone:
        _close()
        tell(str(gone))
        return
    title = "Add a source" if stored is None else shortened(stored.source_name, 80)

    @st.dialog(as_text(title), width=720, on_dismiss=_close)
    def dialog() -> None:
        with outage_shown(inside="source"):
            _draw(shared, stored, found)

    dialog()


def _stored(shared: Backend, source_id: int) -> tuple[SourceConfig, int]:
    """The source, and how many findings it has."""
    with shared.database.reading() as session:
        return source_settings.find_source(session, source_id), findings_of(session, source_id)


def _draw(shared: Backend, stored: SourceConfig | None, found: int) -> None:
    if st.session_state.get(TO_FILL):
        first = stored or SourceConfig(source_type=next(iter(SITES)), source_name="")
        for name, value in typed_of(first).items():
            st.session_state[_key(name)] = value
    _draw_fields(stored)
    st.session_state[TO_FILL] = False
    if problem := st.session_state[ERRORS].get(""):
        st.error(as_text(problem), icon=":material/error:")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="source-bar"):
        save = "Add" if stored is None else "Save"
        st.button(save, key="source-save", type="primary", on_click=partial(_save, shared, stored))
        st.button(
            "Test this source",
            key="source-test",
            icon=":material/science:",
            on_click=partial(_test, shared, stored),
            help="Reads three items as it stands here, without storing anything.",
        )
        # What a source has found would lose its origin: such a one is switched off instead.
        if stored is not None and not found:
            st.space("stretch")
            st.button("Delete …", key="source-delete", type="tertiary", on_click=_ask_to_remove)
    if stored is not None and st.session_state.get(REMOVING):
        _draw_removal(shared, stored)
    if (tested := st.session_state.get(TESTED)) is not None:
        _draw_tested(tested)


def _draw_fields(stored: SourceConfig | None) -> None:
    left, right = st.columns(2, gap="small")
    with left:
        st.selectbox(
            LABELS["source_type"],
            list(SITES),
            format_func=lambda kind: SITES[kind].label,
            key=_key("source_type"),
            disabled=stored is not None,
        )
        _message("source_type")
    with right:
        st.text_input(LABELS["source_name"], key=_key("source_name"), max_chars=LONGEST_NAME)
        _message("source_name")
    st.text_input(LABELS["source_url"], key=_key("source_url"), placeholder="https://…", max_chars=2_000)
    _message("source_url")
    left, right = st.columns(2, gap="small")
    with left:
        st.text_area(LABELS["search_queries"], key=_key("search_queries"), height=132)
        _message("search_queries")
    with right:
        st.text_area(LABELS["search_filters"], key=_key("search_filters"), height=132, placeholder="min_score: 5")
        _message("search_filters")
        kind = st.session_state.get(_key("source_type"))
        if kind in SITES:
            st.caption(f"Known here: {as_text(', '.join(SITES[kind].filters.model_fields))}.")
    for place, name, most in zip(
        st.columns(3, gap="small"),
        ("scan_frequency_hours", "max_results", "max_requests_per_minute"),
        (LONGEST_FREQUENCY, 1_000, 10_000),
        strict=True,
    ):
        with place:
            st.number_input(LABELS[name], 1, most, value=None, step=1, placeholder="the site’s own", key=_key(name))
            _message(name)
    st.toggle(LABELS["enabled"], key=_key("enabled"))


def _draw_removal(shared: Backend, stored: SourceConfig) -> None:
    with st.container(border=True, gap="small", key="source-removal"):
        st.markdown(
            "Delete this source? It has found nothing yet. To stop scanning it for a while, switch it off instead."
        )
        with st.container(horizontal=True, gap="small"):
            st.button("Delete", key="source-delete-now", type="primary", on_click=partial(_remove, shared, stored))
            st.button("Keep", key="source-delete-not", on_click=_keep)


def _draw_tested(tested: SourceReading) -> None:
    if tested.message:
        draw = st.error if tested.health is SourceHealth.FAILED else st.warning
        draw(as_text(tested.message), icon=":material/cloud_off:")
    elif not tested.items:
        st.info(
            "The site answered and has nothing for this. Other queries or fewer filters may.", icon=":material/info:"
        )
    for item in tested.items:
        with st.container(border=True, gap="xxsmall", key=f"tested-{item.external_id}"):
            st.markdown(f"**{as_text(shortened(item.title, 160))}**")
            when = "" if item.published_at is None else f" · {item.published_at.day} {item.published_at:%b %Y}"
            figures = "".join(f" · {as_text(name)} {value:,}" for name, value in item.engagement.items())
            st.caption(as_text(f"{item.author or 'unknown'}{when}") + figures)
            if item.text.strip():
                st.caption(as_text(shortened(" ".join(item.text.split()), 240)))


def _typed() -> dict[str, Any]:
    return {name: st.session_state.get(_key(name)) for name in FIELDS}


def _tried(act: Callable[[], None]) -> bool:
    """Whether it went well; what stands in the way is kept for beside its field."""
    st.session_state[ERRORS] = errors = {}
    try:
        act()
    except InvalidInput as invalid:
        errors[invalid.field if invalid.field in FIELDS else ""] = str(invalid)
    except (CiError, DatabaseError) as failure:
        errors[""] = str(failure)
    return not errors


def _save(shared: Backend, stored: SourceConfig | None) -> None:
    if st.session_state.get(OPEN) is None:
        return  # a click that comes twice: it was saved, and the dialog closed

    def change() -> None:
        config = config_of(_typed(), stored.id if stored else None)
        with shared.database.transaction(actor()) as session:
            if stored is None:
                source_settings.add_source(session, config, actor=actor())
            else:
                source_settings.edit_source(session, stored.id or NEW, _changes(stored, config), actor=actor())
            number = present_transaction(session)
        done = "Added" if stored is None else "Changed"
        offer_undo_of_all(f"{done} the source “{shortened(config.source_name, 48)}”", number)

    if _tried(change):
        _close()
        st.rerun()


def _changes(stored: SourceConfig, config: SourceConfig) -> dict[str, Any]:
    """What was typed differently from what was opened: what others changed meanwhile in other fields stays."""
    names = [name for name in FIELDS if name != "source_type"]
    return {name: getattr(config, name) for name in names if getattr(config, name) != getattr(stored, name)}


def _test(shared: Backend, stored: SourceConfig | None) -> None:
    def read() -> None:
        config = config_of(_typed(), stored.id if stored else None)
        st.session_state[TESTED] = source_settings.try_source(shared.database, shared.settings, config)

    st.session_state.pop(TESTED, None)
    _tried(read)


def _ask_to_remove() -> None:
    st.session_state[REMOVING] = True


def _keep() -> None:
    st.session_state.pop(REMOVING, None)


def _remove(shared: Backend, stored: SourceConfig) -> None:
    if st.session_state.get(OPEN) is None or stored.id is None:
        return
    source_id = stored.id

    def change() -> None:
        with shared.database.transaction(actor()) as session:
            remove_source(session, source_id, actor=actor())
            number = present_transaction(session)
        offer_undo_of_all(f"Deleted the source “{shortened(stored.source_name, 48)}”", number)

    if _tried(change):
        _close()
        st.rerun()


def _key(name: str) -> str:
    return f"source-field-{name}"


def _message(name: str) -> None:
    if message := st.session_state.get(ERRORS, {}).get(name):
        st.markdown(f":red[:material/error: {as_text(message)}]")
