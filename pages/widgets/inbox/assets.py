"""The inbox's own HTML, CSS and JavaScript as text; Streamlit hands them to the browser, and nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_HERE = Path(__file__).parent
_KANBAN = _HERE.parent / "kanban" / "js"

# One ES module, joined in this order: each part uses only what stands above it or what is called later. These parts
# make any list with one item beside it; the research feed is another one.
DESK_SCRIPTS = (
    *(_KANBAN / f"{name}.js" for name in ("outbox", "face", "notices")),
    *(
        _HERE / "js" / f"{name}.js"
        for name in ("rows", "list", "parts", "tree", "item", "chooser", "asking", "details", "keys", "desk")
    ),
)
DESK_STYLES = tuple(_HERE / f"{name}.css" for name in ("inbox", "item", "chooser"))
SCRIPTS = tuple(_HERE / "js" / f"{name}.js" for name in ("proposals", "choices", "inbox"))


def inbox_html() -> str:
    """Return the skeleton and the templates that the script clones."""
    return (_HERE / "inbox.html").read_text(encoding="utf-8")


def inbox_css() -> str:
    """Return the style sheets, joined."""
    return joined_css(DESK_STYLES)


def inbox_js() -> str:
    """Return the script as one module."""
    return joined_js((*DESK_SCRIPTS, *SCRIPTS))


def joined_css(parts: Sequence[Path]) -> str:
    """Return style sheets as one, without comments and indentation."""
    return re.sub(r"/\*.*?\*/|^\s+", "", _joined(parts), flags=re.DOTALL | re.MULTILINE)


def joined_js(parts: Sequence[Path]) -> str:
    """Return scripts as one module, without comment lines and indentation."""
    return re.sub(r"^\s*(//.*)?\n|^[ \t]+", "", _joined(parts), flags=re.MULTILINE)


def _joined(parts: Sequence[Path]) -> str:
    return "\n".join(part.read_text(encoding="utf-8") for part in parts)
