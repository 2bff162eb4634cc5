"""Reads what the header in the browser sends. Nothing in it is trusted: types, lengths and ranges are checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

MOST_TYPED = 200  # as the field allows
MOST_IDS = 100
MOST_UNDOS = 100_000  # in the life of one page
LARGEST_ID = 2**31 - 1
LARGEST_SEQUENCE = 2**53 - 1  # beyond it JavaScript itself cannot count
_CLIENT = re.compile(r"[0-9a-f]{32}")
_UNUSABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class Trigger(StrEnum):
    """What the browser may ask for; each waits for a running script by itself, so that none overtakes another."""

    SEARCH = "search"
    OPEN = "open"
    READ = "read"
    UNDO = "undo"
    ADD = "add"
    SHOW_ALL = "show_all"


class MalformedRequest(ValueError):
    """The header in the browser sent what cannot be understood; reload the page to get a matching version."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"The header sent what cannot be understood: {where} {problem}. Reload the page.")
        self.where = where
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Typed:
    """The text of the search box with the place of the cursor in it, and the number of the question."""

    sequence: int
    text: str
    cursor: int


@dataclass(frozen=True, slots=True)
class Undo:
    """How often one wished to undo since the page was loaded in this browser, all told.

    A count loses nothing where a trigger for each would: of several that wait, Streamlit keeps the newest.
    """

    client: str
    count: int


@dataclass(frozen=True, slots=True)
class Read:
    """The notifications that were looked at, all of them when `ids` is None, and what to open: enhancement or run."""

    ids: tuple[int, ...] | None
    item: int | None
    run: int | None = None


@dataclass(frozen=True, slots=True)
class ShowAll:
    """The text to filter the board by, and the number of the wish."""

    sequence: int
    text: str


def parse_search(raw: object) -> Typed:
    """Return what is searched for. Raises MalformedRequest."""
    message = _mapping(raw)
    text = _text(message, "text")
    cursor = _integer(message, "cursor", 0, MOST_TYPED)
    if cursor > len(text):
        raise MalformedRequest("cursor", "lies beyond the text")
    return Typed(_integer(message, "sequence", 0, LARGEST_SEQUENCE), text, cursor)


def parse_open(raw: object) -> int:
    """Return the id of the enhancement to open. Raises MalformedRequest."""
    return _integer(_mapping(raw), "id", 1, LARGEST_ID)


def parse_read(raw: object) -> Read:
    """Return which notifications were read. Raises MalformedRequest."""
    message = _mapping(raw)
    item = None if message.get("item") is None else _integer(message, "item", 1, LARGEST_ID)
    run = None if message.get("run") is None else _integer(message, "run", 1, LARGEST_ID)
    ids = message.get("ids")
    if ids is None:
        return Read(None, item, run)
    if not isinstance(ids, list | tuple) or not 0 < len(ids) <= MOST_IDS:
        raise MalformedRequest("ids", f"is not a list of 1 to {MOST_IDS} numbers")
    return Read(tuple(_integer({"ids": one}, "ids", 1, LARGEST_SEQUENCE) for one in ids), item, run)


def parse_undo(raw: object) -> Undo:
    """Return how often to undo. Raises MalformedRequest."""
    message = _mapping(raw)
    client = message.get("client")
    if not isinstance(client, str) or not _CLIENT.fullmatch(client):
        raise MalformedRequest("client", "is not 32 hexadecimal digits")
    return Undo(client, _integer(message, "count", 1, MOST_UNDOS))


def parse_show_all(raw: object) -> ShowAll:
    """Return what to filter the board by. Raises MalformedRequest."""
    message = _mapping(raw)
    return ShowAll(_integer(message, "sequence", 0, LARGEST_SEQUENCE), _text(message, "text"))


def _mapping(raw: object) -> Mapping[str, object]:
    if not isinstance(raw, Mapping):
        raise MalformedRequest("the request", "is not an object")
    return raw


def _text(message: Mapping[str, object], where: str) -> str:
    text = message.get(where)
    if not isinstance(text, str) or len(text) > MOST_TYPED:
        raise MalformedRequest(where, f"is not a text of at most {MOST_TYPED} characters")
    # One for one, so that the cursor stays where it was.
    return _UNUSABLE.sub(" ", text)


def _integer(message: Mapping[str, object], where: str, at_least: int, at_most: int) -> int:
    value = message.get(where)
    # bool is an int in Python, and true is no id
    if not isinstance(value, int) or isinstance(value, bool) or not at_least <= value <= at_most:
        raise MalformedRequest(where, f"is not a whole number from {at_least} to {at_most}")
    return value
