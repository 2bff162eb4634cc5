"""Databases that live beside ours only while a backup of it is verified or restored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from db.errors import BackupError

SERVER = "postgres"
# A constant of our own: one process at a time takes, verifies or restores a backup of a database.
ONE_AT_A_TIME = 0x62616370


def connect(
    url: str, database: str | None = None, *, autocommit: bool = True
) -> psycopg.Connection[tuple[object, ...]]:
    """A connection to our database, or to another one of its server; the caller closes it.

    Raises:
        BackupError: none can be had.
    """
    address = make_conninfo(url, dbname=database) if database else url
    try:
        return psycopg.connect(address, autocommit=autocommit, application_name="magnus backup")
    except psycopg.OperationalError as error:
        raise BackupError(f"The database cannot be reached: {str(error).strip().splitlines()[0]}") from error


def name_of(url: str) -> str:
    """The name of the database at an address."""
    return str(conninfo_to_dict(url)["dbname"])


def scratch_names(url: str) -> str:
    """How the names begin of the databases that backups of this one make beside it."""
    return f"magnus_scratch_{hashlib.blake2s(name_of(url).encode(), digest_size=4).hexdigest()}_"


@contextmanager
def alone(url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection to the server beside our database that one process has at a time; clears away what a kill left.

    Raises:
        BackupError: another process has it.
    """
    with connect(url, SERVER) as server:
        row = server.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [ONE_AT_A_TIME, name_of(url)]).fetchone()
        if not (row and row[0]):
            raise BackupError("Another backup or restore is under way. Wait for its end, then try again.")
        left = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [scratch_names(url)])
        for (name,) in left.fetchall():
            drop(server, str(name))
        yield server


@contextmanager
def scratch_database(server: psycopg.Connection[tuple[object, ...]], url: str) -> Iterator[str]:
    """The address of a new, empty database; unless it found another name meanwhile, it goes at the end."""
    name = f"{scratch_names(url)}{secrets.token_hex(6)}"
    server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield make_conninfo(url, dbname=name)
    finally:
        drop(server, name)


def drop(server: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    """Drop a database of the server, whoever is in it."""
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
