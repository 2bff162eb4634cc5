"""The digest as its readers would see it, and the ways to take it along."""

from __future__ import annotations

import streamlit as st

from ci_core.overview import Overview
from ci_core.overview.digest import as_html, as_markdown, as_text, digest_of
from pages.widgets.outage import outage_shown
from pages.widgets.overview_source import fresh_overview, period_asked
from pages.widgets.session import Backend
from pages.widgets.text import as_text as letter_for_letter

SHOWN = "digest"
HEIGHT = 560
# The mail's own document, in a frame that may run no script and reach nothing of the page around it.
_preview = st.components.v2.component(
    "magnus_digest_preview",
    html='<iframe class="mail" title="The digest" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>',
    css=f".mail {{ width: 100%; height: {HEIGHT}px; border: 1px solid #d9dde5; border-radius: 8px }}",
    js="""
    export default function preview({ parentElement, data }) {
      const frame = parentElement.querySelector(".mail");
      const mail = new TextDecoder().decode(data);
      if (frame.srcdoc !== mail) frame.srcdoc = mail;
    }
    """,
)


def digest_is_open() -> bool:
    """Whether the address asks for the digest."""
    return st.query_params.get(SHOWN) == "1"


def open_digest() -> None:
    """Show the digest; for a callback."""
    st.query_params[SHOWN] = "1"


def _close() -> None:
    st.query_params.pop(SHOWN, None)


def digest_dialog(shared: Backend) -> None:
    """Show the digest of what the overview shows, and offer it as files."""

    @st.dialog("Digest", width="large", on_dismiss=_close)
    def dialog() -> None:
        with outage_shown(inside="digest"):
            _draw(shared, fresh_overview(shared, period_asked()))

    dialog()


def _draw(shared: Backend, overview: Overview) -> None:
    made, address = digest_of(overview), shared.settings.app_url
    html = as_html(made, address)
    day = f"{overview.now:%Y-%m-%d}"
    st.caption(f"What an e-mail of this page says. It is not sent. Subject: {letter_for_letter(made.subject)}")
    _preview(key="digest-preview", data=html.encode())
    with st.container(horizontal=True):
        _download("HTML", html, f"magnus-digest-{day}.html", "text/html")
        _download("Markdown", as_markdown(made, address), f"magnus-digest-{day}.md", "text/markdown")
        _download("Text", as_text(made, address), f"magnus-digest-{day}.txt", "text/plain")


def _download(name: str, content: str, file_name: str, mime: str) -> None:
    st.download_button(
        name, content, file_name, mime, key=f"digest-{name.lower()}", on_click="ignore", icon=":material/download:"
    )
