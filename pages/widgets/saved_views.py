"""Saved views in a page's bar: open one, keep the present address as one, share it, or begin visits with it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import streamlit as st

from ci_core.backlog.views import (
    NAME_MAX,
    SavedView,
    delete_view,
    get_view,
    rename_view,
    save_view,
    set_default,
    share_view,
    views_of,
)
from ci_core.errors import CiError, InvalidInput
from db.errors import DatabaseError
from pages.widgets import view_address
from pages.widgets.session import actor, backend
from pages.widgets.snackbar import tell
from pages.widgets.text import as_text, shortened

log = logging.getLogger(__name__)
LONGEST_LABEL = 22
NO_DEFAULTS: Mapping[str, Any] = MappingProxyType({})


def draw_saved_views(page: str, defaults: Mapping[str, Any] = NO_DEFAULTS) -> None:
    """Draw the popover of the page named so in its address; a visit without an address begins with one's default.

    `defaults`: by key, what the page's bound widgets other than text fields show where the address says nothing.
    """
    view_address.keep_defaults(defaults)
    first = _key(page, "known") not in st.session_state
    if first:
        _reread(page)
        _begin_with_default(page)
    current = _current(page)
    changed = current is not None and _is_modified(current)
    # Always the same words: a popover with another label would be another one, and closed.
    popover = st.popover(
        "Views", icon=":material/bookmarks:", key=_key(page, "popover"), on_change="rerun", type="tertiary"
    )
    if current is not None:
        state = " · :orange[modified]" if changed else ""
        st.caption(f"**{as_text(shortened(current.name, LONGEST_LABEL))}**{state}", width="content")
    if popover.open:
        with popover, st.container(gap="xsmall", key=_key(page, "body")):
            _draw(page, current, changed)


def _draw(page: str, current: SavedView | None, changed: bool) -> None:
    _reread(page)
    views = _known(page)
    own = [view for view in views if _is_mine(view)]
    shared = [view for view in views if not _is_mine(view)]
    _draw_list("My views", page, own, current)
    _draw_list("Shared with everybody", page, shared, current)
    if not views:
        st.caption("A view is this page with its filters and its order under a name. There is none yet.")
    if current is not None:
        with st.container(gap="small", key=_key(page, "part-current")):
            _draw_current(page, current, changed)
    with st.container(gap="small", key=_key(page, "part-saving")):
        _draw_saving(page, current)


def _draw_list(title: str, page: str, views: list[SavedView], current: SavedView | None) -> None:
    if not views:
        return
    st.caption(title)
    for view in views:
        chosen = current is not None and current.id == view.id
        marks = [
            "by " + view.owner if not _is_mine(view) else "",
            "shared" if view.shared and _is_mine(view) else "",
            "begins" if view.is_default else "",
        ]
        told = ", ".join(mark for mark in marks if mark)
        st.button(
            as_text(view.name) + (f" :gray[{as_text(told)}]" if told else ""),
            key=f"view-open-{view.id}",
            icon=":material/check:" if chosen else ":material/bookmark:",
            type="tertiary",
            on_click=partial(_open, page, view),
        )


def _draw_current(page: str, current: SavedView, changed: bool) -> None:
    st.markdown(f"**{as_text(current.name)}**" + (" :orange[modified]" if changed else ""))
    mine = _is_mine(current)
    with st.container(horizontal=True, gap="small", key=_key(page, "actions")):
        if mine and changed:
            st.button("Save", key="view-save", type="primary", on_click=partial(_save_changes, page, current))
        if changed:
            st.button("Back to it", key="view-back", on_click=partial(_open, page, current))
        if mine:
            share = "Make private" if current.shared else "Share"
            st.button(share, key="view-share", on_click=partial(_share, page, current))
        default = "Begin with everything" if current.is_default else "Make default"
        st.button(default, key="view-default", on_click=partial(_choose_default, page, current))
        if mine:
            st.button("Delete", key="view-delete", on_click=partial(_delete, page, current))
    if problem := st.session_state.pop(_key(page, "problem"), None):
        st.markdown(f":red[{as_text(problem)}]")


def _draw_saving(page: str, current: SavedView | None) -> None:
    st.text_input(
        "Save this as", key=_key(page, "name"), max_chars=NAME_MAX, placeholder="Name of the view", on_change="ignore"
    )
    if refusal := st.session_state.get(_key(page, "refusal")):
        st.markdown(f":red[{as_text(refusal)}]")
    st.toggle("Share with everybody", key=_key(page, "shared"), on_change="ignore")
    with st.container(horizontal=True, gap="small", key=_key(page, "saving")):
        st.button("Save as", key="view-save-as", on_click=partial(_save_as, page))
        if current is not None and _is_mine(current):
            st.button("Rename", key="view-rename", on_click=partial(_rename, page, current), type="tertiary")


def _begin_with_default(page: str) -> None:
    """Open one's default view if the address asks for nothing."""
    default = next((view for view in _known(page) if view.is_default), None)
    if default is not None and default.query and not view_address.present_parts():
        st.session_state[_key(page, "current")] = default.id
        view_address.show_at_next_run(default.query)


