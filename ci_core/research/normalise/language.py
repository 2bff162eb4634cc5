"""In which language a text is written, where it is long enough to tell."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# Measured on titles: below this, names of products decide instead of words.
FEWEST_LETTERS = 20
LEAST_SURE = 0.8
# More text makes the answer no better, only later.
MOST_CHARACTERS = 600

# Words that English texts cannot do without and that no other language has. A text with enough of them needs no model,
# which takes sixty times as long: of 4,500 papers, repositories and headlines it called none of these anything else.
_ENGLISH_WORDS = """
    about and are because been between can could from has have how into is of our should than that the their then there
    these they this those using we were what when where which while why with would you your
"""
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_WORD = re.compile("[a-z]+")
FEWEST_WORDS, LEAST_SHARE, LEAST_DIFFERENT = 20, 0.15, 3


def language(text: str) -> str | None:
    """The ISO 639-1 code of the language, or None where the text is too short or too mixed to tell."""
    sample = text[:MOST_CHARACTERS]
    if sum(character.isalpha() for character in sample) < FEWEST_LETTERS and sample.isascii():
        return None
    if sum(character.isalpha() for character in sample) < 4:
        return None
    if _plainly_english(sample):
        return "en"
    code, probability = _identifier().classify(sample)
    return str(code) if probability >= LEAST_SURE else None


def _plainly_english(sample: str) -> bool:
    words = _WORD.findall(sample.lower())
    telling = [word for word in words if word in _ENGLISH]
    return (
        len(words) >= FEWEST_WORDS and len(telling) >= LEAST_SHARE * len(words) and len(set(telling)) >= LEAST_DIFFERENT
    )


@cache
def _identifier() -> LanguageIdentifier:
    # Reading the model takes about 0.3 s; nobody who looks at a help text should wait for it.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
