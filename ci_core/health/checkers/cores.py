"""How many programs of one check may run at once, whichever of its checkers started them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LOOK_SECONDS = 0.1


class Cores:
    """The cores that the checkers of one check share."""

    def __init__(self, count: int) -> None:
        self._free = threading.Semaphore(count)

    def take(self, cancelled: threading.Event) -> bool:
        """Wait for one; False where the check was cancelled meanwhile."""
        while not self._free.acquire(timeout=LOOK_SECONDS):
            if cancelled.is_set():
                return False
        return True

    def give_back(self) -> None:
        """Let another have it."""
        self._free.release()


class Turn:
    """One checker's use of the cores; how long it waited for them is not counted as its own time.

    Args:
        cores: those that it shares; None: it waits for nobody.
    """

    def __init__(self, cores: Cores | None = None) -> None:
        self._cores = cores
        self._lock = threading.Lock()
        self._waiting_since: dict[int, float] = {}
        self._waited = 0.0

    @contextmanager
    def taken(self, cancelled: threading.Event) -> Iterator[bool]:
        """Hold a core; the value says whether there is one, or the check was cancelled before."""
        if self._cores is None:
            yield not cancelled.is_set()
            return
        me, began = threading.get_ident(), time.monotonic()
        with self._lock:
            self._waiting_since[me] = began
        got = False
        try:
            got = self._cores.take(cancelled)
        finally:
            with self._lock:
                del self._waiting_since[me]
                self._waited += time.monotonic() - began
        try:
            yield got
        finally:
            if got:
                self._cores.give_back()

    def waited_seconds(self) -> float:
        """How long its programs waited for a core so far, those that still wait included."""
        now = time.monotonic()
        with self._lock:
            return self._waited + sum(now - since for since in self._waiting_since.values())
