"""Bring the tables to the version of this program, or back: one process at a time, never waiting long for a lock."""

from __future__ import annotations

import io
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from db.errors import DatabaseError, SchemaOutOfDate, UnsupportedServer

MIGRATIONS = Path(__file__).parent / "migrations"
MINIMUM_SERVER = 14
# Any constant will do; this one spells "magnus" in ASCII so that it can be told apart in pg_locks.
ADVISORY_LOCK = 0x6D61676E7573


def head() -> str:
    """The newest revision that this program knows."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise SchemaOutOfDate(f"No migrations were found in {MIGRATIONS}. Reinstall the program.")
    return revision


def current(engine: Engine) -> str | None:
    """The revision that the database is at; None for an empty database."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine, revision: str = "head") -> tuple[str | None, str | None]:
    """Migrate up to `revision` and give the revisions (before, after). Does nothing when already there.

    Raises:
        UnsupportedServer: PostgreSQL is older than 14, or pgvector is not installed on the server.
        SchemaOutOfDate: the database was made by a newer release than this one.
        DatabaseError: a lock could not be had within 4 s, or a migration failed; nothing was changed then.
    """
    check_server(engine)
    return _migrate(engine, revision, up=True)


def downgrade(engine: Engine, revision: str) -> tuple[str | None, str | None]:
    """Migrate back down to `revision` ("base" for no tables at all) and give the revisions (before, after)."""
    return _migrate(engine, revision, up=False)


def check_server(engine: Engine) -> None:
    """Raise `UnsupportedServer` unless the server is PostgreSQL 14 or newer and offers pgvector."""
    with engine.connect() as connection:
        version = int(connection.execute(text("SHOW server_version_num")).scalar_one())
        has_vector = connection.execute(
            text("SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'")
        ).scalar_one()
    refuse_old_server(version)
    if not has_vector:
        raise UnsupportedServer(
            "The PostgreSQL server has no pgvector. Install it there (package postgresql-NN-pgvector, or "
            "https://github.com/pgvector/pgvector), or unset DATABASE_URL to use the embedded server."
        )


def refuse_old_server(version_number: int) -> None:
    """Raise `UnsupportedServer` when `version_number` (PostgreSQL's server_version_num, such as 130014) is too old."""
    if version_number < MINIMUM_SERVER * 10000:
        raise UnsupportedServer(
            f"PostgreSQL {version_number // 10000} is too old: version {MINIMUM_SERVER} or newer is needed. "
            "Upgrade the server, or unset DATABASE_URL to use the embedded one."
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
            before = MigrationContext.configure(connection).get_current_revision()
            _refuse_newer(before)
            config = _config(connection)
            if up:
                command.upgrade(config, revision)
            else:
                command.downgrade(config, revision)
            return before, MigrationContext.configure(connection).get_current_revision()
    except (OperationalError, ProgrammingError) as error:
        raise DatabaseError(_explain(error)) from error


def _refuse_newer(revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise SchemaOutOfDate(
            f"The database is at revision {revision!r}, which this release does not know. "
            "Update the program to the release that made it."
        )


def _explain(error: OperationalError | ProgrammingError) -> str:
    reason = str(error.orig).strip().splitlines()[0]
    if "lock timeout" in reason:
        return (
            "The migration waited 4 s for a lock and gave up; nothing was changed. "
            "Another migration or a long transaction is running: try again when it has ended."
        )
    return f"The migration failed and nothing was changed: {reason}"


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
