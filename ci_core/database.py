"""How every door opens the database: the configured one, or the embedded server under the data folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ci_core.settings import Settings
from db.embedded import EmbeddedServer
from db.engine import Database


@contextmanager
def open_database(settings: Settings, *, application_name: str) -> Iterator[Database]:
    """Give the database for as long as the block runs, and let the embedded server go afterwards.

    Args:
        settings: `external_database_url` decides which server; None starts the embedded one.
        application_name: shown in pg_stat_activity and recorded in the audit log.

    Raises:
        db.errors.DatabaseError: the embedded server cannot be started. A configured server is first
            contacted by the first statement, which then raises `DatabaseUnavailable`.
    """
    embedded = None if settings.external_database_url else EmbeddedServer(settings.data_dir / "postgres")
    url = embedded.start() if embedded else settings.external_database_url
    if url is None:  # unreachable, but the type checker cannot see that one of the two is set
        raise AssertionError("no database address")
    database = Database(
        url,
        application_name=application_name,
        pool_size=settings.db_pool_size,
        pool_timeout_seconds=settings.db_pool_timeout_seconds,
        statement_timeout_seconds=settings.db_statement_timeout_seconds,
        revive=embedded.start if embedded else None,
    )
    try:
        yield database
    finally:
        database.dispose()
        if embedded:
            embedded.stop()
