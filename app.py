"""The app's entry: its pages, its name, and the page that stands in when the database is gone."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.widgets.header import draw_header
from pages.widgets.navigation import navigation
from pages.widgets.outage import outage_shown
from pages.widgets.overlays import draw_overlays
from pages.widgets.reruns import repair_reruns
from pages.widgets.session import backend
from pages.widgets.style import page_style
from pages.widgets.visit import note_visit

ASSETS = Path(__file__).parent / "pages" / "assets"

repair_reruns()
st.set_page_config(page_title="Magnus", page_icon=str(ASSETS / "icon.png"), layout="wide")
st.logo(str(ASSETS / "logo.svg"), size="medium")
page = navigation()
page_style()
with outage_shown():
    draw_header(page.url_path)
    note_visit(backend())
    page.run()
    draw_overlays()
