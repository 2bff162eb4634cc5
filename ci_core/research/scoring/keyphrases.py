"""The words and phrases that an item is about."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Set

from ci_core.research.scoring.words import STOP_WORDS, stem

READ_CHARACTERS = 2_000
LONGEST_PHRASE = 3
MOST = 8
LONGEST_CHARACTERS = 48
TITLE_TIMES = 3.0
# A word that the team named itself says more than any statistics of one text.
NAMED_TIMES = 1.5

BREAK = re.compile(r"[.,;:!?()\[\]{}\"“”|/\\<>=…–—\n\r\t•*]+|\s-+\s|['’]s\b")
TERM = re.compile(r"[^\W_][^\s]*[^\W_+#]|[^\W\d_]\+\+|[^\W\d_]#?")


def keyphrases(title: str, text: str, *, named: Set[str] = frozenset()) -> tuple[str, ...]:
    """Up to eight phrases of one to three words, those that say most first.

    Candidates are what stands between stop words and punctuation, rated by how often their words occur and how often
    with others, as in RAKE (Rose et al., 2010); what stands in the title, and what the team named, counts more.

    Args:
        named: stems of the words in the team's interests.
    """
    titled = list(_candidates(title))
    found = titled + list(_candidates(text[:READ_CHARACTERS]))
    frequency: Counter[str] = Counter()
    degree: Counter[str] = Counter()
    for words in found:
        for word in words:
            frequency[stem(word)] += 1
            degree[stem(word)] += len(words)
    values: dict[tuple[str, ...], float] = {}
    spelled: dict[tuple[str, ...], str] = {}
    times = Counter(tuple(stem(word) for word in words) for words in found)
    heading = {tuple(stem(word) for word in words) for words in titled}
    for words in found:
        key = tuple(stem(word) for word in words)
        if key in values:
            continue
        value = sum(degree[part] / frequency[part] for part in key) ** 0.5 * math.log1p(times[key])
        value *= TITLE_TIMES if key in heading else 1.0
        value *= NAMED_TIMES ** sum(part in named for part in key)
        values[key] = value
        spelled[key] = " ".join(words)
    return _without_parts(sorted(values, key=lambda key: -values[key]), spelled)


def _candidates(text: str) -> Iterator[tuple[str, ...]]:
    """Runs of words that are no stop words; a run longer than three words gives its last three, where the noun is."""
    for piece in BREAK.split(text):
        run: list[str] = []
        for word in [*TERM.findall(piece), ""]:
            if word and word.lower() not in STOP_WORDS and len(word) > 1 and not word.isdigit():
                run.append(word)
                continue
            if run:
                yield tuple(run[-LONGEST_PHRASE:])
            run = []


def _without_parts(ranked: list[tuple[str, ...]], spelled: dict[tuple[str, ...], str]) -> tuple[str, ...]:
    """The best phrases, without those that are part of a better one or only add a word to it."""
    taken: list[tuple[str, ...]] = []
    for key in ranked:
        if len(spelled[key]) > LONGEST_CHARACTERS or any(
            set(key) <= set(other) or set(other) <= set(key) for other in taken
        ):
            continue
        taken.append(key)
        if len(taken) == MOST:
            break
    return tuple(_as_a_word(spelled[key]) for key in taken)


def _as_a_word(text: str) -> str:
    """Lower case, but names that are written with capitals inside or throughout stay as they are."""
    return " ".join(word if any(letter.isupper() for letter in word[1:]) else word.lower() for word in text.split())
