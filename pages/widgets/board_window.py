"""The board as one person's browser gets it: all open work, and of closed columns the newest and what a filter finds.

Thousands of completed cards would be most of what travels, and hardly anybody looks at them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from ci_core.backlog.board_store import BoardCard, BoardStore
from pages.widgets.board_source import BY_ARRIVAL, shown_card
from pages.widgets.kanban import Card, Changes, Older

WINDOW = 50
MORE = 100
MOST_FOUND = 100
Sizes = tuple[tuple[str, int], ...]


class WindowedSource:
    """`BoardStore` as a `BoardSource` for one session; keep it in the session's state beside its tracker.

    It remembers which cards of closed columns the browser has, so that it can take back those that are not shown any
    more. Call `look` in each run before anything else.
    """

    def __init__(self, store: BoardStore) -> None:
        self._store = store
        self._sizes = {status.value: WINDOW for status in BY_ARRIVAL}
        self._wanted: frozenset[int] | None = None
        self._base: frozenset[int] = frozenset()
        self._sent: set[int] = set()

    def is_of(self, store: BoardStore) -> bool:
        """Whether it shows this store."""
        return self._store is store

    def look(self, wanted: Collection[int] | None) -> None:
        """Say which cards the filter lets through; None for all."""
        self._wanted = None if wanted is None else frozenset(wanted)

    def show_more(self, status: str) -> None:
        """Show older cards of a closed column; the browser then needs a new base."""
        if status in self._sizes:
            self._sizes[status] += MORE

    @property
    def revision(self) -> int:
        """The revision that the board is at."""
        return self._store.revision

    def all_cards(self) -> Sequence[Card]:
        """Every card that is sent."""
        revision, sizes = self._store.revision, self._sizes_now()
        newest, found = _window(self._store, revision, sizes), self._found(revision)
        self._base = newest | found
        self._sent = set(self._base)
        cards = _all_cards(self._store, revision, sizes)
        # The same tuple for everybody, wherever that is possible: it is written out once for all of them.
        return (*cards, *self._shown(found)) if found else cards

    def changes_since(self, revision: int, limit: int) -> Changes | None:
        """What changed after `revision` of what is sent, and what is not sent any more; None as the store says."""
        changes = self._store.changes_since(revision, limit)
        if changes is None:
            return None
        now = self._store.revision
        here = _window(self._store, now, self._sizes_now()) | self._found(now)
        fresh = {card.id: shown_card(card) for card in changes.cards if _is_sent(card, here)}
        gone = {card.id for card in changes.cards if card.id not in fresh}.union(changes.removed)
        for card in self._shown(here - self._base - fresh.keys()):
            fresh[card.id] = card
        gone |= self._sent - here - fresh.keys()
        self._sent |= here
        return Changes(list(fresh.values()), sorted(gone))

    def cards(self, ids: Collection[int]) -> list[Card]:
        """These cards as they are now; those that are not sent are missing."""
        now = self._store.revision
        here = _window(self._store, now, self._sizes_now()) | self._found(now)
        known = (self._store.card(card_id) for card_id in ids)
        return [shown_card(card) for card in known if card is not None and _is_sent(card, here)]

    def filter_ids(self) -> list[int] | None:
        """Of the cards that are sent, those that the filter lets through; None for all."""
        if self._wanted is None:
            return None
        now = self._store.revision
        kept = _closed(self._store, now) - _window(self._store, now, self._sizes_now()) - self._found(now)
        return sorted(self._wanted - kept)

    def older(self) -> Mapping[str, Older]:
        """By closed column, how many of its cards are not sent."""
        now = self._store.revision
        here = _window(self._store, now, self._sizes_now()) | self._found(now)
        counts = {}
        for status, ids in _newest_first(self._store, now).items():
            kept = [card_id for card_id in ids if card_id not in here]
            matching = len(kept) if self._wanted is None else sum(card_id in self._wanted for card_id in kept)
            counts[status] = Older(len(kept), matching)
        return counts

    def _sizes_now(self) -> Sizes:
        return tuple(sorted(self._sizes.items()))

    def _found(self, revision: int) -> frozenset[int]:
        """The newest of the older cards that the filter lets through."""
        if self._wanted is None:
            return frozenset()
        found: list[int] = []
        for status, ids in _newest_first(self._store, revision).items():
            older = [card_id for card_id in ids[self._sizes[status] :] if card_id in self._wanted]
            found += older[:MOST_FOUND]
        return frozenset(found)

    def _shown(self, ids: Collection[int]) -> list[Card]:
        return [shown_card(card) for card_id in ids if (card := self._store.card(card_id)) is not None]


def _is_sent(card: BoardCard, here: Collection[int]) -> bool:
    return card.status not in BY_ARRIVAL or card.id in here


# One answer per revision serves every session; the few older ones are dropped by size.
@lru_cache(maxsize=2)
def _newest_first(store: BoardStore, revision: int) -> Mapping[str, tuple[int, ...]]:  # noqa: ARG001 - it is the key
    cards: dict[str, list[BoardCard]] = {status.value: [] for status in BY_ARRIVAL}
    for card in store.all_cards():
        if card.status in cards:
            cards[card.status].append(card)
    for column in cards.values():
        column.sort(key=lambda card: (-card.entered, card.id))
    return MappingProxyType({status: tuple(card.id for card in column) for status, column in cards.items()})


@lru_cache(maxsize=32)
def _window(store: BoardStore, revision: int, sizes: Sizes) -> frozenset[int]:
    newest = _newest_first(store, revision)
    return frozenset(card_id for status, size in sizes for card_id in newest[status][:size])


@lru_cache(maxsize=2)
def _closed(store: BoardStore, revision: int) -> frozenset[int]:
    return frozenset(card_id for ids in _newest_first(store, revision).values() for card_id in ids)


@lru_cache(maxsize=4)
def _all_cards(store: BoardStore, revision: int, sizes: Sizes) -> tuple[Card, ...]:
    newest = _window(store, revision, sizes)
    return tuple(shown_card(card) for card in store.all_cards() if _is_sent(card, newest))
