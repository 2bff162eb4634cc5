"""A database that stands still for longer than workers may be silent: nobody is taken for dead, and all goes on."""

from __future__ import annotations

import contextlib
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from db import migrate
from db.embedded.cluster import Cluster
from db.embedded.server import EmbeddedServer
from db.engine import Database
from tests.ci_core.jobs.working import ask, ended, run, wait_until, working

FROZEN_SECONDS = 18.0


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="mci-frozen-"))  # a socket's path must be short
    yield path
    shutil.rmtree(path)


def signal_all(server: psutil.Process, number: int) -> None:
    for process in (server, *server.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)


def test_jobs_go_on_where_they_were_when_the_database_stood_still(folder: Path) -> None:
    with EmbeddedServer(folder) as handle:
        database = Database(handle.start(), application_name="tests")
        migrate.upgrade(database.engine)
        with working(database):
            under_way = ask(database, "sleep", seconds=FROZEN_SECONDS + 3)
            assert wait_until(lambda: run(database, under_way).status == "running")
            time.sleep(5)  # so that the rescue has begun to look
            server = Cluster(folder).postmaster()
            assert server is not None
            signal_all(server, signal.SIGSTOP)
            try:
                time.sleep(FROZEN_SECONDS)
            finally:
                signal_all(server, signal.SIGCONT)
            later = ask(database, "nothing")
            assert ended(database, later).status == "completed"
            done = ended(database, under_way)
        database.dispose()

    assert (done.status, done.attempt, done.kills) == ("completed", 1, 0)
