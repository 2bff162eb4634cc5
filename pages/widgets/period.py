"""The choice of the period that a page looks back over."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st


def draw_period(periods: Sequence[str], default: str) -> str:
    """Draw the choice of the period, which the address keeps as "period"; gives what is chosen, such as "30 days"."""
    chosen = st.segmented_control(
        "Period",
        periods,
        default=default,
        required=True,
        key="period",
        label_visibility="collapsed",
        bind="query-params",
    )
    return str(chosen or default)
