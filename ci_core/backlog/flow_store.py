"""The history of all statuses in memory, one copy per process, so that a look at the flow reads only what is new."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import numpy as np

from ci_core.backlog import flow_queries
from ci_core.backlog.flow_events import CODES, GONE, Journeys, StatusEvents, journeys_of
from ci_core.backlog.flow_queries import FlowItem, StoredChanges
from db.engine import Database
from db.enums import Status


@dataclass(frozen=True, slots=True, eq=False)
class FlowHistory:
    """Every item's journey, what is known of the items that exist, and a number that rises with every change."""

    journeys: Journeys
    items: dict[int, FlowItem]
    revision: int


class FlowStore:
    """The history as of the last look. Safe to use from many threads.

    Entries are append-only, but their ids may commit out of order. What could not be seen at one look was written by a
    transaction that ran then; so the next look reads again from the oldest of those, and drops what it knows already.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._since = 0
        self._changes = StoredChanges(np.empty(0, np.int64), StatusEvents.of([]))
        self._merges: list[tuple[int, float, float | None]] = []
        self._items: dict[int, FlowItem] = {}
        self._history = FlowHistory(journeys_of(self._changes.events), {}, 0)

    def history(self) -> FlowHistory:
        """The history as it is now.

        Raises:
            db.errors.DatabaseError: the database cannot be reached; the copy stays as it was.
        """
        with self._lock:
            with self._database.reading() as session:
                # First, so that whatever commits between the statements is read again next time.
                oldest = flow_queries.oldest_running(session)
                changes = flow_queries.read_changes(session, self._since)
                merges = flow_queries.read_merges_of_archived(session)
                items = flow_queries.read_items(session, self._since)
            self._since = oldest
            self._take_in(changes, merges, items)
            return self._history

    def _take_in(
        self, changes: StoredChanges, merges: list[tuple[int, float, float | None]], items: list[FlowItem]
    ) -> None:
        fresh = ~np.isin(changes.ids, self._changes.ids)
        renewed = [item for item in items if self._items.get(item.id) != item]
        if not fresh.any() and not renewed and merges == self._merges:
            return
        self._changes = _joined(self._changes, changes, fresh)
        self._merges = merges
        self._items = self._items | {item.id: item for item in renewed}
        journeys = self._history.journeys
        if fresh.any() or merges:
            journeys = journeys_of(_with_merges(self._changes.events, merges))
        self._history = FlowHistory(journeys, self._items, self._history.revision + 1)


def read_history(database: Database) -> FlowHistory:
    """The history of all statuses, read once."""
    return FlowStore(database).history()


def _joined(known: StoredChanges, new: StoredChanges, fresh: np.ndarray) -> StoredChanges:
    ids = np.concatenate([known.ids, new.ids[fresh]])
    order = np.argsort(ids, kind="stable")
    columns = (
        np.concatenate([getattr(known.events, name), getattr(new.events, name)[fresh]])[order]
        for name in StatusEvents.__slots__
    )
    return StoredChanges(ids[order], StatusEvents(*columns))


def _with_merges(events: StatusEvents, merges: list[tuple[int, float, float | None]]) -> StatusEvents:
    """Archived items that were merged are gone from then on, until that was taken apart."""
    if not merges:
        return events
    extra = [(item, at, GONE) for item, at, _ in merges]
    extra += [(item, undone, CODES[Status.ARCHIVED]) for item, _, undone in merges if undone is not None]
    items, at, status = (np.array(column) for column in zip(*extra, strict=True))
    both = StatusEvents(
        np.concatenate([events.items, items]),
        np.concatenate([events.at, at]),
        np.concatenate([events.status, status]),
        np.concatenate([events.undo, np.zeros(len(items), np.bool_)]),
    )
    # Within an item time decides; elsewhere the order does not matter.
    order = np.argsort(both.at, kind="stable")
    return StatusEvents(*(getattr(both, name)[order] for name in StatusEvents.__slots__))
