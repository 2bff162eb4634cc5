"""What a run says of itself: that it began, how far it is, how it ended. One whose process was killed is told so."""

from __future__ import annotations

import json
import platform
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from ci_core.errors import NotFound
from ci_core.logs import run_context
from ci_core.runs import queries
from ci_core.runs.values import Runs, RunWithSteps, run_of, step_of
from db.engine import Database
from db.enums import RunStatus, RunTrigger, StepStatus
from db.errors import DatabaseError

BEAT_SECONDS = 5.0
# Six beats: a process that has been silent for so long is gone, or as good as gone.
SILENT_FOR = timedelta(seconds=30)
KILLED = "was killed: its process ended without a word"
LONGEST_MESSAGE = 2_000
LONGEST_NAME = 200


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
    return int(session.execute(queries.START, values).scalar_one())


def beat(session: Session, run_id: int, *, now: datetime, progress_percent: float | None = None) -> bool:
    """Say that the run lives and how far it is (0–100); False when it is no longer to run, because it was cancelled."""
    percent = None if progress_percent is None else round(min(max(progress_percent, 0.0), 100.0), 2)
    found = session.execute(queries.BEAT, {"id": run_id, "now": now, "percent": percent})
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
    return int(session.execute(queries.BEGIN_STEP, values).scalar_one())


def report_step(session: Session, step_id: int, *, counts: Mapping[str, Any], message: str | None = None) -> None:
    """Say how far a step is; one that has ended stays as it is."""
    session.execute(queries.STEP_COUNTS, {"id": step_id, "counts": _json(counts), "message": _cut(message)})


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
    session.execute(queries.FINISH_STEP, values)


def end_open_steps(session: Session, run_id: int, status: StepStatus, *, message: str, now: datetime) -> None:
    """End the steps of a run that neither began nor ended by themselves."""
    session.execute(queries.END_OPEN_STEPS, {"id": run_id, "status": status, "message": _cut(message), "now": now})


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
    session.execute(queries.FINISH, values)


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
    return [int(run_id) for run_id in session.scalars(queries.END_SILENT, values)]


def runs(session: Session, *, run_type: str | None = None, limit: int = 50, offset: int = 0) -> Runs:
    """The newest runs (of one type)."""
    rows = session.execute(queries.RUNS, {"run_type": run_type, "limit": limit, "offset": offset}).all()
    return Runs(rows[0].total if rows else 0, tuple(run_of(row) for row in rows))


def run_with_steps(session: Session, run_id: int) -> RunWithSteps:
    """A run with its steps.

    Raises:
        NotFound: there is no such run.
    """
    row = session.execute(queries.RUN, {"id": run_id}).one_or_none()
    if row is None:
        raise no_such_run(run_id)
    return RunWithSteps(run_of(row), tuple(step_of(step) for step in session.execute(queries.STEPS, {"id": run_id})))


def no_such_run(run_id: int) -> NotFound:
    """What to raise where there is no run of this number."""
    return NotFound(f"There is no run {run_id}. `ci runs list` shows those there are.")


@contextmanager
def kept_alive(
    database: Database, run_id: int, *, actor: str, every_seconds: float = BEAT_SECONDS, attempt: int = 0
) -> Iterator[None]:
    """While the block runs, the run says every few seconds that it lives, and what is logged says that it is the run's.

    A database that is away is no end of it.
    """
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
        with run_context(run_id, attempt):
            yield
    finally:
        done.set()
        thread.join()


def _cut(message: str | None) -> str | None:
    """A message as the table takes it: without NUL, and not longer than there is room for."""
    if message is None:
        return None
    whole = message.replace("\0", "")
    return whole if len(whole) <= LONGEST_MESSAGE else whole[: LONGEST_MESSAGE - 1] + "…"


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, default=str)
