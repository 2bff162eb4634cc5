"""Runs of the agents: what started, how far it is, how it ended. One whose process was killed is told as failed."""

from __future__ import annotations

import json
import platform
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from ci_core.errors import NotFound
from db.engine import Database
from db.enums import RunStatus, RunTrigger, StepStatus
from db.errors import DatabaseError

BEAT_SECONDS = 5.0
# Six beats: a process that has been silent for so long is gone, or as good as gone.
SILENT_FOR = timedelta(seconds=30)
KILLED = "was killed: its process ended without a word"
LONGEST_MESSAGE = 2_000
LONGEST_NAME = 200

COLUMNS = """
    id, run_type, trigger, status, actor, parameters, counts, error, cost_usd, progress_percent, host, version,
    created_at, started_at, alive_at, ended_at
"""
START = text("""
    INSERT INTO ci_automation_runs (run_type, trigger, status, actor, parameters, host, version, created_at,
                                    started_at, alive_at, progress_percent)
    VALUES (:run_type, :trigger, 'running', :actor, CAST(:parameters AS jsonb), :host, :version, :now, :now, :now, 0)
    RETURNING id
""")
BEAT = text("""
    UPDATE ci_automation_runs
    SET alive_at = greatest(alive_at, :now), progress_percent = coalesce(:percent, progress_percent)
    WHERE id = :id AND status = 'running'
""")
# A run that was taken for killed, and was only asleep, says itself how it ended.
FINISH = text("""
    UPDATE ci_automation_runs
    SET status = :status, counts = CAST(:counts AS jsonb), error = :error, alive_at = :now, ended_at = :now,
        progress_percent = CASE WHEN :status = 'completed' THEN 100 ELSE progress_percent END,
        cost_usd = (SELECT coalesce(sum(cost_usd), 0) FROM ci_llm_calls WHERE run_id = :id)
    WHERE id = :id AND status <> 'cancelled'
""")
BEGIN_STEP = text("""
    INSERT INTO ci_run_steps (run_id, name, status, source_id, message, started_at, attempt)
    VALUES (:run_id, :name, :status, :source_id, :message, :now, :attempt)
    ON CONFLICT (run_id, name) DO UPDATE SET status = excluded.status, message = excluded.message,
        attempt = excluded.attempt, ended_at = NULL,
        started_at = CASE WHEN ci_run_steps.status = 'waiting' THEN excluded.started_at
                          ELSE ci_run_steps.started_at END
    RETURNING id
""")
STEP_COUNTS = text("""
    UPDATE ci_run_steps SET counts = CAST(:counts AS jsonb), message = coalesce(:message, message)
    WHERE id = :id AND ended_at IS NULL
""")
FINISH_STEP = text("""
    UPDATE ci_run_steps SET status = :status, counts = CAST(:counts AS jsonb), message = :message, ended_at = :now
    WHERE id = :id
""")
END_OPEN_STEPS = text("""
    UPDATE ci_run_steps SET status = :status, message = :message, ended_at = :now
    WHERE run_id = :id AND status IN ('waiting', 'running')
""")
END_SILENT = text("""
    WITH gone AS (
        UPDATE ci_automation_runs r
        SET status = 'failed', error = :killed, ended_at = greatest(r.alive_at, r.started_at)
        -- One with a job in the queue is the rescue's: it knows whether its worker lives.
        WHERE r.status = 'running' AND r.job_id IS NULL
            AND coalesce(r.alive_at, r.started_at, r.created_at) < :silent_since
        RETURNING r.id, r.ended_at
    ), stopped AS (
        UPDATE ci_run_steps s SET status = 'failed', message = :killed, ended_at = gone.ended_at
        FROM gone WHERE s.run_id = gone.id AND s.status IN ('waiting', 'running')
    )
    SELECT id FROM gone ORDER BY id
""")
RUNS = text(f"""
    SELECT {COLUMNS}, count(*) OVER () AS total FROM ci_automation_runs
    WHERE (CAST(:run_type AS text) IS NULL OR run_type = :run_type)
    ORDER BY id DESC LIMIT :limit OFFSET :offset
""")  # noqa: S608 - a constant of this module
RUN = text(f"SELECT {COLUMNS} FROM ci_automation_runs WHERE id = :id")  # noqa: S608 - a constant of this module
STEPS = text("""
    SELECT id, run_id, name, status, source_id, counts, message, started_at, ended_at
    FROM ci_run_steps WHERE run_id = :id ORDER BY id
""")


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of an agent.

    Attributes:
        counts: what it did, by name; empty until it has ended.
        error: why it failed, or what of it did.
        cost_usd: what chat models cost in it, known when it has ended.
        progress_percent: how far it is, 0–100; None where it cannot tell.
        alive_at: when it last said that it lives.
    """

    id: int
    run_type: str
    trigger: RunTrigger
    status: RunStatus
    actor: str
    parameters: Mapping[str, Any]
    counts: Mapping[str, Any]
    error: str | None
    cost_usd: Decimal
    progress_percent: Decimal | None
    host: str | None
    version: str | None
    created_at: datetime
    started_at: datetime | None
    alive_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a run; in a scan, one source."""

    id: int
    run_id: int
    name: str
    status: StepStatus
    source_id: int | None
    counts: Mapping[str, Any]
    message: str | None
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunWithSteps:
    """A run and its steps, in the order in which they were begun."""

    run: Run
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Runs:
    """A page of runs, newest first, and how many there are in all."""

    total: int
    runs: tuple[Run, ...]


