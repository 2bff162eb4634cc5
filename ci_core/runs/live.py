"""Keeps a value read from the database up to date from its notifications, for pages that show what goes on.

One thread and one connection of a process serve all its pages. A page compares revisions: while the revision is the
same, nothing of what it shows has changed, so that it draws nothing and asks nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Condition, Event, Lock, Thread
from typing import Any, Generic, TypeVar

import psycopg
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from ci_core.logs import get_logger
from db.engine import Database
from db.enums import RunStatus, RunTrigger
from db.errors import DatabaseError

log = get_logger(__name__)
T = TypeVar("T")

CHANNEL = "ci_changes"
# A burst of changes becomes one look; between two looks so much time passes, however many changes there are.
GATHER_SECONDS = 0.1
LEAST_BETWEEN_SECONDS = 0.3
WAIT_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 5.0
MOST_OPEN = 200
# What a page of the agents shows hangs on these.
TABLES = frozenset({"ci_automation_runs", "ci_run_steps", "ci_workers", "ci_schedules"})


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that waits or runs.

    Attributes:
        step: what it does at the moment; None where it says nothing of it.
        steps_done, steps: how many of its steps have ended, of how many that it has named.
        progress_percent: 0–100; None where it cannot tell.
        cancelling: a person asked for its end, and it has not ended yet.
    """

    id: int
    run_type: str
    trigger: RunTrigger
    status: RunStatus
    actor: str
    host: str | None
    queue: str | None
    attempt: int
    progress_percent: float | None
    step: str | None
    steps_done: int
    steps: int
    created_at: datetime
    due_at: datetime | None
    started_at: datetime | None
    error: str | None
    cancelling: bool
    schedule_id: int | None


@dataclass(frozen=True, slots=True)
class OpenRuns:
    """What runs and waits: those that run first, in the order of their beginning; at most 200, and how many in all."""

    running: int
    waiting: int
    runs: tuple[OpenRun, ...]


@dataclass(frozen=True, slots=True)
class Snapshot(Generic[T]):
    """The value at one moment.

    Attributes:
        value: None while it could not be read yet.
        revision: grows whenever something of the value changed.
        problem: why the value may be old, in one line; None while it is live.
        stale_seconds: how long ago the value was known to be true, at most.
    """

    value: T | None
    revision: int
    problem: str | None
    stale_seconds: float


OPEN = text("""
    SELECT r.id, r.run_type, r.trigger, r.status, r.actor, r.host, r.queue, r.attempt,
        r.progress_percent::float AS progress_percent, now.name AS step, coalesce(s.done, 0) AS steps_done,
        coalesce(s.steps, 0) AS steps, r.created_at, r.due_at, r.started_at, r.error,
        r.cancel_requested_at IS NOT NULL AS cancelling, r.schedule_id,
        count(*) FILTER (WHERE r.status = 'running') OVER () AS all_running,
        count(*) FILTER (WHERE r.status = 'queued') OVER () AS all_waiting
    FROM ci_automation_runs r
    LEFT JOIN LATERAL (
        SELECT count(*) AS steps, count(*) FILTER (WHERE ended_at IS NOT NULL) AS done
        FROM ci_run_steps WHERE run_id = r.id
    ) AS s ON r.status = 'running'
    LEFT JOIN LATERAL (
        SELECT name FROM ci_run_steps WHERE run_id = r.id AND status = 'running' ORDER BY id DESC LIMIT 1
    ) AS now ON r.status = 'running'
    WHERE r.status IN ('queued', 'running')
    ORDER BY r.status = 'running' DESC, coalesce(r.started_at, r.due_at, r.created_at), r.id
    LIMIT :most
""")


def open_runs(session: Session) -> OpenRuns:
    """What runs and waits now."""
    rows = session.execute(OPEN, {"most": MOST_OPEN}).all()
    first = rows[0] if rows else None
    return OpenRuns(
        running=first.all_running if first else 0,
        waiting=first.all_waiting if first else 0,
        runs=tuple(_open_run(row) for row in rows),
    )


