"""Programs that checkers start."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from ci_core.health.checkers import tools
from ci_core.health.checkers.cores import Cores, Turn
from ci_core.health.checkers.kinds import CheckCancelled, CheckerFailed, ToolMissing, ToolTimedOut, Workbench
from ci_core.health.checkers.tools import binary, in_batches, last_words, own_program, python_tool, run_tool, tool_name
from ci_core.settings.health import HealthSettings

MakeWorkbench = Callable[..., Workbench]
# Starts a child that leaves its group, says both numbers, and waits for ever.
WITH_A_CHILD = (
    "import os, subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session={alone})\n"
    "open(sys.argv[1], 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
    "{then}\n"
)


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-I", "-c", code, *arguments]


def gone(pids: list[int]) -> bool:
    def is_gone(pid: int) -> bool:
        try:
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    end = time.monotonic() + 5
    while not all(is_gone(pid) for pid in pids):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def test_a_program_reads_what_it_is_given_and_says_how_it_ended(make_workbench: MakeWorkbench, tmp_path: Path) -> None:
    code = "import sys; sys.stdout.write(sys.stdin.read().upper()); sys.stderr.write('hm'); sys.exit(3)"

    done = run_tool(python(code), cwd=tmp_path, workbench=make_workbench(), stdin="wörds", ok=(0, 3))

    assert (done.stdout, done.stderr, done.code) == ("WÖRDS", "hm", 3)


def test_a_program_gets_none_of_our_secrets_and_a_home_of_its_own(
    make_workbench: MakeWorkbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:secret@one/db")
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "/secret")
    workbench = make_workbench()
    code = "import json, os; print(json.dumps(dict(os.environ)))"

    done = run_tool(python(code), cwd=tmp_path, workbench=workbench, env={"GIVEN": "yes"})

    environment = json.loads(done.stdout)
    assert "secret" not in done.stdout
    assert environment["GIVEN"] == "yes"
    assert environment["PATH"] == os.environ["PATH"]
    assert all(Path(environment[name]).is_relative_to(workbench.scratch) for name in ("HOME", "TMPDIR"))
    assert list(workbench.scratch.iterdir()) == []


def test_a_program_that_fails_says_why_in_its_last_words_without_secrets(
    make_workbench: MakeWorkbench, tmp_path: Path
) -> None:
    code = "import sys; sys.stderr.write('Traceback\\nError: password=hunter2secret \\x1b[31mbroke\\n\\n'); sys.exit(2)"

    with pytest.raises(CheckerFailed, match=r"failed with status 2: Error: password=.*\[31mbroke$") as caught:
        run_tool(python(code), cwd=tmp_path, workbench=make_workbench())

    assert "hunter2" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_a_program_that_was_killed_says_by_what(make_workbench: MakeWorkbench, tmp_path: Path) -> None:
    with pytest.raises(CheckerFailed, match=r"was killed by signal 9 \(SIGKILL\)\.") as caught:
        run_tool(python("import os; os.kill(os.getpid(), 9)"), cwd=tmp_path, workbench=make_workbench())

    assert caught.value.remedy is not None
    assert "memory" in caught.value.remedy


@pytest.mark.parametrize("alone", [False, True])
def test_a_program_that_takes_too_long_is_ended_with_its_children(
    make_workbench: MakeWorkbench, tmp_path: Path, alone: bool
) -> None:
    code = WITH_A_CHILD.format(alone=alone, then="time.sleep(600)")

    with pytest.raises(ToolTimedOut, match=r"did not end within 1 s and was ended\."):
        run_tool(python(code, str(tmp_path / "pids")), cwd=tmp_path, workbench=make_workbench(seconds=1.2))

    assert gone([int(pid) for pid in (tmp_path / "pids").read_text().split()])


@pytest.mark.skipif(sys.platform == "win32", reason="there are no process groups")
def test_children_of_a_program_that_ended_are_ended_and_not_waited_for(
    make_workbench: MakeWorkbench, tmp_path: Path
) -> None:
    code = WITH_A_CHILD.format(alone=False, then="print('done')")
    began = time.monotonic()

    done = run_tool(python(code, str(tmp_path / "pids")), cwd=tmp_path, workbench=make_workbench())

    assert done.stdout == "done\n"
    assert time.monotonic() - began < 60
    assert gone([int(pid) for pid in (tmp_path / "pids").read_text().split()])


def test_a_cancelled_check_ends_its_programs(make_workbench: MakeWorkbench, tmp_path: Path) -> None:
    workbench = make_workbench()
    timer = threading.Timer(0.2, workbench.cancelled.set)
    timer.start()

    with pytest.raises(CheckCancelled):
        run_tool(python("import time; time.sleep(600)"), cwd=tmp_path, workbench=workbench)

    timer.join()
    with pytest.raises(CheckCancelled):
        run_tool(python("print(1)"), cwd=tmp_path, workbench=workbench)


def test_a_program_that_needs_too_much_memory_is_ended(make_workbench: MakeWorkbench, tmp_path: Path) -> None:
    workbench = make_workbench(settings=HealthSettings(checker_memory_mib=64))
    code = "import time; held = b'x' * (200 * 1024 * 1024); time.sleep(600)"

    with pytest.raises(CheckerFailed, match=r"needed \d+ MiB of memory, may have 64 MiB, and was ended\.") as caught:
        run_tool(python(code), cwd=tmp_path, workbench=workbench)

    assert "CI_HEALTH_CHECKER_MEMORY_MIB" in (caught.value.remedy or "")


def test_a_program_that_writes_without_end_is_ended(
    make_workbench: MakeWorkbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "MOST_OUTPUT_BYTES", 1024 * 1024)
    code = "import sys, time\nsys.stdout.write('x' * 3_000_000); sys.stdout.flush(); time.sleep(600)"

    with pytest.raises(CheckerFailed, match=r"wrote more than 1 MiB and was ended\."):
        run_tool(python(code), cwd=tmp_path, workbench=make_workbench())


def test_a_program_that_is_not_there_is_missing(make_workbench: MakeWorkbench, tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match="nosuchtool could not be started"):
        run_tool([str(tmp_path / "nosuchtool")], cwd=tmp_path, workbench=make_workbench())
    with pytest.raises(ToolMissing, match="no_such_tool is not installed here") as caught:
        python_tool("no_such_tool")
    assert caught.value.remedy == tools.REINSTALL
    with pytest.raises(ToolMissing, match="no-such-tool is not installed here"):
        binary("no-such-tool")


def test_no_file_of_the_checked_folder_is_imported_by_a_tool_of_ours(
    make_workbench: MakeWorkbench, tmp_path: Path
) -> None:
    checked = tmp_path / "checked"
    checked.mkdir()
    for name in ("json", "mypy", "ci_core", "sitecustomize", "usercustomize"):
        (checked / f"{name}.py").write_text(f"open({str(tmp_path / 'was-run')!r}, 'w')\n", encoding="utf-8")

    for argv in (
        [*python_tool("mypy"), "--version"],
        [*own_program("tests.ci_core.health.checkers.says_hello"), "tess"],
    ):
        assert run_tool(argv, cwd=checked, workbench=make_workbench()).stdout

    assert not (tmp_path / "was-run").exists()


def test_one_of_our_modules_runs_as_a_program_with_its_arguments(make_workbench: MakeWorkbench, tmp_path: Path) -> None:
    argv = [*own_program("tests.ci_core.health.checkers.says_hello"), "tess"]

    assert run_tool(argv, cwd=tmp_path, workbench=make_workbench()).stdout == "hello tess\n"
    assert tool_name(argv) == "says_hello"


def test_no_more_programs_run_at_once_than_there_are_cores(make_workbench: MakeWorkbench, tmp_path: Path) -> None:
    cores = Cores(1)
    held = Turn(cores)
    waiting = Turn(cores)

    with held.taken(threading.Event()) as got:
        assert got
        stop = threading.Event()
        threading.Timer(0.3, stop.set).start()
        with waiting.taken(stop) as got:
            assert not got

    assert 0.25 < waiting.waited_seconds() < 30
    with waiting.taken(threading.Event()) as got:
        assert got


def test_paths_are_given_in_groups_that_fit_a_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "MOST_ARGUMENT_BYTES", 42)

    batches = list(in_batches(["a" * 20, "b" * 20, "cc", "d" * 100, "e"]))

    assert batches == [["a" * 20], ["b" * 20, "cc"], ["d" * 100], ["e"]]
    assert list(in_batches([])) == []


def test_last_words_are_one_short_line() -> None:
    assert last_words("first\nlast one\n\n") == "last one"
    assert last_words("") == ""
    assert len(last_words("x" * 10_000)) <= tools.MOST_SAID + 1
