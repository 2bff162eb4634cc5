"""Reads what the browser sends. Nothing in it is trusted: types, lengths and ranges are checked before use."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pages.widgets.kanban.values import Acknowledgement, Outcome

MAX_OPERATIONS = 200
MAX_CARDS_PER_OPERATION = 1_000
MAX_BULK_CARDS = 10_000
MAX_STATUS_LENGTH = 64
MAX_SAFE_INTEGER = 2**53 - 1  # beyond it JavaScript itself cannot count
_CLIENT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class MalformedMessage(ValueError):
    """The board in the browser sent a message that cannot be understood; reload the page to get a matching version."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"The board sent a message that cannot be understood: {where} {problem}. Reload the page.")
        self.where = where
        self.problem = problem


@dataclass(frozen=True, slots=True)
class CardVersion:
    """A card and the version of it that the person saw."""

    id: int
    version: int


@dataclass(frozen=True, slots=True)
class Move:
    """Put `cards`, in this order, into column `status`, below card `after` and above card `before`.

    None for both means an empty column; None for `after` alone means the top, for `before` alone the bottom. With a
    filter on, cards that the person does not see may stand between the two: `after` then decides.
    """

    sequence: int
    cards: tuple[CardVersion, ...]
    status: str
    after: int | None
    before: int | None


@dataclass(frozen=True, slots=True)
class ClientOperations:
    """All operations of one browser that it has no answer for, oldest first; (client, sequence) names each for ever."""

    client: str
    operations: tuple[Move, ...]


def parse_operations(raw: object, statuses: Collection[str] | None = None) -> ClientOperations:
    """Return the operations that the browser sent; `statuses` are the columns that exist (None: any short text).

    Raises MalformedMessage, which names the place and the problem.
    """
    message = _mapping(raw, "the message")
    client = message.get("client")
    if not isinstance(client, str) or not _CLIENT.fullmatch(client):
        raise MalformedMessage("client", "is not a UUID in lower case")
    listed = _sequence(message.get("operations"), "operations", MAX_OPERATIONS)
    operations = tuple(_move(item, f"operations[{index}]", statuses) for index, item in enumerate(listed))
    for earlier, later in pairwise(operations):
        if later.sequence <= earlier.sequence:
            raise MalformedMessage("operations", "are not in the order of their sequence numbers")
    return ClientOperations(client, operations)


def parse_open(raw: object) -> int:
    """Return the id of the card that the person opened. Raises MalformedMessage."""
    return _integer(_mapping(raw, "the message").get("id"), "id", at_least=1)


def parse_bulk(raw: object) -> tuple[CardVersion, ...]:
    """Return the cards that the person wants to change together, each once. Raises MalformedMessage."""
    listed = _sequence(_mapping(raw, "the message").get("cards"), "cards", MAX_BULK_CARDS)
    cards = tuple(_card_version(item, f"cards[{index}]") for index, item in enumerate(listed))
    if len({card.id for card in cards}) != len(cards):
        raise MalformedMessage("cards", "names a card twice")
    return cards


def parse_need_base(raw: object) -> int | None:
    """Return the revision of the base that the browser still holds, or None. Raises MalformedMessage."""
    have = _mapping(raw, "the message").get("have")
    return None if have is None else _integer(have, "have", at_least=0)


def remember_outcomes(
    previous: Acknowledgement | None, received: ClientOperations, outcomes: Sequence[Outcome]
) -> Acknowledgement:
    """Return what to tell the browser now: the new outcomes, and earlier ones that it has not confirmed.

    A browser sends every operation that it has no answer for, so whatever lies before the first of them has arrived.
    """
    if not received.operations:
        return previous if previous and previous.client == received.client else Acknowledgement(received.client, ())
    oldest = received.operations[0].sequence
    by_sequence = {}
    if previous and previous.client == received.client:
        by_sequence = {outcome.sequence: outcome for outcome in previous.outcomes if outcome.sequence >= oldest}
    by_sequence.update({outcome.sequence: outcome for outcome in outcomes})
    return Acknowledgement(received.client, tuple(by_sequence[sequence] for sequence in sorted(by_sequence)))


def _move(raw: object, where: str, statuses: Collection[str] | None) -> Move:
    operation = _mapping(raw, where)
    if operation.get("kind") != "move":
        raise MalformedMessage(f"{where}.kind", "is not 'move'")
    listed = _sequence(operation.get("cards"), f"{where}.cards", MAX_CARDS_PER_OPERATION)
    cards = tuple(_card_version(item, f"{where}.cards[{index}]") for index, item in enumerate(listed))
    ids = {card.id for card in cards}
    if not cards:
        raise MalformedMessage(f"{where}.cards", "is empty")
    if len(ids) != len(cards):
        raise MalformedMessage(f"{where}.cards", "names a card twice")
    after, before = (_anchor(operation.get(name), f"{where}.{name}") for name in ("after", "before"))
    if after in ids or before in ids or (after is not None and after == before):
        raise MalformedMessage(where, "places a card next to itself")
    return Move(
        sequence=_integer(operation.get("sequence"), f"{where}.sequence", at_least=1),
        cards=cards,
        status=_status(operation.get("status"), f"{where}.status", statuses),
        after=after,
        before=before,
    )


def _card_version(raw: object, where: str) -> CardVersion:
    card = _mapping(raw, where)
    return CardVersion(
        id=_integer(card.get("id"), f"{where}.id", at_least=1),
        version=_integer(card.get("version"), f"{where}.version", at_least=0),
    )


def _anchor(raw: object, where: str) -> int | None:
    return None if raw is None else _integer(raw, where, at_least=1)


def _status(raw: object, where: str, statuses: Collection[str] | None) -> str:
    if not isinstance(raw, str) or not 0 < len(raw) <= MAX_STATUS_LENGTH:
        raise MalformedMessage(where, f"is not a text of 1 to {MAX_STATUS_LENGTH} characters")
    if statuses is not None and raw not in statuses:
        raise MalformedMessage(where, "is no column of this board")
    return raw


def _mapping(raw: object, where: str) -> Mapping[str, object]:
    if not isinstance(raw, Mapping):
        raise MalformedMessage(where, "is not an object")
    return raw


def _sequence(raw: object, where: str, at_most: int) -> Sequence[object]:
    if not isinstance(raw, list | tuple):
        raise MalformedMessage(where, "is not a list")
    if len(raw) > at_most:
        raise MalformedMessage(where, f"has {len(raw)} entries, more than {at_most}")
    return raw


def _integer(raw: object, where: str, *, at_least: int) -> int:
    # bool is an int in Python, and true is no id
    if not isinstance(raw, int) or isinstance(raw, bool) or not at_least <= raw <= MAX_SAFE_INTEGER:
        raise MalformedMessage(where, f"is not a whole number from {at_least}")
    return raw
