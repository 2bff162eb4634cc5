"""Which enhancement is open, as the address says: "?item=12" is a permanent link, and the only place that knows."""

from __future__ import annotations

import streamlit as st

ITEM = "item"
LARGEST_ID = 2**31 - 1


def open_item() -> int | None:
    """The id of the enhancement that the address names, if it names a possible one."""
    raw = st.query_params.get(ITEM, "")
    return int(raw) if raw.isascii() and raw.isdigit() and 0 < int(raw[:12]) <= LARGEST_ID else None


def open_item_page(enhancement_id: int) -> None:
    """Open an enhancement beside the board; for a callback."""
    st.query_params[ITEM] = str(enhancement_id)
    st.rerun()


def close_item() -> None:
    """Go back to the board alone; for a callback."""
    st.query_params.pop(ITEM, None)
