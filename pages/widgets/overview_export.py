"""The overview as a file."""

from __future__ import annotations

import streamlit as st

from ci_core.overview.digest import as_json, as_markdown, digest_of
from pages.widgets.outage import outage_shown
from pages.widgets.overview_source import fresh_overview
from pages.widgets.session import Backend


def draw_overview_export(shared: Backend, since: str) -> None:
    """Draw the menu that gives what the overview shows, with changes since `since`, as a file."""
    popover = st.popover(
        "Export", icon=":material/download:", key="export-Overview", on_change="rerun", type="tertiary"
    )
    if not popover.open:
        return
    with popover, outage_shown(inside="export"):
        overview = fresh_overview(shared, since)
        made, day = digest_of(overview), f"{overview.now:%Y-%m-%d}"
        st.caption("What this page shows, as a file")
        for name, content, ending, mime in (
            ("Markdown", as_markdown(made, shared.settings.app_url), "md", "text/markdown"),
            ("JSON", as_json(made), "json", "application/json"),
        ):
            st.download_button(
                name,
                content,
                f"magnus-overview-{day}.{ending}",
                mime,
                key=f"export-overview-{ending}",
                on_click="ignore",
                width="stretch",
            )
