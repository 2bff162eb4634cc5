"""Reads parts of a JSON document that somebody else wrote: a part of another shape than expected is as good as none."""

from __future__ import annotations

import unicodedata
from typing import Any

Object = dict[str, Any]
LONGEST_TEXT = 4_000


def object_at(value: Any, *names: str) -> Object:
    """The object at this path of names; empty where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def objects_at(value: Any, name: str) -> list[Object]:
    """The objects of a list; an entry of another shape counts as an empty one, so that places in it stay right."""
    found = value.get(name) if isinstance(value, dict) else None
    return [one if isinstance(one, dict) else {} for one in found] if isinstance(found, list) else []


def text_at(value: Any, *names: str, longest: int = LONGEST_TEXT) -> str:
    """The text at this path of names, fit for the database and a terminal; "" where there is none."""
    *way, last = names
    found = object_at(value, *way).get(last)
    return harmless(found, longest) if isinstance(found, str) else ""


def harmless(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text without what a database cannot hold or a terminal would obey; line feeds and tabs stay."""
    text = text[: longest + 1]
    if not text.isprintable():
        text = "".join(
            one if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cs", "Cf") else " " for one in text
        )
    return (text if len(text) <= longest else text[: longest - 1] + "…").strip()


def number_at(value: Any, name: str, *, largest: int = 2**31 - 1) -> int | None:
    """The whole number from 1 up to `largest` of this name; None where there is none."""
    found = value.get(name) if isinstance(value, dict) else None
    if isinstance(found, bool) or not isinstance(found, int | float) or found != found:
        return None
    return int(found) if 1 <= found <= largest and int(found) == found else None


def index_at(value: Any, name: str) -> int | None:
    """The place in a list of this name, counted from 0; None where there is none (SARIF also writes -1 for that)."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None