def _current(page: str) -> SavedView | None:
    """The view that was opened or saved last, as far as the address still has to do with it; or one just like it."""
    views, present = _known(page), view_address.present_parts()
    chosen = st.session_state.get(_key(page, "current"))
    for view in views:
        if view.id == chosen and (present or not view.query):
            return view
    return next((view for view in views if view.query and view_address.same(_parts(view), present)), None)


def _is_modified(view: SavedView) -> bool:
    return not view_address.same(_parts(view), view_address.present_parts())


def _parts(view: SavedView) -> list[tuple[str, str]]:
    return view_address.parts_of(view.query)


def _is_mine(view: SavedView) -> bool:
    return view.owner.lower() == actor().lower()


def _open(page: str, view: SavedView) -> None:
    st.session_state[_key(page, "current")] = view.id
    view_address.show(view.query)


def _save_as(page: str) -> None:
    name, shared = st.session_state.get(_key(page, "name"), ""), bool(st.session_state.get(_key(page, "shared")))
    query = view_address.present_query()
    saved = _change(page, lambda session: save_view(session, name, page, query, actor=actor(), shared=shared))
    if saved is not None:
        st.session_state[_key(page, "current")] = saved.id
        st.session_state[_key(page, "name")] = ""
        tell(f"Saved “{saved.name}”.")


def _save_changes(page: str, view: SavedView) -> None:
    query = view_address.present_query()
    if _change(page, lambda session: save_view(session, view.name, page, query, actor=actor(), replace=True)):
        tell(f"Saved “{view.name}”.")


def _rename(page: str, view: SavedView) -> None:
    name = st.session_state.get(_key(page, "name"), "")
    if _change(page, lambda session: rename_view(session, view.id, name, actor=actor())):
        st.session_state[_key(page, "name")] = ""


def _share(page: str, view: SavedView) -> None:
    _change(page, lambda session: share_view(session, view.id, not view.shared, actor=actor()))


def _choose_default(page: str, view: SavedView) -> None:
    def change(session: Any) -> SavedView:
        set_default(session, page, None if view.is_default else view.id, actor=actor())
        return get_view(session, view.id, person=actor())

    _change(page, change)


def _delete(page: str, view: SavedView) -> None:
    def change(session: Any) -> SavedView:
        delete_view(session, view.id, actor=actor())
        return view

    if _change(page, change):
        st.session_state.pop(_key(page, "current"), None)
        tell(f"Deleted the view “{view.name}”. The page stays as it is.")


def _change(page: str, change: Callable[[Any], SavedView]) -> SavedView | None:
    """Store a change; what stands in its way is kept to be shown beside the field, or beside the buttons."""
    for kind in ("refusal", "problem"):
        st.session_state.pop(_key(page, kind), None)
    try:
        with backend().database.transaction(actor()) as session:
            changed = change(session)
    except InvalidInput as refusal:
        st.session_state[_key(page, "refusal")] = str(refusal)
    except (CiError, DatabaseError) as problem:
        st.session_state[_key(page, "problem")] = str(problem)
    else:
        _reread(page)
        return changed
    return None


def _known(page: str) -> tuple[SavedView, ...]:
    views: tuple[SavedView, ...] = st.session_state.get(_key(page, "known"), ())
    return views


def _reread(page: str) -> None:
    try:
        with backend().database.reading() as session:
            st.session_state[_key(page, "known")] = views_of(session, page, person=actor())
    except DatabaseError as failure:
        # The page itself says that the database is gone; the views that were known stay.
        log.info("views_not_read page=%s reason=%s", page, failure)


def _key(page: str, part: str) -> str:
    return f"views-{page}-{part}"
