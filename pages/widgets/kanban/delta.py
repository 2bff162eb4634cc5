"""Decides whether a browser gets the whole board or only what changed since the whole board that it got last."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import uuid4

from pages.widgets.kanban.values import BoardUpdate, Card

DELTA_LIMIT = 150


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between an earlier revision and now: the cards as they are now, and the ids that left the board."""

    cards: Sequence[Card]
    removed: Sequence[int]


class BoardSource(Protocol):
    """The board as it stands: `revision` rises with every change of any card."""

    @property
    def revision(self) -> int: ...

    def all_cards(self) -> Sequence[Card]:
        """Return every card of the board, in any order."""
        ...

    def changes_since(self, revision: int, limit: int) -> Changes | None:
        """Return what changed after `revision`, or None when that is more than `limit` cards or not known."""
        ...


class Snapshot:
    """A board at one revision, indexed by when each card changed, so that a delta costs only its own size.

    `changed_revision` gives for each card the revision of its last change, `removed_revision` for each card that left
    the board the revision at which it did; removals older than `removals_known_since` are forgotten. Make one per
    revision and share it between sessions; it is never written to.
    """

    def __init__(
        self,
        revision: int,
        cards: Sequence[Card],
        changed_revision: Mapping[int, int],
        removed_revision: Mapping[int, int] | None = None,
        removals_known_since: int = 0,
    ) -> None:
        self._revision = revision
        self._cards = tuple(cards)
        self._known_since = removals_known_since
        self._changed = sorted(self._cards, key=lambda card: changed_revision[card.id])
        self._changed_at = [changed_revision[card.id] for card in self._changed]
        gone = sorted((removed_revision or {}).items(), key=lambda item: item[1])
        self._removed = [card_id for card_id, _ in gone]
        self._removed_at = [at for _, at in gone]

    @property
    def revision(self) -> int:
        """The revision that this snapshot shows."""
        return self._revision

    def all_cards(self) -> Sequence[Card]:
        """Return every card of the board."""
        return self._cards

    def changes_since(self, revision: int, limit: int) -> Changes | None:
        """Return what changed after `revision`, or None when that is more than `limit` cards or not known."""
        if revision < self._known_since or revision > self._revision:
            return None
        first_changed = bisect_right(self._changed_at, revision)
        first_removed = bisect_right(self._removed_at, revision)
        if len(self._changed) - first_changed + len(self._removed) - first_removed > limit:
            return None
        return Changes(self._changed[first_changed:], self._removed[first_removed:])


@dataclass(slots=True)
class BaseTracker:
    """Remembers for one session which whole board its browser was sent last. Keep it in the session's state."""

    limit: int = DELTA_LIMIT
    _token: str | None = None
    _revision: int = -1
    _scope: Hashable = field(default=None)

    def forget(self) -> None:
        """Send the whole board next time: the browser said that it has no base (`on_need_base`)."""
        self._token = None

    def update_for(self, source: BoardSource, scope: Hashable = None) -> BoardUpdate:
        """Return the update for this run.

        `scope` is what the source was narrowed to (a filter); another scope gets a whole board. A delta of more than
        `limit` cards is replaced by a whole board, because every later message would carry it again.
        """
        changes = None
        if self._token is not None and scope == self._scope:
            changes = source.changes_since(self._revision, self.limit)
        if changes is None or self._token is None:
            self._token, self._revision, self._scope = uuid4().hex, source.revision, scope
            return BoardUpdate(source.all_cards(), self._token, self._revision, self._revision)
        return BoardUpdate(None, self._token, self._revision, source.revision, changes.cards, changes.removed)
