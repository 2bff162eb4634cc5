"""The signs that wishlists use beside words: checkboxes, check marks, coloured circles, other emoji."""

from __future__ import annotations

import re

_EMOJI_CHARS = (
    "\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u231a\u231b\u2328\u23cf\u23e9-\u23fa\u25a0-\u25ff"
    "\u2139\u203c\u2049\u200d\ufe0f\u20e3\u2705\u274c"
)
EMOJI = re.compile(f"[{_EMOJI_CHARS}]+")
_SHORTCODE = re.compile(r":([a-z0-9_+-]{2,40}):")
_CHECKBOX = r"\[[ xX✓✔]\](?=\s|$)"
LEADING_MARKS = re.compile(rf"\s*(?:(?:{_CHECKBOX}|[{_EMOJI_CHARS}]+|:[a-z][a-z0-9_]{{1,40}}:)\s*)*")
CHECKBOX = re.compile(r"^\s*\[([ xX✓✔])\](?=\s|$)\s*")
_KEYCAP = re.compile("([0-9])\ufe0f?\u20e3")

DONE_SIGNS = frozenset("✅☑✔✓🗹")
CIRCLES = frozenset("🔴🟠🟡🟢🔵🟣⚪⚫🟤🟥🟧🟨🟩🟦")
_SHORTCODES = {
    "white_check_mark": "✅",
    "heavy_check_mark": "✔",
    "ballot_box_with_check": "☑",
    "red_circle": "🔴",
    "orange_circle": "🟠",
    "yellow_circle": "🟡",
    "green_circle": "🟢",
    "large_blue_circle": "🔵",
    "blue_circle": "🔵",
    "black_large_square": "🔲",
}


def spell_signs(text: str) -> str:
    """Writes GitHub short codes as emoji (unknown ones vanish) and keycap digits as numbering ("1️⃣ A" → "1. A")."""
    if "\u20e3" in text:
        text = _KEYCAP.sub(r"\1. ", text)
    if ":" in text:
        text = _SHORTCODE.sub(_sign_of, text)
    return text


def _sign_of(match: re.Match[str]) -> str:
    name = match[1]
    if name in _SHORTCODES:
        return _SHORTCODES[name]
    return "" if "_" in name else match[0]


def signs_in(text: str) -> tuple[str, ...]:
    """The circles and check marks of a text, in order."""
    if text.isascii():
        return ()
    return tuple(char for char in text if char in CIRCLES or char in DONE_SIGNS)


def without_emoji(text: str) -> str:
    """The words of a text without any emoji."""
    return " ".join((text if text.isascii() else EMOJI.sub(" ", text)).split())
