"""The tests of a repository are run apart from us, to their end, and told as they are."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ci_core.health.checkers import tests
from ci_core.health.checkers.kinds import CheckerFailed
from ci_core.health.checkers.tests import check
from ci_core.health.trials import events, testing
from ci_core.health.trials.coverage_figures import FileCoverage
from ci_core.health.trials.testing import Tried
from ci_core.health.values import Report, Target
from tests.ci_core.health.targets import target_of, workbench_in
from tests.ci_core.health.trials.environment import small_environment

STORY = """
import os, pathlib, socket, sys, time
import pytest
from app.sums import add

SCRATCH = pathlib.Path(os.environ["CI_WATCH"]).parent

def test_good():
    assert add(1, 2) == 3

def test_bad():
    assert add(1, 2) == 4, "password=hunter2secret"

def test_flaky():
    mark = SCRATCH / "mark"
    if not mark.exists():
        mark.write_text("x")
        raise RuntimeError("by chance")

def test_hangs():
    time.sleep(1000)

def test_our_secrets_are_not_here():
    assert "DATABASE_URL" not in os.environ
    assert os.environ["HOME"].startswith(str(SCRATCH))

def test_leaves_something_behind():
    pathlib.Path("left").write_text("x")

@pytest.mark.skip
def test_skipped():
    pass

@pytest.mark.xfail
def test_expected():
    assert False
"""
APART = """
import os, pathlib, socket
import pytest

SECRET = pathlib.Path(os.environ["CI_WATCH"]).parent.parent / "data" / "secret"

def test_no_network_but_its_own():
    with pytest.raises(OSError):
        socket.create_connection(("192.0.2.1", 80), 5)
    with socket.socket() as here:
        here.bind(("127.0.0.1", 0))
        here.listen()
        socket.create_connection(here.getsockname(), 5).close()

def test_no_sight_of_others():
    assert len([name for name in os.listdir("/proc") if name.isdigit()]) < 6

def test_no_sight_of_our_data():
    assert not SECRET.exists()

def test_no_sight_of_the_repository_s_own_settings():
    settings = SECRET.parent.parent / "repo" / ".env"
    assert not settings.exists() or settings.read_text() == ""

def test_no_sight_of_what_lies_where_everybody_s_sockets_do():
    assert os.listdir("/run") == []
    beside = SECRET.parent.parent / "beside"
    assert not str(beside).startswith(("/tmp/", "/run/")) or not beside.exists()
"""
REPOSITORY = {
    "pytest.ini": "[pytest]\naddopts = -x\n",
    "app/__init__.py": "",
    "app/sums.py": "def add(a, b):\n    return a + b\n\n\ndef never():\n    return 1\n",
    "tests/test_story.py": STORY,
    "tests/test_broken.py": "import nothing_there\n",
}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with pytest."""
    return small_environment(tmp_path_factory.mktemp("environment"))


def report(target: Target, folder: Path, python: Path, seconds: float = 120) -> Report:
    return check(target, workbench_in(folder, python=python, tests_seconds=seconds, coverage_total_percent=90))


def rules(found: Report) -> list[tuple[str, str | None, int | None]]:
    return sorted((one.rule, one.path, one.line) for one in found.sightings if one.path)


