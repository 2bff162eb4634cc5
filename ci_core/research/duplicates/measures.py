"""What two findings have in common, as figures: the wording, the rare words, the numbers, the time between them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz import fuzz

from ci_core.research.duplicates.markers import again_words, is_negated, is_series
from ci_core.research.duplicates.numbers import Numbers, numbers_of
from ci_core.research.duplicates.words import STOP_WORDS, Commonness, bare_title, words_of

# So much of a text is read for its words: the beginning says what it is about.
TEXT_CHARACTERS = 700
_AS_WRITTEN = re.compile(r"\w+(?:[.'’-]\w+)*|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Wording:
    """A finding's words, made once and compared often.

    Attributes:
        title: without what sites put around it, in lower case.
        in_order: the title's words as they stand there.
        as_written: the title's words and signs as they were typed, capitals too.
        words: the title's words.
        everything: the words of the title and of the text's beginning.
        told: whether there is a text besides the title.
        numbers: of the title.
        host: the site of the page that it is about; None where that is not known or only the place of the talk.
    """

    title: str
    in_order: tuple[str, ...]
    as_written: tuple[str, ...]
    words: frozenset[str]
    everything: frozenset[str]
    told: bool
    numbers: Numbers
    series: bool
    negated: bool
    again: frozenset[str]
    host: str | None


def wording(title: str, text: str = "", host: str | None = None) -> Wording:
    """The wording of a title and a text that are plain already."""
    bare = bare_title(title)
    in_order = tuple(words_of(bare))
    words = frozenset(in_order)
    return Wording(
        title=" ".join(in_order),
        in_order=in_order,
        as_written=tuple(_AS_WRITTEN.findall(bare)),
        words=words,
        everything=words | frozenset(words_of(text[:TEXT_CHARACTERS])),
        told=bool(text.strip()),
        numbers=numbers_of(bare),
        series=is_series(title),
        negated=is_negated(bare),
        again=again_words(in_order),
        host=host,
    )


def measure(
    one: Wording,
    other: Wording,
    *,
    cosine: float,
    days: float | None,
    common: Commonness,
    hosts: Commonness,
    around: Sequence[float],
    rival: float,
) -> dict[str, float]:
    """The figures from which it is decided whether two findings are the same; symmetric in both but for `around`.

    One rare word in common says little in titles, because people who write of one subject share it; several, a run of
    words, or a copied passage say much. Texts are told apart best by how much of a title the other one covers.

    Args:
        cosine: of the two vectors, −1…1.
        days: between them, 0 or more; None where it is not known.
        common: how often each word occurs in the window.
        hosts: how often each site occurs in the window.
        around: the cosines of the later one to what is nearest to it; where many are near, each says less.
        rival: the highest cosine of the later one to another finding than this.
    """
    shorter = min(len(one.words), len(other.words))
    # A title of two words is part of many others by chance.
    weight = shorter / (shorter + SHORT_WORDS)
    letters = fuzz.ratio(one.title, other.title) / 100
    age = math.log1p(days * 24) if days is not None else UNKNOWN_AGE
    run, copied = _verbatim(one.as_written, other.as_written)
    least, most = _covered(one, other, common) if one.told and other.told else USUALLY_COVERED
    return {
        "cosine": cosine,
        "cosine_high": max(cosine - 0.7, 0.0),
        "above_rival": min(max(cosine - rival, 0.0), 0.3),
        "crowd": float(max(sum(near > cosine - CROWD_WITHIN for near in around) - 1, 0)),
        "letters": letters,
        "letters_high": weight * max(letters - 0.75, 0.0),
        "tokens": fuzz.token_set_ratio(one.title, other.title) / 100,
        "pairs_of_words": weight * _shared_pairs(one.in_order, other.in_order),
        "run": float(min(run, LONGEST_RUN)),
        "copied": copied,
        "rare_words": sum(sorted(common.weights(one.words & other.words).values(), reverse=True)[:RARE_WORDS]),
        "text_covers_least": least - USUALLY_COVERED[0],
        "text_covers_most": most - USUALLY_COVERED[1],
        "numbers_shared": float(min(len(_amounts(one) & _amounts(other)), 3)),
        "numbers_differ": float(bool(_amounts(one) - _amounts(other)) and bool(_amounts(other) - _amounts(one))),
        "age": age,
        "old": max(age - OLD, 0.0),
        "same_host": _host_weight(one, other, hosts),
        "other_host": float(one.host is not None and other.host is not None and one.host != other.host),
    }


# The usual age of a true repetition: a pair without dates is neither helped nor hurt.
UNKNOWN_AGE = math.log1p(12.0)
# From three days on, every further one speaks more against a repetition.
OLD = math.log1p(72.0)
# So many words count half of what a long title's do.
SHORT_WORDS = 4
# What is at most so much farther (cosine) is as near as the one that is compared.
CROWD_WITHIN = 0.1
LONGEST_RUN = 8
RARE_WORDS = 5
# So many words and signs in a row are copied and no chance.
COPIED_FROM = 3
# What the texts of two things of one field cover of each other's titles; titles without texts count as that.
USUALLY_COVERED = (0.35, 0.55)


def _amounts(wording: Wording) -> frozenset[float]:
    return wording.numbers.plain


def _host_weight(one: Wording, other: Wording, hosts: Commonness) -> float:
    """How much it says that both are on one site: more for a small blog than for a big paper; 0 for different ones."""
    if one.host is None or one.host != other.host:
        return 0.0
    return hosts.weight(one.host)


def _covered(one: Wording, other: Wording, common: Commonness) -> tuple[float, float]:
    """Which share of each title's words, by their rarity, the other one has in its title or text; the smaller first."""
    shares = []
    for mine, theirs in ((one, other), (other, one)):
        weights = common.weights(mine.words)
        there = sum(weight for word, weight in weights.items() if word in theirs.everything)
        shares.append(there / max(sum(weights.values()), 1e-9))
    return min(shares), max(shares)


def _shared_pairs(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """Which share of the shorter title's neighbouring words stand side by side in the other one too, 0–1."""
    pairs, others = set(pairwise(one)), set(pairwise(other))
    return len(pairs & others) / max(min(len(pairs), len(others)), 1)


def _verbatim(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[int, float]:
    """The longest run of words that both have in the same order, and the share of the shorter one in long runs."""
    if len(one) > len(other):
        one, other = other, one
    places: dict[str, list[int]] = {}
    for place, word in enumerate(other):
        places.setdefault(word, []).append(place)
    ending: dict[int, int] = {}
    longest = [0] * len(one)
    for number, word in enumerate(one):
        ending = {place: ending.get(place - 1, 0) + 1 for place in places.get(word, ())}
        longest[number] = max(ending.values(), default=0)
    copied, end = 0, len(one)
    for number in range(len(one) - 1, -1, -1):
        if longest[number] >= COPIED_FROM:
            begin = number - longest[number] + 1
            copied += max(min(end, number + 1) - begin, 0)
            end = min(end, begin)
    return max(longest, default=0), copied / max(len(one), 1)


def only_differ_in(one: Wording, other: Wording) -> frozenset[str]:
    """The words that only one of the two titles has, without those that say nothing."""
    return (one.words ^ other.words) - STOP_WORDS
