"""The map of dependencies for Streamlit: drawn as SVG in the browser, to pan, zoom, and walk through by keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from ci_core.backlog.work_map import MapNode, WorkMap
from pages.widgets.address import LARGEST_ID
from pages.widgets.chart_style import STATUS_COLOURS, STATUS_SYMBOLS
from pages.widgets.text import label, number

_HERE = Path(__file__).parent


def _source(name: str) -> str:
    """A file without lines that are comments: it travels with every message."""
    return re.sub(r"^\s*//.*\n", "", (_HERE / name).read_text(encoding="utf-8"), flags=re.MULTILINE)


_mount = st.components.v2.component(
    "magnus_workmap", html=_source("workmap.html"), css=_source("workmap.css"), js=_source("workmap.js")
)


def workmap(work: WorkMap, *, key: str, focus: int | None, on_open: Callable[[int], None]) -> None:
    """Draw the map; `on_open` runs as a callback with the id of the card that the person wants to see."""

    def opened() -> None:
        state: Any = st.session_state.get(key)
        raw = state.get("open") if isinstance(state, dict) else None
        # A number from the browser is input like any other.
        if isinstance(raw, int) and not isinstance(raw, bool) and 0 < raw <= LARGEST_ID:
            on_open(raw)

    critical = set(zip(work.critical.items[1:], work.critical.items, strict=False))
    _mount(
        key=key,
        data={
            "nodes": [_node(node, focus) for node in work.nodes],
            "links": [[blocker, waiting, (waiting, blocker) in critical] for waiting, blocker in work.links],
            "layers": work.layers,
            "rows": work.rows,
        },
        on_open_change=opened,
    )


def _node(node: MapNode, focus: int | None) -> dict[str, Any]:
    item = node.item
    hours = f"{'≈ ' if node.guessed else ''}{number(round(node.hours, 1))} h" if node.hours else ""
    return {
        "id": item.id,
        "title": item.title,
        "layer": node.place.layer,
        "row": node.place.row,
        "colour": STATUS_COLOURS[item.status],
        "symbol": STATUS_SYMBOLS[item.status],
        "status": label(item.status),
        "who": item.assignee or "",
        "hours": hours,
        "ready": node.ready,
        "critical": node.critical,
        "aside": node.aside,
        "focus": item.id == focus,
    }