def start_run(
    session: Session,
    run_type: str,
    *,
    trigger: RunTrigger,
    actor: str,
    now: datetime,
    parameters: Mapping[str, Any] | None = None,
) -> int:
    """Enter a run that begins now; gives its id.

    `run_type` is one word, for example "research_scan"; `parameters` says with what it was called, without secrets.
    """
    values = {
        "run_type": run_type,
        "trigger": trigger,
        "actor": actor,
        "parameters": _json(parameters or {}),
        "host": socket.gethostname()[:LONGEST_NAME],
        "version": f"python {platform.python_version()}",
        "now": now,
    }
    return int(session.execute(START, values).scalar_one())


def beat(session: Session, run_id: int, *, now: datetime, progress_percent: float | None = None) -> bool:
    """Say that the run lives and how far it is (0–100); False when it is no longer to run, because it was cancelled."""
    percent = None if progress_percent is None else round(min(max(progress_percent, 0.0), 100.0), 2)
    found = session.execute(BEAT, {"id": run_id, "now": now, "percent": percent})
    return bool(found.rowcount)  # type: ignore[attr-defined]


def begin_step(
    session: Session,
    run_id: int,
    name: str,
    *,
    now: datetime,
    source_id: int | None = None,
    status: StepStatus = StepStatus.RUNNING,
    message: str | None = None,
    attempt: int = 0,
) -> int:
    """Enter a step of the run, or let one of this name begin (again, by a later `attempt`); gives its id."""
    values = {
        "run_id": run_id,
        "name": name[:LONGEST_NAME],
        "status": status,
        "source_id": source_id,
        "message": _cut(message),
        "attempt": attempt,
        "now": now,
    }
    return int(session.execute(BEGIN_STEP, values).scalar_one())


def report_step(session: Session, step_id: int, *, counts: Mapping[str, Any], message: str | None = None) -> None:
    """Say how far a step is; one that has ended stays as it is."""
    session.execute(STEP_COUNTS, {"id": step_id, "counts": _json(counts), "message": _cut(message)})


def finish_step(
    session: Session,
    step_id: int,
    status: StepStatus,
    *,
    now: datetime,
    counts: Mapping[str, Any] | None = None,
    message: str | None = None,
) -> None:
    """End a step with what it did, and why where it is not completed."""
    values = {"id": step_id, "status": status, "counts": _json(counts or {}), "message": _cut(message), "now": now}
    session.execute(FINISH_STEP, values)


