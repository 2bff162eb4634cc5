"""The proposals that wait, from the board in memory: the whole list once, and then only what changed."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from uuid import uuid4

from ci_core.backlog.board_store import BoardCard, BoardStore
from ci_core.backlog.lifecycle import OPEN_STATUSES
from db.enums import Priority, Status
from pages.widgets.inbox import InboxUpdate, Row

DELTA_LIMIT = 150
URGENCY = {priority.value: place for place, priority in enumerate(Priority)}


@dataclass(frozen=True)
class Waiting:
    """The proposals that wait at one revision, best first; how many are asleep; and when the next one wakes.

    `until` is in epoch seconds. Shared between sessions and never written to.
    """

    cards: tuple[BoardCard, ...]
    snoozed: int
    revision: int
    until: float

    @cached_property
    def ids(self) -> frozenset[int]:
        """Which they are."""
        return frozenset(card.id for card in self.cards)

    @cached_property
    def as_json(self) -> bytes:
        """All rows, written out once for everybody who gets them."""
        return json.dumps([shown_row(card).wire() for card in self.cards], separators=(",", ":")).encode()

    def narrowed(self, ids: frozenset[int]) -> Waiting:
        """Only these of them."""
        return Waiting(tuple(card for card in self.cards if card.id in ids), self.snoozed, self.revision, self.until)


class InboxSource:
    """Who waits, computed once per change for all sessions of this process."""

    def __init__(self, store: BoardStore) -> None:
        self._store = store
        self._lock = Lock()
        self._newest: Waiting | None = None

    def waiting(self, now: float | None = None) -> Waiting:
        """The proposals that wait now (epoch seconds)."""
        moment = time.time() if now is None else now
        with self._lock:
            newest = self._newest
            if newest is None or newest.revision != self._store.revision or moment >= newest.until:
                newest = self._newest = look(self._store.revision, self._store.all_cards(), moment)
            return newest


def look(revision: int, cards: Sequence[BoardCard], now: float) -> Waiting:
    """Who of `cards` waits at the moment `now`."""
    still_open = {card.id for card in cards if card.status in OPEN_STATUSES}
    awake, wakes, snoozed = [], math.inf, 0
    for card in cards:
        if card.status != Status.PROPOSED:
            continue
        later = card.snoozed_until is not None and card.snoozed_until > now
        if later:
            wakes = min(wakes, card.snoozed_until or wakes)
        if later or card.snoozed_for in still_open:
            snoozed += 1
        else:
            awake.append(card)
    awake.sort(key=lambda card: (URGENCY[card.priority], math.inf if card.score is None else -card.score, card.id))
    return Waiting(tuple(awake), snoozed, revision, wakes)


def shown_row(card: BoardCard) -> Row:
    """A card of the library as the list draws it."""
    return Row(
        id=card.id,
        version=card.version,
        urgency=URGENCY[card.priority],
        score=card.score,
        title=card.title,
        area=card.area,
        category=card.category,
        assignee=card.assignee,
        blocked=len(card.blocked_by),
        similar=card.similar,
    )


@dataclass(slots=True)
class InboxTracker:
    """Remembers for one session which whole list its browser was sent last. Keep it in the session's state."""

    _token: str | None = None
    _revision: int = -1
    _ids: frozenset[int] = field(default=frozenset())
    _query: str = ""

    def forget(self) -> None:
        """Send the whole list next time: the browser said that it has none."""
        self._token = None

    def update_for(self, store: BoardStore, waiting: Waiting, query: str) -> InboxUpdate:
        """The update for this run: a change that the board's cards explain travels alone, any other as a whole list.

        Somebody who wakes, or leaves because of a filter, has no changed card.
        """
        if self._token is not None and query == self._query:
            changes = store.changes_since(self._revision, DELTA_LIMIT)
            if changes is not None:
                changed = {card.id for card in changes.cards}
                explained = changed.union(changes.removed)
                if (self._ids ^ waiting.ids) <= explained:
                    fresh = [shown_row(card) for card in changes.cards if card.id in waiting.ids]
                    gone = [item for item in explained if item in self._ids and item not in waiting.ids]
                    return InboxUpdate(None, self._token, waiting.revision, fresh, gone)
        self._token, self._revision = uuid4().hex, waiting.revision
        self._ids, self._query = waiting.ids, query
        return InboxUpdate(waiting.as_json, self._token, waiting.revision)
