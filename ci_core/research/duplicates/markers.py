"""Words that make a text one of a series, or one more of a kind."""

from __future__ import annotations

import re
from collections.abc import Sequence

_OFTEN = """
    weekly daily monthly fortnightly biweekly bi-weekly nightly quarterly annual yearly sunday monday tuesday wednesday
    thursday friday saturday weekend morning
"""
_WHAT_COMES_AGAIN = """
    thread discussion log question answer post podcast update report roundup round-up recap newsletter digest chat talk
    check-in checkin challenge plan watchlist review summary link pick trade play mover help reading meeting q&a
    poll survey contest outlook brief briefing news
"""
# Each of them alone tells that the same comes again.
_PHRASES = (
    r"megathread",
    r"(?:episode|ep\.?)\W*\d+",
    r"podcast\b.{0,30}\b\d+",
    r"this week in",
    r"week in review",
    r"what['’]?s new in",
    r"who(?: is|['’]s) hiring",
    r"who wants to be hired",
    r"seeking freelancer",
    r"moves? (?:for )?tomorrow",
    r"what are you working on",
    r"what are your moves",
    r"changelog|(?:release|patch) notes",
    r"open thread|free talk|safe haven",
    r"(?:of|for) the (?:day|week|month|year)",
    r"(?:week|day|issue|no\.?|vol\.?|volume|part|chapter|lecture|lesson|season|edition)\s*#?\d+",
    r"newsletter|digest|roundup|round-up",
    r"jobs report|(?:status|progress) (?:update|report)",
)


def _any_of(words: str) -> str:
    return "|".join(re.escape(word) for word in words.split())


_SERIES = re.compile(
    rf"\b(?:{_any_of(_OFTEN)})\b(?:\W+[\w'’]+){{0,3}}?\W+(?:{_any_of(_WHAT_COMES_AGAIN)})s?\b"
    rf"|\bthreads?\s*(?:$|[-–—|:(\[#\d]|for\b|of\b)|(?<!\w)#\d+\b|\b(?:{'|'.join(_PHRASES)})\b",
    re.IGNORECASE,
)
# What alone can make a second thing of the first.
_AGAIN = frozenset(
    """
    again another second third fourth fifth sixth seventh eighth ninth tenth next follow followup update updated sequel
    continued last final latest previous earlier later anniversary redux revisited return beta alpha rc nightly preview
    candidate
    """.split()  # noqa: SIM905 (a list of quoted words would be unreadable)
)
_VERSION = re.compile(r"v\d+(?:\.\d+)*")
_NEGATED = re.compile(r"\b(?:not|no|never|cannot|without|\w+n['’]t)\b", re.IGNORECASE)


def is_series(title: str) -> bool:
    """Whether the title reads like one of a row: a weekly thread, an episode, release notes."""
    return bool(_SERIES.search(title))


def is_negated(title: str) -> bool:
    """Whether the title denies something."""
    return bool(_NEGATED.search(title))


def again_words(words: Sequence[str]) -> frozenset[str]:
    """The words among them that announce one more: "second", "again", "update", "v2"."""
    return frozenset(word for word in words if word in _AGAIN or _VERSION.fullmatch(word))
