"""The scheduler as people start, look at and end it at a shell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from ci_core.settings import PROJECT
from db.engine import Database

READY_SECONDS = 120


class Shell:
    """`ci …` with a data folder and a database of this test's own."""

    def __init__(self, data_dir: Path, url: str) -> None:
        self.data_dir = data_dir
        self._environment = {**os.environ, "CI_DATA_DIR": str(data_dir), "DATABASE_URL": url, "CI_ACTOR": "Ada"}

    def ci(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ci_core", *words]
        return subprocess.run(
            command,
            cwd=PROJECT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=READY_SECONDS,
        )

    def pid(self) -> int:
        return int(json.loads((self.data_dir / "scheduler.pid").read_text())["pid"])


@pytest.fixture
def shell(tmp_path: Path, database: Database) -> Iterator[Shell]:
    given = Shell(tmp_path / "data", database.url)
    yield given
    given.ci("scheduler", "stop")


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def test_it_starts_shows_what_it_does_and_ends(shell: Shell, database: Database) -> None:
    with database.transaction("Ada") as session:  # its sources are nobody's business here
        session.execute(text("UPDATE ci_research_sources SET enabled = false"))
    assert shell.ci("scheduler", "status").returncode == 3

    started = shell.ci("scheduler", "start", "--concurrency", "3")
    assert (started.returncode, started.stderr) == (0, "")
    pid = shell.pid()
    again = shell.ci("scheduler", "start")
    status = shell.ci("scheduler", "status", "--json")
    people = shell.ci("scheduler", "status")
    stopped = shell.ci("scheduler", "stop")

    assert (again.returncode, f"process {pid}" in again.stderr) == (1, True)
    told = json.loads(status.stdout)
    assert status.returncode == 0
    assert told["running"] is True
    assert told["scheduler"]["pid"] == pid
    assert [(one["pid"], one["concurrency"], one["has_clock"]) for one in told["workers"]] == [(pid, 3, True)]
    assert set(told) >= {"queues", "now", "waiting", "next", "last"}
    assert f"process {pid}" in people.stdout
    assert (stopped.returncode, psutil.pid_exists(pid)) == (0, False)
    assert shell.ci("scheduler", "status", "--json").returncode == 3
    assert not (shell.data_dir / "scheduler.pid").exists()


def test_a_killed_one_is_not_running_and_another_can_start(shell: Shell) -> None:
    assert shell.ci("scheduler", "start", "--workers", "0").returncode == 0
    process = psutil.Process(shell.pid())
    process.kill()
    process.wait(10)

    status = shell.ci("scheduler", "status")
    again = shell.ci("scheduler", "start", "--workers", "0")

    assert (status.returncode, "No scheduler" in status.stdout) == (3, True)
    assert again.returncode == 0
    assert shell.pid() != process.pid


def test_several_workers_end_with_it_however_it_ends(shell: Shell, database: Database) -> None:
    assert shell.ci("scheduler", "start", "--workers", "2", "--queues", "research").returncode == 0
    pid = shell.pid()

    def workers() -> list[tuple[int, list[str]]]:
        with database.reading() as session:
            return [
                tuple(row) for row in session.execute(text("SELECT pid, queues FROM ci_workers ORDER BY has_clock"))
            ]

    assert wait_until(lambda: len(workers()) == 2, READY_SECONDS)
    (other, queues), (own, _) = workers()
    assert (own, queues) == (pid, ["research"])
    psutil.Process(pid).kill()

    assert wait_until(lambda: not psutil.pid_exists(other))


def test_folder_that_cannot_be_used_is_told_in_words(tmp_path: Path, database: Database) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    shell = Shell(tmp_path / "data", database.url)

    for words in (["start"], ["start", "--foreground"]):
        found = shell.ci("scheduler", *words)

        assert found.returncode == 1
        assert "CI_DATA_DIR" in found.stderr
        assert "Traceback" not in found.stderr


def test_queue_that_nobody_has_is_named(shell: Shell) -> None:
    for words in (["scheduler", "start"], ["worker"]):
        found = shell.ci(*words, "--queues", "research,dancing")

        assert found.returncode == 1
        assert "no queue “dancing”" in found.stderr


def test_it_waits_for_a_database_that_is_away_and_says_so(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "data", "postgresql://nobody@127.0.0.1:1/nothing")
    environment = {**os.environ, "CI_DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": "postgresql://n@127.0.0.1:1/n"}
    command = [sys.executable, "-m", "ci_core", "scheduler", "start", "--foreground"]
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = next(line for line in process.stderr if "waits for the database" in line)
        status = shell.ci("scheduler", "status", "--json")
        process.terminate()
        process.stderr.read()

    assert "cannot be reached" in line
    told = json.loads(status.stdout)
    assert (status.returncode, told["running"], told["scheduler"]["ready"]) == (0, True, False)
    assert "cannot be reached" in told["problem"]
    assert process.returncode == 0
