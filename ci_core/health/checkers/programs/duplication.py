"""Finds stretches of code that stand in several places, whatever their indentation, comments and empty lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci_core.health.checkers.programs.answering import answer
from ci_core.health.syntax import Unparsable, decode

# What SonarQube takes for a duplicate: this many lines with code, and this many words and signs in them.
LEAST_LINES = 10
LEAST_TOKENS = 100
# A table of equal rows is none.
LEAST_DISTINCT = 6
# Of places that begin alike, so many are compared.
MOST_COMPARED = 20
IMPORT = re.compile(r"(?:from|import)\s")
TOKEN = re.compile(r"\w+|[^\w\s]")
SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Text:
    """A file's lines with code: what each says, as a number that equal lines share, and where it stands."""

    path: str
    says: Sequence[int]
    lines: Sequence[int]


@dataclass(frozen=True, slots=True)
class Copy:
    """`count` lines with code of one file that stand in another (or in the same, before) too."""

    text: Text
    begin: int
    other: Text
    other_begin: int
    count: int


class Vocabulary:
    """Gives equal lines the same number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._tokens: list[int] = []

    def read(self, path: str, source: str) -> Text:
        """The lines of a file that count."""
        says, lines = [], []
        # Not splitlines(): a form feed begins no line.
        for number, line in enumerate(source.replace("\r\n", "\n").split("\n"), start=1):
            code = line.strip()
            if len(code) < 2 or code.startswith("#") or IMPORT.match(code):
                continue
            code = SPACE.sub(" ", code)
            if code not in self._numbers:
                self._numbers[code] = len(self._tokens)
                self._tokens.append(len(TOKEN.findall(code)))
            says.append(self._numbers[code])
            lines.append(number)
        return Text(path, says, lines)

    def counts(self, says: Sequence[int]) -> bool:
        """Whether a stretch says enough to be called a copy."""
        return len(set(says)) >= LEAST_DISTINCT and sum(self._tokens[one] for one in says) >= LEAST_TOKENS


def copies(texts: Sequence[Text], vocabulary: Vocabulary) -> Iterator[Copy]:
    """Every stretch that stands somewhere before too, each as long as it is, none twice."""
    known: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for place, text in enumerate(texts):
        windows = [tuple(text.says[at : at + LEAST_LINES]) for at in range(len(text.says) - LEAST_LINES + 1)]
        for at, window in enumerate(windows):
            found = known.setdefault(window, [])
            if len(found) < MOST_COMPARED:
                found.append((place, at))
        at = 0
        while at < len(windows):
            copy = _longest(texts, text, at, known[windows[at]])
            if copy is not None and vocabulary.counts(text.says[at : at + copy.count]):
                yield copy
            at += copy.count if copy is not None else 1


def _longest(texts: Sequence[Text], text: Text, at: int, before: Sequence[tuple[int, int]]) -> Copy | None:
    best: Copy | None = None
    for place, begin in before:
        other = texts[place]
        most = min(len(text.says) - at, len(other.says) - begin)
        if other is text:
            most = min(most, at - begin)  # a stretch is no copy of itself
        count = 0
        while count < most and text.says[at + count] == other.says[begin + count]:
            count += 1
        if count >= LEAST_LINES and (best is None or count > best.count):
            best = Copy(text, at, other, begin, count)
    return best


def look(question: dict[str, Any]) -> dict[str, Any]:
    """`{"copies": [[path, first, last, lines, other path, first there, last there]], "lines": …, "unseen": …}`.

    "lines" says how many lines with code of each file stand elsewhere too.
    """
    vocabulary = Vocabulary()
    texts: list[Text] = []
    unseen: dict[str, str] = {}
    for path in question["paths"]:
        try:
            texts.append(vocabulary.read(path, decode((Path(question["root"]) / path).read_bytes(), path)))
        except Unparsable as error:
            unseen[path] = error.reason
        except OSError as error:
            unseen[path] = f"it cannot be read: {error.strerror}"
    found = list(copies(texts, vocabulary))
    return {"copies": [_told(copy) for copy in found], "lines": _counted(found), "unseen": unseen}


def _told(copy: Copy) -> list[Any]:
    mine, theirs = copy.text.lines, copy.other.lines
    last, other_last = copy.begin + copy.count - 1, copy.other_begin + copy.count - 1
    return [
        copy.text.path, mine[copy.begin], mine[last], copy.count,
        copy.other.path, theirs[copy.other_begin], theirs[other_last],
    ]  # fmt: skip


def _counted(found: Sequence[Copy]) -> Mapping[str, int]:
    covered: dict[str, set[int]] = {}
    for copy in found:
        for text, begin in ((copy.text, copy.begin), (copy.other, copy.other_begin)):
            covered.setdefault(text.path, set()).update(range(begin, begin + copy.count))
    return {path: len(places) for path, places in covered.items()}


if __name__ == "__main__":
    answer(look)
