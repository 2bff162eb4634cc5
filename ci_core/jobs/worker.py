"""A worker: fetches jobs, carries them out, says that it lives, rescues what others lost; ends only when told to."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ci_core.database import open_database
from ci_core.jobs import child, registry
from ci_core.jobs import worker_queries as sql
from ci_core.jobs.attempt import Attempts
from ci_core.jobs.executions import in_background
from ci_core.jobs.kinds import Kinds, load_kinds
from ci_core.jobs.outages import AWAY, Backoff, Outage, Pool
from ci_core.jobs.queue import Identity, QueueManager, QueueWorker, Stopped, make_app
from ci_core.jobs.rescue import BEAT_SECONDS, Rescue
from ci_core.jobs.telling import Telling
from ci_core.logs import get_logger
from ci_core.runs.log_writer import kept_run_logs
from ci_core.settings import Settings
from db.engine import LIVENESS, Database
from db.errors import DatabaseError

POLL_SECONDS = 1.0
# What is under way gets so long to finish; then it is told to end, and given back.
FINISH_SECONDS = 8.0
STATEMENT_SECONDS = 15.0
MOST_CONNECTIONS = 6
# What it moves in the queue it tells by itself, see `Telling`.
OPTIONS = f"-c statement_timeout={int(STATEMENT_SECONDS * 1000)} -c timezone=UTC -c ci.quiet=on"

_log = get_logger(__name__)


def run_worker(
    settings: Settings,
    *,
    queues: Sequence[str] | None = None,
    concurrency: int = 2,
    kinds_path: str = registry.PATH,
    has_clock: bool = False,
    stop: threading.Event | None = None,
    ready: Callable[[], None] | None = None,
) -> None:
    """Carry out jobs until told to stop, by the event, SIGTERM or SIGINT; blocks. No outage of the database ends it.

    Args:
        queues: only of these; None for all.
        concurrency: so many jobs at once.
        kinds_path: where the kinds are, as "package.module:name"; children load them again by it.
        has_clock: told to others: a clock runs in this process.
        ready: called when the worker is known to the queue and about to fetch.

    Raises:
        db.errors.DatabaseError: the embedded database cannot be started.
        ImportError, AttributeError: there are no kinds at `kinds_path`.
    """
    kinds = load_kinds(kinds_path)
    # Its own lines say less than ours, and one per job.
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    identity = Identity(
        host=socket.gethostname()[:200],
        pid=os.getpid(),
        version=_version(),
        queues=list(queues) if queues is not None else None,
        concurrency=concurrency,
        has_clock=has_clock,
        started_at=datetime.now(UTC),
    )
    name = f"magnus-ci worker {identity.host}:{identity.pid}"[:63]
    in_background(child.prepare, "prepare-children")
    with open_database(settings, application_name=name) as database, kept_run_logs(database, settings):
        serving = _Serving(identity, kinds, kinds_path, database, settings, stop or threading.Event(), ready)
        # Windows' own kind of loop cannot wait for PostgreSQL.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(serving.run())


class _Serving:
    def __init__(
        self,
        identity: Identity,
        kinds: Kinds,
        kinds_path: str,
        database: Database,
        settings: Settings,
        stop: threading.Event,
        ready: Callable[[], None] | None,
    ) -> None:
        self._identity = identity
        self._kinds = kinds
        self._database = database
        self._stop = stop
        self._ready = ready
        self._outage = Outage()
        size = min(2 + identity.concurrency, MOST_CONNECTIONS)
        self._pool = Pool(self._conninfo, size=size, outage=self._outage, seconds=STATEMENT_SECONDS)
        self._telling = Telling(self._pool)
        self._manager = QueueManager(self._pool, self._outage, identity, kinds, self._telling.moved)
        self._attempts = Attempts(self._manager, kinds, kinds_path, database, settings)
        self._worker: QueueWorker | None = None
        # What the heartbeat found wrong once; twice in a row is no coincidence.
        self._unheld: set[tuple[int, int]] = set()
        self._lost: set[int] = set()

    async def run(self) -> None:
        await self._pool.open()
        with self._signals():
            rescue = Rescue(self._pool, self._outage, self._kinds, monotonic=time.monotonic, moved=self._telling.moved)
            beside = (self._until_stopped(), self._keep_alive(), rescue.run(), self._telling.run())
            watch = [asyncio.create_task(one) for one in beside]
            try:
                await self._work()
            finally:
                for task in watch:
                    task.cancel()
                await asyncio.gather(*watch, return_exceptions=True)
                await self._pool.close()

    async def _work(self) -> None:
        """Run the worker, and another one should it ever end by an error."""
        backoff = Backoff(first=1.0, longest=30.0)
        while not self._stop.is_set():
            self._worker = self._new_worker()
            try:
                await self._worker.run()  # type: ignore[no-untyped-call]
            except Stopped:
                return
            except Exception as error:  # noqa: BLE001 - a worker that dies of an error carries out nothing any more
                _log.error("worker_failed", error=str(error), exc_info=True)
                begin_at = time.monotonic() + backoff.seconds()
                while time.monotonic() < begin_at and not self._stop.is_set():
                    await asyncio.sleep(0.1)

    def _new_worker(self) -> QueueWorker:
        app = make_app(self._manager, self._kinds, self._attempts.carry_out)
        return QueueWorker(
            app,
            queues=self._identity.queues,
            name=f"{self._identity.host}:{self._identity.pid}",
            concurrency=self._identity.concurrency,
            fetch_job_polling_interval=POLL_SECONDS,
            abort_job_polling_interval=POLL_SECONDS,
            shutdown_graceful_timeout=FINISH_SECONDS,
            install_signal_handlers=False,
            # Its own heartbeat ends before its jobs do, when it is told to stop; ours does not.
            update_heartbeat_interval=1e9,
        )

    async def _until_stopped(self) -> None:
        while not self._stop.is_set():
            if self._ready is not None and self._identity.worker_id is not None:
                self._ready()
                self._ready = None
            await asyncio.sleep(0.1)
        self._manager.stopping_since = time.monotonic()
        self._identity.state = "stopping"
        if self._worker is not None:
            self._worker.stop()  # type: ignore[no-untyped-call]
        with contextlib.suppress(*AWAY):
            await self._pool.rows(sql.STOPPING, {"worker_id": self._identity.worker_id})

    async def _keep_alive(self) -> None:
        backoff = Backoff()
        while True:
            if self._identity.worker_id is None:
                await asyncio.sleep(0.1)
                continue
            was_away = self._outage.is_on
            try:
                await self._beat()
            except AWAY:
                in_background(self._revive, "revive")
                await asyncio.sleep(backoff.seconds())
                continue
            except Exception as error:  # noqa: BLE001 - without a heartbeat all its jobs would be taken away
                _log.error("heartbeat_failed", error=str(error), exc_info=True)
            backoff.reset()
            if was_away and self._worker is not None:
                self._worker.look_now()
            await asyncio.sleep(BEAT_SECONDS)

    async def _beat(self) -> None:
        """Say that the worker lives, and compare what the queue thinks it does with what it does."""
        (row,) = await self._pool.rows(sql.BEAT, {"worker_id": self._identity.worker_id})
        if self._worker is None:
            return
        held = self._worker.held
        if not row["known"]:
            await self._register_anew(held)
            return
        doing = {(int(job), attempts) for job, attempts in row["doing"].items()}
        await self._give_back_unheld(doing - set(held.items()))
        lost = {job for job, attempts in held.items() if (job, attempts) not in doing}
        for job_id in lost & self._lost:
            _log.warning("job_taken", job_id=job_id, remedy="Another worker has it; it is stopped here.")
            self._attempts.taken.add(job_id)
            self._worker.drop(job_id)
        self._lost = lost

    async def _register_anew(self, held: dict[int, int]) -> None:
        """The others took it for dead: come back under another number, with the jobs that nobody took over yet."""
        worker_id = await self._manager.register_worker()
        _log.warning("worker_registered_anew", worker_id=worker_id)
        await self._pool.rows(sql.ADOPT, {"worker_id": worker_id, "jobs": list(held), "attempts": list(held.values())})

    async def _give_back_unheld(self, unheld: set[tuple[int, int]]) -> None:
        """Give back jobs that were fetched by a statement whose answer was lost: nobody carries them out."""
        for job_id, attempts in unheld & self._unheld:
            _log.warning("job_given_back", job_id=job_id, reason="the answer with it was lost")
            nothing = {"counts": None, "error": None, "error_kind": None, "failures": 0, "kills": 0}
            await self._pool.rows(
                sql.END, {**nothing, "job_id": job_id, "attempts": attempts, "end": "again", "wait_seconds": 0.0}
            )
        self._unheld = unheld

    def _revive(self) -> None:
        """Bring back an embedded server that nobody else brings back."""
        with contextlib.suppress(DatabaseError):
            self._database.ping()

    def _conninfo(self) -> str:
        """Asked for each connection: an embedded server may come back elsewhere."""
        url = self._database.url
        own = conninfo_to_dict(url).get("options") or ""
        return make_conninfo(
            url,
            application_name=f"magnus-ci queue {self._identity.host}:{self._identity.pid}"[:63],
            client_encoding="utf8",
            connect_timeout=3,
            options=f"{own} {OPTIONS}".strip(),
            **LIVENESS,
        )

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT ask for an orderly end; a second one does not hasten it."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        wanted = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, lambda *_: self._stop.set()) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _version() -> str:
    try:
        return importlib.metadata.version("magnus-continuous-improvement")
    except importlib.metadata.PackageNotFoundError:
        return f"python {sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
