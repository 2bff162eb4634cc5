"""What the inbox shows and what it says back: plain values, as the browser receives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Wire = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One proposal in the list: just enough to find it and to know its place.

    `urgency` is 0 (critical) to 3 (low); `score` is 0–100. The list goes by urgency, then score downwards, then id.
    """

    id: int
    version: int
    urgency: int
    score: float | None
    title: str
    area: str | None = None
    category: str = ""
    assignee: str | None = None
    blocked: int = 0
    similar: int = 0

    def wire(self) -> list[Any]:
        """Return the row as the browser reads it: a list, because thousands of names would be most of the message."""
        return [
            self.id,
            self.version,
            self.urgency,
            self.score,
            self.title,
            self.area,
            self.category,
            self.assignee,
            self.blocked,
            self.similar,
        ]


@dataclass(frozen=True, slots=True)
class InboxUpdate:
    """The list for one run of the page: all of it (`base`, as JSON), or what changed since the one that was sent last.

    `delta` and `removed` are cumulative since the base, so that a message which never arrives loses nothing.
    """

    base: bytes | None
    base_token: str
    revision: int
    delta: Sequence[Row] = ()
    removed: Sequence[int] = ()

    def wire(self) -> Wire:
        """Return the update as the browser reads it, all but the base."""
        return {
            "base_token": self.base_token,
            "revision": self.revision,
            "delta": [row.wire() for row in self.delta],
            "removed": list(self.removed),
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one decision; `version` is the item's afterwards, None when it is not on the board any more."""

    sequence: int
    outcome: Literal["applied", "conflict", "refused"]
    message: str | None = None
    version: int | None = None

    def wire(self) -> Wire:
        """Return the outcome as the browser reads it."""
        return {
            "sequence": self.sequence,
            "outcome": self.outcome,
            "message": self.message,
            "version": self.version,
        }


@dataclass(frozen=True, slots=True)
class Found:
    """What a search for another enhancement found; `nonce` names the question."""

    nonce: int
    items: Sequence[Wire] = ()

    def wire(self) -> Wire:
        """Return the answer as the browser reads it."""
        return {"nonce": self.nonce, "items": list(self.items)}


@dataclass(frozen=True, slots=True)
class Choices:
    """What the choosers offer: who acts, people, and (key, text) of common reasons to reject."""

    me: str
    people: Sequence[str] = ()
    reasons: Sequence[tuple[str, str]] = field(default=())

    def wire(self) -> Wire:
        """Return the choices as the browser reads them."""
        return {"me": self.me, "people": list(self.people), "reasons": [list(reason) for reason in self.reasons]}
