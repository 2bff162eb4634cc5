"""Filters by area, category, assignee and priority for pages of figures; the address alone holds them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from db.enums import Category, Priority
from pages.widgets.text import label

PRIORITY, CATEGORY, AREA, ASSIGNEE = "priority", "category", "area", "assignee"
CLOSED: Mapping[str, tuple[str, ...]] = {PRIORITY: tuple(Priority), CATEGORY: tuple(Category)}


@dataclass(frozen=True, slots=True)
class Choices:
    """The areas and people to choose from, in alphabetical order."""

    areas: tuple[str, ...]
    assignees: tuple[str, ...]


def draw_work_filters(
    choices: Choices, names: Collection[str] = (PRIORITY, CATEGORY, AREA, ASSIGNEE)
) -> dict[str, tuple[str, ...]]:
    """Draw a popover with the filters `names` and a button that clears them; give what each is set to."""
    known = {**CLOSED, AREA: choices.areas, ASSIGNEE: choices.assignees}
    chosen = {name: _chosen(name, known[name]) for name in names}
    count = sum(bool(values) for values in chosen.values())
    popover = st.popover(
        f"Filters ({count})" if count else "Filters",
        icon=":material/filter_list:",
        key="work-filters",
        on_change="rerun",
    )
    # What nobody sees is not drawn: it would be most of what a run of the page costs.
    if popover.open:
        with popover:
            for name in names:
                _draw(name, known[name], chosen[name])
    if count:
        st.button("Clear", on_click=clear_work_filters, type="tertiary", icon=":material/close:", key="clear-work")
    return chosen


def clear_work_filters() -> None:
    """Show everything again; for a callback."""
    for name in (PRIORITY, CATEGORY, AREA, ASSIGNEE):
        st.query_params.pop(name, None)


def _draw(name: str, known: tuple[str, ...], chosen: tuple[str, ...]) -> None:
    key = f"work-{name}"
    st.session_state[key] = list(chosen)
    shared: dict[str, Any] = {"key": key, "on_change": _remember, "args": (name, key)}
    if name in CLOSED:
        st.pills(label(name), known, selection_mode="multi", format_func=label, **shared)
    else:
        st.multiselect(label(name), known, placeholder="Any", **shared)


def _remember(name: str, key: str) -> None:
    if values := st.session_state[key]:
        st.query_params[name] = values
    else:
        st.query_params.pop(name, None)


def _chosen(name: str, known: Collection[str]) -> tuple[str, ...]:
    """What the address says, without what this backlog does not know."""
    if name not in st.query_params:
        return ()
    return tuple(value for value in dict.fromkeys(st.query_params.get_all(name)) if value in known)
