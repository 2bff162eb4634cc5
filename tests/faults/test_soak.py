"""The soak in small: a worker killed, the database restarted, nothing lost. `python -m tests.faults.soak` is long."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tests.faults.soak import Plan, Soak


def test_nothing_is_lost_or_doubled_by_a_kill_and_a_restart() -> None:
    folder = Path(tempfile.mkdtemp(prefix="mci-soak-"))  # a socket's path must be short
    plan = Plan(jobs=400, workers=2, kill_every=5, restarts=1, restart_every=(6, 7), seconds_per_step=0.02)
    try:
        report = Soak(plan, folder).run()
    finally:
        shutil.rmtree(folder)

    assert report.is_good, report
    assert report.completed == 400
    assert report.restarts == 1
