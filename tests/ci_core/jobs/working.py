"""Workers for tests: in a thread of the test, or as a process that can be killed and frozen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from ci_core.jobs import Kinds, enqueue
from ci_core.jobs.worker import run_worker
from ci_core.settings import Settings
from db.engine import Database
from db.enums import RunTrigger
from tests.ci_core.jobs import sample_kinds

PROJECT = Path(__file__).resolve().parents[3]
OPEN = ("queued", "running")


@contextmanager
def working(database: Database, *, data_dir: Path | None = None, **options: Any) -> Iterator[threading.Thread]:
    """A worker in a thread; told to stop at the end, which it must do."""
    stop, ready = threading.Event(), threading.Event()
    options = {"kinds_path": sample_kinds.PATH, **options}
    folder = tempfile.TemporaryDirectory()
    settings = Settings(database_url=database.url, data_dir=data_dir or Path(folder.name))
    thread = threading.Thread(
        target=run_worker, args=(settings,), kwargs={"stop": stop, "ready": ready.set, **options}, daemon=True
    )
    thread.start()
    try:
        assert ready.wait(60), "the worker did not begin"
        yield thread
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive(), "the worker did not end"
        folder.cleanup()


class WorkerProcess:
    """A worker in a process of its own."""

    def __init__(self, url: str, *, concurrency: int = 4, log: Path | None = None) -> None:
        code = (
            "import sys; from ci_core.jobs.worker import run_worker; from ci_core.settings import Settings; "
            "run_worker(Settings(), kinds_path=sys.argv[1], concurrency=int(sys.argv[2]), "
            "ready=lambda: print('ready', flush=True))"
        )
        self._log = log.open("ab") if log else None
        self._folder = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, sample_kinds.PATH, str(concurrency)],
            cwd=PROJECT,
            env={**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(PROJECT), "CI_DATA_DIR": self._folder.name},
            stdout=self._log or subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def ready(self) -> WorkerProcess:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.strip() == b"ready":
                threading.Thread(target=self.process.stdout.read, daemon=True).start()
                return self
        raise AssertionError(f"the worker ended with {self.process.wait()}")

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()
        if self._log is not None:
            self._log.close()
        self._folder.cleanup()


def ask(database: Database, kind: str, *, kinds: Kinds = sample_kinds.KINDS, **parameters: Any) -> int:
    """Enter a run; gives its number."""
    with database.transaction("Ada") as session:
        return enqueue(
            session,
            kind,
            parameters,
            trigger=RunTrigger.MANUAL,
            actor="Ada",
            now=datetime.now(UTC),
            kinds=kinds,
        ).run_id


def run(database: Database, run_id: int) -> Any:
    """The row of a run."""
    return one(database, "SELECT * FROM ci_automation_runs WHERE id = :id", id=run_id)


def one(database: Database, statement: str, **values: Any) -> Any:
    with database.reading() as session:
        return session.execute(text(statement), values).one()


def ended(database: Database, run_id: int, seconds: float = 60) -> Any:
    """The row of a run, as soon as it has ended."""
    assert wait_until(lambda: run(database, run_id).status not in OPEN, seconds), run(database, run_id)
    return run(database, run_id)


def wait_until(condition: Callable[[], object], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.03)
    return bool(condition())
