"""Links from one page to another, with what the other one should show, without loading the app anew."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl

import streamlit as st

PAGES = Path(__file__).parent.parent
ASKED = "page-asked"
START = "overview"


def follow(link: str) -> None:
    """Go to a page by its path ("board?assignee=Ada") in the run that follows; for a callback."""
    st.session_state[ASKED] = link
    st.rerun()


def go_where_asked() -> None:
    """Leave for the page that `follow` named, if it named one that there is."""
    path, _, query = st.session_state.pop(ASKED, "").partition("?")
    if path and (PAGES / f"{path}.py").is_file():
        st.switch_page(f"pages/{path}.py", query_params=dict(parse_qsl(query)))


def page_link(path: str, label: str, **query: str) -> None:
    """Draw a link to the page of this path with this query in its address; `label` is markdown."""
    st.page_link(f"pages/{path}.py", label=label, query_params=query)
