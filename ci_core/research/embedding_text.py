"""Which words of an item its vector stands for: one rule for comparing, scoring, storing and evaluating."""

from __future__ import annotations

from ci_core.research.values import NormalItem

# The beginning says what an item is about; encoding takes 0.2 ms a word, and a scan brings thousands of items.
TEXT_CHARACTERS = 320
TITLE_CHARACTERS = 300


def embedding_text(item: NormalItem) -> str:
    """The title and the beginning of the text, cut between words; what a finding's stored vector was made from.

    A text that begins with the title, as sites like to repeat it, does not count it twice.
    """
    return title_and_beginning(item.title, item.text)


def title_and_beginning(title: str, text: str) -> str:
    """`embedding_text` of a title and a text that are plain already."""
    title = _beginning(" ".join(title.split()), TITLE_CHARACTERS)
    beginning = " ".join(text[: 4 * (TEXT_CHARACTERS + TITLE_CHARACTERS)].split())
    if _begins_with(beginning, title):
        beginning = beginning[len(title) :].lstrip(" .:;,–—-|")
    beginning = _beginning(beginning, TEXT_CHARACTERS)
    if not (title and beginning):
        return title or beginning
    return f"{title} {beginning}" if title[-1] in ".!?:…" else f"{title}. {beginning}"


def _begins_with(text: str, title: str) -> bool:
    """Whether the text begins with the words of the title, and not only with its letters."""
    same = bool(title) and text[: len(title)].lower() == title.lower()
    return same and not text[len(title) : len(title) + 1].isalnum()


def _beginning(text: str, characters: int) -> str:
    """At most so many characters, without a cut word; of a text without spaces, exactly so many."""
    if len(text) <= characters:
        return text
    end = text.rfind(" ", 0, characters + 1)
    return text[: end if end > 0 else characters]
