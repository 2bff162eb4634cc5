"""The database may be restarted, slow, full or gone: whoever needs it waits with back-off, and says so once."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg
import psycopg_pool

from ci_core.logs import get_logger

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.1, 2.0
# What is said about the same outage again, for those who read only the newest lines of a log.
REMIND_SECONDS = 60.0
CHECK_SECONDS = 3.0
# An error of these means: not now. PoolTimeout is an OperationalError; a server that does not answer is a TimeoutError.
AWAY = (psycopg.Error, OSError, TimeoutError)

_log = get_logger(__name__)


class Outage:
    """Whether the database answers, as its users found it: the change is logged, not each failure."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._since: float | None = None
        self._said_at = 0.0
        self.answered_since: float | None = None

    @property
    def is_on(self) -> bool:
        """Whether the last attempt failed."""
        return self._since is not None

    def failed(self, error: BaseException) -> None:
        """A statement or a connection failed."""
        now = self._monotonic()
        self.answered_since = None
        if self._since is None:
            self._since = self._said_at = now
            _log.error("database_away", reason=reason(error), remedy="The worker waits and goes on by itself.")
        elif now - self._said_at >= REMIND_SECONDS:
            self._said_at = now
            _log.error("database_still_away", reason=reason(error), seconds=round(now - self._since))

    def worked(self) -> None:
        """A statement was answered."""
        if self.answered_since is None:
            self.answered_since = self._monotonic()
        if self._since is not None:
            _log.warning("database_back", seconds=round(self._monotonic() - self._since, 1))
            self._since = None


class Pool:
    """The worker's own connections: each statement is a transaction of its own, and none waits for ever."""

    def __init__(self, conninfo: Callable[[], str], *, size: int, outage: Outage, seconds: float = 15.0) -> None:
        """`conninfo` is asked for each new connection; a statement that takes longer than `seconds` has failed."""
        self._conninfo = conninfo
        self._size = size
        self._outage = outage
        self._seconds = seconds
        self._pool: psycopg_pool.AsyncConnectionPool[psycopg.AsyncConnection[Any]] | None = None

    async def open(self) -> None:
        """Begin to connect, in the background."""

        self._pool = psycopg_pool.AsyncConnectionPool(
            self._conninfo,
            kwargs={"autocommit": True, "row_factory": psycopg.rows.dict_row},
            min_size=1,
            max_size=self._size,
            # A broken connection is given up at once, and the next statement makes a new one: the pool's own waits
            # between attempts double without end.
            reconnect_timeout=0,
            timeout=3.0,
            open=False,
            name="worker",
        )
        await self._pool.open()

    async def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            await self._pool.close(timeout=2.0)

    async def rows(self, statement: str, values: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """What a statement gives, in one round trip.

        Raises:
            psycopg.Error, OSError, TimeoutError: it failed; the outage knows.
        """
        async with self.connection() as connection:
            cursor = await connection.execute(statement.encode(), values)
            return await cursor.fetchall() if cursor.description else []

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """A connection for several statements; raises as `rows` does."""
        if self._pool is None:
            raise psycopg.OperationalError("the pool is closed")
        try:
            async with asyncio.timeout(self._seconds), self._pool.connection() as connection:
                yield connection
        except AWAY as error:
            if not isinstance(error, psycopg.DataError | psycopg.IntegrityError):
                self._outage.failed(error)
            if is_disconnect(error):
                # One connection broke: the others most likely did too, and the next statement should not find out.
                with suppress(*AWAY):
                    await asyncio.wait_for(self._pool.check(), CHECK_SECONDS)
            raise
        self._outage.worked()

    async def dedicated(self) -> psycopg.AsyncConnection[Any]:
        """A connection of its own, for listening; the caller closes it."""
        connecting = psycopg.AsyncConnection.connect(self._conninfo(), autocommit=True)
        return await asyncio.wait_for(connecting, self._seconds)


class Backoff:
    """Waits that double up to a longest one, each a little off, so that many workers do not come back at once."""

    def __init__(self, first: float = FIRST_WAIT_SECONDS, longest: float = LONGEST_WAIT_SECONDS) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def seconds(self) -> float:
        """How long to wait now."""
        wait = self._next
        self._next = min(wait * 2, self._longest)
        return wait * random.uniform(0.75, 1.25)  # noqa: S311 - no secret

    def reset(self) -> None:
        """The next wait is the first one again."""
        self._next = self._first


def is_disconnect(error: BaseException) -> bool:
    """Whether the connection is gone, and not only a statement wrong or slow."""
    if isinstance(error, TimeoutError):
        return False
    state = getattr(error, "sqlstate", None)
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | OSError) and (
        state is None or state.startswith(("08", "57P"))
    )


def reason(error: BaseException) -> str:
    """One line about an error of the database, without its address."""
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return first[:300]
