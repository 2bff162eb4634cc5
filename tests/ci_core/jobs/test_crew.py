"""Processes beside the sidecar are started again when they end, and end with it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import psutil
import pytest

from ci_core.jobs import crew
from ci_core.jobs.crew import Crew
from ci_core.settings import PROJECT

STAY = [sys.executable, "-c", "import sys; sys.stdin.read()"]
FALL = [sys.executable, "-c", "raise SystemExit(7)"]
OWNER = f"""
import time
from ci_core.jobs.crew import Crew
own = Crew(1, {STAY!r})
own.start()
while not own.pids:
    time.sleep(0.02)
print(*own.pids, flush=True)
time.sleep(60)
"""


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(crew, "FIRST_WAIT_SECONDS", 0.05)


def test_a_killed_member_comes_back_and_all_end_with_the_crew() -> None:
    own = Crew(2, STAY)
    own.start()
    assert wait_until(lambda: len(own.pids) == 2)
    first, second = own.pids

    psutil.Process(first).kill()

    assert wait_until(lambda: len(own.pids) == 2 and first not in own.pids)
    assert second in own.pids
    pids = own.pids
    own.stop()
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_one_that_falls_at_once_is_held_back_longer_each_time() -> None:
    own = Crew(1, FALL)
    waits: set[float] = set()
    own.start()

    assert wait_until(lambda: not waits.add(own._members[0].wait_seconds) and max(waits) >= 0.4)

    own.stop()
    assert sorted(waits)[:4] == [0.0, 0.05, 0.1, 0.2]


def test_none_outlives_a_killed_owner() -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, cwd=PROJECT, text=True)
    with owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert psutil.pid_exists(pid)
        owner.kill()

    assert wait_until(lambda: not psutil.pid_exists(pid))


def test_a_crew_of_nobody_starts_and_ends() -> None:
    own = Crew(0, STAY)
    own.start()
    own.stop()

    assert own.pids == ()
