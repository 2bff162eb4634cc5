"""Words of a text in the form in which they compare: lower case, without endings; and the phrases made of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

WORD = re.compile(r"[^\W_]+")

# Their singular, or what is left without the ending, means something else.
WHOLE = frozenset(
    {"futures", "returns", "securities", "greeks", "options", "pricing", "trading", "hedging", "news", "series"}
)
SHORTEST_STEM = 3

_STOP_WORDS = """
    a about above after again against all also although always am among an and another any are aren around as at away
    be became because been before being below between both but by came can cannot could did didn do does doesn doing
    don done down during each either else enough etc even ever every few for from further get gets getting give given
    go goes going gone got had has hasn have haven having he her here hers him his how however i if in instead into is
    isn it its itself just keep kept last least less let lets like likely ll made make makes making many may maybe me
    might mine more most much must my near need needs neither never next no nor not now of off often on once one only
    onto or other others our ours out over own per perhaps please put quite rather re really s same see seen several
    shall she should shouldn since so some someone something still such sure t take taken than that the their theirs
    them then there therefore these they thing things this those though through thus to together too toward under until
    up upon us use used useful uses using usually ve very via was wasn we well went were what when where whether which
    while who whom whose why will with within without won would wouldn yes yet you your yours
    abstract approach approaches article author authors based better compare compared consider considered different
    due easy example examples find first found good great help here introduce introduced issue know known large look
    method methods new novel number obtain obtained old paper part people point possible present presented propose
    proposed provide provides question result results second set show showed shown shows simple small study studied
    three time try trying two various want way work works written
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The word without the ending of a plural or of a verb, in lower case: "Volatilities" and "volatility" are one.

    Words whose plural means something else, such as "futures", stay as they are, and so do short ones with capitals
    inside: "VaR" is no "var".
    """
    if len(word) == SHORTEST_STEM and word[-1].isupper() and not word.isupper():
        return word
    word = word.lower()
    if word in WHOLE or not word.isalpha() or not word.isascii():
        return word
    if word.endswith("ies") and len(word) > SHORTEST_STEM + 2:
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > SHORTEST_STEM:
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) > SHORTEST_STEM:
            word = word[: -len(ending)]
            break
    return word.removesuffix("e") if len(word) > SHORTEST_STEM else word


def stems(text: str) -> list[str]:
    """The stems of all words, in their order."""
    return [stem(word) for word in WORD.findall(text)]


class Phrases:
    """Phrases that are looked for in texts, each with what it is called; a longer one hides those inside it."""

    def __init__(self, named: Mapping[tuple[str, ...], str]) -> None:
        """Take phrases of stems, or of any other words that the texts will be given in."""
        self.words = frozenset(word for phrase in named for word in phrase)
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for phrase in sorted(named, key=len, reverse=True):
            if phrase:
                self._by_first.setdefault(phrase[0], []).append((phrase, named[phrase]))

    def occurring(self, text: Sequence[str]) -> Iterator[str]:
        """What the phrases that stand in the text are called, in their order, as often as they occur."""
        hidden_until = 0
        for place, word in enumerate(text):
            if word not in self._by_first or place < hidden_until:
                continue
            for phrase, name in self._by_first[word]:
                if len(phrase) == 1 or tuple(text[place : place + len(phrase)]) == phrase:
                    yield name
                    hidden_until = place + len(phrase)
                    break


def phrase_of(text: str) -> tuple[str, ...]:
    """A keyword as `Phrases` looks for it."""
    return tuple(stems(text))
