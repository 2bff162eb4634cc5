"""Reads what the research feed in the browser sends. Nothing in it is trusted: all is checked before use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ci_core.research.conversion import ConversionForm
from ci_core.research.triage import (
    MOST_FINDINGS,
    Attach,
    Convert,
    Decision,
    Merge,
    Numbered,
    Reject,
    Reopen,
    Snooze,
    Split,
    TakeBack,
)
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
MAX_DESCRIPTION = 200_000
MAX_SEARCH = 200
MAX_SHOWN = 200
MAX_TAGS = 60


@dataclass(frozen=True, slots=True)
class FeedDecisions:
    """All decisions of one browser that it has no answer for, oldest first; (client, sequence) names each for ever."""

    client: str
    operations: tuple[Numbered, ...]


@dataclass(frozen=True, slots=True)
class FeedSearch:
    """Words that an enhancement or another finding is looked for with; `nonce` names the question."""

    text: str
    nonce: int
    findings: bool


def parse_decisions(raw: object) -> FeedDecisions:
    """Return the decisions that the browser sent. Raises MalformedMessage, which names the place and the problem."""
    return FeedDecisions(*numbered(raw, _decision))


def parse_search(raw: object) -> FeedSearch:
    """Return what the browser looks for. Raises MalformedMessage."""
    message = mapping(raw, "the message")
    text = words(message, "text", "text", MAX_SEARCH)
    return FeedSearch(text, integer(message.get("nonce"), "nonce", at_least=0), message.get("among") == "finding")


def parse_shown(raw: object) -> tuple[tuple[int, int], ...]:
    """Return pairs of a finding that was seen and its place. Raises MalformedMessage."""
    listed = sequence(mapping(raw, "the message").get("shown"), "shown", MAX_SHOWN)
    pairs = [sequence(one, f"shown[{place}]", 2) for place, one in enumerate(listed)]
    if any(len(pair) != 2 for pair in pairs):
        raise MalformedMessage("shown", "has something that is no pair")
    return tuple((integer(pair[0], "shown", at_least=1), integer(pair[1], "shown", at_least=0)) for pair in pairs)


def parse_more(raw: object) -> int:
    """Return how many rows the browser has. Raises MalformedMessage."""
    return integer(mapping(raw, "the message").get("loaded"), "loaded", at_least=0)


def _decision(raw: object, where: str) -> Numbered:
    operation = mapping(raw, where)
    cards = sequence(operation.get("cards"), f"{where}.cards", MOST_FINDINGS)
    findings = tuple(seen_item(card, f"{where}.cards[{place}]") for place, card in enumerate(cards))
    if not findings:
        raise MalformedMessage(f"{where}.cards", "is empty")
    if len({item for item, _ in findings}) < len(findings):
        raise MalformedMessage(f"{where}.cards", "names a finding twice")
    number = integer(operation.get("sequence"), f"{where}.sequence", at_least=1)
    return Numbered(number, findings, _read(operation, where))


def _read(operation: Mapping[str, object], where: str) -> Decision | TakeBack:
    match operation.get("kind"):
        case "convert":
            form = operation.get("form")
            return Convert(None if form is None else _form(mapping(form, f"{where}.form"), f"{where}.form"))
        case "attach":
            return Attach(identifier(operation, "enhancement", where))
        case "reject":
            return Reject(_optional(operation, "reason", f"{where}.reason"))
        case "snooze":
            return Snooze(moment(operation.get("until"), f"{where}.until"))
        case "reopen":
            return Reopen()
        case "merge":
            return Merge(identifier(operation, "canonical", where))
        case "split":
            return Split()
        case "undo":
            return TakeBack(identifier(operation, "earlier", where))
    raise MalformedMessage(f"{where}.kind", "is no decision")


def _form(form: Mapping[str, object], where: str) -> ConversionForm:
    listed = sequence(form.get("tags", []), f"{where}.tags", MAX_TAGS)
    return ConversionForm(
        title=words(form, "title", f"{where}.title", MAX_TEXT),
        description=words(form, "description", f"{where}.description", MAX_DESCRIPTION),
        category=words(form, "category", f"{where}.category", MAX_TEXT),
        priority=words(form, "priority", f"{where}.priority", MAX_TEXT),
        complexity=_optional(form, "complexity", f"{where}.complexity"),
        tags=tuple(words({"tag": tag}, "tag", f"{where}.tags", MAX_TEXT) for tag in listed),
    )


def _optional(message: Mapping[str, object], name: str, where: str) -> str | None:
    return None if message.get(name) is None else words(message, name, where, MAX_TEXT)
