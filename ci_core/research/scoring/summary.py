"""The gist of a text in up to three sentences of its own."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from ci_core.research.scoring.words import STOP_WORDS, WORD, stem

READ_CHARACTERS = 4_000
SUMMARY_CHARACTERS = 420
MOST_SENTENCES = 3
# Shorter ones greet or thank; longer ones are tables and logs that no full stop ends.
SHORTEST_WORDS = 4
LONGEST_CHARACTERS = 400
# How much the place counts beside the words: the first sentence says most, and the last often what came of it.
PLACE_WEIGHT = 0.35
DECAY = 0.25

END = re.compile(r"(?<=[.!?…])[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9])|\n{2,}|\n(?=\s*(?:[-*•]|\d+[.)])\s)")
NO_END = re.compile(r"\b(?:e\.g|i\.e|etc|vs|cf|al|approx|fig|eq|no|dr|mr|ms|st|inc|corp|u\.s|[A-Z])\.$", re.IGNORECASE)


def summarise(title: str, text: str) -> str:
    """One to three sentences of the text that say most of what it is about; the title where there is no text.

    A sentence counts by its words' share in the text (those of the title twice) and by its place. Whatever is near to
    a sentence that is taken already is left out. After Radev et al., "Centroid-based summarization" (2004), with the
    lead as the strongest baseline there is for short texts.
    """
    sentences = [sentence for sentence in split_sentences(text[:READ_CHARACTERS]) if _tells_something(sentence)]
    if not sentences:
        return _shortened(" ".join((text or title).split()) if text.strip() else " ".join(title.split()))
    bags = [_content_words(sentence) for sentence in sentences]
    heading = _content_words(title)
    counts = Counter(word for bag in bags for word in bag)
    counts.update({word: counts[word] for word in heading})
    total = sum(counts.values()) or 1
    values = [
        (1 - PLACE_WEIGHT) * _centrality(bag, counts, total) + PLACE_WEIGHT / (1 + DECAY * place)
        for place, bag in enumerate(bags)
    ]
    taken = _take(sentences, bags, values, heading)
    return _shortened(" ".join(sentences[place] for place in sorted(taken)))


def split_sentences(text: str) -> list[str]:
    """Sentences of plain text, each on one line; list entries and paragraphs end one too."""
    found: list[str] = []
    for piece in END.split(text):
        sentence = " ".join(piece.split()) if piece else ""
        if not sentence:
            continue
        if found and NO_END.search(found[-1]):
            found[-1] = f"{found[-1]} {sentence}"
        else:
            found.append(sentence)
    return found


def _tells_something(sentence: str) -> bool:
    return len(sentence) <= LONGEST_CHARACTERS and len(WORD.findall(sentence)) >= SHORTEST_WORDS


def _content_words(text: str) -> frozenset[str]:
    words = (word.lower() for word in WORD.findall(text))
    return frozenset(stem(word) for word in words if word not in STOP_WORDS and len(word) > 1)


def _centrality(bag: frozenset[str], counts: Counter[str], total: int) -> float:
    """How much of the text's words the sentence has, against its length: 0 to about 1."""
    if not bag:
        return 0.0
    share = sum(counts[word] for word in bag) / total
    return 2 * share / math.sqrt(len(bag))


def _take(
    sentences: Sequence[str], bags: Sequence[frozenset[str]], values: Sequence[float], heading: frozenset[str]
) -> list[int]:
    taken: list[int] = []
    length = 0
    for place in sorted(range(len(sentences)), key=values.__getitem__, reverse=True):
        if len(taken) == MOST_SENTENCES or (taken and length + len(sentences[place]) > SUMMARY_CHARACTERS):
            continue
        if any(_alike(bags[place], bags[other]) for other in taken) or (
            len(sentences) > 1 and _alike(bags[place], heading)
        ):
            continue
        taken.append(place)
        length += len(sentences[place]) + 1
    return taken or [max(range(len(sentences)), key=values.__getitem__)]


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one and other) and len(one & other) / len(one | other) > 0.6


def _shortened(text: str) -> str:
    if len(text) <= SUMMARY_CHARACTERS:
        return text
    end = text.rfind(" ", 0, SUMMARY_CHARACTERS)
    return f"{text[: end if end > 0 else SUMMARY_CHARACTERS]} …"
