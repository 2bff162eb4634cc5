"""How a person likes to see the board: swimlanes, density, and what is left out of a card. The address holds it all."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.widgets.kanban import Look

LANES, DENSITY, HIDE = "lanes", "density", "hide"
LANE_LABELS = {"area": "Area", "assignee": "Assignee", "category": "Category", "priority": "Priority"}
COMPACT = "compact"
PARTS = {
    "category": "Category",
    "area": "Area",
    "hours": "Hours",
    "tags": "Tags",
    "age": "Age",
    "assignee": "Assignee",
    "score": "Score",
    "marks": "Marks",
}
NO_LANES = "None"


def look_of_address() -> Look:
    """What the address says; what it says wrongly does not count."""
    lanes = st.query_params.get(LANES)
    hidden = (st.query_params.get(HIDE) or "").split(",")
    return Look(
        lanes=lanes if lanes in LANE_LABELS else None,  # type: ignore[arg-type]
        density=COMPACT if st.query_params.get(DENSITY) == COMPACT else "comfortable",
        hidden=tuple(part for part in PARTS if part in hidden),
    )


def look_popover() -> Look:
    """A button that opens the choices; gives what they are set to."""
    look = look_of_address()
    popover = st.popover("View", icon=":material/tune:", key="view", on_change="rerun", type="tertiary")
    if popover.open:
        with popover:
            _draw(look)
    return look


def _draw(look: Look) -> None:
    st.pills(
        "Swimlanes",
        [NO_LANES, *LANE_LABELS],
        format_func=lambda name: LANE_LABELS.get(name, name),
        required=True,
        **_state(LANES, look.lanes or NO_LANES),
    )
    st.segmented_control(
        "Density",
        ["comfortable", COMPACT],
        format_func=str.capitalize,
        required=True,
        **_state(DENSITY, look.density),
    )
    st.pills(
        "Shown on a card",
        list(PARTS),
        format_func=PARTS.__getitem__,
        selection_mode="multi",
        help="Marks say that a card is blocked or snoozed, has votes, or resembles another one.",
        **_state(HIDE, [part for part in PARTS if part not in look.hidden]),
    )


def _state(name: str, value: Any) -> dict[str, Any]:
    st.session_state[_key(name)] = value
    return {"key": _key(name), "on_change": _remember, "args": (name,)}


def _remember(name: str) -> None:
    chosen = st.session_state[_key(name)]
    if name == HIDE:
        written = ",".join(part for part in PARTS if part not in chosen)
    elif name == LANES:
        written = chosen if chosen in LANE_LABELS else ""
    else:
        written = chosen if chosen == COMPACT else ""
    if written:
        st.query_params[name] = written
    else:
        st.query_params.pop(name, None)


def _key(name: str) -> str:
    return f"look-{name}"
