"""What runs did in the past: finding them, why they failed, how long they took, and what they said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from ci_core.errors import InvalidInput
from ci_core.runs import history_queries as queries
from ci_core.runs.running import run_with_steps
from ci_core.runs.values import Runs, run_of
from db.enums import LogLevel, Period, RunStatus, RunTrigger

MOST_RUNS = 1_000
MOST_LINES = 5_000
UNKNOWN = "unknown"
NO_REMEDY = "Look at the log of the newest of these runs: `ci runs log ID`."
LEVELS = tuple(LogLevel)


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are wanted; what is empty or None does not matter.

    Attributes:
        error_kinds: as in `Run.error_kind`; "unknown" is that of runs without one.
        lock_key: what the run is about, as `JobKind.key` names it.
        since, until: when they were entered, `until` not included.
        words: a part of the error, in upper or lower case.
    """

    run_types: tuple[str, ...] = ()
    statuses: tuple[RunStatus, ...] = ()
    triggers: tuple[RunTrigger, ...] = ()
    error_kinds: tuple[str, ...] = ()
    actor: str | None = None
    host: str | None = None
    schedule_id: int | None = None
    lock_key: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """Failures of one kind.

    Attributes:
        kind: in one word, as in `Run.error_kind`.
        remedy: what a person can do about it.
        failed: how many runs failed so.
        still: of how many of them the same thing was not done well since.
        by_type: how many of each type of run.
        newest_error: in words, as the newest of these runs says it.
    """

    kind: str
    remedy: str
    failed: int
    still: int
    first_at: datetime
    newest_at: datetime
    newest_run_id: int
    newest_error: str | None
    by_type: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Point:
    """How an agent did in one stretch of time that begins at `began`.

    Attributes:
        median_seconds, p95_seconds: of the completed runs that needed one attempt; None without such.
    """

    agent: str
    began: datetime
    runs: int
    completed: int
    failed: int
    cancelled: int
    median_seconds: float | None
    p95_seconds: float | None

    @property
    def success_percent(self) -> float | None:
        """How many of those that ended by themselves are completed, 0–100; None where none did."""
        ended = self.completed + self.failed
        return None if ended == 0 else 100.0 * self.completed / ended


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of what a run said."""

    id: int
    run_id: int
    attempt: int
    logged_at: datetime
    level: LogLevel
    event: str
    fields: Mapping[str, Any]


def find_runs(
    session: Session, wanted: RunFilter | None = None, *, limit: int = 50, offset: int = 0, before_id: int | None = None
) -> Runs:
    """The newest runs that are wanted, and how many there are, counted up to 10,000.

    Args:
        limit: 1–1,000.
        before_id: only older ones than this run: the next page of a list that grows at its top.

    Raises:
        InvalidInput: there can be no such page.
    """
    if not 1 <= limit <= MOST_RUNS or offset < 0:
        raise InvalidInput("limit", f"A page has 1 to {MOST_RUNS} runs, and none before the first.")
    values = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(wanted or RunFilter()).items()
    }
    rows = session.execute(queries.FIND, {**values, "limit": limit, "offset": offset, "before_id": before_id}).all()
    total = rows[0].total if rows else session.execute(queries.COUNT, values).scalar_one()
    return Runs(int(total), tuple(run_of(row) for row in rows))


def causes_of_failure(
    session: Session,
    *,
    since: datetime,
    until: datetime,
    remedies: Mapping[str, str],
    run_types: Sequence[str] = (),
) -> tuple[Cause, ...]:
    """Why runs failed that ended in this time: what still does comes first, then what did most often.

    Args:
        remedies: what to do, by kind of error; `ci_core.jobs.failures` has them.
    """
    values = {"since": since, "until": until, "run_types": list(run_types)}
    return tuple(
        Cause(
            kind=row.kind,
            remedy=remedies.get(row.kind, NO_REMEDY),
            failed=row.failed,
            still=row.still,
            first_at=row.first_at,
            newest_at=row.newest_at,
            newest_run_id=row.newest_run_id,
            newest_error=row.newest_error,
            by_type=dict(row.by_type),
        )
        for row in session.execute(queries.CAUSES, values)
    )


def durations_and_success(
    session: Session,
    *,
    since: datetime,
    until: datetime,
    bucket: Period | str = Period.DAY,
    agents: Mapping[str, str],
    time_zone: str = "UTC",
) -> tuple[Point, ...]:
    """How each agent did, stretch by stretch, in the order of time; stretches without runs are left out.

    Args:
        bucket: how long a stretch is: a `Period`, or "hour".
        agents: who carries out each type of run; the name of another type stands for its agent.
        time_zone: where days begin at midnight.

    Raises:
        InvalidInput: there are no such stretches.
    """
    if bucket != "hour" and bucket not in list(Period):
        raise InvalidInput("bucket", f"Stretches are hour, day, week or month long, not “{bucket}”.")
    values = {
        "since": since,
        "until": until,
        "bucket": str(bucket),
        "time_zone": time_zone,
        "types": list(agents),
        "agents": list(agents.values()),
    }
    return tuple(Point(**row._mapping) for row in session.execute(queries.POINTS, values))


def run_log(
    session: Session,
    run_id: int,
    *,
    level: LogLevel = LogLevel.DEBUG,
    attempt: int | None = None,
    after_id: int = 0,
    limit: int = 1_000,
) -> tuple[LogLine, ...]:
    """What a run said, oldest line first.

    Args:
        level: only lines that matter at least so much.
        after_id: only what came after this line: how one follows a log.
        limit: 1–5,000; of more, without `after_id` the newest, with it the oldest.

    Raises:
        NotFound: there is no such run.
        InvalidInput: there can be no such page.
    """
    if not 1 <= limit <= MOST_LINES:
        raise InvalidInput("limit", f"A page of a log has 1 to {MOST_LINES} lines, not {limit}.")
    if after_id == 0:
        run_with_steps(session, run_id)
    levels = [one.value for one in LEVELS[LEVELS.index(level) :]]
    values = {"run_id": run_id, "levels": levels, "attempt": attempt, "after_id": after_id, "limit": limit}
    rows = session.execute(queries.LOG if after_id else queries.LOG_END, values)
    return tuple(_line(row) for row in rows)


def _line(row: Row[Any]) -> LogLine:
    return LogLine(**{**row._mapping, "level": LogLevel(row.level)})
