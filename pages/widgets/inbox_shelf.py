"""Details of proposals, made in the background before somebody looks at them, for all sessions of this process."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Any

from db.errors import DatabaseError

log = logging.getLogger(__name__)

Wire = dict[str, Any]
Key = tuple[int, int]
MOST_KEPT = 500
# What belongs to a proposal can change without a new version of it: a comment, the status of something similar.
FRESH_SECONDS = 20.0
WORKERS = 2


@dataclass(frozen=True, slots=True)
class _Made:
    wire: Wire | None
    at: float


class DetailShelf:
    """Keeps what `make` gives for an id, by (id, version); safe to use from many threads.

    A page run never waits for more than the first of what it asks for: the rest is made by two threads of its own and
    is there for one of the next runs.
    """

    def __init__(self, make: Callable[[int], Wire | None], clock: Callable[[], float] = time.monotonic) -> None:
        self._make = make
        self._clock = clock
        self._lock = Lock()
        self._made: OrderedDict[Key, _Made] = OrderedDict()
        self._under_way: set[Key] = set()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="inbox-details")

    def take(self, keys: Sequence[Key], *, wait: bool = True) -> list[Wire]:
        """What is there of these, which are (id, version), in their order; with `wait`, at least the first.

        Raises:
            db.errors.DatabaseError: the first was not there, and the database cannot be reached.
        """
        for key in keys[1:] if wait else keys:
            self._begin(key)
        if wait and keys and self._fresh(keys[0]) is None:
            self._put(keys[0], self._make(keys[0][0]))
        found = (self._fresh(key) for key in keys)
        return [one.wire for one in found if one is not None and one.wire is not None]

    def forget(self) -> None:
        """Make everything anew when it is asked for again: what was kept may have changed without a new version."""
        with self._lock:
            self._made.clear()

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _fresh(self, key: Key) -> _Made | None:
        with self._lock:
            made = self._made.get(key)
        return made if made is not None and self._clock() - made.at < FRESH_SECONDS else None

    def _begin(self, key: Key) -> None:
        if self._fresh(key) is not None:
            return
        with self._lock:
            if key in self._under_way:
                return
            self._under_way.add(key)
        self._pool.submit(self._work, key)

    def _work(self, key: Key) -> None:
        try:
            self._put(key, self._make(key[0]))
        except DatabaseError as error:
            log.info("inbox_detail_later id=%d reason=%s", key[0], error)
        finally:
            with self._lock:
                self._under_way.discard(key)

    def _put(self, key: Key, wire: Wire | None) -> None:
        with self._lock:
            self._made[key] = _Made(wire, self._clock())
            self._made.move_to_end(key)
            while len(self._made) > MOST_KEPT:
                self._made.popitem(last=False)
