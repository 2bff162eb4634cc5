"""The filters above the board. The address alone holds them, so that a link shows a colleague the same cards."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import streamlit as st

from db.enums import Category, Priority
from pages.widgets.board_source import CardFilter, FilterChoices
from pages.widgets.search_field import clear_search_field, draw_search_field
from pages.widgets.text import label

PRIORITY, CATEGORY, AREA, ASSIGNEE, BLOCKED = "priority", "category", "area", "assignee", "blocked"
PRIORITIES = [value.value for value in Priority]
CATEGORIES = [value.value for value in Category]
LISTS = (PRIORITY, CATEGORY, AREA, ASSIGNEE)


def draw_filters(choices: FilterChoices) -> CardFilter:
    """Draw the search field and the popover with the other filters; give what they are set to."""
    text = draw_search_field("Search", "Search title, area, tag, #12 …", width=270)
    popover = st.popover("Filters", icon=":material/filter_list:", key="filters", on_change="rerun")
    # Five widgets that nobody sees would be a third of what a run of this page costs.
    if popover.open:
        with popover:
            _draw_choices(choices)
    return CardFilter(
        text,
        _chosen(PRIORITY, PRIORITIES),
        _chosen(CATEGORY, CATEGORIES),
        _chosen(AREA, choices.areas),
        _chosen(ASSIGNEE, choices.assignees),
        st.query_params.get(BLOCKED) == "1",
    )


def _draw_choices(choices: FilterChoices) -> None:
    st.pills("Priority", PRIORITIES, selection_mode="multi", format_func=label, **_state(PRIORITY, PRIORITIES))
    st.pills("Category", CATEGORIES, selection_mode="multi", format_func=label, **_state(CATEGORY, CATEGORIES))
    st.multiselect("Area", choices.areas, placeholder="Any area", **_state(AREA, choices.areas))
    st.multiselect("Assignee", choices.assignees, placeholder="Anyone", **_state(ASSIGNEE, choices.assignees))
    st.session_state[_key(BLOCKED)] = st.query_params.get(BLOCKED) == "1"
    st.toggle("Only what is blocked", key=_key(BLOCKED), on_change=_remember_blocked)


def _state(name: str, known: Collection[str]) -> dict[str, Any]:
    st.session_state[_key(name)] = list(_chosen(name, known))
    return {"key": _key(name), "on_change": _remember, "args": (name,)}


def _remember(name: str) -> None:
    values = st.session_state[_key(name)]
    if values:
        st.query_params[name] = values
    else:
        st.query_params.pop(name, None)


def _remember_blocked() -> None:
    if st.session_state[_key(BLOCKED)]:
        st.query_params[BLOCKED] = "1"
    else:
        st.query_params.pop(BLOCKED, None)


def _chosen(name: str, known: Collection[str]) -> tuple[str, ...]:
    """What the address says, without what this board does not know."""
    if name not in st.query_params:
        return ()
    return tuple(value for value in dict.fromkeys(st.query_params.get_all(name)) if value in known)


def _key(name: str) -> str:
    return f"filter-{name}"


def clear_filters() -> None:
    """Show everything again; for a callback, also of a part of the page that runs by itself."""
    clear_search_field()
    for name in (*LISTS, BLOCKED):
        st.query_params.pop(name, None)
    st.rerun()
