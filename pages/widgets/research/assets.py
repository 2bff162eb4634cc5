"""The feed's own HTML, CSS and JavaScript as text; what it has in common with the inbox comes from there."""

from __future__ import annotations

from pathlib import Path

from pages.widgets.inbox.assets import DESK_SCRIPTS, DESK_STYLES, joined_css, joined_js

_HERE = Path(__file__).parent
SCRIPTS = tuple(_HERE / "js" / f"{name}.js" for name in ("findings", "reading", "form", "questions", "feed"))


def research_html() -> str:
    """Return the skeleton and the templates that the script clones."""
    return (_HERE / "research.html").read_text(encoding="utf-8")


def research_css() -> str:
    """Return the style sheets, joined."""
    return joined_css((*DESK_STYLES, _HERE / "research.css"))


def research_js() -> str:
    """Return the script as one module."""
    return joined_js((*DESK_SCRIPTS, *SCRIPTS))
