"""`python run.py` as a user meets it: it starts, answers, says what is wrong, and leaves nothing behind."""

from __future__ import annotations

import ast
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.launching import PROJECT, Run, app_of, embedder_of, make_project, processes_of, wait_until

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")


@pytest.fixture(scope="session")
def shared_project() -> Iterator[Path]:
    """A short path, so that the database's socket fits into it."""
    parent = Path(tempfile.mkdtemp(prefix="magnus-run-")).resolve()
    yield make_project(parent / "project")
    shutil.rmtree(parent)


@pytest.fixture
def run(shared_project: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(*arguments: str, **options: Any) -> Run:
        runs.append(Run(shared_project, *arguments, **options))
        return runs[-1]

    yield start
    for each in runs:
        each.close()
    assert wait_until(lambda: processes_of(shared_project) == []), processes_of(shared_project)


def complaint(started: Run) -> str:
    """The single line that a failing start ends with."""
    assert started.status() == 1
    output = started.output()
    assert "Traceback" not in output
    return output.strip().splitlines()[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["INT", "TERM", "HUP"])
def test_running_app_is_ended_with_all_that_belongs_to_it(run, number):
    started = run().ready()

    started.ask(number)

    assert started.status() == 0
    assert processes_of(started.project) == []
    assert "Tables are up to date" in started.output()
    assert f"Magnus runs at http://127.0.0.1:{started.port}" in started.output()


def test_interrupt_reaches_a_start_in_the_background_of_a_script(run):
    started = run(background=True).ready()

    started.ask(signal.SIGINT)

    assert started.status() == 0


def test_impatient_second_ctrl_c_leaves_nothing_behind(run):
    started = run().ready()

    started.ask(signal.SIGINT)
    time.sleep(0.05)
    started.ask(signal.SIGINT)
    started.ask(signal.SIGTERM)

    assert started.status() == 0
    assert processes_of(started.project) == []


def test_ctrl_c_during_the_set_up_leaves_nothing_behind(run):
    started = run(STAND_IN_SECONDS="30")
    assert wait_until(lambda: "Tables are up to date" in started.output() or len(processes_of(started.project)) > 3)

    started.ask(signal.SIGINT)

    assert started.status() == 130
    assert processes_of(started.project) == []


def test_killed_app_is_started_again(run):
    started = run().ready()
    killed = app_of(started.project)

    killed.kill()

    assert wait_until(lambda: "killed by signal 9" in started.output())
    assert wait_until(lambda: started.output().count("Magnus runs at") == 2 and started.answers())
    assert started.process.poll() is None


def test_texts_get_their_vectors_beside_the_app_and_in_a_log_of_their_own(run):
    started = run().ready()

    assert wait_until(lambda: embedder_of(started.project) is not None)
    assert wait_until(lambda: "embedding" in (started.project / ".magnus/logs/embedder.log").read_text())
    assert "embedding" not in started.output()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_killed_launcher_takes_everything_with_it(run):
    started = run().ready()

    started.process.kill()
    started.process.wait()

    assert wait_until(lambda: processes_of(started.project) == [])


def test_second_start_changes_nothing(run):
    first = run().ready()
    first.ask(signal.SIGTERM)
    first.status()
    before = {path: path.stat().st_mtime_ns for path in (first.project / ".venv").rglob("*")}

    second = run().ready()

    assert {path: path.stat().st_mtime_ns for path in (first.project / ".venv").rglob("*")} == before
    assert "Installing" not in second.output()


def test_port_in_use_is_named_with_another_one(run):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        line = complaint(run("--port", str(port)))

    assert f"Port {port} on 127.0.0.1 is in use" in line
    assert "python run.py --port" in line


def test_second_magnus_on_the_same_port_is_recognised(run):
    first = run().ready()

    assert "Perhaps Magnus runs there already" in complaint(run("--port", str(first.port)))
    assert first.answers()


@pytest.mark.parametrize("host", ["::", "192.0.2.1", "example.org"])
def test_address_on_the_network_is_refused_without_sign_in(run, host):
    line = complaint(run("--host", host))

    assert "SSH tunnel" in line
    assert "CI_ALLOW_REMOTE=1" in line


def test_set_up_that_fails_is_told_in_its_own_line(run):
    problem = "Error: Cannot reach the database at db.invalid: no such host. Check DATABASE_URL."

    line = complaint(run(STAND_IN_PROBLEM=problem))

    assert line == problem.removeprefix("Error: ")


def test_configured_database_needs_no_embedded_one(run):
    started = run(DATABASE_URL="postgresql://db.invalid/magnus").ready()

    assert not [process for process in processes_of(started.project) if process.name().startswith("postgres")]


def test_data_folder_is_handed_to_everything(run, tmp_path):
    started = run("--data-dir", str(tmp_path / "data")).ready()

    assert f"Data folder {tmp_path / 'data'}" in started.output()
    assert (tmp_path / "data/postgres/data/PG_VERSION").exists()


def test_data_folder_that_cannot_be_written_is_named(run, tmp_path):
    (tmp_path / "file").write_text("")

    line = complaint(run("--data-dir", str(tmp_path / "file")))

    assert f"Cannot write in {tmp_path / 'file'}" in line
    assert "--data-dir" in line


def test_wrong_usage_ends_with_status_2(run):
    started = run("--port", "many")

    assert started.status() == 2
    assert "not a port" in started.output()


def test_help_names_every_option():
    shown = subprocess.run([sys.executable, PROJECT / "run.py", "--help"], capture_output=True, text=True, check=True)

    for word in ("--host", "--port", "--no-browser", "--data-dir", "run.py test"):
        assert word in shown.stdout


def test_old_python_can_read_the_file_and_is_told_what_it_lacks():
    source = (PROJECT / "run.py").read_text()

    ast.parse(source, feature_version=(3, 4))

    pretended = "import sys; sys.version_info = (3, 6, 15, 'final', 0)\n" + source
    old = subprocess.run([sys.executable, "-c", pretended], capture_output=True, text=True, check=False)
    assert old.returncode == 1
    assert old.stderr.startswith("Magnus needs Python 3.11 or newer, and this is Python 3.6")
    assert len(old.stderr.splitlines()) == 1
