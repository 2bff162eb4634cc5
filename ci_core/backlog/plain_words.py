"""Strangers' words as plain text in a description, whoever renders it."""

from __future__ import annotations

import re
import unicodedata

from ci_core.backlog.validation import DIRECTION_MARKS

# Characters that mean something to a renderer of markdown wherever they stand, Streamlit's own included.
SPECIAL = re.compile(r"([\\`*_\[\]<>&$~|!#])")
# What means something at the beginning of a line only.
LEADING = re.compile(r"^(\d*)([-+=.)])")
SHORTCODE = re.compile(r":(?=[\w+-]+:)")
WORD_JOINER = "\u2060"


def plain_markdown(text: str) -> str:
    """Text as markdown that is shown letter for letter, on one line: no markup, no HTML, no picture, no mention."""
    escaped = SHORTCODE.sub(r"\\:", SPECIAL.sub(r"\\\1", one_line(text)))
    # A backslash before an @ goes away before names are looked for: nobody may follow it at once.
    return LEADING.sub(r"\1\\\2", escaped).replace("@", f"@{WORD_JOINER}")


def one_line(text: str, longest: int | None = None) -> str:
    """Text on one line without control and direction marks, cut with an ellipsis where it is longer."""
    kept = "".join(
        " " if unicodedata.category(character) in {"Cc", "Zl", "Zp"} else character
        for character in text
        if unicodedata.category(character) != "Cs" and character not in DIRECTION_MARKS
    )
    single = " ".join(kept.split())
    if all(unicodedata.category(character) in {"Cf", "Zs"} for character in single):
        return ""
    return single if longest is None or len(single) <= longest else single[: longest - 1].rstrip() + "…"
