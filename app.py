"""The app's entry: its pages, its name, and the page that stands in when the database is gone."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.widgets.outage import outage_shown

ASSETS = Path(__file__).parent / "pages" / "assets"

st.set_page_config(page_title="Magnus", page_icon=str(ASSETS / "icon.png"), layout="wide")
st.logo(str(ASSETS / "logo.svg"), size="medium")
page = st.navigation([st.Page("pages/board.py", title="Board", default=True)], position="top")
with outage_shown():
    page.run()
