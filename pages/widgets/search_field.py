"""The search field of a page's bar. The address holds what is typed, so that a link finds the same."""

from __future__ import annotations

import streamlit as st

TEXT = "q"
LONGEST = 200


def draw_search_field(name: str, placeholder: str, *, width: int) -> str:
    """Draw the field, `width` pixels wide; give what is typed, without spaces around it."""
    typed = st.text_input(
        name,
        key=TEXT,
        type="search",
        placeholder=placeholder,
        label_visibility="collapsed",
        live=True,
        max_chars=LONGEST,
        width=width,
        bind="query-params",
    )
    # An address may say more than the field would take.
    return (typed or "").strip()[:LONGEST]


def clear_search_field() -> None:
    """Search for nothing; for a callback."""
    st.session_state[TEXT] = ""
