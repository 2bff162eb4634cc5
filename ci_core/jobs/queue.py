"""Procrastinate as this program uses it: no worker dies of its database, and nobody ends what is not his any more."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import attr
import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager, NotificationCallback, get_channel_for_queues
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from procrastinate.worker import Worker

from ci_core.jobs import worker_queries as sql
from ci_core.jobs.failures import REMEDIES
from ci_core.jobs.kinds import Kinds
from ci_core.jobs.outages import AWAY, Backoff, Outage, Pool
from ci_core.logs import get_logger

# How long a worker that is to stop tries to write down how its jobs ended, while the database is away.
LAST_WORDS_SECONDS = 4.0
LISTEN_SECONDS = 15.0

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended, for the run.

    Attributes:
        end: "succeeded", "failed", "aborted", or "again" for another attempt after `wait_seconds`.
        failures, kills: by how much these numbers of the run grow.
    """

    end: str
    counts: str | None = None
    error: str | None = None
    error_kind: str | None = None
    wait_seconds: float = 0.0
    failures: int = 0
    kills: int = 0


class Decided(Exception):
    """Ends an attempt that did not succeed. None: nothing is left to be written about it."""

    def __init__(self, outcome: Outcome | None) -> None:
        super().__init__(outcome.error if outcome else "given back")
        self.outcome = outcome


class Stopped(Exception):
    """The worker is to stop, and had not begun yet."""


@attr.dataclass(frozen=True, kw_only=True)
class FetchedJob(Job):
    """A job with what its run says about it."""

    run_id: int | None = None
    parameters: Mapping[str, Any] = attr.field(factory=dict)
    asked_by: str = ""
    failures: int = 0
    kills: int = 0


class AsDecided(BaseRetryStrategy):
    """Every attempt that does not succeed is ended by the manager, which knows what was decided."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:  # noqa: ARG002 - its form
        """Always one: the manager decides whether there is another attempt."""
        return RetryDecision()


@dataclass(slots=True)
class Identity:
    """Who the worker is, as others see it; `worker_id` changes when the queue had forgotten it."""

    host: str
    pid: int
    version: str
    queues: list[str] | None
    concurrency: int
    has_clock: bool
    started_at: datetime
    state: str = "working"
    worker_id: int | None = None

    @property
    def row(self) -> dict[str, Any]:
        """As the table of workers has it."""
        return {
            "host": self.host,
            "pid": self.pid,
            "version": self.version,
            "queues": self.queues,
            "concurrency": self.concurrency,
            "has_clock": self.has_clock,
            "state": self.state,
            "started_at": self.started_at,
        }


class QueueManager(JobManager):
    """All that a worker asks of the queue, by statements that may fail."""

    def __init__(self, pool: Pool, outage: Outage, identity: Identity, kinds: Kinds, moved: Callable[[], None]) -> None:
        """`moved` is called when a run began or ended."""
        super().__init__(PsycopgConnector())
        self.moved = moved
        self.pool = pool
        self.outage = outage
        self.identity = identity
        self.stopping_since: float | None = None
        # Set by the attempt, taken when the worker ends the job.
        self.outcomes: dict[int, Outcome | None] = {}
        self._kinds = kinds

    async def prune_stalled_workers(self, seconds_since_heartbeat: float) -> list[int]:  # noqa: ARG002 - its form
        """Nobody: after an outage all of them are silent, and the rescue knows how to wait."""
        return []

    async def register_worker(self) -> int:
        """Enter the worker, however long the database takes. Raises Stopped when it is to stop meanwhile."""
        backoff = Backoff()
        while True:
            try:
                rows = await self.pool.rows(sql.REGISTER, self.identity.row)
            except AWAY:
                if self.stopping_since is not None:
                    raise Stopped from None
                await asyncio.sleep(backoff.seconds())
                continue
            self.identity.worker_id = int(rows[0]["worker_id"])
            return self.identity.worker_id

    async def unregister_worker(self, worker_id: int) -> None:  # noqa: ARG002 - another one may have been given since
        """Forget the worker; where the database is away, the others do it."""
        try:
            await self.pool.rows(sql.UNREGISTER, {"worker_id": self.identity.worker_id})
        except AWAY:
            return

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:  # noqa: ARG002
        """The next job with what its run says; None also while the database is away: the worker asks again soon."""
        if self.outage.is_on or self.stopping_since is not None:
            # The heartbeat finds out when it is back.
            return None
        wanted = {"queues": list(queues) if queues is not None else None, "worker_id": self.identity.worker_id}
        try:
            (row,) = await self.pool.rows(sql.FETCH, wanted)
            if row["id"] is not None and row["run_id"] is None:
                # Entered between two snapshots of one statement.
                row.update(next(iter(await self.pool.rows(sql.RUN_OF_JOB, {"job_id": row["id"]})), {}))
        except AWAY:
            # What was fetched all the same is found by the heartbeat: it is ours, and nobody carries it out.
            return None
        if row["id"] is None:
            return None
        self.moved()
        return _fetched(row)

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:  # noqa: ARG002 - its form
        """End a job that succeeded, or one that no attempt could be made of."""
        outcome = self.outcomes.pop(_id(job), None)
        if outcome is None and status is Status.SUCCEEDED:
            outcome = Outcome("succeeded")
        await self._end(job, outcome or self._without_an_attempt(job))

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,  # noqa: ARG002 - the outcome knows better
        priority: int | None = None,  # noqa: ARG002
        queue: str | None = None,  # noqa: ARG002
        lock: str | None = None,  # noqa: ARG002
    ) -> None:
        """End an attempt that did not succeed, as was decided; one that was not even begun is given back."""
        outcome = self.outcomes.pop(_id(job), Outcome("again"))
        if outcome is not None:
            await self._end(job, outcome)

    async def list_jobs_to_abort_async(self, queue: str | None = None) -> Iterable[int]:  # noqa: ARG002 - its form
        """Those of all jobs that a person cancelled."""
        try:
            return [row["id"] for row in await self.pool.rows(sql.ABORT_REQUESTED)]
        except AWAY:
            return []

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        """Hear of new jobs and of cancellations at once; a connection that breaks is made anew."""
        backoff = Backoff()
        channels = [*get_channel_for_queues(queues=queues)]
        while True:
            try:
                async with await self.pool.dedicated() as connection:
                    for channel in channels:
                        await connection.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(channel)))
                    # Whatever was entered while nobody listened.
                    await on_notification(channel="", notification={"type": "job_inserted", "job_id": 0})
                    backoff.reset()
                    await _hear(connection, on_notification)
            except AWAY as error:
                _log.debug("listening_again", reason=str(error)[:200])
            await asyncio.sleep(backoff.seconds())

    async def _end(self, job: Job, outcome: Outcome) -> None:
        backoff = Backoff()
        repeated = False
        while True:
            try:
                rows = await self.pool.rows(sql.END, _ending(job, outcome))
                break
            except psycopg.DataError as error:
                # What the job gave cannot be stored; without it, the end can.
                outcome = Outcome("failed", error=f"Its result cannot be stored: {error}"[:500], error_kind="code")
            except AWAY:
                if self.stopping_since is not None and time.monotonic() > self.stopping_since + LAST_WORDS_SECONDS:
                    _log.error("end_not_written", job_id=job.id, end=outcome.end, remedy="Another worker repeats it.")
                    return
            repeated = True
            await asyncio.sleep(backoff.seconds())
        self.moved()
        if rows[0]["outcome"] is None and not repeated:
            _log.warning("job_taken", job_id=job.id, attempt=job.attempts + 1, end=outcome.end)

    def _without_an_attempt(self, job: Job) -> Outcome:
        """What becomes of a job whose kind this worker does not know: a newer one may, and gets some time for it."""
        failures = job.failures if isinstance(job, FetchedJob) else 0
        if job.task_name in self._kinds:
            return Outcome("failed", error="The worker failed before the job began.", error_kind="code", failures=1)
        error = f"No worker knew the kind “{job.task_name}”. {REMEDIES['unknown_kind']}"
        end = "again" if failures < 8 else "failed"
        return Outcome(end, error=error, error_kind="unknown_kind", wait_seconds=5 * 2.0**failures, failures=1)


class QueueWorker(Worker):
    """Procrastinate's worker, which also tells what it holds."""

    @property
    def held(self) -> dict[int, int]:
        """The jobs under way here, each with its number of attempts before this one."""
        return {_id(context.job): context.job.attempts for context in self._running_jobs.values()}

    def drop(self, job_id: int) -> None:
        """Stop the job: it is somebody else's."""
        for task, context in self._running_jobs.items():
            if context.job.id == job_id:
                task.cancel()

    def look_now(self) -> None:
        """Ask the queue for jobs without waiting for the next time."""
        self._new_job_event.set()


