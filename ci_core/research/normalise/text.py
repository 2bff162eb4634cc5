"""Plain text from what strangers wrote: without markup, without invisible characters, of bounded length."""

from __future__ import annotations

import re
import unicodedata

from ci_core.research.normalise.markup import of_html, of_markdown
from ci_core.research.values import Markup

MOST_CHARACTERS = 20_000
MOST_TITLE_CHARACTERS = 500
# Markup is longer than its text; what stands beyond this is not read at all.
MOST_MARKUP_CHARACTERS = {"plain": 100_000, "html": 100_000, "markdown": 70_000}
# As many letters may be stacked on one; text that is meant to be read needs fewer.
MOST_MARKS = 4

# Characters that no reader sees but that change what is seen, or what a program reads: zero-width ones, those that turn
# the direction of writing, fillers, variation selectors of the supplement, tags (U+E0000…), interlinear marks.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff"
    "\uffa0\ufff0-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Joiners form letters in some scripts and pictures of several people; between Latin letters they only hide words.
_NEEDLESS_JOINER = re.compile("(?<![^\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f])")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_BREAK = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile("[^\\S\n]+")
_PARAGRAPHS = re.compile(r"\n{3,}")
# The only beginnings of a tag, a comment or a declaration in HTML; with a space after it, "<" is a sign like any other.
_OPENING = re.compile(r"<(?=[A-Za-z/!?])")


def plain_text(raw: str, markup: Markup = "plain", *, most: int = MOST_CHARACTERS) -> str:
    """The text of `raw` as a person would read it, in lines, at most `most` characters; never HTML.

    Scripts, styles and comments are left out with what stands in them; links keep their words; entities become
    characters. A "<" that would begin a tag in a browser is followed by a space, so that the result stays text wherever
    it is shown. Invisible characters and those that turn the direction of writing are removed.
    """
    text = raw[: MOST_MARKUP_CHARACTERS[markup]]
    if markup == "html":
        text = of_html(text)
    elif markup == "markdown":
        text = of_markdown(text)
    return cut(_in_lines(cleaned(text)), most)


def one_line(raw: str, markup: Markup = "plain", *, most: int = MOST_TITLE_CHARACTERS) -> str:
    """`plain_text` on one line, for titles and names."""
    return cut(" ".join(plain_text(raw, markup, most=most + 1).split()), most)


def cleaned(text: str) -> str:
    """`text` in composed characters, without what cannot be seen, and unable to begin a tag."""
    text = _BREAK.sub("\n", unicodedata.normalize("NFC", text))
    if not text.isascii():
        text = _without_towers(_NEEDLESS_JOINER.sub("", _INVISIBLE.sub("", text)))
    return _OPENING.sub("< ", _CONTROL.sub("", text))


def cut(text: str, most: int) -> str:
    """The first `most` characters of `text`; "…" stands for the rest."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _without_towers(text: str) -> str:
    """Without the marks that are stacked higher on a letter than any script needs."""
    if not any(unicodedata.combining(character) for character in text):
        return text
    kept, height = [], 0
    for character in text:
        height = height + 1 if unicodedata.combining(character) else 0
        if height <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def _in_lines(text: str) -> str:
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return _PARAGRAPHS.sub("\n\n", "\n".join(lines)).strip()
