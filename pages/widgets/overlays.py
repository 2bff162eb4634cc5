"""What opens above any page: the drawer of one enhancement, which "?item=12" names, and the dialogs of everybody."""

from __future__ import annotations

import streamlit as st

from pages.widgets import address
from pages.widgets.add_dialog import OPEN, add_dialog
from pages.widgets.bulk_dialog import FORM, bulk_dialog
from pages.widgets.detail import detail_dialog
from pages.widgets.digest_dialog import digest_dialog, digest_is_open
from pages.widgets.session import backend


def draw_overlays() -> None:
    """Draw the one that is open, if one is; the last thing of every run of a page."""
    if (item := address.open_item()) is not None:
        detail_dialog(backend(), item)
    elif st.session_state.get(OPEN):
        add_dialog(backend())
    elif st.session_state.get(FORM):
        bulk_dialog(backend())
    elif digest_is_open():
        digest_dialog(backend())
