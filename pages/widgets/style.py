"""The little that the theme's settings cannot say: a tight bar above the board, the snackbar, rendered markdown."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_SHEET = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("pages.css", "health/health.css"))
_GROUNDS = {"light": "#ffffff", "dark": "#15181e"}


def page_style() -> None:
    """Put the style sheet into the page."""
    theme = "dark" if st.context.theme.type == "dark" else "light"
    ground = st.get_option(f"theme.{theme}.backgroundColor") or _GROUNDS[theme]
    chosen = st.get_option(f"theme.{theme}.linkColor") or "inherit"
    st.html(_sheet(ground, chosen))


@cache
def _sheet(ground: str, chosen: str) -> str:
    # Parts that float above others need the page's own colour, which Streamlit gives to components only.
    # What is chosen has the colour of buttons, which is too dark for words on a dark page.
    colours = f"--page-ground: {ground}; --chosen: {chosen};"
    return f"<style>:root {{ {colours} }}\n{_SHEET}</style>"
