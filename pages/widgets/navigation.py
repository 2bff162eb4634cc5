"""The pages of the app, in the order of the bar at the top, and how every one of them begins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.widgets.style import page_style
from pages.widgets.view_address import show_pending

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

PAGES = Path(__file__).parent.parent
ENTERED = "entered-by-the-app"


def navigation() -> StreamlitPage:
    """Draw the bar of pages and give the one that the address names."""
    page = st.navigation(
        [
            st.Page(PAGES / "overview.py", title="Overview", default=True),
            st.Page(PAGES / "inbox.py", title="Inbox", url_path="inbox"),
            st.Page(PAGES / "board.py", title="Board", url_path="board"),
            st.Page(PAGES / "table.py", title="Table", url_path="table"),
            st.Page(PAGES / "timeline.py", title="Timeline", url_path="timeline"),
            st.Page(PAGES / "dependencies.py", title="Dependencies", url_path="dependencies"),
            st.Page(PAGES / "flow.py", title="Flow", url_path="flow"),
        ],
        position="top",
    )
    st.session_state[ENTERED] = True
    return page


def begin_page() -> None:
    """What every page does first.

    Until somebody has called `st.navigation`, Streamlit runs the files in `pages/` by themselves: a new process whose
    first visitor comes by a link to a page is sent through `app.py` like everybody else.
    """
    if not st.session_state.get(ENTERED):
        navigation()
        st.rerun()
    show_pending()
    page_style()
