"""What the research feed shows and what it says back: plain values, as the browser receives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Wire = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FeedUpdate:
    """The list for one run of the page.

    Attributes:
        base: all rows as JSON; None where the browser has those of `base_token` already.
        delta: rows that came or changed since the base, so that a message which never arrives loses nothing.
        order: the ids that are listed, best first.
        total: how many there are beyond what is listed.
    """

    base: bytes | None
    base_token: str
    revision: int
    order: Sequence[int]
    total: int
    delta: Sequence[list[Any]] = ()

    def wire(self) -> Wire:
        """Return the update as the browser reads it, all but the base."""
        return {
            "base_token": self.base_token,
            "revision": self.revision,
            "order": list(self.order),
            "total": self.total,
            "delta": list(self.delta),
            "removed": [],
        }


@dataclass(frozen=True, slots=True)
class FeedOutcome:
    """What became of one decision: versions by finding, and why some of them were left as they are."""

    sequence: int
    outcome: Literal["applied", "conflict", "refused"]
    message: str | None = None
    versions: Mapping[int, int] = field(default_factory=dict)
    problems: Mapping[int, str] = field(default_factory=dict)
    enhancement: int | None = None

    def wire(self) -> Wire:
        """Return the outcome as the browser reads it."""
        return {
            "sequence": self.sequence,
            "outcome": self.outcome,
            "message": self.message,
            "versions": {str(item): version for item, version in self.versions.items()},
            "problems": {str(item): message for item, message in self.problems.items()},
            "enhancement": self.enhancement,
        }


@dataclass(frozen=True, slots=True)
class FeedChoices:
    """What the questions offer: (key, text) of reasons to reject, and (value, words) of the form's choices."""

    reasons: Sequence[tuple[str, str]]
    categories: Sequence[tuple[str, str]]
    priorities: Sequence[tuple[str, str]]
    complexities: Sequence[tuple[str, str]]

    def wire(self) -> Wire:
        """Return the choices as the browser reads them."""
        named = {name: getattr(self, name) for name in ("reasons", "categories", "priorities", "complexities")}
        return {name: [list(one) for one in some] for name, some in named.items()}


@dataclass(frozen=True, slots=True)
class Nothing:
    """What stands there when no finding is listed: what that means, and (words, address) of where to go on."""

    title: str
    text: str
    links: Sequence[tuple[str, str]] = ()

    def wire(self) -> Wire:
        """Return the words as the browser reads them."""
        return {"title": self.title, "text": self.text, "links": [list(link) for link in self.links]}
