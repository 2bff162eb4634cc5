"""Reads what the inbox in the browser sends. Nothing in it is trusted: all is checked before use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
from pages.widgets.messages import (
    MalformedMessage,
    identifier,
    integer,
    mapping,
    moment,
    numbered,
    seen_item,
    sequence,
    words,
)

MAX_TEXT = 1_000
MAX_SEARCH = 200


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


def parse_search(raw: object) -> Search:
    """Return what the browser looks for. Raises MalformedMessage."""
    message = mapping(raw, "the message")
    return Search(words(message, "text", "text", MAX_SEARCH), integer(message.get("nonce"), "nonce", at_least=0))


def _decision(raw: object, where: str) -> Numbered:
    operation = mapping(raw, where)
    cards = sequence(operation.get("cards"), f"{where}.cards", 1)
    if not cards:
        raise MalformedMessage(f"{where}.cards", "is empty")
    item, version = seen_item(cards[0], f"{where}.cards[0]")
    number = integer(operation.get("sequence"), f"{where}.sequence", at_least=1)
    return Numbered(number, _read(operation, item, version, where))


def _read(operation: Mapping[str, object], item: int, version: int | None, where: str) -> Decision:
    match operation.get("kind"):
        case "approve":
            return Approve(item, version)
        case "merge":
            return MergeInto(item, version, identifier(operation, "original", where))
        case "reject":
            return Reject(item, version, words(operation, "reason", f"{where}.reason", MAX_TEXT))
        case "snooze":
            until, done = operation.get("until"), operation.get("until_done")
            return Snooze(
                item,
                version,
                until=None if until is None else moment(until, f"{where}.until"),
                until_done=None if done is None else identifier(operation, "until_done", where),
            )
        case "assign":
            name = operation.get("assignee")
            return Assign(
                item, version, None if name is None else words(operation, "assignee", f"{where}.assignee", MAX_TEXT)
            )
        case "prioritise":
            return Prioritise(item, version, _priority(operation.get("priority"), f"{where}.priority"))
        case "undo":
            return TakeBack(item, identifier(operation, "earlier", where))
    raise MalformedMessage(f"{where}.kind", "is no decision")


def _priority(raw: object, where: str) -> Priority:
    if not isinstance(raw, str) or raw not in set(Priority):
        raise MalformedMessage(where, "is no priority")
    return Priority(raw)
