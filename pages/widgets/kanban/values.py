"""What the board shows and what it says back: plain values, as the browser receives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Wire = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Card:
    """One card as the board draws it.

    `score` is 0–100, higher is more urgent; `hours` is the estimate in hours; `entered` is when the card came into its
    column, in epoch seconds; `similar` is how many other cards look alike; `position` holds the digits of a decimal
    fraction (0.xxx without "0."), and cards of a column stand in plain string order of it, then of id. A proposal is
    asleep until `snoozed_until` (epoch seconds), or until the card `snoozed_for` is done; `votes` is how many want it.
    """

    id: int
    title: str
    status: str
    priority: str
    position: str
    version: int
    score: float | None = None
    score_overridden: bool = False
    category: str = ""
    area: str | None = None
    hours: float | None = None
    entered: float | None = None
    assignee: str | None = None
    blocked_by: Sequence[int] = ()
    similar: int = 0
    tags: Sequence[str] = ()
    snoozed_until: float | None = None
    snoozed_for: int | None = None
    votes: int = 0

    def wire(self) -> Wire:
        """Return the card as the browser reads it; written out because `asdict` takes ten times as long."""
        return {
            "id": self.id,
            "title": self.title,
            "status": self.status,
            "priority": self.priority,
            "score": self.score,
            "score_overridden": self.score_overridden,
            "category": self.category,
            "area": self.area,
            "hours": self.hours,
            "entered": self.entered,
            "assignee": self.assignee,
            "blocked_by": list(self.blocked_by),
            "similar": self.similar,
            "tags": list(self.tags),
            "snoozed_until": self.snoozed_until,
            "snoozed_for": self.snoozed_for,
            "votes": self.votes,
            "version": self.version,
            "position": self.position,
        }


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the board. `wip_limit` is soft: more cards are allowed and shown in red.

    `transitions` are the statuses that its cards may go to; `wip_by` is who decided the limit; `by_arrival` says that
    the newest stand on top and nobody places a card by hand.
    """

    status: str
    label: str
    transitions: Sequence[str] = ()
    wip_limit: int | None = None
    wip_by: str | None = None
    by_arrival: bool = False

    def wire(self) -> Wire:
        """Return the column as the browser reads it."""
        return {
            "status": self.status,
            "label": self.label,
            "wip_limit": self.wip_limit,
            "wip_by": self.wip_by,
            "transitions": list(self.transitions),
            "by_arrival": self.by_arrival,
        }


@dataclass(frozen=True, slots=True)
class Older:
    """How many cards of a column are not sent; `matching` of them the filter lets through."""

    all: int
    matching: int


@dataclass(frozen=True, slots=True)
class Look:
    """How a person likes to see the board.

    `lanes` is the field that makes the swimlanes, or None; `hidden` are parts of a card that are left out.
    """

    lanes: Literal["area", "assignee", "category", "priority"] | None = None
    density: Literal["comfortable", "compact"] = "comfortable"
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one operation, with the cards it concerned as they truly are now.

    `message` is shown to the person when the operation was not applied; `cards` may be empty when it was.
    """

    sequence: int
    outcome: Literal["applied", "conflict", "refused"]
    message: str | None = None
    cards: Sequence[Card] = ()

    def wire(self) -> Wire:
        """Return the outcome as the browser reads it."""
        return {
            "sequence": self.sequence,
            "outcome": self.outcome,
            "message": self.message,
            "cards": [card.wire() for card in self.cards],
        }


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The outcomes that one browser (`client`) has not confirmed yet."""

    client: str
    outcomes: Sequence[Outcome]

    def wire(self) -> Wire:
        """Return the acknowledgement as the browser reads it."""
        return {"client": self.client, "outcomes": [outcome.wire() for outcome in self.outcomes]}


@dataclass(frozen=True, slots=True)
class BoardUpdate:
    """The cards for one run of the page: a whole board (`base`), or what changed since the base that was sent last.

    `base_token` names that base: two bases of one revision differ when the filter differs. `delta` and `removed` are
    cumulative since the base, so that a message which never arrives loses nothing.
    """

    base: Sequence[Card] | None
    base_token: str
    base_revision: int
    revision: int
    delta: Sequence[Card] = ()
    removed: Sequence[int] = ()

    def wire(self) -> Wire:
        """Return the update as the browser reads it, all but the base."""
        return {
            "base_token": self.base_token,
            "base_revision": self.base_revision,
            "revision": self.revision,
            "delta": [card.wire() for card in self.delta],
            "removed": list(self.removed),
        }
