"""The words of a title or a text, in the form in which two of them are compared, and how much each one says."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]+(?:[.'’&-][^\W_]+)*(?:\+\+|#(?!\w))?")
_CLITIC = re.compile(r"['’](?:s|re|ve|ll|d|m)?$")
_BRACKETED = re.compile(r"\[[^\]]{1,30}\]|\((?:pdf|video|\d{4}|xpost[^)]*|x-post[^)]*|crosspost[^)]*)\)", re.IGNORECASE)
_SITE_BEHIND = re.compile(r"\s+[|–—]\s+[^|–—]{2,40}$|\s-\s(?:[A-Z][\w.&']*\s?){1,4}$|\s::?\s[^:]{2,30}$")
_SITE_BEFORE = re.compile(
    r"^(?:(?:show|ask|tell|launch) hn|bbc news|video|watch|breaking|til|psa|ama|news|report)\s*[:|–—-]+\s*", re.I
)

# Words that most English titles have; they tell no two things apart.
STOP_WORDS = frozenset(
    """
    a about after all also am an and any are as at be been before being but by can could did do does doing for from get
    had has have having he her here him his how i if in into is it its just like may me might more most my new no not
    now of off on one only or our out over own s say says she should so some than that the their them then there these
    they this those to too up us use used using very via vs was we were what when where which while who whom why will
    with would you your
    """.split()  # noqa: SIM905 (a list of quoted words would be unreadable)
)
# So many titles count as seen before the first one, so that the first words of a window are not all rare.
IMAGINED_TITLES = 200


def bare_title(title: str) -> str:
    """The title without what sites and posters put around it: "[pdf]", "Show HN:", "| NPR"."""
    title = _BRACKETED.sub(" ", unicodedata.normalize("NFKC", title))
    bare = _SITE_BEHIND.sub("", _SITE_BEFORE.sub("", title.strip()))
    return bare if len(bare.split()) >= 3 else title.strip()


def words_of(text: str) -> list[str]:
    """Its words in order: in lower case, without plural endings; "Node.js", "C++" and "v1.2" are one word each."""
    found: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        word = _CLITIC.sub("", word)
        if "-" in word or "&" in word:
            found.extend(stem(part) for part in re.split(r"[-&]", word) if part)
        elif word:
            found.append(stem(word))
    return found


def stem(word: str) -> str:
    """The word without the endings that come and go in retellings: plural, third person."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


class Commonness:
    """How often each word occurs among the findings of a window; rare words say most about what a text is on."""

    def __init__(self) -> None:
        self._texts = 0
        self._with: Counter[str] = Counter()

    def add(self, words: Iterable[str]) -> None:
        """Count one text's words."""
        self._texts += 1
        self._with.update(set(words))

    def weight(self, word: str) -> float:
        """Inverse document frequency, natural logarithm; 0.1–1 for words that every title may have."""
        return self.weights((word,))[word]

    def weights(self, words: Iterable[str]) -> dict[str, float]:
        """The weight of each word: hundreds of thousands are asked for in a scan, so all at once."""
        texts, seen = self._texts + IMAGINED_TITLES + 1, self._with
        return {
            word: 0.1
            if word in STOP_WORDS
            else max(math.log(texts / (seen.get(word, 0) + 0.5 + IMAGINED_TITLES / 1000)), 0.3)
            for word in words
        }