def test_a_whole_story(tmp_path: Path, python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Failing, flaky, hanging, unreadable, skipped: each as it is, with what of the code was run."""
    monkeypatch.setattr(testing, "LONGEST_HANG_SECONDS", 2.0)
    monkeypatch.setattr(testing, "SLOW_START", 30)
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    target = target_of(tmp_path / "repo", REPOSITORY)

    found = report(target, tmp_path, python)

    assert rules(found) == [
        ("collection-error", "tests/test_broken.py", None),
        ("failed-test", "tests/test_story.py", 11),
        ("flaky-test", "tests/test_story.py", 14),
        ("hanging-test", "tests/test_story.py", 20),
    ]
    messages = {one.rule: one.message for one in found.sightings}
    assert "hunter2secret" not in str(found)
    assert messages["failed-test"].startswith("test_bad fails: AssertionError")
    assert messages["flaky-test"].endswith("RuntimeError: by chance")
    assert messages["collection-error"].endswith("No module named 'nothing_there'")
    assert messages["low-coverage"] == "The tests run 75 % of the code; 90 % are wanted."
    figures = ("tests", "passed", "failed", "flaky", "hanging", "skipped", "collection_errors", "coverage_percent")
    assert [found.metrics[name] for name in figures] == [8, 3, 1, 1, 1, 2, 1, 75.0]
    assert found.file_metrics == {"app/sums.py": {"coverage_percent": 75.0}}
    assert found.looked_at_whole
    assert not (tmp_path / "repo/left").exists()
    assert not list((tmp_path / "repo").rglob("__pycache__"))


def lets_make_namespaces() -> bool:
    """Whether this machine lets an ordinary user shut a process off, asked of a program that is not ours."""
    program = shutil.which("unshare")
    if sys.platform != "linux" or program is None:
        return False
    return subprocess.run([program, "-rnmpf", "true"], check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(not lets_make_namespaces(), reason="this machine lets nobody make namespaces")
def test_where_it_can_be_it_is_shut_off(tmp_path: Path, python: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/secret").write_text("x")
    (tmp_path / "beside").write_text("x")
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo/.env").write_text("KEY=hunter2")

    found = report(target_of(tmp_path / "repo", {"tests/test_apart.py": APART}), tmp_path, python)

    assert (found.metrics["passed"], found.metrics["quarantine"]) == (5, "apart")


def test_a_crash_of_the_interpreter_is_told_by_the_test_that_did_it(tmp_path: Path, python: Path) -> None:
    code = "import os\n\ndef test_before():\n    pass\n\ndef test_crashes():\n    os.abort()\n"

    found = report(target_of(tmp_path / "repo", {"test_it.py": code}), tmp_path, python)

    failed = [one for one in found.sightings if one.rule == "failed-test"]
    assert [one.subject for one in failed] == ["test_it.py::test_crashes"]
    assert "the interpreter ended" in failed[0].message
    assert not found.looked_at_whole


def test_a_repository_without_tests_is_told_so(tmp_path: Path, python: Path) -> None:
    none = report(target_of(tmp_path / "a", {"app.py": "x = 1\n"}), tmp_path, python)
    empty = report(target_of(tmp_path / "b", {"README.md": ""}), tmp_path, python)

    assert [(one.rule, one.path) for one in none.sightings] == [("no-tests", None)]
    assert (none.metrics["coverage_percent"], none.looked_at_whole) == (0.0, True)
    assert empty.sightings == ()


def test_without_an_environment_or_without_pytest_it_says_what_to_do(tmp_path: Path) -> None:
    target = target_of(tmp_path / "repo", {"test_it.py": "def test(): pass\n"})
    with pytest.raises(CheckerFailed, match="no environment of its own") as failed:
        check(target, workbench_in(tmp_path))
    assert "CI_HEALTH_PYTHON" in str(failed.value.remedy)

    bare = small_environment(tmp_path / "bare", packages=("packaging",))
    with pytest.raises(CheckerFailed, match="pytest is not installed") as failed:
        check(target, workbench_in(tmp_path, python=bare))
    assert "-m pip install pytest" in str(failed.value.remedy)


def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tried: Tried) -> Report:
    """What is told of tests that did this."""
    monkeypatch.setattr(tests, "trial_of", lambda *_, **__: None)
    monkeypatch.setattr(tests, "try_tests", lambda *_: tried)
    return check(target_of(tmp_path / "repo", {"test_it.py": "", "app.py": ""}), workbench_in(tmp_path))


def failed(name: str, text: str) -> events.Test:
    return events.Test(f"test_it.py::{name}", "test_it.py", 5, events.Ending.FAILED, text=text)


def test_many_that_fail_alike_are_told_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alike = [failed(f"test_{number}", f"RuntimeError: at 0x{number + 7:012x} it broke") for number in range(12)]
    apart = [failed("test_x", "assert 1 == 2"), failed("test_y", "assert 2 == 3")]
    run = events.TestRun({test.nodeid: test for test in [*apart, *alike]}, collected=14, finished=True)

    found = fake(monkeypatch, tmp_path, Tried(run, coverage={"app.py": FileCoverage(frozenset({1}), frozenset({1}))}))

    assert [one.message for one in found.sightings] == [
        "test_x fails: assert 1 == 2",
        "test_y fails: assert 2 == 3",
        "12 tests fail alike: RuntimeError: at 0x… it broke",
    ]
    assert (found.sightings[2].details["severity"], len(found.sightings[2].details["tests"])) == ("high", 12)
    assert (found.metrics["failed"], found.metrics["coverage_percent"]) == (14, 100.0)
    assert found.seen == {"test_it.py", "app.py"}


def test_the_limit_ends_it_and_nothing_is_taken_for_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = events.TestRun({}, collected=2, files=frozenset({"test_it.py"}), begun="test_it.py::test_slow")
    covered = {"app.py": FileCoverage(frozenset({1}), frozenset())}

    found = fake(monkeypatch, tmp_path, Tried(run, out_of_time=True, coverage=covered))

    assert [(one.rule, one.path) for one in found.sightings] == [("tests-out-of-time", None)]
    assert "during test_it.py::test_slow" in found.sightings[0].message
    assert "coverage_percent" not in found.metrics
    assert (found.looked_at_whole, found.seen) == (False, frozenset())
    assert [one.path for one in found.unseen] == ["test_it.py"]


def test_a_file_that_hangs_when_it_is_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = fake(monkeypatch, tmp_path, Tried(events.TestRun(collected=0, finished=True), hung_files=["test_it.py"]))

    assert [(one.rule, one.path) for one in found.sightings] == [("hanging-test", "test_it.py")]
    assert found.metrics["hanging"] == 1


def test_options_that_pytest_does_not_know_are_told_in_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "ERROR: usage: pytest\npytest: error: unrecognized arguments: --no-such-option\n  rootdir: /somewhere\n"

    with pytest.raises(CheckerFailed, match="unrecognized arguments: --no-such-option"):
        fake(monkeypatch, tmp_path, Tried(said=said))
