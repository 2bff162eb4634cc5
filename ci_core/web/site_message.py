"""What a site says in its own words when it refuses something, short and harmless."""

from __future__ import annotations

import unicodedata

from ci_core.web.answer import Answer, AnswerProblem

LONGEST = 160
# Where the sites put it: GitHub, Algolia, Reddit, Stack Exchange.
PLACES = ("message", "error_message", "error_description", "reason")


def message_in(answer: Answer) -> str:
    """The explanation in a JSON answer, on one line; empty where there is none."""
    if "json" not in answer.headers.get("content-type", ""):
        return ""
    try:
        value, _ = answer.json()
    except AnswerProblem:
        return ""
    found = next((value[place] for place in PLACES if value.get(place)), "") if isinstance(value, dict) else ""
    return plain_line(found) if isinstance(found, str) else ""


def plain_line(text: str, longest: int = LONGEST) -> str:
    """Text of a stranger on one line, without control characters, cut where it gets long."""
    words = "".join(" " if unicodedata.category(letter).startswith(("C", "Z")) else letter for letter in text).split()
    line = " ".join(words)
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
