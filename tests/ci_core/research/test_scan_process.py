"""A scan in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ci_core.research.scan_process import (
    LOG_NAME,
    ScanProcess,
    forget_old_logs,
    last_words,
    scan_command,
    start_scan_process,
)


def ended(script: str, folder: Path) -> ScanProcess:
    started = start_scan_process([sys.executable, "-c", script], folder)
    started.process.wait(timeout=30)
    return started


def test_the_command_names_each_kind_and_source_once_and_who_asked() -> None:
    command = scan_command([("reddit", "r/options"), ("reddit", "-dash"), ("arxiv", "r/options")], actor="Ana B")

    assert command[:6] == [sys.executable, "-m", "ci_core", "research", "scan", "--as=Ana B"]
    assert command[7:] == ["--source-type=reddit", "--source-type=arxiv", "--source=r/options", "--source=-dash"]
    assert scan_command([], actor="ana")[6:] == ["--json"]


def test_a_scan_that_goes_well_has_no_problem(tmp_path: Path) -> None:
    started = ended("print('done')", tmp_path / "logs")

    assert (started.runs, started.problem) == (False, None)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "import sys; sys.exit('noise\\nerror: The embedding model is missing.\\n')",
            "The embedding model is missing.",
        ),
        ("import sys; sys.exit(3)", "the scan ended with status 3"),
    ],
)
def test_a_scan_that_fails_is_told_in_its_last_words(tmp_path: Path, script: str, said: str) -> None:
    problem = ended(script, tmp_path).problem

    assert problem is not None
    assert problem.startswith(said)


def test_a_scan_that_runs_is_no_problem_and_outlives_who_asked_for_it(tmp_path: Path) -> None:
    started = start_scan_process([sys.executable, "-c", "input_ = __import__('time').sleep(60)"], tmp_path)
    try:
        assert (started.runs, started.problem) == (True, None)
        session = Path(f"/proc/{started.process.pid}/stat")
        if session.exists():  # its own session, so that no signal to ours reaches it
            assert int(session.read_text().rsplit(")", 1)[1].split()[3]) == started.process.pid
    finally:
        started.process.kill()
        started.process.wait(timeout=30)


def test_only_the_newest_logs_are_kept(tmp_path: Path) -> None:
    for number in range(25):
        (tmp_path / f"{number:04}-{LOG_NAME}").write_text("")
    (tmp_path / "ci.log").write_text("")

    forget_old_logs(tmp_path, keep=3)

    assert sorted(path.name for path in tmp_path.iterdir()) == [*(f"00{n}-{LOG_NAME}" for n in (22, 23, 24)), "ci.log"]


def test_a_log_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert last_words(tmp_path / "none") is None
