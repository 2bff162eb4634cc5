"""The sidecar at a glance: who carries jobs out, what runs, what waits and why, and what is due next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from ci_core.jobs import overview_queries as queries
from ci_core.jobs.kinds import JobKind
from ci_core.jobs.registry import KINDS
from db.enums import RunStatus, RunTrigger, WorkerState

# Three heartbeats: a worker that has been silent for so long has died, or cannot reach the database.
SILENT_AFTER_SECONDS = 6.0
# A clock that ticks takes what is due within a second; so late, there is none, or it cannot reach the database.
LATE_AFTER = timedelta(seconds=30)
FAILED_WITHIN = timedelta(days=1)
MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class WorkerNow:
    """One worker process.

    Attributes:
        queues: which queues it takes jobs from; None for all.
        silent_seconds: how long ago it last said that it lives.
        running: how many jobs it carries out now.
    """

    id: int
    host: str
    pid: int
    version: str
    queues: tuple[str, ...] | None
    concurrency: int
    has_clock: bool
    state: WorkerState
    started_at: datetime
    silent_seconds: float
    running: int

    @property
    def is_alive(self) -> bool:
        """Whether it has said so lately."""
        return self.silent_seconds <= SILENT_AFTER_SECONDS

    def takes(self, queue: str) -> bool:
        """Whether it would begin a job of this queue now."""
        return self.is_alive and self.state is WorkerState.WORKING and (self.queues is None or queue in self.queues)


@dataclass(frozen=True, slots=True)
class QueueNow:
    """What is open of one queue.

    Attributes:
        waiting: how many could begin now.
        later: how many wait for their time.
        oldest_at: since when the oldest that could begin waits.
    """

    name: str
    running: int
    waiting: int
    later: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that waits or runs.

    Attributes:
        subject: what it is about, for example the name of the source.
        error: what ended the attempt before, where it is tried again.
        later: whether its time is still to come.
        has_job: whether the queue carries it out; otherwise a process of its own does.
        step, steps_done, steps_known: what it does at the moment, and how many of its steps so far are done.
    """

    id: int
    run_type: str
    trigger: RunTrigger
    status: RunStatus
    actor: str
    queue: str | None
    progress_percent: float | None
    host: str | None
    error: str | None
    attempt: int
    failures: int
    kills: int
    created_at: datetime
    due_at: datetime | None
    started_at: datetime | None
    alive_at: datetime | None
    cancel_requested_at: datetime | None
    cancel_requested_by: str | None
    has_job: bool
    later: bool
    schedule: str | None
    subject: str | None
    step: str | None
    steps_done: int
    steps_known: int


@dataclass(frozen=True, slots=True)
class NextDue:
    """What the clock starts next: a schedule or the scan of a source, by its name."""

    name: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class JobsOverview:
    """The sidecar as it was at one moment.

    Attributes:
        queues: those with something open in them.
        running, waiting: at most `MOST_LISTED` each; the queues say how many there are.
        outside: how many run as processes of their own, started at a shell.
        failed: how many failed for good within a day and were not tried again.
        late_since: since when a schedule waits in vain for a clock; None where a clock ticks or nothing is due.
        newest_end: when the last run ended.
    """

    workers: tuple[WorkerNow, ...]
    queues: tuple[QueueNow, ...]
    running: tuple[OpenRun, ...]
    waiting: tuple[OpenRun, ...]
    outside: int
    next_due: NextDue | None
    failed: int
    late_since: datetime | None
    newest_end: datetime | None

    @property
    def living(self) -> tuple[WorkerNow, ...]:
        """The workers that live."""
        return tuple(worker for worker in self.workers if worker.is_alive)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The machines with a living worker."""
        return tuple(dict.fromkeys(worker.host for worker in self.living))

    @property
    def running_count(self) -> int:
        """How many run in all."""
        return self.outside + sum(queue.running for queue in self.queues)

    @property
    def waiting_count(self) -> int:
        """How many wait in all, those whose time is still to come included."""
        return sum(queue.waiting + queue.later for queue in self.queues)

    @property
    def unserved(self) -> tuple[QueueNow, ...]:
        """Queues in which jobs wait that no living worker takes."""
        return tuple(
            queue for queue in self.queues if queue.waiting and not any(w.takes(queue.name) for w in self.workers)
        )


def jobs_overview(session: Session, *, now: datetime, most: int = MOST_LISTED) -> JobsOverview:
    """The sidecar now, in a few small statements."""
    rows = session.execute(queries.QUEUES).all()
    open_runs = [_open_run(row) for row in session.execute(queries.OPEN_RUNS, {"most": most})]
    due = session.execute(queries.NEXT_DUE).one_or_none()
    first = session.execute(queries.FIRST_OF_CLOCK).scalar_one()
    return JobsOverview(
        workers=workers_now(session),
        queues=tuple(QueueNow(**row._mapping) for row in rows if row.name is not None),
        running=tuple(run for run in open_runs if run.status is RunStatus.RUNNING),
        waiting=tuple(run for run in open_runs if run.status is RunStatus.QUEUED),
        outside=sum(row.running for row in rows if row.name is None),
        next_due=None if due is None else NextDue(due.name, due.due_at),
        failed=int(session.execute(queries.FAILED_SINCE, {"since": now - FAILED_WITHIN}).scalar_one()),
        late_since=first if first is not None and now - first > LATE_AFTER else None,
        newest_end=session.execute(queries.NEWEST_END).scalar_one(),
    )


def workers_now(session: Session) -> tuple[WorkerNow, ...]:
    """Every worker that the queue knows, also one that has died just now."""
    return tuple(_worker(row) for row in session.execute(queries.WORKERS))


def why_it_waits(run: OpenRun, overview: JobsOverview, kinds: Mapping[str, JobKind] = KINDS) -> str:
    """Why a run that waits has not begun, in a few words; of one whose time is still to come: why not before."""
    if run.later:
        return f"is tried again after {_counted(run.failures, 'failure')}" if run.failures else "its time is to come"
    if not overview.living:
        return "nothing carries out jobs"
    if not any(worker.takes(run.queue or "") for worker in overview.workers):
        return f"no worker takes the queue “{run.queue}”"
    kind = kinds[run.run_type] if run.run_type in kinds else None  # noqa: SIM401 - get() expects a KeyError
    if kind is not None and kind.most_at_once is not None:
        alike = sum(other.run_type == run.run_type for other in overview.running)
        if alike >= kind.most_at_once:
            return f"{alike} of its kind run already, which is the most at once"
    return "waits for a free worker"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _worker(row: Row[Any]) -> WorkerNow:
    fields = {**row._mapping, "queues": None if row.queues is None else tuple(row.queues)}
    return WorkerNow(**{**fields, "state": WorkerState(row.state)})


def _open_run(row: Row[Any]) -> OpenRun:
    fields = {name: value for name, value in row._mapping.items() if name != "job_id"}
    percent = row.progress_percent
    return OpenRun(
        **{
            **fields,
            "trigger": RunTrigger(row.trigger),
            "status": RunStatus(row.status),
            "progress_percent": None if percent is None else float(percent),
            "has_job": row.job_id is not None,
        }
    )
