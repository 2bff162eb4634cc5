"""Finds phrases in markdown as a careful reader would: whole words, any inflection, not in code, not negated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

READ_CHARACTERS = 6_000  # of a description; what matters stands at its beginning
GAP_WORDS = 2  # that `*` in a phrase may stand for
NEGATION_REACH_WORDS = 5

_FENCE = re.compile(r"[\s>]*(?:[-*+] )?(`{3,}|~{3,})(.*)")
_CHUNK = re.compile(
    r"`+[^`\n]*`+"  # inline code
    r"|<[^>\n]{0,200}>"  # HTML, <https://…>
    r"|https?://\S+"
    r"|\]\([^)\s]*\)"  # the target of a link
    r"|[\w'./\\-]+"  # a word, or several with strokes between them, or a path
    r"|[;:!?,()|\n]"
)
_NO_PROSE = re.compile(r"[`<\]]|https?:|.*_|.*\w\.[a-z]")  # code, links, an_identifier, module.py
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?|\.(?=\W*$)|[;:!?,()|\n]")
_LONGEST_CHUNK = 40
_PHRASE_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)?|\*")
_STOPS = frozenset(".;:!?,()|\n")


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A word without its inflection: leaks, leaked, leaking → leak. Not a linguist's, but always the same."""
    word = word.removesuffix("'s")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if len(word) > 5 and word.endswith("ing"):
        return _bare(word[:-3])
    if len(word) > 4 and word.endswith("ed"):
        return _bare(word[:-2])
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


def _bare(root: str) -> str:
    """logg → log; but call, miss and the like keep their two letters."""
    if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsz":
        return root[:-1]
    return root.removesuffix("e")


_NEGATIONS = frozenset(map(stem, ["no", "not", "never", "without", "zero", "cannot", "nothing", "neither", "nor"]))
_NEGATED_BY_NEXT = frozenset(map(stem, ["free", "proof", "safe"]))
_GUARDS = frozenset(
    map(stem, ["prevent", "avoid", "protect", "protection", "stop", "handle", "detect", "check", "guard", "against"])
)


@dataclass(frozen=True)
class Phrase:
    """Words to be found one after the other; `*` stands for up to two words.

    Attributes:
        stems: the words, without their endings.
        not_after: words that change the meaning when they stand right before ("market crash").
    """

    stems: tuple[str, ...]
    not_after: frozenset[str] = frozenset()


class PhraseIndex:
    """Which of many keys are named in a text, in time that grows with the text and hardly with the phrases."""

    def __init__(self, phrases: Iterable[tuple[str, Phrase]]) -> None:
        self._by_first: dict[str, list[tuple[str, Phrase]]] = {}
        for key, phrase in phrases:
            self._by_first.setdefault(phrase.stems[0], []).append((key, phrase))

    def find(self, words: Sequence[str]) -> set[str]:
        """The keys whose phrases occur among these words (of `prose_words`) without being negated."""
        found: set[str] = set()
        for place, word in enumerate(words):
            for key, phrase in self._by_first.get(word, ()):
                if key in found:
                    continue
                end = _match(words, place, phrase.stems)
                if end and not _negated(words, place, end) and (place == 0 or words[place - 1] not in phrase.not_after):
                    found.add(key)
        return found


def phrase(text: str, not_after: Iterable[str] = ()) -> Phrase:
    """A phrase from its plain words: `phrase("loses * data")`."""
    stems = tuple(word if word == "*" else stem(word) for word in _PHRASE_TOKEN.findall(text.lower()))
    return Phrase(stems, frozenset(stem(word) for word in not_after))


def prose_words(markdown: str) -> list[str]:
    """The words of a text without their endings, with its stops, and without code, links, paths and tables."""
    text = markdown[:READ_CHARACTERS].replace("’", "'")
    if "```" in text or "~~~" in text or "|" in text:
        text = "\n".join(_prose_lines(text))
    return [word for chunk in _CHUNK.findall(text.lower()) for word in _words(chunk)]


def _words(chunk: str) -> tuple[str, ...]:
    return _short_words(chunk) if len(chunk) <= _LONGEST_CHUNK else ()


@lru_cache(maxsize=20_000)
def _short_words(chunk: str) -> tuple[str, ...]:
    return () if _NO_PROSE.match(chunk) else tuple(map(stem, _WORD.findall(chunk)))


def _prose_lines(text: str) -> Iterable[str]:
    fence = ""
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if fence:
            if match and match[1].startswith(fence) and not match[2].strip():
                fence = ""
        elif match and "`" not in match[2]:
            fence = match[1]
        elif not line.lstrip().startswith("|"):
            yield line


def _match(words: Sequence[str], place: int, stems: Sequence[str]) -> int:
    """The place after the phrase when it begins at `place`, else 0."""
    for number, expected in enumerate(stems):
        if expected == "*":
            for gap in range(GAP_WORDS + 1):
                if any(word in _STOPS for word in words[place : place + gap]):
                    return 0
                if end := _match(words, place + gap, stems[number + 1 :]):
                    return end
            return 0
        if place >= len(words) or words[place] != expected:
            return 0
        place += 1
    return place


def _negated(words: Sequence[str], begin: int, end: int) -> bool:
    """ "No data loss", "never crashes", "crash-free"; but "no protection against data loss" names the loss."""
    if end < len(words) and words[end] in _NEGATED_BY_NEXT:
        return True
    for place in range(begin - 1, max(-1, begin - 1 - NEGATION_REACH_WORDS), -1):
        word = words[place]
        if word in _STOPS or word in _GUARDS:
            return False
        if word in _NEGATIONS or word.endswith("n't"):
            return True
    return False
