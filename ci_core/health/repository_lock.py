"""One check of a repository at a time, on all machines together."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from ci_core.errors import AlreadyUnderWay
from ci_core.health import history
from db.engine import Database

# A constant of our own, beside the repository's number.
ONE_CHECKS = 0x68656C74
LARGEST_KEY = 2**31 - 1
# How soon the server has let go of what a process held that died, or whose connection was ended.
LET_GO_AFTER_SECONDS = (0.1, 0.4, 1.0)
END_EARLIER_ATTEMPT = """
    SELECT count(pg_terminate_backend(l.pid))
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.classid = %s AND l.objid = %s AND l.objsubid = 2 AND l.granted
        AND a.datname = current_database() AND l.database = a.datid AND a.application_name = %s
        AND l.pid <> pg_backend_pid()
"""


@contextmanager
def alone_with(database: Database, repository_id: int, run_id: int) -> Iterator[None]:
    """While the block runs, nobody else checks this repository.

    The lock belongs to a connection: when its process is killed, the server lets it go at once. One that froze keeps
    it; where that was an earlier attempt of the same run, which may write nothing more, its connection is ended.

    Raises:
        AlreadyUnderWay: another run checks it.
    """
    key = repository_id % LARGEST_KEY
    name = f"ci check, run {run_id}"
    with database.connect(autocommit=True, application_name=name) as connection:
        if not _locked(connection, key):
            connection.execute(END_EARLIER_ATTEMPT, [ONE_CHECKS, key, name])
            if not any(_locked(connection, key, after_seconds=wait) for wait in LET_GO_AFTER_SECONDS):
                raise AlreadyUnderWay(_in_words(database, repository_id))
        yield


def _locked(connection: psycopg.Connection[Any], key: int, *, after_seconds: float = 0.0) -> bool:
    time.sleep(after_seconds)
    row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", [ONE_CHECKS, key]).fetchone()
    return bool(row and row[0])


def _in_words(database: Database, repository_id: int) -> str:
    with database.reading() as session:
        other = history.running(session, repository_id)
    if other is None:
        return "Another check of this repository is under way. Wait for its end."
    return (
        f"Check {other.id} of {other.repository} is under way since {other.started_at:%H:%M} UTC (run {other.run_id}, "
        f"for {other.actor}). Wait for its end, or cancel it."
    )
