"""One attempt of a job: may it run, how long, how did it end, and what follows from that."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum

from procrastinate.job_context import AbortReason
from procrastinate.job_context import JobContext as QueueContext

from ci_core.jobs import worker_queries as sql
from ci_core.jobs.child import InChild, Order
from ci_core.jobs.context import JobContext
from ci_core.jobs.executions import GRACE_SECONDS, Ended, Execution, InThread, in_background
from ci_core.jobs.failures import MOST_KILLS, Failure, cut, wait_before_retry
from ci_core.jobs.kinds import Isolation, JobKind, Kinds
from ci_core.jobs.outages import AWAY
from ci_core.jobs.queue import Decided, FetchedJob, Outcome, QueueManager
from ci_core.logs import get_logger, run_context
from ci_core.settings import Settings
from db.engine import Database

# What was told to end twice, politely and by force, and still runs, is left to itself.
GIVE_UP_SECONDS = 2 * GRACE_SECONDS + 2.0

_log = get_logger(__name__)


class Told(StrEnum):
    """Why an attempt was told to end."""

    CANCELLED = "cancelled"
    SHUTDOWN = "shutdown"
    TIME_LIMIT = "time_limit"
    TAKEN = "taken"


class Attempts:
    """Carries out the jobs that a worker fetches."""

    def __init__(
        self, manager: QueueManager, kinds: Kinds, kinds_path: str, database: Database, settings: Settings
    ) -> None:
        self._manager = manager
        self._kinds = kinds
        self._kinds_path = kinds_path
        self._database = database
        self._settings = settings
        # Jobs that turned out to be somebody else's, and are being stopped.
        self.taken: set[int] = set()

    async def carry_out(self, context: QueueContext, run_id: int) -> None:
        """Carry out one job. Raises Decided unless it succeeded; the manager writes down how it ended."""
        job = context.job
        if not isinstance(job, FetchedJob) or job.id is None:
            raise TypeError("only jobs that this program's manager fetched can be carried out")
        kind = self._kinds[job.task_name]
        outcome = await self._outcome(context, job, kind, run_id)
        self.taken.discard(job.id)
        self._manager.outcomes[job.id] = outcome
        if outcome is None or outcome.end != "succeeded":
            raise Decided(outcome)

    async def _outcome(self, context: QueueContext, job: FetchedJob, kind: JobKind, run_id: int) -> Outcome | None:
        if kind.most_at_once is not None:
            try:
                if not await self._admitted(job, kind, kind.most_at_once):
                    return None
            except AWAY:
                return Outcome("again", wait_seconds=1.0)
        execution = self._execution(job, kind, run_id)
        ended, told = await self._ended(context, job, kind, execution)
        outcome = decide(ended, told, kind, failures=job.failures, kills=job.kills, now=datetime.now(UTC))
        if outcome is not None and outcome.error_kind not in (None, "cancelled"):
            _say(outcome, kind, run_id, job.attempts + 1)
        return outcome

    async def _admitted(self, job: FetchedJob, kind: JobKind, most: int) -> bool:
        """Whether one more of the kind may run; where not, the job was given back already."""
        wanted = {"job_id": job.id, "attempts": job.attempts, "kind": kind.name, "most": most}
        (row,) = await self._manager.pool.rows(sql.ADMIT, wanted)
        if not row["admitted"]:
            self._manager.moved()
        return bool(row["admitted"])

    def _execution(self, job: FetchedJob, kind: JobKind, run_id: int) -> Execution:
        attempt = job.attempts + 1
        if kind.isolation is Isolation.THREAD:
            return InThread(
                JobContext(
                    run_id=run_id,
                    attempt=attempt,
                    kind=kind,
                    parameters=job.parameters,
                    asked_by=job.asked_by,
                    database=self._database,
                    settings=self._settings,
                )
            )
        order = Order(
            run_id=run_id,
            job_id=job.id or 0,
            attempt=attempt,
            kind=kind.name,
            kinds_path=self._kinds_path,
            parameters=dict(job.parameters),
            asked_by=job.asked_by,
            database_url=self._database.url,
            settings=self._settings,
        )
        return InChild(order, kind)

    async def _ended(
        self, context: QueueContext, job: FetchedJob, kind: JobKind, execution: Execution
    ) -> tuple[Ended, Told | None]:
        """How the work ended, and why it was told to, where it was."""
        future = _started(execution, f"run-{job.run_id}")
        try:
            await asyncio.wait({future}, timeout=kind.time_limit_seconds)
            if future.done():
                return future.result(), None
            told = Told.TIME_LIMIT
        except asyncio.CancelledError:
            told = Told.TAKEN if job.id in self.taken else _why(context.abort_reason())
        in_background(execution.end, f"end-run-{job.run_id}")
        give_up = time.monotonic() + GIVE_UP_SECONDS
        while not future.done() and (left := give_up - time.monotonic()) > 0:
            # Told again meanwhile, for another reason: it ends already.
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({future}, timeout=left)
        if future.done():
            return future.result(), told
        _log.error("job_left_behind", run_id=job.run_id, kind=kind.name, why=told, remedy="Restart the worker.")
        return Ended(cancelled=True), told


def decide(
    ended: Ended, told: Told | None, kind: JobKind, *, failures: int, kills: int, now: datetime
) -> Outcome | None:
    """What follows from how an attempt ended; None: nothing is to be written, the run is somebody else's.

    Args:
        failures, kills: what the run had before this attempt.
    """
    if ended.counts is not None and told is not Told.TAKEN:
        return Outcome("succeeded", counts=ended.counts if ended.counts != "{}" else None)
    if ended.taken or told is Told.TAKEN:
        return None
    if told is Told.CANCELLED:
        return Outcome("aborted", error_kind="cancelled")
    if told is Told.SHUTDOWN:
        return Outcome("again")
    if told is Told.TIME_LIMIT:
        limit = f"{kind.time_limit_seconds:g} s"
        return _after(Failure("time_limit", f"It took longer than {limit} and was ended."), kind, failures, now)
    if ended.killed is not None:
        return after_kill(ended.killed, kills)
    if ended.failure is not None:
        return _after(ended.failure, kind, failures, now)
    # The run says itself that it was cancelled, or somebody else told its process to end: the queue knows.
    return Outcome("again", wait_seconds=1.0)


def after_kill(how: str, kills: int, most: int = MOST_KILLS) -> Outcome:
    """What becomes of a run whose process died after `kills` others; with `most` of them, it is set aside."""
    times = kills + 1
    if times >= most:
        error = cut(f"Set aside after {times} times: {how}.")
        return Outcome("failed", error=error, error_kind="killed", kills=1)
    return Outcome("again", error=cut(f"Begun again: {how}."), error_kind="killed", kills=1)


def _after(failure: Failure, kind: JobKind, failures: int, now: datetime) -> Outcome:
    wait = wait_before_retry(failure, kind.retry, failures, now)
    return Outcome(
        "failed" if wait is None else "again",
        error=failure.message,
        error_kind=failure.kind,
        wait_seconds=wait or 0.0,
        failures=1 if failure.counted else 0,
    )


def _why(reason: AbortReason | None) -> Told:
    return Told.CANCELLED if reason is AbortReason.USER_REQUEST else Told.SHUTDOWN


def _started(execution: Execution, name: str) -> asyncio.Future[Ended]:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Ended] = loop.create_future()

    def put(ended: Ended) -> None:
        if not future.done():
            future.set_result(ended)

    def work() -> None:
        ended = execution.run()
        with contextlib.suppress(RuntimeError):  # the worker is gone, and with it whoever would want to know
            loop.call_soon_threadsafe(put, ended)

    in_background(work, name)
    return future


def _say(outcome: Outcome, kind: JobKind, run_id: int, attempt: int) -> None:
    tell: Callable[..., object] = _log.error if outcome.end == "failed" else _log.warning
    event = "run_failed" if outcome.end == "failed" else "run_tried_again"
    with run_context(run_id, attempt):
        tell(
            event,
            kind=kind.name,
            error_kind=outcome.error_kind,
            error=outcome.error,
            wait_seconds=round(outcome.wait_seconds, 1),
        )
