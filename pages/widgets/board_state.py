"""How many cards are shown, whether the board is live, and what to do when it is empty."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.widgets.add_dialog import ask_to_add
from pages.widgets.filters import clear_filters
from pages.widgets.outage import local_time, outage_is_over, outage_since
from pages.widgets.session import Backend
from pages.widgets.text import as_text


def draw_state(shared: Backend, shown: Sequence[int] | None) -> None:
    """One line: how many of how many, and whether changes of others arrive."""
    total = len(shared.store.all_cards())
    count = f"{total:,}" if shown is None else f"{len(shown):,} of {total:,}"
    if shared.listener.problem is None:
        outage_is_over()
        st.caption(f"{count} · :green[●] Live")
    else:
        st.caption(f"{count} · :orange[●] Not live", help=as_text(shared.listener.problem))


def outage_message(shared: Backend) -> str | None:
    """What stands above the columns while the database cannot be reached."""
    if shared.listener.problem is None:
        return None
    return (
        f"The database cannot be reached since {local_time(outage_since())}. The board shows what was stored then. "
        "Moves are kept in this browser and stored as soon as it is back, which is tried all the time."
    )


def draw_nothing_yet() -> None:
    """The first thing that a new team sees."""
    with st.container(border=True, width=640, key="nothing-yet"):
        st.markdown("##### No enhancements yet")
        st.markdown("Bring in the wishes that your team keeps in markdown files:")
        st.code("python -m ci_core wishlist import PATH/TO/YOUR/REPOSITORY", language=None)
        st.caption("Every `*WISHLIST*.md` below that folder is read; the cards appear here while it runs.")
        st.button("Or add the first one by hand", on_click=ask_to_add, icon=":material/add:")


def draw_no_match() -> None:
    """What stands above the columns when filters hide every card."""
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center", key="no-match"):
        st.markdown("No enhancement matches these filters.", width="content")
        st.button("Clear filters", on_click=clear_filters, key="clear-no-match")
