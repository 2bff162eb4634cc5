"""The one way to PostgreSQL: a pool of checked connections, and transactions that know who acts."""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from db.address import checked_url
from db.errors import (
    DatabaseBusy,
    DatabaseError,
    DatabaseFull,
    DatabaseUnavailable,
    PoolExhausted,
    SchemaOutOfDate,
    StatementTimeout,
)
from db.schema import UPGRADE

_log = logging.getLogger(__name__)

SAY_AGAIN_SECONDS = 10.0
# Between two attempts to bring an embedded server back, so that a crowd of requests makes one attempt.
REVIVE_INTERVAL_SECONDS = 2.0
# A server that vanishes without a word (power, network) is noticed within about 15 s instead of as many minutes.
LIVENESS = {
    "keepalives_idle": 10,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # milliseconds
}


class Database:
    """A PostgreSQL database that this process talks to.

    Args:
        url: any libpq address (``postgresql://…`` or ``host=… dbname=…``); SQLAlchemy's ``+psycopg`` is understood.
        application_name: how the connections show up in ``pg_stat_activity`` and in the audit log.
        pool_size: most connections at once; one more waits `pool_timeout_seconds` and then gets `PoolExhausted`.
        statement_timeout_seconds: a statement that takes longer is cancelled by the server; 0 for no limit.
        revive: called (at most every 2 s) when no connection can be had; may restart an embedded server.

    Raises:
        AddressInvalid: the address cannot be read.
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
        self.url = checked_url(url)
        own = conninfo_to_dict(self.url).get("options") or ""
        self._options = {
            **LIVENESS,
            "application_name": application_name,
            # A database without an encoding of its own (SQL_ASCII) would give bytes instead of texts.
            "client_encoding": "utf8",
            "connect_timeout": connect_timeout_seconds,
            "options": f"{own} -c statement_timeout={int(statement_timeout_seconds * 1000)} -c timezone=UTC".strip(),
        }
        self._pool_size = pool_size
        self._pool_timeout_seconds = pool_timeout_seconds
        self._revive = revive
        self._revive_lock = Lock()
        self._revived_at = float("-inf")
        self._said_at: dict[str, float] = {}
        self._guard: Callable[[Session], None] | None = None
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
            DatabaseError: `revive` could not bring the server back.
        """
        options = {**self._options, **overrides}
        try:
            return psycopg.connect(self.url, **options)
        except psycopg.OperationalError:
            if self._revive is None:
                raise
            self._try_to_revive(self._revive)
            return psycopg.connect(self.url, **options)

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
            StatementTimeout: a statement took too long.
            DatabaseBusy: a lock could not be had, or two transactions waited for each other.
            SchemaOutOfDate: a table is missing.
        """
        with self._translated(), self._sessions.begin() as session:
            act_as(session, actor, reason, undo_of)
            if self._guard is not None:
                self._guard(session)
            yield session

    def guarded(self, guard: Callable[[Session], None]) -> Database:
        """The same database through the same pool, where `guard` goes before the work of every transaction.

        What it raises, the transaction raises; nothing is written then.
        """
        ours = copy.copy(self)
        ours._guard = guard
        return ours

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read-only unit of work, all of whose statements see the same moment; raises as `transaction` does."""
        with self._translated(), self._sessions() as session:
            session.connection(execution_options={"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"})
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
            exhausted = PoolExhausted(
                f"Database connection pool exhausted: all {self._pool_size} connections are in use and none came back "
                f"within {self._pool_timeout_seconds:g} s. Try again, or raise DB_POOL_SIZE."
            )
            self._say(exhausted)
            raise exhausted from error
        except (OperationalError, InterfaceError, InternalError, ProgrammingError) as error:
            expected = expected_failure(error)
            if expected is None:
                raise
            self._say(expected)
            raise expected from error

    def _say(self, error: DatabaseError) -> None:
        """Log it, but not again and again: while the database is away, every page and every thread meets that."""
        kind, now = type(error).__name__, time.monotonic()
        if now - self._said_at.get(kind, float("-inf")) >= SAY_AGAIN_SECONDS:
            self._said_at[kind] = now
            _log.error("database_error kind=%s reason=%s", kind, error)

    def _try_to_revive(self, revive: Callable[[], str]) -> None:
        with self._revive_lock:
            if time.monotonic() - self._revived_at < REVIVE_INTERVAL_SECONDS:
                return
            self._revived_at = time.monotonic()
            self.url = checked_url(revive())


def act_as(session: Session, actor: str, reason: str | None = None, undo_of: int | None = None) -> None:
    """From now to the end of the transaction, changes are recorded as done by `actor`.

    A `reason` or `undo_of` that is not given stays as it was said before in this transaction.

    Raises:
        ValueError: the actor has no name.
    """
    if not actor.strip():
        raise ValueError("a transaction needs an actor")
    said = {"ci.actor": actor, "ci.reason": reason, "ci.undo_of": undo_of}
    for name, value in said.items():
        if value is not None:
            session.execute(text("SELECT set_config(:name, :value, true)"), {"name": name, "value": str(value)})


def expected_failure(error: DBAPIError) -> DatabaseError | None:
    """What `error` means to a caller, in one line; None for a statement that is simply wrong."""
    state = getattr(error.orig, "sqlstate", None)
    if state == "57014":
        return StatementTimeout("The database took too long and the statement was cancelled; nothing was changed.")
    if state in {"55P03", "40P01", "40001"}:
        return DatabaseBusy("Another change of the same data stood in the way; nothing was changed. Try again.")
    if state == "53100":
        return DatabaseFull("The disk of the database is full; nothing was changed. Free some space on its machine.")
    if state == "25P03":  # this process was frozen, and the server let go of what it held
        return DatabaseUnavailable(
            "The database ended a transaction that stood still for too long; nothing was changed."
        )
    if state == "42P01":
        return SchemaOutOfDate(f"A table is missing in the database. Bring the tables up to date with: {UPGRADE}")
    if isinstance(error, OperationalError | InterfaceError) and is_disconnect(error):
        return DatabaseUnavailable(unavailable_text(error))
    return None


def is_disconnect(error: DBAPIError) -> bool:
    """Whether the error says that the connection is gone or cannot be made (and not that a statement was wrong)."""
    if error.connection_invalidated or isinstance(error, InterfaceError):
        return True
    state = getattr(error.orig, "sqlstate", None)
    # No state: libpq never got an answer. Class 08 and 57P0x: the server closes or refuses connections.
    return state is None or state.startswith("08") or state in {"57P01", "57P02", "57P03", "53300"}


def unavailable_text(error: DBAPIError) -> str:
    """One line about a lost database: libpq's reason without its advice, and without the address."""
    lines = str(error.orig).splitlines()
    # Indented lines are libpq's questions ("Is the server running …?"); with several hosts, the last one counts.
    reasons = [line.strip() for line in lines if line.strip() and not line.startswith(("\t", " "))]
    detail = reasons[-1 if reasons and reasons[0].startswith("Multiple") else 0] if reasons else "no answer"
    return f"The database cannot be reached: {detail.rstrip('.')}. `ci doctor` tells more."
