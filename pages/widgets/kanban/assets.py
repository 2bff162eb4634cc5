"""The board's own HTML, CSS and JavaScript as text; Streamlit hands them to the browser, and nothing is fetched."""

from __future__ import annotations

import re
from pathlib import Path

_HERE = Path(__file__).parent

# One ES module, joined in this order: each part uses only what stands above it or what is called later.
SCRIPTS = (
    "order",
    "store",
    "outbox",
    "face",
    "notices",
    "chunks",
    "layout",
    "view",
    "drag",
    "menu",
    "keys",
    "selection",
    "board",
)

STYLES = ("board.css", "card.css", "lanes.css", "selection.css")


def board_html() -> str:
    """Return the skeleton and the templates that the script clones."""
    return (_HERE / "board.html").read_text(encoding="utf-8")


def board_css() -> str:
    """Return the style sheets, joined."""
    return _without_comments("\n".join((_HERE / name).read_text(encoding="utf-8") for name in STYLES))


def board_js() -> str:
    """Return the script as one module, without comment lines and indentation: it travels with every message."""
    source = "\n".join((_HERE / "js" / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    return re.sub(r"^\s*(//.*)?\n|^[ \t]+", "", source, flags=re.MULTILINE)


def _without_comments(css: str) -> str:
    return re.sub(r"/\*.*?\*/|^\s+", "", css, flags=re.DOTALL | re.MULTILINE)
