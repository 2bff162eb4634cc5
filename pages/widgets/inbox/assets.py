"""The inbox's own HTML, CSS and JavaScript as text; Streamlit hands them to the browser, and nothing is fetched."""

from __future__ import annotations

import re
from pathlib import Path

_HERE = Path(__file__).parent
_KANBAN = _HERE.parent / "kanban" / "js"

# One ES module, joined in this order: each part uses only what stands above it or what is called later.
SHARED = ("outbox", "face", "notices")
SCRIPTS = ("rows", "list", "tree", "item", "chooser", "choices", "details", "keys", "inbox")
STYLES = ("inbox", "item", "chooser")


def inbox_html() -> str:
    """Return the skeleton and the templates that the script clones."""
    return (_HERE / "inbox.html").read_text(encoding="utf-8")


def inbox_css() -> str:
    """Return the style sheets, joined."""
    sheet = "\n".join((_HERE / f"{name}.css").read_text(encoding="utf-8") for name in STYLES)
    return re.sub(r"/\*.*?\*/|^\s+", "", sheet, flags=re.DOTALL | re.MULTILINE)


def inbox_js() -> str:
    """Return the script as one module, without comment lines and indentation."""
    parts = [_KANBAN / f"{name}.js" for name in SHARED] + [_HERE / "js" / f"{name}.js" for name in SCRIPTS]
    source = "\n".join(part.read_text(encoding="utf-8") for part in parts)
    return re.sub(r"^\s*(//.*)?\n|^[ \t]+", "", source, flags=re.MULTILINE)
