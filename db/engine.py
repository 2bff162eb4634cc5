"""The one way to PostgreSQL: a pool of checked connections, and transactions that know who acts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from db.errors import DatabaseUnavailable, PoolExhausted

# Between two attempts to bring an embedded server back, so that a crowd of requests makes one attempt.
REVIVE_INTERVAL_SECONDS = 2.0


class Database:
    """A PostgreSQL database that this process talks to.

    Args:
        url: any libpq address (``postgresql://…`` or ``host=… dbname=…``); SQLAlchemy's ``+psycopg`` is understood.
        application_name: how the connections show up in ``pg_stat_activity`` and in the audit log.
        pool_size: most connections at once; one more waits `pool_timeout_seconds` and then gets `PoolExhausted`.
        statement_timeout_seconds: a statement that takes longer is cancelled by the server; 0 for no limit.
        revive: called (at most every 2 s) when no connection can be had; may restart an embedded server.
    """

    def __init__(
        self,
        url: str,
        *,
        application_name: str = "magnus-ci",
        pool_size: int = 10,
        pool_timeout_seconds: float = 5.0,
        statement_timeout_seconds: float = 30.0,
        connect_timeout_seconds: int = 5,
        revive: Callable[[], str] | None = None,
    ) -> None:
        self.url = libpq_url(url)
        self._options = {
            "application_name": application_name,
            "connect_timeout": connect_timeout_seconds,
            "options": f"-c statement_timeout={int(statement_timeout_seconds * 1000)} -c timezone=UTC",
        }
        self._pool_size = pool_size
        self._pool_timeout_seconds = pool_timeout_seconds
        self._revive = revive
        self._revive_lock = Lock()
        self._revived_at = float("-inf")
        self.engine = self._make_engine()
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    def _make_engine(self) -> Engine:
        return create_engine(
            "postgresql+psycopg://",
            creator=self.connect,
            pool_size=self._pool_size,
            max_overflow=0,
            pool_timeout=self._pool_timeout_seconds,
            pool_pre_ping=True,
            pool_use_lifo=True,
        )

    def connect(self, **overrides: Any) -> psycopg.Connection[Any]:
        """A new connection outside the pool (for LISTEN, for example); the caller closes it.

        Raises:
            psycopg.OperationalError: no connection can be had.
        """
        try:
            return psycopg.connect(self.url, **{**self._options, **overrides})
        except psycopg.OperationalError:
            self._try_to_revive()
            raise

    @contextmanager
    def transaction(self, actor: str, *, reason: str | None = None, undo_of: int | None = None) -> Iterator[Session]:
        """One unit of work by `actor`: committed when the block ends, rolled back when it raises.

        Args:
            actor: who does it, as the audit log will say: a person's name, ``api:<token>`` or ``agent:<name>``.
            reason: why, in words; recorded with every change of this transaction.
            undo_of: id of the audit entry that this transaction takes back.

        Raises:
            PoolExhausted: every connection is in use.
            DatabaseUnavailable: the server cannot be reached or went away.
        """
        if not actor.strip():
            raise ValueError("a transaction needs an actor")
        with self._translated(), self._sessions.begin() as session:
            session.execute(
                text(
                    "SELECT set_config('ci.actor', :actor, true), set_config('ci.reason', :reason, true), "
                    "set_config('ci.undo_of', :undo_of, true)"
                ),
                {"actor": actor, "reason": reason or "", "undo_of": "" if undo_of is None else str(undo_of)},
            )
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read-only unit of work; raises as `transaction` does."""
        with self._translated(), self._sessions() as session:
            session.connection(execution_options={"postgresql_readonly": True})
            yield session

    def ping(self) -> None:
        """Raise `DatabaseUnavailable` (or `PoolExhausted`) unless the server answers."""
        with self.reading() as session:
            session.execute(text("SELECT 1"))

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeoutError as error:
            raise PoolExhausted(
                f"Database connection pool exhausted: all {self._pool_size} connections are in use and none came back "
                f"within {self._pool_timeout_seconds:g} s. Try again, or raise DB_POOL_SIZE."
            ) from error
        except (OperationalError, InterfaceError) as error:
            if is_disconnect(error):
                raise DatabaseUnavailable(unavailable_text(error)) from error
            raise

    def _try_to_revive(self) -> None:
        if self._revive is None:
            return
        with self._revive_lock:
            if time.monotonic() - self._revived_at < REVIVE_INTERVAL_SECONDS:
                return
            self._revived_at = time.monotonic()
            self.url = libpq_url(self._revive())


def libpq_url(url: str) -> str:
    """The address without SQLAlchemy's driver suffix, as psql and psycopg take it."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql://{rest}" if separator and scheme.startswith("postgres") else url


def is_disconnect(error: DBAPIError) -> bool:
    """Whether the error says that the connection is gone or cannot be made (and not that a statement was wrong)."""
    if error.connection_invalidated or isinstance(error, InterfaceError):
        return True
    state = getattr(error.orig, "sqlstate", None)
    # No state: libpq never got an answer. Class 08 and 57P0x: the server closes or refuses connections.
    return state is None or state.startswith("08") or state in {"57P01", "57P02", "57P03", "53300"}


def unavailable_text(error: DBAPIError) -> str:
    """One line about a lost database, without the address (it can hold a password)."""
    reason = str(error.orig).strip().splitlines()
    detail = reason[-1].strip() if reason else "no answer"
    return f"The database cannot be reached: {detail}. It is tried again by itself; `ci doctor` tells more."
