"""The header's own HTML, CSS and JavaScript as text; Streamlit hands them to the browser, and nothing is fetched."""

from __future__ import annotations

import re
from pathlib import Path

_HERE = Path(__file__).parent

# One ES module, joined in this order: each part uses only what stands above it or what is called later.
SCRIPTS = ("parts", "search", "panels", "keys", "header")


def header_html() -> str:
    """Return the skeleton."""
    return (_HERE / "header.html").read_text(encoding="utf-8")


def header_css() -> str:
    """Return the style sheets, joined."""
    sheets = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("header.css", "panels.css"))
    return re.sub(r"/\*.*?\*/|^\s+", "", sheets, flags=re.DOTALL | re.MULTILINE)


def header_js() -> str:
    """Return the script as one module, without comment lines and indentation: it travels with every message."""
    source = "\n".join((_HERE / "js" / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    return re.sub(r"^\s*(//.*)?\n|^[ \t]+", "", source, flags=re.MULTILINE)
