"""A program is shut off where that is possible, and runs all the same, told as not shut off, where it is not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[4]
START = "import sys; from ci_core.health.trials import quarantine; {}sys.exit(quarantine.main(sys.argv[1]))"
ELSEWHERE = "quarantine.sys.platform = 'elsewhere'; "
REFUSED = "quarantine._mount = quarantine._become; "  # breaks down half-way, as where a mount is refused


def run(folder: Path, code: str, before: str = "") -> tuple[int, dict[str, object], str]:
    plan, told = folder / "plan.json", folder / "told.json"
    content = {
        "command": [sys.executable, "-c", code], "shared": [], "hidden": [], "kept": [str(folder)], "told": str(told),
    }  # fmt: skip
    plan.write_text(json.dumps(content))
    done = subprocess.run(
        [sys.executable, "-c", START.format(before), str(plan)], cwd=PROJECT, capture_output=True, text=True, timeout=60
    )
    return done.returncode, json.loads(told.read_text()), done.stdout.strip()


@pytest.mark.parametrize("before", ["", ELSEWHERE, REFUSED])
def test_its_output_and_exit_status_come_through(tmp_path: Path, before: str) -> None:
    status, told, out = run(tmp_path, "print('here'); raise SystemExit(7)", before)

    assert (status, out) == (7, "here")
    if before:
        assert told["apart"] is False
        assert told["why"]


@pytest.mark.parametrize("before", ["", ELSEWHERE])
def test_a_crash_is_a_failure(tmp_path: Path, before: str) -> None:
    status, _, _ = run(tmp_path, "import os; os.kill(os.getpid(), 9)", before)

    assert status in {137, -9}


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is one of Unix")
def test_no_file_grows_without_bound(tmp_path: Path) -> None:
    _, _, out = run(tmp_path, "import resource; print(resource.getrlimit(resource.RLIMIT_FSIZE)[0])")

    assert out == str(2 * 2**30)