def make_app(manager: QueueManager, kinds: Kinds, carry_out: Callable[..., Awaitable[None]]) -> App:
    """The application of Procrastinate: one task for each kind, all carried out by the same function."""
    app = App(connector=manager.connector)
    app.job_manager = manager
    for kind in kinds.values():
        app.task(name=kind.name, queue=kind.queue, pass_context=True, retry=AsDecided())(carry_out)
    return app


async def _hear(connection: psycopg.AsyncConnection[Any], on_notification: NotificationCallback) -> None:
    while True:
        async for note in connection.notifies(timeout=LISTEN_SECONDS):
            await on_notification(channel=note.channel, notification=json.loads(note.payload))
        # A server that went away without a word does not answer this.
        await asyncio.wait_for(connection.execute("SELECT 1"), LISTEN_SECONDS)


def _fetched(row: Mapping[str, Any]) -> FetchedJob:
    return FetchedJob(
        id=row["id"],
        status=row["status"],
        queue=row["queue_name"],
        priority=row["priority"],
        lock=row["lock"],
        queueing_lock=row["queueing_lock"],
        task_name=row["task_name"],
        task_kwargs=row["args"],
        scheduled_at=row["scheduled_at"],
        attempts=row["attempts"],
        worker_id=row["worker_id"],
        run_id=row["run_id"],
        parameters=row["parameters"] or {},
        asked_by=row["actor"] or "",
        failures=row["failures"] or 0,
        kills=row["kills"] or 0,
    )


def _ending(job: Job, outcome: Outcome) -> dict[str, Any]:
    return {
        "job_id": job.id,
        "attempts": job.attempts,
        "end": outcome.end,
        "counts": outcome.counts,
        "error": outcome.error,
        "error_kind": outcome.error_kind,
        "wait_seconds": outcome.wait_seconds,
        "failures": outcome.failures,
        "kills": outcome.kills,
    }


def _id(job: Job) -> int:
    if job.id is None:
        raise ValueError("a job that was fetched has a number")
    return job.id
