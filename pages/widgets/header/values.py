"""What the header shows, as plain values and as the browser receives them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ci_core.backlog.notifications import Notification
from ci_core.backlog.suggestions import Suggestion
from ci_core.finder import FoundPage
from pages.widgets.navigation import PageLink

Wire = dict[str, Any]
NOTHING = FoundPage()


@dataclass(frozen=True, slots=True)
class Bell:
    """How many notifications are unread, and the newest; `problem` says why neither is known at the moment."""

    unread: int = 0
    newest: tuple[Notification, ...] = ()
    problem: str | None = None

    def wire(self) -> Wire:
        """Return it as the browser reads it; times are epoch seconds."""
        return {
            "unread": self.unread,
            "problem": self.problem,
            "items": [
                {
                    "id": one.id,
                    "kind": one.kind,
                    "item": one.enhancement_id,
                    "run": one.run_id,
                    "who": one.actor,
                    "what": one.summary,
                    "at": one.created_at.timestamp(),
                    "unread": one.read_at is None,
                }
                for one in self.newest
            ],
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """What the search says to what was typed; `sequence` is the number that the browser gave to the question."""

    sequence: int
    suggestions: Sequence[Suggestion] = ()
    found: FoundPage = NOTHING

    def wire(self) -> Wire:
        """Return it as the browser reads it."""
        return {
            "sequence": self.sequence,
            "suggestions": [
                {"start": one.start, "end": one.end, "text": one.text, "label": one.label, "note": one.note}
                for one in self.suggestions
            ],
            # Whoever is offered how to go on has not made a mistake yet.
            "message": None if self.suggestions else self.found.message,
            "groups": [
                {
                    "label": group.label,
                    "total": group.total,
                    "note": group.note,
                    "found": [
                        {"kind": one.kind, "id": one.id, "title": one.title, "note": one.note} for one in group.found
                    ],
                }
                for group in self.found.groups
            ],
        }


def encode(
    pages: Sequence[PageLink], current: str, who: str, bell: Bell, answer: Answer | None, prepared: int | None = None
) -> bytes:
    """Return the JSON that travels to the browser; bytes, because Streamlit passes them on as they are.

    `prepared` is the number of the newest wish to see all, for which the board now stands ready.
    """
    shown = {
        "pages": [{"letter": page.letter, "title": page.title, "path": page.path} for page in pages],
        "current": current,
        "who": who,
        "bell": bell.wire(),
        "answer": answer.wire() if answer else None,
        "prepared": prepared,
    }
    return json.dumps(shown, separators=(",", ":")).encode()
