"""The scan of one source as the work of a run that the queue entered; a later attempt goes on where one stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from ci_core import runs
from ci_core.errors import CiError, NotFound
from ci_core.research import scan_queries
from ci_core.research.intake import Counts
from ci_core.research.outcome import AGENT
from ci_core.research.pipeline import score_again, score_unscored
from ci_core.research.scan_crew import Crew
from ci_core.research.scan_parts import Parts, make_intake
from ci_core.research.scan_result import ScanResult, SourceResult, SourceStatus, result_of, run_status
from ci_core.research.source_scan import Read, default_read, label_of, one_scores
from ci_core.research.sources import SourceConfig, SourceReading
from ci_core.settings import Settings
from db.engine import Database
from db.enums import StepStatus

ENDS = {status.step.value: status for status in SourceStatus}


class SourceFailed(CiError):
    """A source could not be scanned, for a reason that is no error of its site."""


def scan_in_run(
    database: Database,
    settings: Settings,
    source_id: int,
    *,
    run_id: int,
    attempt: int,
    max_results: int | None = None,
    parts: Parts | None = None,
) -> ScanResult:
    """Scan one source for a run that is there already, and whose end the caller writes.

    A source with which an earlier attempt came to an end is not scanned again; what an attempt that was broken off
    had stored is recognised, so that nothing comes twice.

    Args:
        database: one whose transactions refuse an attempt that was replaced.
        max_results: at most so many items, instead of the number on the source.

    Raises:
        NotFound: the source was removed.
        SiteError: its site could not be read. Source and step say so already, as with all that follows.
        InvalidInput: the source does not say where to read.
        SourceFailed: something else failed.
        db.errors.DatabaseError: the database cannot be used.
    """
    given = parts or Parts()
    with database.reading() as session:
        rows = scan_queries.sources(session, ids=[source_id], also_disabled=True, now=given.clock())
        done = scan_queries.done_in_run(session, run_id, source_id)
    if not rows:
        raise NotFound(f"Source {source_id} is not there any more: it was removed after this scan was asked for.")
    if done is not None:
        return _result(run_id, _as_before(rows[0], done))
    with _step(database, rows[0], run_id, attempt, given) as step_id:
        read = _Remembering(given.read or default_read(database, settings))
        intake = make_intake(database, settings, run_id, given)
        crew = Crew(
            database,
            settings,
            run_id,
            {source_id: step_id},
            intake,
            replace(given, read=read),
            max_results,
            None,
            attempt,
        )
        (found,) = crew.scan(rows)
        with one_scores(database, run_id) as alone:
            if alone:
                score_unscored(intake)
                score_again(intake)
    if found.status is SourceStatus.FAILED:
        raise _cause(found, crew, read)
    return _result(run_id, found)


class _Remembering:
    """Reads as another one does, and keeps why the last reading failed."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self.cause: CiError | None = None

    def __call__(self, source: SourceConfig, since: datetime | None, limit: int) -> SourceReading:
        reading = self._read(source, since, limit)
        self.cause = reading.cause
        return reading


@contextmanager
def _step(database: Database, row: Row[Any], run_id: int, attempt: int, parts: Parts) -> Iterator[int]:
    """The step of the run for this source; it does not stay open when the work ends in the midst of it."""
    with database.transaction(AGENT) as session:
        step_id = runs.begin_step(
            session,
            run_id,
            label_of(row),
            source_id=row.id,
            status=StepStatus.WAITING,
            attempt=attempt,
            now=parts.clock(),
        )
    try:
        yield step_id
    except Exception as error:
        with database.transaction(AGENT) as session:
            runs.end_open_steps(session, run_id, StepStatus.FAILED, message=str(error), now=parts.clock())
        raise


def _cause(found: SourceResult, crew: Crew, read: _Remembering) -> Exception:
    """The error that a failed scan ends with: the very one that broke it, so that its kind can be told."""
    return crew.causes.get(found.source_id) or read.cause or SourceFailed(found.error or "It could not be scanned.")


def _result(run_id: int, found: SourceResult) -> ScanResult:
    return ScanResult(run_id, run_status((found,)), (found,))


def _as_before(row: Row[Any], done: Row[Any]) -> SourceResult:
    """What an earlier attempt said of the source."""
    kept = {name: int(done.counts.get(name, 0)) for name in ("new", "duplicate", "related", "failed", "seen")}
    return result_of(
        row.id,
        row.source_type,
        row.source_name,
        ENDS[done.status],
        fetched=int(done.counts.get("fetched", 0)),
        counts=Counts(**kept),
        error=done.message,
    )
