"""What forbids that two texts are one thing, however alike they are; each with its reason in words."""

from __future__ import annotations

import re

from ci_core.research.duplicates.markers import deeds
from ci_core.research.duplicates.measures import Wording, only_differ_in
from ci_core.research.duplicates.numbers import conflict, differ
from ci_core.research.duplicates.opposites import contrary
from ci_core.research.duplicates.words import STOP_WORDS

# From here on two posts of a series are two of its parts and not one that was posted twice (days).
ONE_PART_DAYS = 0.8
STAGES = {word: word for word in ("alpha", "beta", "rc", "preview", "nightly", "snapshot")} | {"candidate": "rc"}
_STAGE_OF_VERSION = re.compile(r"\d(alpha|beta|rc)[.\d]*$")
# A denial is told from a longer title by what else it adds: at most so many words, small ones too.
MOST_BESIDE_A_DENIAL = 3
DAYS_AND_MONTHS = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
    october november december jan feb mar apr jun jul aug sep sept oct nov dec spring summer autumn fall winter today
    tomorrow yesterday morning evening q1 q2 q3 q4
    """.split()  # noqa: SIM905 (a list of quoted words would be unreadable)
)


def veto(one: Wording, other: Wording, days: float | None) -> str | None:
    """Why the two cannot be the same, in words; None where nothing forbids it."""
    found = conflict(one.numbers, other.numbers)
    if found:
        return found
    against = contrary(one.words, other.words) if _of_one_matter(one, other) else None
    if against:
        return f"“{against[0]}” and “{against[1]}” say the contrary"
    if _of_one_matter(one, other) and (_came_true(one, other) or _came_true(other, one)):
        return "what one of them expects has happened in the other"
    return _by_what_differs(one, other, days)


def _came_true(one: Wording, other: Wording) -> bool:
    """Whether `other` says as done what `one` only expects, in the same words."""
    awaited = deeds(one.in_order)[1]
    return bool(awaited) and bool(awaited & deeds(other.in_order)[0])


def _of_one_matter(one: Wording, other: Wording) -> bool:
    """Whether the titles share so many telling words that contrary ones among the rest are about one thing."""
    shorter = min(len(one.words - STOP_WORDS), len(other.words - STOP_WORDS))
    return len((one.words & other.words) - STOP_WORDS) >= max(1, 0.34 * shorter)


def _by_what_differs(one: Wording, other: Wording, days: float | None) -> str | None:
    """Where the wording is nearly the same, what little differs is what is meant."""
    differing = only_differ_in(one, other)
    marked = one.again ^ other.again
    if marked and differing <= marked | DAYS_AND_MONTHS:
        return f"“{min(marked)}” says that it is another one"
    if differing and differing <= DAYS_AND_MONTHS:
        return "another day or month"
    if differing and all(_has_digit(word) for word in differing):
        if differ(one.numbers, other.numbers):
            return "the numbers differ"
        codes, others = _codes(differing & one.words), _codes(differing & other.words)
        if codes and others:
            return f"“{min(codes)}” and “{min(others)}” are two things"
    if _stages(one) != _stages(other) and one.numbers.versions & other.numbers.versions:
        return "two stages of one release"
    if (
        one.negated != other.negated
        and all(word.endswith(("n't", "n’t")) for word in differing)
        and len(one.words ^ other.words) <= MOST_BESIDE_A_DENIAL
    ):
        return "one of them denies what the other says"
    if not (one.series and other.series):
        return None
    apart = days is not None and days > ONE_PART_DAYS and not _same_part(one, other)
    replaced = differing & one.words and differing & other.words
    if (apart or replaced) and len(differing) <= 3 and len(one.words & other.words) >= 2:
        return "two of a series"
    return None


def _same_part(one: Wording, other: Wording) -> bool:
    """Whether both name the same part or number of the series, which then is one thing however far apart."""
    return bool(one.numbers.parts) and one.numbers.parts == other.numbers.parts


def _stages(wording: Wording) -> frozenset[str]:
    """The stages of a release that it names, in words or behind a version ("4.0rc3")."""
    behind = (match[1] for word in wording.words if (match := _STAGE_OF_VERSION.search(word)))
    return frozenset(STAGES[word] for word in wording.words & STAGES.keys()) | frozenset(behind)


def _codes(words: frozenset[str]) -> list[str]:
    """Names that consist of letters and figures, such as "5s"; a version is none."""
    return [word for word in words if not word.removeprefix("v").replace(".", "").isdigit()]


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)
