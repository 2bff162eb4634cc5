"""Checks of what a browser sends: types, lengths and ranges, before anything is done with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Protocol, TypeVar

MAX_OPERATIONS = 200
MAX_WANTED = 24
MAX_SAFE_INTEGER = 2**53 - 1  # beyond it JavaScript itself cannot count
_CLIENT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Sequenced(Protocol):
    """Something that a client counts."""

    @property
    def sequence(self) -> int: ...


T = TypeVar("T", bound=Sequenced)


class MalformedMessage(ValueError):
    """The page in the browser sent a message that cannot be understood; reload the page to get a matching version."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"The browser sent a message that cannot be understood: {where} {problem}. Reload the page.")
        self.where = where
        self.problem = problem


def numbered(raw: object, read: Callable[[object, str], T]) -> tuple[str, tuple[T, ...]]:
    """Return the client and its operations, oldest first; `read` gets each with its place in the message.

    Raises MalformedMessage, which names the place and the problem.
    """
    message = mapping(raw, "the message")
    client = message.get("client")
    if not isinstance(client, str) or not _CLIENT.fullmatch(client):
        raise MalformedMessage("client", "is not a UUID in lower case")
    listed = sequence(message.get("operations"), "operations", MAX_OPERATIONS)
    operations = tuple(read(item, f"operations[{index}]") for index, item in enumerate(listed))
    for earlier, later in pairwise(operations):
        if later.sequence <= earlier.sequence:
            raise MalformedMessage("operations", "are not in the order of their sequence numbers")
    return client, operations


def mapping(raw: object, where: str) -> Mapping[str, object]:
    """Return the object that `raw` has to be. Raises MalformedMessage."""
    if not isinstance(raw, Mapping):
        raise MalformedMessage(where, "is not an object")
    return raw


def sequence(raw: object, where: str, at_most: int) -> Sequence[object]:
    """Return the list of at most `at_most` that `raw` has to be. Raises MalformedMessage."""
    if not isinstance(raw, list | tuple):
        raise MalformedMessage(where, "is not a list")
    if len(raw) > at_most:
        raise MalformedMessage(where, f"has {len(raw)} entries, more than {at_most}")
    return raw


def integer(raw: object, where: str, *, at_least: int) -> int:
    """Return the whole number that `raw` has to be. Raises MalformedMessage."""
    # bool is an int in Python, and true is no id
    if not isinstance(raw, int) or isinstance(raw, bool) or not at_least <= raw <= MAX_SAFE_INTEGER:
        raise MalformedMessage(where, f"is not a whole number from {at_least}")
    return raw


def words(message: Mapping[str, object], name: str, where: str, longest: int) -> str:
    """Return the text that `name` in a message has to be. Raises MalformedMessage."""
    value = message.get(name)
    if not isinstance(value, str) or len(value) > longest:
        raise MalformedMessage(where, f"is not a text of at most {longest} characters")
    return value


def identifier(message: Mapping[str, object], name: str, where: str) -> int:
    """Return the id that `name` in the object at `where` has to be. Raises MalformedMessage."""
    return integer(message.get(name), f"{where}.{name}", at_least=1)


def moment(raw: object, where: str) -> datetime:
    """Return the time with its zone that `raw` has to be. Raises MalformedMessage."""
    try:
        found = datetime.fromisoformat(raw) if isinstance(raw, str) and len(raw) <= 40 else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise MalformedMessage(where, "is not a time with its zone")
    return found


def seen_item(raw: object, where: str) -> tuple[int, int | None]:
    """Return the id of an item and the version of it that the browser saw, if it says so. Raises MalformedMessage."""
    item = mapping(raw, where)
    version = item.get("version")
    known = None if version is None else integer(version, f"{where}.version", at_least=0)
    return identifier(item, "id", where), known or None


def parse_wanted(raw: object) -> tuple[int, ...]:
    """Return the ids of the items that the browser wants to know more of. Raises MalformedMessage."""
    listed = sequence(mapping(raw, "the message").get("ids"), "ids", MAX_WANTED)
    return tuple(dict.fromkeys(integer(item, f"ids[{place}]", at_least=1) for place, item in enumerate(listed)))
