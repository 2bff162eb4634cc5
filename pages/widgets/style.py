"""The little that the theme's settings cannot say: a tight bar above the board, the snackbar, rendered markdown."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_STYLE = f"<style>{(Path(__file__).parent / 'pages.css').read_text(encoding='utf-8')}</style>"


def page_style() -> None:
    """Put the style sheet into the page."""
    st.html(_STYLE)
