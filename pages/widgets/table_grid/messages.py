"""What the grid in the browser sends: edits that it has no answer for, and wishes; anything else is not understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pages.widgets.table_grid.columns import BY_KEY
from pages.widgets.table_grid.tags import tags_from_words

MOST_EDITS = 1_000
LARGEST_ID = 2**31 - 1
LARGEST_NUMBER = 2**53


@dataclass(frozen=True, slots=True)
class Edit:
    """One edited cell: the grid's number for it, the enhancement with the version that was seen, and its new value."""

    sequence: int
    enhancement_id: int
    version: int
    key: str
    value: Any

    @property
    def field(self) -> str:
        """The field of the enhancement that it changes."""
        return BY_KEY[self.key].field or ""


@dataclass(frozen=True, slots=True)
class Wish:
    """Something else that the person wants, with its number: an item opened, columns moved, rows sorted or edited."""

    sequence: int
    value: Any


@dataclass(frozen=True, slots=True)
class Message:
    """Everything that the grid wants at the moment, edits in the order they were made."""

    edits: tuple[Edit, ...] = ()
    wishes: Mapping[str, Wish] | None = None


def parse_message(raw: object) -> Message:
    """Read what came from the browser; parts that mean nothing are left out."""
    if not isinstance(raw, Mapping):
        return Message()
    edits, wishes = raw.get("edits"), raw.get("wishes")
    understood = [_edit(part) for part in edits[:MOST_EDITS]] if isinstance(edits, list) else []
    known = {kind: _wish(part) for kind, part in wishes.items()} if isinstance(wishes, Mapping) else {}
    return Message(
        tuple(sorted((edit for edit in understood if edit), key=lambda edit: edit.sequence)),
        {str(kind): wish for kind, wish in known.items() if wish},
    )


def parse_id(value: object) -> int | None:
    """The id of an enhancement, if it is one that can be."""
    number = _whole(value)
    return number if number is not None and 0 < number <= LARGEST_ID else None


def parse_cards(value: object) -> tuple[tuple[int, int | None], ...]:
    """Pairs of id and version, without those that cannot be."""
    pairs = value if isinstance(value, list) else []
    found = ((parse_id(pair[0]), _whole(pair[1])) for pair in pairs if isinstance(pair, list) and len(pair) == 2)
    return tuple((card, version) for card, version in found if card is not None)


def parse_keys(value: object) -> tuple[str, ...]:
    """Names of columns, each once."""
    listed: Sequence[object] = value if isinstance(value, list) else []
    return tuple(dict.fromkeys(key for key in listed if isinstance(key, str) and key in BY_KEY))


def _edit(raw: object) -> Edit | None:
    if not isinstance(raw, Mapping):
        return None
    sequence, item, version, key = (
        _whole(raw.get("sequence")),
        parse_id(raw.get("id")),
        _whole(raw.get("version")),
        raw.get("field"),
    )
    if sequence is None or item is None or version is None or not isinstance(key, str):
        return None
    if key not in BY_KEY or BY_KEY[key].field is None:
        return None
    return Edit(sequence, item, version, key, _value(key, raw.get("value")))


def _value(key: str, value: Any) -> Any:
    """The value as the library takes it; what is wrong with it, the library says."""
    if key == "tags":
        return tags_from_words(str(value or ""))
    if isinstance(value, str):
        return value.strip() or (None if key != "title" else "")
    return value


def _wish(raw: object) -> Wish | None:
    sequence = _whole(raw.get("sequence")) if isinstance(raw, Mapping) else None
    return Wish(sequence, raw.get("value")) if sequence is not None and isinstance(raw, Mapping) else None


def _whole(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) > LARGEST_NUMBER:
        return None
    return int(value) if float(value).is_integer() else None
