"""The window of comparisons, held in memory and shared through the database with every other process that adds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.orm import Session

from ci_core.research import store, window_queries
from ci_core.research.values import Comparison, NormalItem, Vector
from db.engine import Database

DEFAULT_DAYS = 30
# Of one address or identity, more would not change what is decided.
MOST_SAME_KEYS = 500
MARGIN = timedelta(minutes=5)


class Compares(Protocol):
    """Decides what an item is to those that it was given before; see `duplicates.Window`."""

    def add(self, finding_id: int, item: NormalItem, vector: Vector, appeared_at: datetime) -> None:
        """Hold a finding."""

    def compare(self, item: NormalItem, vector: Vector, at: datetime) -> Comparison:
        """What the item, which appears at this moment, is to them; itself, if it is held, left out."""


def _window_of(session: Session, days: int) -> Compares:
    """Decides by what people's corrections taught."""
    from ci_core.research.duplicates import Window, prepare

    window = Window(days=days)
    prepare(session, window)
    return window


class SharedWindow:
    """Everything found in the last days, by all sites together, for any number of threads.

    It holds what appeared within `days` of the moments that are asked for, read exactly from the database. Findings are
    added within `adding`, by one transaction at a time over all processes, which knows everything that was added
    before: two scans at once cannot both call the same story new.

    Args:
        days: how far back findings are compared.
        model: the name of the encoder; vectors of others do not compare.
        make: gives what compares, empty, for so many days.
    """

    def __init__(
        self, model: str, *, days: int = DEFAULT_DAYS, make: Callable[[Session, int], Compares] = _window_of
    ) -> None:
        self.model = model
        self._make = make
        self.days = days
        self._lock = threading.RLock()
        self._forget()

    def _forget(self) -> None:
        self._window: Compares | None = None
        self._ids: set[int] = set()
        self._newest = 0
        self._since: datetime | None = None
        self._until: datetime | None = None

    @property
    def size(self) -> int:
        """How many findings it holds."""
        return len(self._ids)

    def cover(self, database: Database, first: datetime, last: datetime) -> None:
        """Make sure that everything is there to which items of the moments from `first` to `last` are compared.

        Raises:
            db.errors.DatabaseError: the database cannot be used.
        """
        reach = timedelta(days=self.days)
        since, until = first - reach, last + reach + MARGIN
        with self._lock:
            if self._window is not None and self._since is not None and self._until is not None:
                if self._since <= since and until <= self._until:
                    return
                apart = until < self._since or since > self._until
                wide = max(until, self._until) - min(since, self._since) > 4 * reach + (last - first)
                if apart or wide:
                    self._forget()
            with database.reading() as session:
                self._extend(session, since, until)

    def _extend(self, session: Session, since: datetime, until: datetime) -> None:
        if self._window is None or self._since is None or self._until is None:
            self._window = self._make(session, self.days)
            self._newest = window_queries.newest_id(session)
            self._since = self._until = since
        if since < self._since:
            self._add_all(window_queries.of_span(session, self.model, since=since, until=self._since))
            self._since = since
        if until > self._until:
            self._add_all(window_queries.of_span(session, self.model, since=self._until, until=until))
            self._until = until

    @contextmanager
    def adding(self, database: Database, items: Sequence[NormalItem], *, actor: str) -> Iterator[Session]:
        """A transaction in which findings are added: nobody else adds any, and all that others added is known.

        What shares an address, an identity or the wording with `items` is there as well, however old. When the block
        raises, nothing of it is stored or remembered.

        Raises:
            db.errors.DatabaseError: the database cannot be used.
        """
        # The turn of this process comes first: no thread that has a connection waits for one that needs one.
        with self._lock:
            if self._window is None or self._since is None or self._until is None:
                raise RuntimeError("cover() comes first")
            try:
                with database.transaction(actor) as session:
                    store.only_one_adds(session)
                    self._add_all(
                        window_queries.added_after(
                            session, self.model, self._newest, since=self._since, until=self._until
                        )
                    )
                    self._newest = max(self._newest, window_queries.newest_id(session))
                    self._remember_same_keys(session, items)
                    yield session
            except BaseException:
                self._forget()
                raise

    def _remember_same_keys(self, session: Session, items: Sequence[NormalItem]) -> None:
        found = window_queries.with_same_keys(
            session,
            self.model,
            urls={item.canonical_url for item in items if item.canonical_url},
            identities={name for item in items for name in item.identities},
            hashes={item.text_hash for item in items},
            limit=MOST_SAME_KEYS,
        )
        self._add_all(found)

    def add(self, finding_id: int, item: NormalItem, vector: Vector, appeared_at: datetime) -> None:
        """Hold one more finding; one that is held already stays as it is."""
        with self._lock:
            if self._window is not None and finding_id not in self._ids:
                self._ids.add(finding_id)
                self._window.add(finding_id, item, vector, appeared_at)

    def compare(self, item: NormalItem, vector: Vector, at: datetime) -> Comparison:
        """What the item is to those that appeared before it."""
        with self._lock:
            if self._window is None:
                raise RuntimeError("cover() comes first")
            return self._window.compare(item, vector, at)

    def _add_all(self, found: Iterable[window_queries.Remembered]) -> None:
        for one in found:
            self.add(one.id, one.item, one.vector, one.appeared_at)
