"""What charts look like: colours that colour-blind people tell apart, a second mark beside each, and safe labels.

The colours are those of Okabe and Ito, "Color Universal Design" (2008); each comes with a symbol, a dash or a pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from types import MappingProxyType
from typing import Any

import streamlit as st

from db.enums import Status
from pages.widgets import address

BLUE, SKY, GREEN, ORANGE, VERMILION, PURPLE, GREY = (
    "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7", "#8A8F98",
)  # fmt: skip
STATUS_COLOURS: Mapping[Status, str] = MappingProxyType(
    {
        Status.PROPOSED: GREY,
        Status.APPROVED: SKY,
        Status.IN_PROGRESS: BLUE,
        Status.BLOCKED: VERMILION,
        Status.COMPLETED: GREEN,
        Status.DEFERRED: PURPLE,
        Status.REJECTED: GREY,
        Status.ARCHIVED: GREY,
    }
)
# A second mark for each, so that no figure is told by its colour alone.
STATUS_SYMBOLS: Mapping[Status, str] = MappingProxyType(
    {
        Status.PROPOSED: "○",
        Status.APPROVED: "◇",
        Status.IN_PROGRESS: "▶",
        Status.BLOCKED: "■",
        Status.COMPLETED: "✓",
        Status.DEFERRED: "⏸",
        Status.REJECTED: "✕",
        Status.ARCHIVED: "▽",
    }
)
STATUS_PATTERNS: Mapping[Status, str] = MappingProxyType(
    {Status.PROPOSED: ".", Status.APPROVED: "", Status.IN_PROGRESS: "/", Status.BLOCKED: "x", Status.COMPLETED: ""}
)
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "displayModeBar": False,
    "scrollZoom": False,
    "responsive": True,
    # Nothing is fetched: the map parts of Plotly, which would be, are not used and are pointed at this server.
    "topojsonURL": "/",
    "plotlyServerURL": "/",
    "showSendToCloud": False,
    "showEditInChartStudio": False,
}


def plot_text(text: str, longest: int = 60) -> str:
    """`text` so that Plotly, which reads a little HTML in labels, shows it letter for letter, on one line."""
    single = " ".join(text.split())
    return escape(single if len(single) <= longest else single[: longest - 1].rstrip() + "…", quote=False)


def layout(height: int, **more: Any) -> dict[str, Any]:
    """The layout that all charts share; fonts and grounds come from the page's theme."""
    return {
        "height": height,
        "margin": {"l": 44, "r": 12, "t": 12, "b": 36},
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": False,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        "xaxis": {"automargin": True},
        "yaxis": {"rangemode": "tozero", "automargin": True},
        **more,
    }


def draw_clickable(
    traces: Iterable[dict[str, Any]],
    shape: Mapping[str, Any],
    *,
    key: str,
    alt: str,
    on_click: Callable[[Any], None] | None = None,
    **more: Any,
) -> None:
    """Draw a chart whose points open the enhancement that the first of their `customdata` names.

    `on_click` is called with that first one instead, as a callback.
    """
    # A new key after each click, so that the same point can be clicked again.
    turn = f"{key}-turn"
    place = f"{key}-{st.session_state.get(turn, 0)}"

    def clicked() -> None:
        points = st.session_state[place].selection.points
        if points and points[0].get("customdata"):
            st.session_state[turn] = st.session_state.get(turn, 0) + 1
            first = points[0]["customdata"][0]
            if on_click is not None:
                on_click(first)
            else:
                address.open_item_page(int(first))

    draw_chart(traces, shape, key=place, alt=alt, on_select=clicked, selection_mode="points", **more)


def draw_chart(traces: Iterable[dict[str, Any]], shape: Mapping[str, Any], *, key: str, alt: str, **more: Any) -> Any:
    """Draw a chart; `alt` says what it shows to those who cannot see it."""
    figure = {"data": list(traces), "layout": dict(shape)}
    return st.plotly_chart(figure, key=key, config=CONFIG, alt=alt, **more)