def _open_run(row: Row[Any]) -> OpenRun:
    fields = {name: value for name, value in row._mapping.items() if not name.startswith("all_")}
    return OpenRun(**{**fields, "trigger": RunTrigger(row.trigger), "status": RunStatus(row.status)})


class Live(Generic[T]):
    """Follows what `read` gives, from the notifications of `tables`, until stopped; through any outage.

    Args:
        read: gives the value, in a read-only session; called only after something changed.
        tables: of which tables a change may change it.
        essence: what of the value has to differ for a new revision; None for all of it. A value that says how long ago
            a worker was heard of differs at each look, though nothing happened.
        at_least_every_seconds: it is also read when so much time has passed, for what changes without a notification.
    """

    def __init__(
        self,
        database: Database,
        read: Callable[[Session], T],
        *,
        tables: Collection[str] = TABLES,
        essence: Callable[[T], object] | None = None,
        at_least_every_seconds: float = 30.0,
    ) -> None:
        self._database = database
        self._read = read
        self._tables = frozenset(tables)
        self._essence = essence or (lambda value: value)
        self._at_least_every = at_least_every_seconds
        self._stop = Event()
        self._starting = Lock()
        self._changed = Condition()
        self._thread: Thread | None = None
        self._read_at = time.monotonic()
        self._snapshot: Snapshot[T] = Snapshot(None, 0, "It is being read for the first time.", 0.0)

    def start(self) -> None:
        """Begin to follow, unless it does already; returns at once."""
        with self._starting:
            if self._thread is None and not self._stop.is_set():
                self._thread = Thread(target=self._run, name="live-runs", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End the thread; returns within about a second."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=2 * WAIT_SECONDS)

    def snapshot(self) -> Snapshot[T]:
        """The value as it is known; costs no query."""
        found = self._snapshot
        return replace(found, stale_seconds=0.0 if found.problem is None else time.monotonic() - self._read_at)

    def await_revision(self, after: int, timeout_seconds: float) -> Snapshot[T]:
        """The snapshot as soon as its revision is above `after`, or when the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._snapshot.revision > after, timeout_seconds)
        return self.snapshot()

    def _run(self) -> None:
        pause = 0.2
        while not self._stop.is_set():
            try:
                with self._database.connect(autocommit=True) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    # Listening first, reading second: what changes in between is seen twice rather than never.
                    self._look()
                    pause = 0.2
                    self._follow(connection)
            except (psycopg.Error, DatabaseError) as error:
                problem = _in_one_line(error)
                if self._snapshot.problem != problem:
                    log.warning("live_runs_lost", reason=problem)
                self._publish(replace(self._snapshot, problem=problem))
                self._stop.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _follow(self, connection: psycopg.Connection[object]) -> None:
        while not self._stop.is_set():
            concerned = False
            for notification in connection.notifies(timeout=WAIT_SECONDS, stop_after=1):
                concerned = self._concerns(notification.payload)
            if concerned:
                for _ in connection.notifies(timeout=GATHER_SECONDS):
                    pass  # whatever else comes in this moment is in what is read next
                self._look()
                self._stop.wait(LEAST_BETWEEN_SECONDS)
            elif time.monotonic() - self._read_at >= self._at_least_every:
                self._look()
            else:
                connection.execute("SELECT 1")  # a dead connection shows itself here instead of staying silent

    def _concerns(self, payload: str) -> bool:
        return payload.partition(":")[0] in self._tables

    def _look(self) -> None:
        with self._database.reading() as session:
            value = self._read(session)
        self._read_at = time.monotonic()
        before = self._snapshot
        same = before.value is not None and self._essence(before.value) == self._essence(value)
        self._publish(Snapshot(value, before.revision + (0 if same else 1), None, 0.0))

    def _publish(self, snapshot: Snapshot[T]) -> None:
        with self._changed:
            self._snapshot = snapshot
            self._changed.notify_all()


def _in_one_line(error: Exception) -> str:
    """What happened; libpq's indented lines are questions to whoever runs the server."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line[0].isspace()]
    return lines[0] if lines else "no answer"


class LiveRuns(Live[OpenRuns]):
    """Follows what runs and waits."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, open_runs, tables={"ci_automation_runs", "ci_run_steps"})
