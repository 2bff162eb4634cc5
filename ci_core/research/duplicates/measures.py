"""What two findings have in common, as figures: the wording, the rare words, the numbers, the time between them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz

from ci_core.research.duplicates.markers import again_words, is_negated, is_series
from ci_core.research.duplicates.numbers import Numbers, numbers_of
from ci_core.research.duplicates.words import STOP_WORDS, Commonness, bare_title, words_of

# So much of a text is read for its words: the beginning says what it is about.
TEXT_CHARACTERS = 700


@dataclass(frozen=True, slots=True)
class Wording:
    """A finding's words, made once and compared often.

    Attributes:
        title: without what sites put around it, in lower case.
        in_order: the title's words as they stand there.
        words: the title's words.
        everything: the words of the title and of the text's beginning.
        numbers: of the title.
        host: the site of the page that it is about; None where that is not known or only the place of the talk.
    """

    title: str
    in_order: tuple[str, ...]
    words: frozenset[str]
    everything: frozenset[str]
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
        words=words,
        everything=words | frozenset(words_of(text[:TEXT_CHARACTERS])),
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
    nearby: float,
    rival: float,
) -> dict[str, float]:
    """The figures from which it is decided whether two findings are the same; symmetric in both.

    Args:
        cosine: of the two vectors, −1…1.
        days: between them, 0 or more; None where it is not known.
        common: how often each word occurs in the window.
        hosts: how often each site occurs in the window.
        nearby: the cosine that the later one has to its usual neighbours; what is near to everything says less.
        rival: the highest cosine of the later one to another finding than this.
    """
    shared = one.words & other.words
    weights = common.weights(one.everything | other.everything)
    sum_one, sum_other = _sum(weights, one.words), _sum(weights, other.words)
    both = _sum(weights, shared)
    covered_one = _sum(weights, one.words & other.everything) / max(sum_one, 1e-9)
    covered_other = _sum(weights, other.words & one.everything) / max(sum_other, 1e-9)
    wide = one.everything & other.everything
    rare = sorted((weights[word] for word in wide), reverse=True)[:3] + [0.0] * 3
    missing = max((weights[word] for word in _lacking(one, other)), default=0.0)
    letters = fuzz.ratio(one.title, other.title) / 100
    age = math.log1p(days * 24) if days is not None else UNKNOWN_AGE
    same_host = _host_weight(one, other, hosts)
    return {
        "cosine": cosine,
        "cosine_high": max(cosine - 0.7, 0.0),
        "above_neighbours": cosine - nearby,
        "above_rival": min(max(cosine - rival, 0.0), 0.3),
        "words": _cosine(weights, one.words, other.words),
        "all_words": _cosine(weights, one.everything, other.everything),
        "covered_least": min(covered_one, covered_other),
        "covered_most": max(covered_one, covered_other),
        "letters": letters,
        "letters_high": max(letters - 0.75, 0.0),
        "tokens": fuzz.token_set_ratio(one.title, other.title) / 100,
        "part": fuzz.partial_ratio(one.title, other.title) / 100,
        "run": _longest_run(one.in_order, other.in_order, weights),
        "rarest": rare[0],
        "third_rarest": rare[2],
        "shared_weight": math.log1p(both),
        "missing": missing,
        "short": 1 / max(min(len(one.words), len(other.words)), 1),
        "numbers_shared": float(min(len(_amounts(one) & _amounts(other)), 3)),
        "numbers_differ": float(bool(_amounts(one) - _amounts(other)) and bool(_amounts(other) - _amounts(one))),
        "negation_differs": float(one.negated != other.negated),
        "series": float(one.series and other.series),
        "again_differs": float(one.again != other.again),
        "age": age,
        "old": max(age - OLD, 0.0),
        "same_host": same_host,
        "same_host_near": same_host * max(cosine - 0.4, 0.0),
        "other_host": float(one.host is not None and other.host is not None and one.host != other.host),
    }


# The usual age of a true repetition: a pair without dates is neither helped nor hurt.
UNKNOWN_AGE = math.log1p(12.0)
# From three days on, every further one speaks more against a repetition.
OLD = math.log1p(72.0)


def _amounts(wording: Wording) -> frozenset[float]:
    return wording.numbers.plain


def _lacking(one: Wording, other: Wording) -> frozenset[str]:
    """The words of the shorter title that the other one lacks."""
    shorter, longer = (one, other) if len(one.words) <= len(other.words) else (other, one)
    return shorter.words - longer.everything


def _host_weight(one: Wording, other: Wording, hosts: Commonness) -> float:
    """How much it says that both are on one site: more for a small blog than for a big paper; 0 for different ones."""
    if one.host is None or one.host != other.host:
        return 0.0
    return hosts.weight(one.host)


def _sum(weights: Mapping[str, float], words: Iterable[str]) -> float:
    return sum(weights[word] for word in words)


def _cosine(weights: Mapping[str, float], one: frozenset[str], other: frozenset[str]) -> float:
    shared = sum(weights[word] ** 2 for word in one & other)
    if not shared:
        return 0.0
    return shared / math.sqrt(sum(weights[word] ** 2 for word in one) * sum(weights[word] ** 2 for word in other))


def _longest_run(one: tuple[str, ...], other: tuple[str, ...], weights: Mapping[str, float]) -> float:
    """The weight of the heaviest run of words that stands in both titles in the same order, as ln(1 + weight)."""
    best = 0.0
    row: dict[int, float] = {}
    places: dict[str, list[int]] = {}
    for place, word in enumerate(other):
        places.setdefault(word, []).append(place)
    for word in one:
        row = {place: row.get(place - 1, 0.0) + weights[word] for place in places.get(word, ())}
        best = max(best, max(row.values(), default=0.0))
    return math.log1p(best)


def only_differ_in(one: Wording, other: Wording) -> frozenset[str]:
    """The words that only one of the two titles has, without those that say nothing."""
    return (one.words ^ other.words) - STOP_WORDS
