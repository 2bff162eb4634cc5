"""Tells pages that runs moved: at once, and then a few times a second however many do."""

from __future__ import annotations

import asyncio

from ci_core.jobs.outages import AWAY, Pool
from ci_core.jobs.worker_queries import TELL

# Less than the second within which people see what runs.
TOGETHER_SECONDS = 0.25


class Telling:
    """What a worker moves in the queue, told by one notification for all of it."""

    def __init__(self, pool: Pool, *, together_seconds: float = TOGETHER_SECONDS) -> None:
        self._pool = pool
        self._together_seconds = together_seconds
        self._moved = asyncio.Event()

    def moved(self) -> None:
        """A run moved, and whoever listens should hear of it."""
        self._moved.set()

    async def run(self) -> None:
        """Tell, until cancelled."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            try:
                await self._pool.rows(TELL)
            except AWAY:
                self._moved.set()
            await asyncio.sleep(self._together_seconds)
