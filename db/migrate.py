"""Bring the tables to the version of this program, or back: one process at a time, never waiting long for a lock."""

from __future__ import annotations

import io
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from db.engine import expected_failure
from db.errors import DatabaseBusy, DatabaseError, UnsupportedServer
from db.schema import head, refuse_newer, revisions, stored_revision

MIGRATIONS = Path(__file__).parent / "migrations"
MINIMUM_SERVER = 14
MINIMUM_PGVECTOR = (0, 5)  # the first with HNSW indexes
# Any constant will do; this one spells "magnus" in ASCII so that it can be told apart in pg_locks.
ADVISORY_LOCK = 0x6D61676E7573
EMBEDDED = "unset DATABASE_URL and DB_HOST to use the embedded server"

__all__ = [
    "check_server",
    "current",
    "downgrade",
    "downgrade_sql",
    "head",
    "refuse_old_server",
    "upgrade",
    "upgrade_sql",
]


def current(engine: Engine) -> str | None:
    """The revision that the database is at; None for an empty database. Raises `DatabaseUnavailable`."""
    try:
        with engine.connect() as connection:
            return stored_revision(connection)
    except DBAPIError as error:
        raise _explained(error) from error


def upgrade(engine: Engine, revision: str = "head") -> tuple[str | None, str | None]:
    """Migrate up to `revision` and give the revisions (before, after). Does nothing when already there or beyond.

    Raises:
        DatabaseUnavailable: the server cannot be reached.
        UnsupportedServer: PostgreSQL is older than 14, or pgvector is not installed on the server.
        SchemaOutOfDate: the database was made by a newer release than this one.
        DatabaseBusy: a lock could not be had within 4 s; nothing was changed then.
        DatabaseError: the revision is unknown, or a migration failed; nothing was changed then.
    """
    check_server(engine)
    return _migrate(engine, revision, up=True)


def downgrade(engine: Engine, revision: str) -> tuple[str | None, str | None]:
    """Migrate back down to `revision` ("base" for no tables at all) and give the revisions (before, after).

    The data of the tables that a later revision made is lost. Raises as `upgrade` does.
    """
    return _migrate(engine, revision, up=False)


def check_server(engine: Engine) -> None:
    """Raise `UnsupportedServer` unless it is PostgreSQL 14 or newer, in UTF8, and offers pgvector 0.5 or newer."""
    try:
        with engine.connect() as connection:
            version = int(connection.execute(text("SHOW server_version_num")).scalar_one())
            refuse_old_server(version)
            refuse_other_encoding(str(connection.execute(text("SHOW server_encoding")).scalar_one()))
            pgvector = connection.execute(
                text(
                    "SELECT coalesce(installed_version, default_version) FROM pg_available_extensions "
                    "WHERE name = 'vector'"
                )
            ).scalar_one_or_none()
    except DBAPIError as error:
        raise _explained(error) from error
    refuse_pgvector(pgvector, server_major=version // 10000)


def refuse_old_server(version_number: int) -> None:
    """Raise `UnsupportedServer` when `version_number` (PostgreSQL's server_version_num, such as 130014) is too old."""
    if version_number < MINIMUM_SERVER * 10000:
        raise UnsupportedServer(
            f"PostgreSQL {version_number // 10000} is too old: version {MINIMUM_SERVER} or newer is needed. "
            f"Upgrade the server, or {EMBEDDED}."
        )


def refuse_other_encoding(encoding: str) -> None:
    """Raise `UnsupportedServer` unless the encoding is UTF8: others cannot hold, or cannot count, every character."""
    if encoding != "UTF8":
        raise UnsupportedServer(
            f"The database has the encoding {encoding}, and UTF8 is needed. Make another one with: "
            f"CREATE DATABASE magnus ENCODING 'UTF8' TEMPLATE template0; or {EMBEDDED}."
        )


def refuse_pgvector(version: str | None, *, server_major: int) -> None:
    """Raise `UnsupportedServer` when the server's pgvector is absent (None) or too old (such as "0.4.4")."""
    if version is None:
        raise UnsupportedServer(
            f"The PostgreSQL server has no pgvector. Install it there (package postgresql-{server_major}-pgvector, "
            f"or https://github.com/pgvector/pgvector), or {EMBEDDED}."
        )
    if tuple(int(part) for part in version.split(".")[:2]) < MINIMUM_PGVECTOR:
        raise UnsupportedServer(
            f"The PostgreSQL server has pgvector {version}; "
            f"{'.'.join(map(str, MINIMUM_PGVECTOR))} or newer is needed. Update it there, or {EMBEDDED}."
        )


def upgrade_sql() -> str:
    """The whole way up as plain SQL, for a linter or a database administrator."""
    return _offline_sql("base:head", up=True)


def downgrade_sql() -> str:
    """The whole way down as plain SQL."""
    return _offline_sql("head:base", up=False)


def _migrate(engine: Engine, revision: str, *, up: bool) -> tuple[str | None, str | None]:
    try:
        with engine.connect() as connection, connection.begin():
            connection.execute(text("SET LOCAL lock_timeout = '4s'"))
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            before = stored_revision(connection)
            refuse_newer(before)
            config = _config(connection)
            if up:
                command.upgrade(config, revision)
            else:
                command.downgrade(config, revision)
            return before, stored_revision(connection)
    except DBAPIError as error:
        raise _explained(error) from error
    except CommandError as error:
        raise DatabaseError(
            f"Cannot migrate to revision {revision!r}: {error}. Known are: {', '.join(revisions())}."
        ) from error


def _explained(error: DBAPIError) -> DatabaseError:
    reason = str(error.orig).strip().splitlines()[0]
    state = getattr(error.orig, "sqlstate", None)
    if state == "55P03":
        return DatabaseBusy(
            "The migration waited 4 s for a lock and gave up; nothing was changed. "
            "Another migration or a long transaction is running: try again when it has ended."
        )
    if state == "42501":
        return DatabaseError(
            f"The database user may not do what the migration needs ({reason}); nothing was changed. As an "
            "administrator, run CREATE EXTENSION vector in the database and GRANT CREATE ON SCHEMA public to the user."
        )
    return expected_failure(error) or DatabaseError(f"The migration failed and nothing was changed: {reason}")


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def _offline_sql(span: str, *, up: bool) -> str:
    config = _config()
    config.output_buffer = io.StringIO()
    if up:
        command.upgrade(config, span, sql=True)
    else:
        command.downgrade(config, span, sql=True)
    return config.output_buffer.getvalue()
