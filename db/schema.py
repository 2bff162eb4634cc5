"""Which version the tables are at, without loading the machinery that migrates them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from db.errors import SchemaOutOfDate

VERSIONS = Path(__file__).parent / "migrations" / "versions"
UPGRADE = "ci db upgrade"


@cache
def revisions() -> tuple[str, ...]:
    """Every revision that this program knows, oldest first. Files are named "YYYY_MM_DD_<revision>.py"."""
    return tuple(sorted(path.stem[len("YYYY_MM_DD_") :] for path in VERSIONS.glob("[0-9]*.py")))


def head() -> str:
    """The newest revision that this program knows.

    Raises:
        SchemaOutOfDate: the migrations are missing from this installation.
    """
    if not revisions():
        raise SchemaOutOfDate(f"No migrations were found in {VERSIONS}. Install the program again.")
    return revisions()[-1]


def stored_revision(connection: Connection | Session) -> str | None:
    """The revision that the database is at; None when it holds no tables of ours."""
    if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar_one() is None:
        return None
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return None if revision is None else str(revision)


def refuse_newer(revision: str | None) -> None:
    """Raise `SchemaOutOfDate` when `revision` is none that this program knows."""
    if revision is not None and revision not in revisions():
        raise SchemaOutOfDate(
            f"The database is at revision {revision!r}, which this release does not know. "
            "Update the program to the release that made it."
        )


def check_schema(connection: Connection | Session) -> None:
    """Raise `SchemaOutOfDate` unless the tables are of exactly this program's version."""
    revision = stored_revision(connection)
    if revision is None:
        raise SchemaOutOfDate(f"The database has no tables yet. Make them with: {UPGRADE}")
    refuse_newer(revision)
    if revision != head():
        raise SchemaOutOfDate(
            f"The tables are at revision {revision!r} and this program needs {head()!r}. "
            f"Bring them up to date with: {UPGRADE}"
        )
