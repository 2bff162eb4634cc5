"""Why two findings are taken for the same or for near each other, in words for people."""

from __future__ import annotations

from collections.abc import Mapping

from ci_core.research.duplicates.measures import Wording
from ci_core.research.duplicates.words import STOP_WORDS, Commonness

MOST_WORDS = 3


def why_same(
    one: Wording, other: Wording, measured: Mapping[str, float], days: float | None, common: Commonness
) -> str:
    """In one line why an item repeats another."""
    if one.title == other.title:
        how = "the same title"
    elif measured["letters"] > 0.85 or measured["tokens"] > 0.97:
        how = "nearly the same wording"
    else:
        how = "the same story in other words" + _telling(one, other, common)
    site = f", both at {one.host}" if one.host and one.host == other.host else ""
    return f"{how}{site}{_apart(days)}"


def why_related(one: Wording, other: Wording, forbidden: str | None, days: float | None, common: Commonness) -> str:
    """In one line why an item is shown beside another, and what keeps them apart."""
    if forbidden:
        return f"near, but not the same: {forbidden}{_apart(days)}"
    if one.title == other.title:
        return f"the same title{_apart(days)}"
    return f"on the same subject{_telling(one, other, common)}{_apart(days)}"


def _telling(one: Wording, other: Wording, common: Commonness) -> str:
    """The rarest words that both have."""
    shared = (one.words & other.everything) | (other.words & one.everything)
    rarest = sorted(shared - STOP_WORDS, key=lambda word: (-common.weight(word), word))[:MOST_WORDS]
    return f" ({', '.join(rarest)})" if rarest else ""


def _apart(days: float | None) -> str:
    if days is None:
        return ""
    if days < 1 / 24:
        return ", within an hour"
    if days < 1:
        hours = round(days * 24) or 1
        return f", {hours} hour{'s' if hours > 1 else ''} apart"
    whole = round(days)
    return f", {whole} day{'s' if whole > 1 else ''} apart"
