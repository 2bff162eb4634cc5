"""Puts text from strangers before a model so that it can be told from what we ask, whatever it says."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass

# What models take for the end of a message, or for another speaker, is spoiled but stays readable.
SPOILED = (
    ("<<<", "‹‹‹"),
    (">>>", "›››"),
    ("<|", "‹|"),
    ("|>", "|›"),
    ("[INST]", "(INST)"),
    ("[/INST]", "(/INST)"),
    ("<<SYS>>", "‹SYS›"),
    ("<</SYS>>", "‹/SYS›"),
)
# <system>, </assistant>, <s> and the like, as some models' templates have them.
ROLE_TAG = re.compile(
    r"<(/?\s*(?:system|assistant|user|developer|tool|s|start_of_turn|end_of_turn)\s*)>", re.IGNORECASE
)
# Invisible characters carry hidden instructions: tags, zero widths, directions, variation selectors beyond emoji.
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e0fff]")


@dataclass(frozen=True, slots=True)
class Fetched:
    """Text that came from a stranger; it gets into a prompt behind a fence only.

    Attributes:
        text: as it came.
        most: how many of its characters a model gets to read.
    """

    text: str
    most: int = 6_000


def new_boundary(*texts: str) -> str:
    """A random word that none of the texts has in it."""
    while True:
        word = secrets.token_hex(16)
        if not any(word in text for text in texts):
            return word


def fenced(fetched: Fetched, boundary: str) -> str:
    """The text between two lines that bear the boundary, which nothing in it can look like."""
    return f"<<<DATA {boundary}>>>\n{harmless(fetched.text, fetched.most)}\n<<<END {boundary}>>>"


def harmless(text: str, most: int) -> str:
    """The text without invisible characters, and with all spoiled that a model may take for a frame; cut to `most`."""
    visible = INVISIBLE.sub("", unicodedata.normalize("NFC", text[: most * 4]))
    plain = "".join(c for c in visible if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs", "Co", "Cn"})
    for dangerous, spoiled in SPOILED:
        plain = re.sub(re.escape(dangerous), spoiled, plain, flags=re.IGNORECASE)
    plain = ROLE_TAG.sub(r"‹\1›", plain)
    return plain if len(plain) <= most else plain[:most].rstrip() + " […]"
