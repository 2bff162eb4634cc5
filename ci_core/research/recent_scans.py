"""The last scans, as people think of them: what was asked for at once is one scan, however many runs carry it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from db.enums import RunStatus, StepStatus

MOST_RUNS = 200
OPEN = frozenset({RunStatus.QUEUED, RunStatus.RUNNING})
ENDED = frozenset(
    {StepStatus.COMPLETED, StepStatus.DEGRADED, StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.CANCELLED}
)
# A run that has not begun has no step yet: it is told by its source.
LINES = text("""
    WITH newest AS (
        SELECT * FROM ci_automation_runs WHERE run_type = :run_type ORDER BY id DESC LIMIT :most
    )
    SELECT r.id AS run_id, r.status, r.actor, r.created_at, r.started_at, r.ended_at, r.error, r.job_id, r.due_at,
           r.counts AS run_counts, s.name AS step, s.status AS step_status, s.counts, s.message,
           CASE WHEN o.id IS NOT NULL THEN o.source_type || ' ' || o.source_name END AS source
    FROM newest r
    LEFT JOIN ci_run_steps s ON s.run_id = r.id
    LEFT JOIN ci_research_sources o
        ON jsonb_typeof(r.parameters -> 'source_id') = 'number' AND o.id = (r.parameters ->> 'source_id')::numeric
    ORDER BY r.created_at DESC, r.actor, r.id, s.id
""")


@dataclass(frozen=True, slots=True)
class ScanLine:
    """One source of a scan.

    Attributes:
        counts: what it brought so far.
        message: what went wrong, or until when it waits.
    """

    name: str
    status: StepStatus
    counts: Mapping[str, Any]
    message: str | None


@dataclass(frozen=True, slots=True)
class Scan:
    """What one person or the clock asked for at one moment.

    Attributes:
        open_jobs: those of its runs that wait or run in the queue; they can be cancelled.
        status: of all its runs together; failed where every one failed.
        error: what went wrong, on one line.
    """

    actor: str
    created_at: datetime
    started_at: datetime | None
    status: RunStatus
    counts: Mapping[str, int]
    error: str | None
    lines: tuple[ScanLine, ...]
    open_jobs: tuple[int, ...]

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.status in OPEN

    @property
    def done(self) -> int:
        """How many sources are over."""
        return sum(line.status in ENDED for line in self.lines)


def recent_scans(session: Session, *, run_type: str, limit: int = 5) -> tuple[Scan, ...]:
    """The newest scans, first the newest; at most `limit` of those that are over, and all that are open."""
    rows = session.execute(LINES, {"run_type": run_type, "most": MOST_RUNS})
    found = [_scan(list(some)) for _, some in groupby(rows, key=lambda row: (row.created_at, row.actor))]
    over = [scan for scan in found if not scan.is_open][:limit]
    return tuple(scan for scan in found if scan.is_open or scan in over)


def _scan(rows: Sequence[Row[Any]]) -> Scan:
    runs = {row.run_id: row for row in rows}
    counts: Counter[str] = Counter()
    for run in runs.values():
        counts.update({name: value for name, value in run.run_counts.items() if isinstance(value, int)})
    broken = sum(run.status == RunStatus.FAILED and run.job_id is not None for run in runs.values())
    counts["failed"] += broken
    starts = [run.started_at for run in runs.values() if run.started_at]
    return Scan(
        actor=rows[0].actor,
        created_at=rows[0].created_at,
        started_at=min(starts, default=None),
        status=_together({RunStatus(run.status) for run in runs.values()}),
        counts=dict(counts),
        error="; ".join(dict.fromkeys(run.error for run in runs.values() if run.error)) or None,
        lines=tuple(_line(row) for row in rows if row.step is not None or row.source is not None),
        open_jobs=tuple(run.run_id for run in runs.values() if run.status in OPEN and run.job_id is not None),
    )


def _together(statuses: set[RunStatus]) -> RunStatus:
    """How runs stand together: as one that runs where one does, and otherwise as the best of them."""
    best = (RunStatus.RUNNING, RunStatus.QUEUED, RunStatus.COMPLETED, RunStatus.FAILED)
    if RunStatus.QUEUED in statuses and len(statuses) > 1:
        return RunStatus.RUNNING  # some are over, or under way
    return next((status for status in best if status in statuses), RunStatus.CANCELLED)


def _again(row: Row[Any]) -> str | None:
    """When one that failed is tried again, and why; None where it waits for the first time."""
    if row.error is None or row.due_at is None:
        return None
    return f"is tried again by {row.due_at + timedelta(minutes=1):%H:%M} UTC: {row.error}"


def _line(row: Row[Any]) -> ScanLine:
    name = row.step or row.source
    if row.status == RunStatus.QUEUED:  # also one that failed and is tried again
        return ScanLine(name, StepStatus.WAITING, {}, _again(row))
    if row.step is None:
        status = StepStatus.CANCELLED if row.status == RunStatus.CANCELLED else StepStatus.FAILED
        return ScanLine(name, StepStatus.RUNNING if row.status == RunStatus.RUNNING else status, {}, row.error)
    return ScanLine(name, StepStatus(row.step_status), row.counts, row.message)
