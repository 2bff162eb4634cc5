"""Reads what the inbox in the browser sends. Nothing in it is trusted: all is checked before use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ci_core.backlog.triage import (
    Approve,
    Assign,
    Decision,
    MergeInto,
    Numbered,
    Prioritise,
    Reject,
    Snooze,
    TakeBack,
)
from db.enums import Priority
from pages.widgets.messages import MalformedMessage, integer, mapping, numbered, sequence

MAX_TEXT = 1_000
MAX_SEARCH = 200
MAX_WANTED = 24


@dataclass(frozen=True, slots=True)
class ClientDecisions:
    """All decisions of one browser that it has no answer for, oldest first; (client, sequence) names each for ever."""

    client: str
    operations: tuple[Numbered, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """Words that another enhancement is looked for with; `nonce` names the question."""

    text: str
    nonce: int


def parse_decisions(raw: object) -> ClientDecisions:
    """Return the decisions that the browser sent. Raises MalformedMessage, which names the place and the problem."""
    return ClientDecisions(*numbered(raw, _decision))


def parse_wanted(raw: object) -> tuple[int, ...]:
    """Return the ids of the items that the browser wants to know more of. Raises MalformedMessage."""
    listed = sequence(mapping(raw, "the message").get("ids"), "ids", MAX_WANTED)
    return tuple(dict.fromkeys(integer(item, f"ids[{place}]", at_least=1) for place, item in enumerate(listed)))


def parse_search(raw: object) -> Search:
    """Return what the browser looks for. Raises MalformedMessage."""
    message = mapping(raw, "the message")
    return Search(_text(message, "text", "text", MAX_SEARCH), integer(message.get("nonce"), "nonce", at_least=0))


def _decision(raw: object, where: str) -> Numbered:
    operation = mapping(raw, where)
    cards = sequence(operation.get("cards"), f"{where}.cards", 1)
    if not cards:
        raise MalformedMessage(f"{where}.cards", "is empty")
    item, version = _card(cards[0], f"{where}.cards[0]")
    number = integer(operation.get("sequence"), f"{where}.sequence", at_least=1)
    return Numbered(number, _read(operation, item, version or None, where))


def _read(operation: Mapping[str, object], item: int, version: int | None, where: str) -> Decision:
    match operation.get("kind"):
        case "approve":
            return Approve(item, version)
        case "merge":
            return MergeInto(item, version, _number(operation, "original", where))
        case "reject":
            return Reject(item, version, _text(operation, "reason", f"{where}.reason", MAX_TEXT))
        case "snooze":
            done = operation.get("until_done")
            return Snooze(
                item,
                version,
                until=_moment(operation.get("until"), f"{where}.until"),
                until_done=None if done is None else _number(operation, "until_done", where),
            )
        case "assign":
            name = operation.get("assignee")
            return Assign(
                item, version, None if name is None else _text(operation, "assignee", f"{where}.assignee", MAX_TEXT)
            )
        case "prioritise":
            return Prioritise(item, version, _priority(operation.get("priority"), f"{where}.priority"))
        case "undo":
            return TakeBack(item, _number(operation, "earlier", where))
    raise MalformedMessage(f"{where}.kind", "is no decision")


def _card(raw: object, where: str) -> tuple[int, int | None]:
    card = mapping(raw, where)
    version = card.get("version")
    return (
        integer(card.get("id"), f"{where}.id", at_least=1),
        None if version is None else integer(version, f"{where}.version", at_least=0),
    )


def _number(operation: Mapping[str, object], name: str, where: str) -> int:
    return integer(operation.get(name), f"{where}.{name}", at_least=1)


def _text(message: Mapping[str, object], name: str, where: str, longest: int) -> str:
    value = message.get(name)
    if not isinstance(value, str) or len(value) > longest:
        raise MalformedMessage(where, f"is not a text of at most {longest} characters")
    return value


def _moment(raw: object, where: str) -> datetime | None:
    if raw is None:
        return None
    try:
        moment = datetime.fromisoformat(raw) if isinstance(raw, str) and len(raw) <= 40 else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise MalformedMessage(where, "is not a time with its zone")
    return moment


def _priority(raw: object, where: str) -> Priority:
    if not isinstance(raw, str) or raw not in set(Priority):
        raise MalformedMessage(where, "is no priority")
    return Priority(raw)
