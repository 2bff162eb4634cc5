"""The address of a page as a saved view keeps it, and the way back: a view's address put into the page's filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

import streamlit as st
from streamlit.errors import StreamlitAPIException

from pages.widgets import address

# What belongs to a moment and not to a way of looking: what is open, what has the focus.
MOMENTARY = frozenset({address.ITEM, "focus", "run", "issue", "check"})
PENDING = "address-to-show"
DEFAULTS = "address-defaults"
Parts = Sequence[tuple[str, str]]


def parts_of(query: str) -> list[tuple[str, str]]:
    """The names and values of a query string."""
    return parse_qsl(query, keep_blank_values=True)


def present_parts() -> list[tuple[str, str]]:
    """The names and values in the page's address now, without what belongs to a moment."""
    names = [name for name in st.query_params if name not in MOMENTARY]
    return [(name, value) for name in names for value in st.query_params.get_all(name)]


def present_query() -> str:
    """The page's address now as a view keeps it."""
    return urlencode(present_parts())


def keep_defaults(defaults: Mapping[str, Any]) -> None:
    """Remember what the page's bound widgets, by their keys, show where the address says nothing of them."""
    st.session_state[DEFAULTS] = dict(defaults)


def same(one: Parts, other: Parts) -> bool:
    """Whether two addresses show the same, in whatever order their parts stand."""
    return sorted(one) == sorted(other)


def show_at_next_run(query: str) -> None:
    """As `show`, for the run of a page itself, where widgets stand that can no longer be changed."""
    st.session_state[PENDING] = query
    st.rerun()


def show_pending() -> None:
    """Show what the run before has asked for; before anything else of a page is drawn."""
    if (query := st.session_state.pop(PENDING, None)) is not None:
        show(query)


def show(query: str) -> None:
    """Let the page show what this query string says, and nothing of what it showed before; for a callback."""
    wanted: dict[str, list[str]] = {}
    for name, value in parts_of(query):
        wanted.setdefault(name, []).append(value)
    for name in {name for name, _ in present_parts()} - wanted.keys():
        _put(name, [])
    for name, values in wanted.items():
        if name not in MOMENTARY:
            _put(name, values)


def _put(name: str, values: list[str]) -> None:
    try:
        if values:
            st.query_params[name] = values
        else:
            st.query_params.pop(name, None)
    except StreamlitAPIException:
        # A widget keeps this part of the address by itself, so it is the widget that has to change.
        several = isinstance(st.session_state.get(name), list | tuple)
        default = st.session_state.get(DEFAULTS, {}).get(name, "")
        st.session_state[name] = values if several else (as_value(values[-1], default) if values else default)


def as_value(text: str, default: Any) -> Any:
    """A part of an address as the widget with this default holds it; the default where it cannot be one."""
    try:
        if isinstance(default, date):
            return date.fromisoformat(text)
        return type(default)(text)
    except ValueError:
        return default
