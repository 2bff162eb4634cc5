"""Keeps a board store up to date from the database's notifications, in a thread, through any outage."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from threading import Event, Thread

import psycopg

from ci_core.backlog.board_store import BoardStore
from db.engine import Database
from db.errors import DatabaseError

log = logging.getLogger(__name__)

CHANNEL = "ci_changes"
# A burst (an import, a bulk edit) becomes one look at the database.
GATHER_SECONDS = 0.05
WAIT_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 5.0


class BoardListener:
    """Follows the changes of one database into one `BoardStore` until stopped.

    `problem` says in one line why the board is not live at the moment; None while it is. `revision_of` tells whether
    a table may have changed since one looked last, without a query.
    """

    def __init__(self, database: Database, store: BoardStore) -> None:
        self._database = database
        self._store = store
        self._stop = Event()
        self._thread = Thread(target=self._run, name="board-listener", daemon=True)
        self._changes: Counter[str] = Counter()
        self._connections = 0
        self.problem: str | None = "The board is being loaded."

    def start(self) -> None:
        """Begin to listen; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; returns within about a second."""
        self._stop.set()
        self._thread.join(timeout=2 * WAIT_SECONDS)

    def revision_of(self, table: str) -> tuple[int, int]:
        """A value that differs from the one before when `table` may have changed in between.

        What happened while the connection was lost cannot be known, so a new connection counts as a change of all.
        """
        return self._connections, self._changes[table]

    def note_change(self, *tables: str) -> None:
        """Count a change that this process made itself, instead of waiting for the notification of it."""
        self._changes.update(tables)

    def _run(self) -> None:
        pause = 0.2
        while not self._stop.is_set():
            try:
                with self._database.connect(autocommit=True) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    # Listening first, loading second: what changes in between is seen twice rather than never.
                    self._store.reload()
                    self._connections += 1
                    self.problem = None
                    pause = 0.2
                    self._follow(connection)
            except (psycopg.Error, DatabaseError) as error:
                self.problem = str(error).strip().splitlines()[-1] if str(error).strip() else "no answer"
                log.warning("board_listener_lost reason=%s retry_in_seconds=%.1f", self.problem, pause)
                self._stop.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _follow(self, connection: psycopg.Connection[object]) -> None:
        while not self._stop.is_set():
            changed: set[str] = set()
            deleted = False
            for notification in connection.notifies(timeout=WAIT_SECONDS, stop_after=1):
                changed, deleted = _note(notification.payload, changed, deleted)
            if not changed:
                connection.execute("SELECT 1")  # a dead connection shows itself here instead of staying silent
                continue
            for notification in connection.notifies(timeout=GATHER_SECONDS):
                changed, deleted = _note(notification.payload, changed, deleted)
            # After the store: whoever sees the count rise finds the new state in it.
            self._take_in(changed, deleted)
            self._changes.update(changed)

    def _take_in(self, changed: Iterable[str], deleted: bool) -> None:
        if deleted:
            self._store.reload()
        else:
            self._store.refresh(changed)


def _note(payload: str, changed: set[str], deleted: bool) -> tuple[set[str], bool]:
    table, _, operation = payload.partition(":")
    return changed | {table}, deleted or (table == "ci_enhancements" and operation == "delete")
