"""The sidecar: a clock and workers in one process, beside the app or alone on a host."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ci_core.database import open_database
from ci_core.jobs.clock import Clock
from ci_core.jobs.crew import Crew, worker_command
from ci_core.jobs.standing import PidFile
from ci_core.jobs.worker import run_worker
from ci_core.settings import Settings
from db.engine import Database
from db.errors import DatabaseError, SchemaOutOfDate
from db.schema import check_schema

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 30.0


@dataclass(frozen=True, slots=True)
class SidecarOptions:
    """How a sidecar works.

    Attributes:
        workers: processes that carry out jobs, the sidecar's own included; 0 for a clock alone.
        concurrency: jobs at once in each of them.
        queues: only these; none for all.
    """

    workers: int = 1
    concurrency: int = 2
    queues: Sequence[str] = ()

    def for_worker(self) -> list[str]:
        """The same as arguments of `ci worker`."""
        return [f"--concurrency={self.concurrency}", *(f"--queues={queue}" for queue in self.queues)]

    def as_arguments(self) -> list[str]:
        """The same as arguments of `ci scheduler start`."""
        return [f"--workers={self.workers}", *self.for_worker()]


def run_sidecar(
    settings: Settings, options: SidecarOptions, *, stop: threading.Event, told: Callable[[str], None]
) -> None:
    """Run until `stop` is set; what is under way is finished or given back then.

    A database that is away, or whose tables are being migrated, is waited for, also at the start.

    Args:
        told: gets what people should hear, line by line.

    Raises:
        AlreadyRunning: a sidecar of this data folder is alive.
        CannotTell: the data folder cannot be written.
    """
    pid_file = PidFile(settings.data_dir)
    pid_file.take(workers=options.workers)

    def tell(words: str, *, ready: bool = False) -> None:
        pid_file.tell(words, ready=ready)
        told(words)

    try:
        with open_database(settings, application_name="ci-scheduler") as database:
            if await_tables(database, stop, tell):
                _work(settings, database, options, stop, tell)
    finally:
        pid_file.give_back()


def await_tables(database: Database, stop: threading.Event, tell: Callable[[str], None]) -> bool:
    """Wait with a growing pause until the tables can be used; says each reason once. False when `stop` came first."""
    wait, last = FIRST_WAIT_SECONDS, ""
    while not stop.is_set():
        try:
            with database.reading() as session:
                check_schema(session)
            return True
        except (DatabaseError, SchemaOutOfDate) as error:
            if str(error) != last:
                last = str(error)
                tell(f"waits for the database: {last}")
        stop.wait(wait)
        wait = min(wait * 2, LONGEST_WAIT_SECONDS)
    return False


def _work(
    settings: Settings,
    database: Database,
    options: SidecarOptions,
    stop: threading.Event,
    tell: Callable[..., None],
) -> None:
    clock = Clock(database)
    crew = Crew(max(options.workers - 1, 0), worker_command(options.for_worker()))
    clock.start()
    crew.start()
    try:
        if options.workers:
            run_worker(
                settings,
                queues=list(options.queues) or None,
                concurrency=options.concurrency,
                has_clock=True,
                stop=stop,
                ready=lambda: tell("works", ready=True),
            )
        else:
            tell("works as a clock alone", ready=True)
            stop.wait()
    finally:
        tell("ends")
        clock.stop()
        crew.stop()
