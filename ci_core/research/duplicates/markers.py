"""Words that make a text one of a series, or one more of a kind."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ci_core.research.duplicates.words import STOP_WORDS

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
# What is only expected; "will" and "to" alone announce what is decided.
_EXPECTING = frozenset({"could", "may", "might", "likely", "expected", "set", "about"})
_BETWEEN = frozenset({"to", "be", "is", "are", "soon", "also", "now", "will"})
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


def deeds(words: Sequence[str]) -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]]:
    """Who does what by the words, as they follow each other, and who is only expected to do what.

    "OpenAI files" and "OpenAI to file" have ("openai", "fil"); in "OpenAI could file" that is expected.
    """
    done: set[tuple[str, str]] = set()
    awaited: set[tuple[str, str]] = set()
    before, expecting = "", False
    for word in words:
        if word in _EXPECTING:
            expecting = True
        elif word not in _BETWEEN:
            if before and word not in STOP_WORDS:
                (awaited if expecting else done).add((before, _root(word)))
            before, expecting = word, False
    return frozenset(done), frozenset(awaited)


def _root(verb: str) -> str:
    """The verb without its endings, so that "file", "filed" and "filing" are one."""
    for ending in ("ing", "ed", "e"):
        if len(verb) > len(ending) + 2 and verb.endswith(ending):
            return verb[: -len(ending)]
    return verb
