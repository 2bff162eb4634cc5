"""The overview's panels as one component: links that open the drawer, keys to walk through them, small pictures."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from ci_core.overview import Overview
from pages.widgets.panels.wire import encode

__all__ = ["panels", "received_item", "received_page"]

KEY = "panels"
LARGEST_ID = 2**31 - 1
_HERE = Path(__file__).parent
_SCRIPTS = ("parts", "pictures", "panels")
_PAGE = re.compile(r"[a-z][a-z0-9_-]{0,39}(\?[\w.~%=&+-]{0,500})?|", re.ASCII)

log = logging.getLogger(__name__)


def _script() -> str:
    """One ES module without comments and indentation: it travels with every message."""
    source = "\n".join((_HERE / "js" / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS)
    return re.sub(r"^\s*(//.*)?\n|^[ \t]+", "", source, flags=re.MULTILINE)


_mount = st.components.v2.component(
    "magnus_panels",
    html=(_HERE / "panels.html").read_text(encoding="utf-8"),
    css=(_HERE / "panels.css").read_text(encoding="utf-8"),
    js=_script(),
)


def panels(
    overview: Overview,
    *,
    on_open: Callable[[int], None],
    on_go: Callable[[str], None],
    on_read: Callable[[int], None],
) -> None:
    """Draw the overview, with callbacks.

    `on_open` gets the id of an enhancement, `on_go` the path of a page, `on_read` the id of a notification.

    A message from the browser that cannot be understood is logged and dropped.
    """

    def open_came() -> None:
        if (item := received_item(_message("open"))) is not None:
            on_open(item)

    def go_came() -> None:
        if (page := received_page(_message("go"))) is not None:
            on_go(page)

    def read_came() -> None:
        if (notification := received_item(_message("read"))) is not None:
            on_read(notification)

    _mount(key=KEY, data=encode(overview), on_open_change=open_came, on_go_change=go_came, on_read_change=read_came)


def _message(event: str) -> object:
    state: Any = st.session_state.get(KEY)
    return state.get(event) if isinstance(state, dict) else None


def received_item(message: object) -> int | None:
    """The id in a message, if it holds a possible one."""
    item = message.get("item") if isinstance(message, dict) else None
    if isinstance(item, int) and not isinstance(item, bool) and 0 < item <= LARGEST_ID:
        return item
    return _malformed(message)


def received_page(message: object) -> str | None:
    """The path of a page of ours in a message, if it holds one."""
    page = message.get("page") if isinstance(message, dict) else None
    return page if isinstance(page, str) and _PAGE.fullmatch(page) else _malformed(message)


def _malformed(message: object) -> None:
    if message is not None:
        log.warning("panels_message_malformed kind=%s", type(message).__name__)
