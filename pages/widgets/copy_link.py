"""A permanent link to one enhancement, with a button that copies it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_HTML = '<button type="button" class="copy">Copy link</button>'
_CSS = """
.copy {
  font: inherit; font-size: 0.85rem; color: var(--st-text-color); background: transparent; cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: 7px; padding: 3px 10px; white-space: nowrap;
}
.copy:hover, .copy:focus-visible { border-color: var(--st-primary-color); color: var(--st-primary-color); }
"""
_SCRIPT = (Path(__file__).parent / "copy_link.js").read_text(encoding="utf-8")
_mount = st.components.v2.component("magnus_copy_link", html=_HTML, css=_CSS, js=_SCRIPT)


def draw_copy_link(enhancement_id: int) -> None:
    """Draw the button; what it copies opens this enhancement on the page that is shown, also for a colleague."""
    _mount(key=f"copy-link-{enhancement_id}", data={"item": enhancement_id}, width="content", height="content")
