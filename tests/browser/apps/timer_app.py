"""Buttons beside a fragment that a timer reruns five times a second, as the header's reruns on every page.

The text that opens and closes is as long as a dialog.
"""

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


@st.fragment
def other_counter() -> None:
    st.button("Push", on_click=count)


clock()
counter()
other_counter()
st.text(f"counted to {st.session_state.get('pressed', 0)}")


@st.fragment
def opener() -> None:
    st.button("Open", on_click=open_text)


def open_text() -> None:
    st.session_state["open"] = True
    st.rerun()


def close_text() -> None:
    st.session_state["open"] = False


opener()
st.button("Close", on_click=close_text)
if st.session_state.get("open"):
    st.markdown("The long text is open. " * 1_000)