def end_open_steps(session: Session, run_id: int, status: StepStatus, *, message: str, now: datetime) -> None:
    """End the steps of a run that neither began nor ended by themselves."""
    session.execute(END_OPEN_STEPS, {"id": run_id, "status": status, "message": _cut(message), "now": now})


def finish_run(
    session: Session,
    run_id: int,
    status: RunStatus,
    *,
    now: datetime,
    counts: Mapping[str, Any] | None = None,
    error: str | None = None,
) -> None:
    """End a run with what it did and what its calls of chat models cost; a cancelled one stays cancelled."""
    values = {"id": run_id, "status": status, "counts": _json(counts or {}), "error": _cut(error), "now": now}
    session.execute(FINISH, values)


def fail_run(database: Database, run_id: int, error: BaseException, *, actor: str, now: datetime) -> None:
    """End a run that an error ends, with its open steps: cancelled where a person interrupted it, else failed."""
    interrupted = not isinstance(error, Exception)
    reason = "interrupted" if interrupted else str(error) or type(error).__name__
    with database.transaction(actor) as session:
        status, step = (
            (RunStatus.CANCELLED, StepStatus.CANCELLED) if interrupted else (RunStatus.FAILED, StepStatus.FAILED)
        )
        finish_run(session, run_id, status, error=reason, now=now)
        end_open_steps(session, run_id, step, message=reason, now=now)


def end_killed_runs(session: Session, *, now: datetime, silent_for: timedelta = SILENT_FOR) -> list[int]:
    """Tell runs that have not said for `silent_for` that they live as failed ("was killed"); gives their ids."""
    values = {"silent_since": now - silent_for, "killed": KILLED}
    return [int(run_id) for run_id in session.scalars(END_SILENT, values)]


def runs(session: Session, *, run_type: str | None = None, limit: int = 50, offset: int = 0) -> Runs:
    """The newest runs (of one type)."""
    rows = session.execute(RUNS, {"run_type": run_type, "limit": limit, "offset": offset}).all()
    return Runs(rows[0].total if rows else 0, tuple(_run(row) for row in rows))


def run_with_steps(session: Session, run_id: int) -> RunWithSteps:
    """A run with its steps.

    Raises:
        NotFound: there is no such run.
    """
    row = session.execute(RUN, {"id": run_id}).one_or_none()
    if row is None:
        raise no_such_run(run_id)
    return RunWithSteps(_run(row), tuple(_step(step) for step in session.execute(STEPS, {"id": run_id})))


def no_such_run(run_id: int) -> NotFound:
    """What to raise where there is no run of this number."""
    return NotFound(f"There is no run {run_id}. `ci runs list` shows those there are.")


@contextmanager
def kept_alive(database: Database, run_id: int, *, actor: str, every_seconds: float = BEAT_SECONDS) -> Iterator[None]:
    """While the block runs, the run says every few seconds that it lives. A database that is away is no end of it."""
    done = threading.Event()

    def keep() -> None:
        while not done.wait(every_seconds):
            try:
                with database.transaction(actor) as session:
                    beat(session, run_id, now=datetime.now(UTC))
            except DatabaseError:
                continue  # the work itself tells what the database lacks; the next beat comes soon

    thread = threading.Thread(target=keep, name=f"run-{run_id}-alive", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _run(row: Row[Any]) -> Run:
    fields = {name: value for name, value in row._mapping.items() if name != "total"}
    return Run(**{**fields, "trigger": RunTrigger(row.trigger), "status": RunStatus(row.status)})


def _step(row: Row[Any]) -> Step:
    return Step(**{**row._mapping, "status": StepStatus(row.status)})


def _cut(message: str | None) -> str | None:
    """A message as the table takes it: without NUL, and not longer than there is room for."""
    if message is None:
        return None
    whole = message.replace("\0", "")
    return whole if len(whole) <= LONGEST_MESSAGE else whole[: LONGEST_MESSAGE - 1] + "…"


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, default=str)
