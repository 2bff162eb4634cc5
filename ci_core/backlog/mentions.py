"""Who is spoken to in a text: `@ada`, `@"Ada Lovelace"`. Only names that are known count, whatever their case.

What stands in code is code, and `ada@example.org` is an address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

QUOTES = {'"': '"', "“": "”"}
# What may join two halves of a name or an address, so that "@ada" is not meant by "@ada-lovelace".
JOINTS = "-_.+'’"


@dataclass(frozen=True, slots=True)
class Mention:
    """A person spoken to in a piece of plain text, from `start` (the @) to before `end`."""

    start: int
    end: int
    person: str


def mentions_in(text: str, people: Iterable[str]) -> tuple[Mention, ...]:
    """Every mention in a piece of plain text, in order; the longest name that fits is meant."""
    known = sorted({name for name in people if name.strip()}, key=lambda name: (-len(name), name))
    found: list[Mention] = []
    place = text.find("@")
    while place >= 0:
        mention = _at(text, place, known) if _begins(text, place) else None
        if mention is not None:
            found.append(mention)
        place = text.find("@", mention.end if mention is not None else place + 1)
    return tuple(found)


def mentioned_people(markdown: str, people: Sequence[str]) -> tuple[str, ...]:
    """The people mentioned in a markdown text, each once, in the order of their first mention."""
    if "@" not in markdown:
        return ()
    named = (mention.person for part in _plain_parts(markdown) for mention in mentions_in(part, people))
    return tuple(dict.fromkeys(named))


def written(person: str) -> str:
    """How to mention a person so that it is understood wherever it stands."""
    return f"@{person}" if all(c.isalnum() or c in JOINTS for c in person) and person[-1:].isalnum() else f'@"{person}"'


def _begins(text: str, place: int) -> bool:
    before = text[place - 1] if place else " "
    return not (before.isalnum() or before in "_@/" or (before in JOINTS and place > 1 and text[place - 2].isalnum()))


def _at(text: str, place: int, known: Sequence[str]) -> Mention | None:
    start = place + 1
    closing = QUOTES.get(text[start : start + 1])
    if closing is not None:
        end = text.find(closing, start + 1)
        inside = text[start + 1 : end].strip().lower() if end > 0 else ""
        person = next((name for name in known if name.lower() == inside), None)
        return Mention(place, end + 1, person) if person is not None else None
    for name in known:
        end = start + len(name)
        if text[start:end].lower() == name.lower() and _ends(text, end):
            return Mention(place, end, name)
    return None


def _ends(text: str, end: int) -> bool:
    after, beyond = text[end : end + 1], text[end + 1 : end + 2]
    if after.isalnum() or after in {"_", "@"}:
        return False
    # "@ada's" speaks to ada; "@ada.lovelace" and "@ada-lovelace" speak to somebody else.
    return not (after in JOINTS and after not in {"'", "’"} and beyond.isalnum())


def _plain_parts(markdown: str) -> Iterator[str]:
    for block in _parser().parse(markdown):
        for token in block.children or ():
            if token.type == "text":
                yield token.content


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
