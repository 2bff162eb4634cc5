"""The scan of one source: alone over all processes, from where the last one ended, kept on the source."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import Row
from sqlalchemy.orm import Session

from ci_core import runs
from ci_core.errors import CiError
from ci_core.logs import get_logger
from ci_core.research import scan_queries
from ci_core.research.intake import Counts, Intake, Unusable
from ci_core.research.outcome import AGENT
from ci_core.research.pipeline import take_in
from ci_core.research.scan_result import SourceResult, SourceStatus, next_scan_at, result_of
from ci_core.research.sources import SourceConfig, SourceReading
from ci_core.settings import Settings
from db.engine import Database
from db.enums import SourceHealth

log = get_logger(__name__)

# The first half of the key of an advisory lock; the second is the source. A constant of our own.
ONE_SCANS = 0x7363616E
LARGEST_KEY = 2**31 - 1
NO_SOURCE = 0
# The server ends a connection at once; on a busy machine it takes some of these pauses.
ENDED_WITHIN_SECONDS = (0.05, 0.2, 0.5, 1.0, 3.0)

# Gives the items of a source since a moment, at most so many, and how that went.
Read = Callable[[SourceConfig, datetime | None, int], SourceReading]


class Abandoned(CiError):
    """The scan does not wait for this source any more; nothing of it is stored from now on."""


@dataclass(frozen=True, slots=True)
class Task:
    """One source of a scan.

    Attributes:
        row: its columns as `scan_queries.sources` gives them.
        abandoned: set when nobody waits for its end any more.
        progress: called after each batch with the share of the source that is done, 0–1; gives how far the whole
            scan is, 0–100.
        attempt: which attempt of the run it is, where the queue carries it out; else 0.
    """

    run_id: int
    step_id: int
    row: Row[Any]
    limit: int
    intake: Intake
    read: Read
    progress: Callable[[float], float]
    attempt: int = 0
    abandoned: threading.Event = field(default_factory=threading.Event)

    @property
    def label(self) -> str:
        """Its name with the kind of site."""
        return label_of(self.row)

    def result(self, status: SourceStatus, **values: Any) -> SourceResult:
        """A result of this source."""
        return result_of(self.row.id, self.row.source_type, self.row.source_name, status, **values)


def label_of(row: Row[Any]) -> str:
    """A source's name with the kind of site, as a run's step is called."""
    if row.source_name.casefold().replace(" ", "_") == row.source_type:
        return str(row.source_name)  # "Hacker News" says both
    return f"{row.source_type} {row.source_name}"


def default_read(database: Database, settings: Settings, *, longest_seconds: float | None = None) -> Read:
    """Reads the sites themselves; None for as long as the settings allow."""
    longest = settings.research_source_seconds if longest_seconds is None else longest_seconds
    from ci_core.research.source_reading import read_source

    def read(source: SourceConfig, since: datetime | None, limit: int) -> SourceReading:
        return read_source(database, settings, source, since, limit, longest_seconds=longest)

    return read


def scan_source(task: Task) -> SourceResult:
    """Scan the source and keep how that went, unless another run is at it; what a site does wrong is told, not raised.

    Raises:
        DatabaseError: the database cannot be used.
        Abandoned: nobody waits for it any more.
    """
    database, clock = task.intake.database, task.intake.clock
    with _alone(database, task.row.id, task.run_id) as alone:
        with database.transaction(AGENT) as session:
            if not alone:
                skipped = task.result(SourceStatus.SKIPPED, error=_who_scans(session, task))
                _end_step(session, task, skipped)
                return skipped
            # Nobody else scans it: steps that say so were left by processes that are gone.
            scan_queries.end_steps_of_others(session, task.row.id, task.run_id, message=runs.KILLED, now=clock())
            runs.begin_step(session, task.run_id, task.label, now=clock(), source_id=task.row.id, attempt=task.attempt)
            present = scan_queries.sources(session, ids=[task.row.id], also_disabled=True, now=clock())
        since = present[0].newest_item_at if present else task.row.newest_item_at
        result, newest = _read_and_take_in(task, since)
        with database.transaction(AGENT) as session:
            note_result(session, task, result, newest)
        say = log.info if result.status in (SourceStatus.OK, SourceStatus.DEGRADED) else log.warning
        say("source_scanned", source=task.label, status=result.status, reason=result.error, counts=result.counts)
        return result


def note_result(session: Session, task: Task, result: SourceResult, newest: datetime | None = None) -> None:
    """Keep on the source and in the run's step how the scan went; the next one continues from `newest`."""
    now = task.intake.clock()
    failures = task.row.failures + 1 if result.status is SourceStatus.FAILED else 0
    every = timedelta(hours=task.row.scan_frequency_hours)
    values = {
        "now": now,
        "status": result.status,
        "error": result.error,
        "retry_at": result.retry_at,
        "failures": failures,
        "newest_item_at": newest,
        "next_scan_at": next_scan_at(result.status, now, every=every, failures=failures, retry_at=result.retry_at),
    }
    scan_queries.note_scan(session, task.row.id, values)
    _end_step(session, task, result)


