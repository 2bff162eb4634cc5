"""The pages of the app, in the order of the bar at the top, and how every one of them begins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.widgets.page_links import go_where_asked
from pages.widgets.view_address import show_pending

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

PAGES = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class PageLink:
    """One page: its file, its name in the bar, its address ("" is the start page), and its letter after `G`.

    Pages with the same `group` stand behind one word of the bar, because not all of them fit beside each other.
    """

    file: str
    title: str
    path: str
    letter: str
    group: str = ""


PAGE_LINKS = (
    PageLink("overview.py", "Overview", "", "O"),
    PageLink("inbox.py", "Inbox", "inbox", "I"),
    PageLink("research.py", "Research", "research", "R"),
    PageLink("board.py", "Board", "board", "B"),
    PageLink("health.py", "Health", "health", "H"),
    PageLink("table.py", "Table", "table", "T", "Plan"),
    PageLink("timeline.py", "Timeline", "timeline", "L", "Plan"),
    PageLink("dependencies.py", "Dependencies", "dependencies", "D", "Plan"),
    PageLink("flow.py", "Flow", "flow", "F", "Plan"),
    PageLink("agents.py", "Agents", "agents", "A", "Agents"),
    PageLink("sources.py", "Sources", "sources", "S", "Agents"),
)
ENTERED = "entered-by-the-app"


def navigation() -> StreamlitPage:
    """Draw the bar of pages and give the one that the address names."""
    groups: dict[str, list[StreamlitPage]] = {}
    for link in PAGE_LINKS:
        page = st.Page(PAGES / link.file, title=link.title, url_path=link.path or None, default=not link.path)
        groups.setdefault(link.group, []).append(page)
    chosen = st.navigation(groups, position="top")
    st.session_state[ENTERED] = True
    return chosen


def begin_page() -> None:
    """What every page does first.

    Until somebody has called `st.navigation`, Streamlit runs the files in `pages/` by themselves: a new process whose
    first visitor comes by a link to a page is sent through `app.py` like everybody else.
    """
    if not st.session_state.get(ENTERED):
        navigation()
        st.rerun()
    go_where_asked()
    show_pending()
