"""The little that the theme's settings cannot say: a tight bar above the board, the snackbar, rendered markdown."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st

_SHEET = (Path(__file__).parent / "pages.css").read_text(encoding="utf-8")
_GROUNDS = {"light": "#ffffff", "dark": "#15181e"}


def page_style() -> None:
    """Put the style sheet into the page."""
    theme = "dark" if st.context.theme.type == "dark" else "light"
    st.html(_sheet(st.get_option(f"theme.{theme}.backgroundColor") or _GROUNDS[theme]))


@cache
def _sheet(ground: str) -> str:
    # Parts that float above others need the page's own colour, which Streamlit gives to components only.
    return f"<style>:root {{ --page-ground: {ground}; }}\n{_SHEET}</style>"
