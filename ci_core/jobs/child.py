"""A job in a process of its own: it can be ended at any moment, may need much memory, and takes nobody with it."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any

import psutil

from ci_core.jobs.context import Cancelled, JobContext
from ci_core.jobs.executions import GRACE_SECONDS, Ended, carry_out
from ci_core.jobs.failures import Failure
from ci_core.jobs.kinds import JobKind, Parameters, load_kinds
from ci_core.logs import configure_logging
from ci_core.runs.log_writer import kept_run_logs
from ci_core.settings import Settings
from db.engine import Database

LOOK_SECONDS = 0.1
WEIGH_SECONDS = 1.0
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Order:
    """What a child is told: all of it plain, so that it fits through a pipe."""

    run_id: int
    job_id: int
    attempt: int
    kind: str
    kinds_path: str
    parameters: Parameters
    asked_by: str
    database_url: str
    settings: Settings

    @property
    def application_name(self) -> str:
        """How its connections show up; the rescue finds those of a lost job by it."""
        return f"magnus-ci job {self.job_id}.{self.attempt - 1}"[:63]


def start_method() -> str:
    """How processes are started: forked from one that has loaded what jobs need, where the system can."""
    return "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def prepare() -> None:
    """Let the process start that children are forked from, so that the first job need not wait for it."""
    context = multiprocessing.get_context(start_method())
    if start_method() == "forkserver":
        from multiprocessing import forkserver

        context.set_forkserver_preload(["ci_core.jobs.child"])
        forkserver.ensure_running()


class InChild:
    """Work in a child process, watched by the thread that runs this."""

    def __init__(self, order: Order, kind: JobKind) -> None:
        self._order = order
        self._kind = kind
        self._told = threading.Event()

    def end(self) -> None:
        """See `Execution.end`: asked politely, then killed with all that it started."""
        self._told.set()

    def run(self) -> Ended:
        """See `Execution.run`."""
        ours, theirs = multiprocessing.Pipe()
        context: Any = multiprocessing.get_context(start_method())
        process = context.Process(target=_child, args=(theirs, self._order), name=f"job-{self._order.run_id}")
        try:
            process.start()
        except (OSError, EOFError) as error:
            ours.close()
            return Ended(failure=Failure("code", f"No process could be started for it: {error}."))
        finally:
            theirs.close()
        try:
            return self._watch(process, ours)
        finally:
            _kill(process.pid)
            ours.close()
            process.join(GRACE_SECONDS)
            with contextlib.suppress(ValueError):
                process.close()

    def _watch(self, process: Any, pipe: Connection) -> Ended:
        kill_at: float | None = None
        weigh_at = time.monotonic() + WEIGH_SECONDS
        while True:
            ready = connection.wait([pipe, process.sentinel], timeout=LOOK_SECONDS)
            if pipe in ready:
                said = _read(pipe)
                if said is not None:
                    return said
            if process.sentinel in ready:
                # Its last words may still be in the pipe.
                said = _read(pipe) if pipe.poll() else None
                return said or self._died(process)
            now = time.monotonic()
            if self._told.is_set():
                if kill_at is None:
                    kill_at = now + GRACE_SECONDS
                    _terminate(process.pid)
                elif now >= kill_at:
                    return Ended(cancelled=True)
            elif self._kind.memory_limit_mib and now >= weigh_at:
                weigh_at = now + WEIGH_SECONDS
                weight = memory_mib(process.pid)
                if weight > self._kind.memory_limit_mib:
                    limit = f"{weight:.0f} MiB, and its kind may have {self._kind.memory_limit_mib} MiB"
                    return Ended(failure=Failure("memory", f"It needed {limit}.", may_retry=False))

    def _died(self, process: Any) -> Ended:
        if self._told.is_set():
            return Ended(cancelled=True)
        process.join(GRACE_SECONDS)
        code = process.exitcode
        if code is not None and code < 0:
            with contextlib.suppress(ValueError):
                return Ended(killed=f"its process was killed by {signal.Signals(-code).name}")
            return Ended(killed=f"its process was killed by signal {-code}")
        return Ended(killed=f"its process ended with status {code} without a word")


def memory_mib(pid: int) -> float:
    """How much memory a process and all that it started need, in MiB."""
    total = 0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += one.memory_info().rss
    return total / MIB


def _read(pipe: Connection) -> Ended | None:
    """How it ended, as it says; None where it says nothing (any more)."""
    try:
        said = json.loads(pipe.recv_bytes())
    except (EOFError, OSError, ValueError):
        return None
    failure = said.pop("failure")
    return Ended(**said, failure=Failure.from_json(failure) if failure else None)


def _terminate(pid: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGTERM)


def _kill(pid: int) -> None:
    """End a child and whatever it started: it leads a process group of its own."""
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            os.kill(pid, signal.SIGTERM)
        else:
            os.killpg(pid, signal.SIGKILL)


# -- in the child ----------------------------------------------------------------------------------------------


def _child(pipe: Connection, order: Order) -> None:
    work = _Interruptible()
    if sys.platform != "win32":
        os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, work.interrupt)
    threading.Thread(target=_die_with_the_worker, args=(pipe,), name="worker-alive", daemon=True).start()
    database = Database(
        order.database_url,
        application_name=order.application_name,
        pool_size=order.settings.db_pool_size,
        pool_timeout_seconds=order.settings.db_pool_timeout_seconds,
        statement_timeout_seconds=order.settings.db_statement_timeout_seconds,
    )
    kind = load_kinds(order.kinds_path)[order.kind]
    context = JobContext(
        run_id=order.run_id,
        attempt=order.attempt,
        kind=kind,
        parameters=order.parameters,
        asked_by=order.asked_by,
        database=database,
        settings=order.settings,
    )
    on_terminal = sys.stderr is not None and sys.stderr.isatty()
    with (
        configure_logging(order.settings, process="job", terminal=on_terminal, at_once=False),
        kept_run_logs(database, order.settings),
    ):
        ended = work.do(context)
    failure = ended.failure.as_json() if ended.failure else None
    said = {"counts": ended.counts, "cancelled": ended.cancelled, "taken": ended.taken, "failure": failure}
    with contextlib.suppress(OSError):
        pipe.send_bytes(json.dumps(said).encode())
    database.dispose()


class _Interruptible:
    """Lets SIGTERM raise `Cancelled` while the work runs, and only then."""

    def __init__(self) -> None:
        self._running = False
        self._told = False

    def interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self._told = True
        if self._running:
            self._running = False
            raise Cancelled

    def do(self, context: JobContext) -> Ended:
        try:
            self._running = True
            if self._told:
                return Ended(cancelled=True)
            ended = carry_out(context)
            self._running = False
            return ended
        except Cancelled:
            return Ended(cancelled=True)


def _die_with_the_worker(pipe: Connection) -> None:
    """Nothing ever comes through the pipe: it ends when the worker does, however that died."""
    with contextlib.suppress(EOFError, OSError):
        pipe.recv_bytes()
    _kill(os.getpid())
    os._exit(1)
