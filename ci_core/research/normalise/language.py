"""In which language a text is written, where it is long enough to tell."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# Measured on titles: below this, names of products decide instead of words.
FEWEST_LETTERS = 20
LEAST_SURE = 0.8
# More text makes the answer no better, only later.
MOST_CHARACTERS = 600


def language(text: str) -> str | None:
    """The ISO 639-1 code of the language, or None where the text is too short or too mixed to tell."""
    sample = text[:MOST_CHARACTERS]
    if sum(character.isalpha() for character in sample) < FEWEST_LETTERS and sample.isascii():
        return None
    if sum(character.isalpha() for character in sample) < 4:
        return None
    code, probability = _identifier().classify(sample)
    return str(code) if probability >= LEAST_SURE else None


@cache
def _identifier() -> LanguageIdentifier:
    # Reading the model takes about 0.3 s; nobody who looks at a help text should wait for it.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
