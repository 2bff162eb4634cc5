"""A button beside a fragment that a timer reruns five times a second, as the header's reruns on every page."""

from __future__ import annotations

import streamlit as st

from pages.widgets.reruns import repair_reruns

repair_reruns()


def count() -> None:
    st.session_state["pressed"] = st.session_state.get("pressed", 0) + 1


@st.fragment(run_every=0.2)
def clock() -> None:
    st.text("The clock ticks.")


@st.fragment
def counter() -> None:
    st.button("Press", on_click=count)
    st.text(f"pressed {st.session_state.get('pressed', 0)} times")


clock()
counter()
