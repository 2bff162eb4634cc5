"""The header of every page: search, adding, undo, what concerns me, who I am, and the one set of keys."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from pages.widgets.header import actions
from pages.widgets.header.assets import header_css, header_html, header_js
from pages.widgets.header.bell import bell_of
from pages.widgets.header.received import Trigger
from pages.widgets.header.search import answer_to_show
from pages.widgets.header.values import encode
from pages.widgets.navigation import PAGE_LINKS
from pages.widgets.session import Backend, actor, backend
from pages.widgets.snackbar import draw_snackbar

__all__ = ["draw_header"]

KEY = "header"
TICK_SECONDS = 1.0

_mount = st.components.v2.component("magnus_header", html=header_html(), css=header_css(), js=header_js())


def draw_header(current: str) -> None:
    """Draw the header, and below the page the message about what was just done; `current` is the page's address.

    It looks for news by itself and runs without the page around it.
    """
    with st.container(key="header-place"):
        _live_header(backend(), current)


@st.fragment(run_every=TICK_SECONDS)
def _live_header(shared: Backend, current: str) -> None:
    callbacks: dict[str, Any] = {
        f"on_{trigger}_change": partial(actions.carry_out, shared, KEY, trigger, current) for trigger in Trigger
    }
    _mount(
        key=KEY,
        data=encode(
            PAGE_LINKS,
            current,
            actor(),
            bell_of(shared, actor()),
            answer_to_show(),
            st.session_state.get(actions.PREPARED),
        ),
        **callbacks,
    )
    draw_snackbar()
