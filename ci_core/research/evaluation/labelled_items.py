"""Files of items that say which of them a team wants, and files of interests; each line checked before it is used."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci_core.errors import InvalidInput
from ci_core.research.normalise import normalise
from ci_core.research.scoring.default_interests import default_keywords
from ci_core.research.scoring.interests import Interests, Wanted
from ci_core.research.scoring.keyphrases import keyphrases
from ci_core.research.scoring.words import phrase_of
from ci_core.research.values import Item, NormalItem
from db.enums import InterestKind

MOST_BYTES = 500 * 2**20
# What a phrase weighs that nobody chose as a keyword; a single word may mean anything.
SEVERAL_WORDS, ONE_WORD = 1.0, 0.25


@dataclass(frozen=True, slots=True)
class LabelledItem:
    """An item, and whether the team wants it."""

    item: NormalItem
    wanted: bool


def read_labelled_items(path: Path) -> list[LabelledItem]:
    """The items of JSON lines `{"id", "title", "text"?, "y"}`, `y` 1 or 0; further keys are not looked at.

    Raises:
        InvalidInput: the file cannot be read, or a line is not of this form; the text names it.
    """
    found = [_labelled(row, number, path) for number, row in _rows(path)]
    if not found:
        raise InvalidInput("relevance", f"{path} holds no items.")
    return found


def read_interests(path: Path) -> Interests:
    """The interests of a file: plain text, one on each line, or JSON lines `{"wording", "kind"?, "weight"?}`.

    `kind` is interest, keyword or unwanted. They replace the default interests. Where the file names no keywords, the
    default ones stay as far as the new interests have all of their words, and the phrases of the interests count too.

    Raises:
        InvalidInput: the file cannot be read, holds none, or a line is not of this form.
    """
    texts: dict[InterestKind, list[Wanted]] = {kind: [] for kind in InterestKind}
    for number, line in _lines(path, "interests"):
        kind, one = _interest(line, number, path)
        texts[kind].append(one)
    wanted = tuple(texts[InterestKind.INTEREST])
    keywords = {one.wording: one.weight for one in texts[InterestKind.KEYWORD]}
    if not (wanted or keywords):
        raise InvalidInput("interests", f"{path} holds no interests.")
    return Interests(wanted, tuple(texts[InterestKind.UNWANTED]), keywords or _keywords_for(wanted))


def _keywords_for(wanted: tuple[Wanted, ...]) -> dict[str, float]:
    """The default keywords that have their words in the interests, and what else the interests are about."""
    used = {stem for one in wanted for stem in phrase_of(one.wording)}
    found = {word: weight for word, weight in default_keywords().items() if used.issuperset(phrase_of(word))}
    known = {phrase_of(word) for word in found}
    for one in wanted:
        for phrase in keyphrases(one.wording, ""):
            if phrase_of(phrase) not in known:
                found[phrase] = SEVERAL_WORDS if " " in phrase else ONE_WORD
                known.add(phrase_of(phrase))
    return found


def _interest(line: str, number: int, path: Path) -> tuple[InterestKind, Wanted]:
    if not line.startswith("{"):
        return InterestKind.INTEREST, Wanted(line)
    row = _object(line, number, path, "interests")
    try:
        kind = InterestKind(row.get("kind", InterestKind.INTEREST))
        weight = float(row.get("weight", 1.0))
        wording = row["wording"]
    except (KeyError, ValueError, TypeError) as error:
        raise InvalidInput(
            "interests", f'{path}, line {number}: needs "wording", and a known "kind": {error}.'
        ) from error
    if not isinstance(wording, str) or not wording.strip() or not 0 <= weight <= 5:
        raise InvalidInput("interests", f'{path}, line {number}: "wording" must be a text, "weight" 0 to 5.')
    return kind, Wanted(wording.strip(), weight)


def _labelled(row: dict[str, Any], number: int, path: Path) -> LabelledItem:
    title, text, label = row.get("title"), row.get("text") or "", row.get("y")
    if not isinstance(title, str) or not isinstance(text, str) or "id" not in row:
        raise InvalidInput("relevance", f'{path}, line {number}: needs "id" and "title", and "text" if any, as texts.')
    if label not in (0, 1):
        raise InvalidInput("relevance", f'{path}, line {number}: "y" must be 1 or 0.')
    item = Item(str(row.get("source_type") or row.get("source") or "file"), str(row["id"]), "", title, text)
    return LabelledItem(normalise(item), bool(label))


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in _lines(path, "relevance"):
        yield number, _object(line, number, path, "relevance")


def _object(line: str, number: int, path: Path, field: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InvalidInput(field, f"{path}, line {number}: no JSON: {error}.") from error
    if not isinstance(row, dict):
        raise InvalidInput(field, f"{path}, line {number}: must be a JSON object.")
    return row


def _lines(path: Path, field: str) -> Iterator[tuple[int, str]]:
    """Each line that is not empty, with its number from 1."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidInput(field, f"{path} is larger than {MOST_BYTES >> 20} MiB.")
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line.strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(field, f"{path} cannot be read: {error}.") from error