def _end_step(session: Session, task: Task, result: SourceResult) -> None:
    now = task.intake.clock()
    runs.finish_step(session, task.step_id, result.status.step, counts=result.counts, message=result.error, now=now)
    runs.beat(session, task.run_id, now=now, progress_percent=task.progress(1.0))


def _read_and_take_in(task: Task, since: datetime | None) -> tuple[SourceResult, datetime | None]:
    """What came of it, and from where the next scan continues; None: from where this one did."""
    reading = task.read(_config(task.row), since, task.limit)
    if task.abandoned.is_set():
        raise Abandoned(f"{task.label} took too long.")
    fetched = len(reading.items)
    unusable: list[Unusable] = []

    def on_batch(session: Session, counts: Counts) -> None:
        if task.abandoned.is_set():
            raise Abandoned(f"{task.label} took too long.")
        so_far = task.result(SourceStatus.OK, fetched=fetched, counts=counts).counts
        runs.report_step(session, task.step_id, counts=so_far)
        percent = task.progress(counts.total / max(fetched, 1))
        runs.beat(session, task.run_id, now=task.intake.clock(), progress_percent=percent)

    counts = take_in(
        task.intake,
        reading.items,
        source_id=task.row.id,
        run_id=task.run_id,
        on_batch=on_batch,
        on_unusable=unusable.append,
    )
    status, error = SourceStatus(reading.health), reading.message
    if unusable:
        status = SourceStatus.DEGRADED if status is SourceStatus.OK else status
        some = f"{len(unusable)} items could not be used, for example {unusable[0].external_id}: {unusable[0].reason}"
        error = f"{error}; {some}" if error else some
    result = task.result(status, fetched=fetched, counts=counts, error=error, retry_at=reading.retry_at)
    return result, reading.newest_item_at if reading.health is not SourceHealth.FAILED else None


def _who_scans(session: Session, task: Task) -> str:
    other = scan_queries.scanned_by(session, task.row.id, task.run_id)
    if other is None:
        return "It is being scanned by another run at this moment; nothing was done here."
    run_id, since = other
    return f"It is being scanned by run {run_id} since {since:%H:%M} UTC; nothing was done here."


def _config(row: Row[Any]) -> SourceConfig:
    return SourceConfig(
        source_type=row.source_type,
        source_name=row.source_name,
        source_url=row.source_url,
        search_queries=tuple(row.search_queries),
        search_filters=row.search_filters,
        scan_frequency_hours=row.scan_frequency_hours,
        max_results=row.max_results,
        max_requests_per_minute=row.max_requests_per_minute,
        enabled=row.enabled,
        id=row.id,
    )


@contextmanager
def _alone(database: Database, source_id: int, run_id: int) -> Iterator[bool]:
    """Whether this is the only scan of the source, over all processes, for as long as the block runs.

    The lock belongs to a connection: when the process is killed, the server lets it go at once. One that froze keeps
    it; where that was an earlier attempt of the same run, which may write nothing more, its connection is ended.
    """
    name = f"ci scan, run {run_id}"
    with database.connect(autocommit=True, application_name=name) as connection:
        yield _locked(connection, source_id) or (
            scan_queries.end_earlier_attempt(connection, ONE_SCANS, source_id % LARGEST_KEY, name)
            and any(_locked(connection, source_id, after_seconds=pause) for pause in ENDED_WITHIN_SECONDS)
        )  # closing the connection lets the lock go


@contextmanager
def one_scores(database: Database, run_id: int) -> Iterator[bool]:
    """Whether nobody else scores what waits without a score, for as long as the block runs: it may cost money."""
    with _alone(database, NO_SOURCE, run_id) as alone:
        yield alone


def _locked(connection: psycopg.Connection[Any], source_id: int, *, after_seconds: float = 0.0) -> bool:
    time.sleep(after_seconds)
    asked = [ONE_SCANS, source_id % LARGEST_KEY]
    row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", asked).fetchone()
    return bool(row and row[0])
