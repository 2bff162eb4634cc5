"""Reads what the browser sends. Nothing in it is trusted: types, lengths and ranges are checked before use."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pages.widgets.kanban.values import Acknowledgement, Outcome
from pages.widgets.messages import MalformedMessage, integer, mapping, numbered, sequence

MAX_CARDS_PER_OPERATION = 1_000
MAX_BULK_CARDS = 10_000
MAX_STATUS_LENGTH = 64
MAX_LANE_LENGTH = 200
LANE_FIELDS = frozenset({"area", "assignee", "category", "priority"})


@dataclass(frozen=True, slots=True)
class CardVersion:
    """A card and the version of it that the person saw."""

    id: int
    version: int


@dataclass(frozen=True, slots=True)
class LaneChange:
    """A move into another swimlane: the field that makes the lanes, and its value there (None: it has none)."""

    field: str
    value: str | None


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
    lane: LaneChange | None = None


@dataclass(frozen=True, slots=True)
class ClientOperations:
    """All operations of one browser that it has no answer for, oldest first; (client, sequence) names each for ever."""

    client: str
    operations: tuple[Move, ...]


def parse_operations(raw: object, statuses: Collection[str] | None = None) -> ClientOperations:
    """Return the operations that the browser sent; `statuses` are the columns that exist (None: any short text).

    Raises MalformedMessage, which names the place and the problem.
    """
    client, operations = numbered(raw, lambda item, where: _move(item, where, statuses))
    return ClientOperations(client, operations)


def parse_open(raw: object) -> int:
    """Return the id of the card that the person opened. Raises MalformedMessage."""
    return integer(mapping(raw, "the message").get("id"), "id", at_least=1)


def parse_older(raw: object, statuses: Collection[str] | None = None) -> str:
    """Return the column of which the person wants to see older cards. Raises MalformedMessage."""
    return _status(mapping(raw, "the message").get("status"), "status", statuses)


def parse_bulk(raw: object) -> tuple[CardVersion, ...]:
    """Return the cards that the person wants to change together, each once. Raises MalformedMessage."""
    listed = sequence(mapping(raw, "the message").get("cards"), "cards", MAX_BULK_CARDS)
    cards = tuple(_card_version(item, f"cards[{index}]") for index, item in enumerate(listed))
    if len({card.id for card in cards}) != len(cards):
        raise MalformedMessage("cards", "names a card twice")
    return cards


def parse_need_base(raw: object) -> int | None:
    """Return the revision of the base that the browser still holds, or None. Raises MalformedMessage."""
    have = mapping(raw, "the message").get("have")
    return None if have is None else integer(have, "have", at_least=0)


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
    operation = mapping(raw, where)
    if operation.get("kind") != "move":
        raise MalformedMessage(f"{where}.kind", "is not 'move'")
    listed = sequence(operation.get("cards"), f"{where}.cards", MAX_CARDS_PER_OPERATION)
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
        sequence=integer(operation.get("sequence"), f"{where}.sequence", at_least=1),
        cards=cards,
        status=_status(operation.get("status"), f"{where}.status", statuses),
        after=after,
        before=before,
        lane=_lane(operation.get("lane"), f"{where}.lane"),
    )


def _lane(raw: object, where: str) -> LaneChange | None:
    if raw is None:
        return None
    lane = mapping(raw, where)
    field, value = lane.get("field"), lane.get("value")
    if not isinstance(field, str) or field not in LANE_FIELDS:
        raise MalformedMessage(f"{where}.field", "makes no swimlanes")
    if value is not None and (not isinstance(value, str) or not 0 < len(value) <= MAX_LANE_LENGTH):
        raise MalformedMessage(f"{where}.value", f"is not a text of 1 to {MAX_LANE_LENGTH} characters")
    return LaneChange(field, value)


def _card_version(raw: object, where: str) -> CardVersion:
    card = mapping(raw, where)
    return CardVersion(
        id=integer(card.get("id"), f"{where}.id", at_least=1),
        version=integer(card.get("version"), f"{where}.version", at_least=0),
    )


def _anchor(raw: object, where: str) -> int | None:
    return None if raw is None else integer(raw, where, at_least=1)


def _status(raw: object, where: str, statuses: Collection[str] | None) -> str:
    if not isinstance(raw, str) or not 0 < len(raw) <= MAX_STATUS_LENGTH:
        raise MalformedMessage(where, f"is not a text of 1 to {MAX_STATUS_LENGTH} characters")
    if statuses is not None and raw not in statuses:
        raise MalformedMessage(where, "is no column of this board")
    return raw
