"""The virtual environment: made once, repaired when a kill left it half made, and its failures told in one line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.launch import checks, environment
from deploy.launch.environment import Environment, _explain
from deploy.launch.problem import LaunchProblem
from deploy.launch.processes import Children


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project that needs no package, with its environment made for real."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "lock.txt").write_text("# nothing\n")
    Environment(folder, Children(), {}).ensure("lock.txt")
    return folder


@pytest.fixture
def copy(project, tmp_path):
    shutil.copytree(project, tmp_path / "project", symlinks=True)
    made = Environment(tmp_path / "project", Children(), {})
    made._stamp.write_text(json.dumps(made._wanted(["lock.txt"])))
    return made


@pytest.fixture
def commands(monkeypatch):
    """The programs that an environment starts; none of them is run."""
    started = []
    monkeypatch.setattr(Environment, "_run", lambda *given: started.append(given[1]))
    return started


def test_environment_has_a_python_of_its_own(project):
    python = Environment(project, Children(), {}).python

    prefix = subprocess.run([python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True)

    assert Path(prefix.stdout.strip()) == project / ".venv"


def test_right_environment_starts_no_program(copy, commands):
    copy.ensure("lock.txt")

    assert commands == []


def test_changed_lock_is_installed_into_what_is_there(copy, commands):
    (copy._project / "lock.txt").write_text("# changed\n")

    copy.ensure("lock.txt")

    assert [command[1:4] for command in commands] == [["-m", "pip", "install"]]
    copy.ensure("lock.txt")
    assert len(commands) == 1


def test_half_made_environment_is_made_anew(copy, commands):
    copy._unfinished.touch()
    (copy._folder / "lib/rubbish").mkdir()

    copy.ensure("lock.txt")

    assert [command[2] for command in commands] == ["venv", "pip"]
    assert not (copy._folder / "lib").exists()
    assert not copy._unfinished.exists()


def test_environment_without_a_working_python_is_made_anew(copy, commands):
    copy.python.unlink()
    copy.python.symlink_to("/nonexistent/python")

    copy.ensure("lock.txt")

    assert [command[2] for command in commands] == ["venv", "pip"]


def test_no_network_is_named_and_leaves_the_environment_whole(project, monkeypatch):
    (project / "unknown.txt").write_text("magnus-no-such-package==1.0\n")
    settings = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": "/dev/null"}
    made = Environment(project, Children(), settings)

    with pytest.raises(LaunchProblem, match="no network"):
        made.ensure("lock.txt", "unknown.txt")

    assert not made._unfinished.exists()
    made.ensure("lock.txt")


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: 'x'", "no permission"),
        ("Collecting x\nERROR: No matching distribution found for x==1", "No matching distribution found for x==1"),
    ],
)
def test_failure_of_pip_is_told_by_its_cause(output, words):
    told = _explain("install the packages", output.splitlines(), 1)

    assert words in told
    assert "\n" not in told


def test_python_without_venv_is_told_the_package(monkeypatch):
    monkeypatch.setattr(checks.importlib.util, "find_spec", lambda *_: None)

    with pytest.raises(LaunchProblem, match=rf"apt install python3\.{sys.version_info.minor}-venv"):
        checks.check_python()


def test_folder_without_right_to_write_is_named(tmp_path, monkeypatch):
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(checks.tempfile, "TemporaryFile", refuse)

    with pytest.raises(LaunchProblem, match=r"Cannot write in .*: Permission denied\. Choose"):
        checks.check_writable(tmp_path, "Choose another.")


def test_progress_of_pip_is_one_text_that_changes():
    shown = []
    progress = environment._PipProgress(type("Shown", (), {"progress": staticmethod(shown.append)}))

    for line in ("Collecting a==1", "  Downloading a-1.whl (3 kB)", "Installing collected packages: a, b"):
        progress.read(line)

    assert shown == ["found 1", "found 1, fetching a-1.whl (3 kB)", "unpacking 2"]
    assert progress.installing
