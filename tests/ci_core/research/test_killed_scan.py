"""A scan whose process is killed on its way: nothing is lost, nothing comes twice, and it is told."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from ci_core import runs
from ci_core.research import batch, scan_parts
from ci_core.research.batch import Batch
from ci_core.research.intake import Counts
from db.engine import Database
from db.enums import RunStatus, StepStatus
from db.errors import DatabaseBusy
from tests.ci_core.research import scan_to_kill
from tests.ci_core.research.standins import Marks, as_person, findings

PROJECT = Path(__file__).resolve().parents[3]


def wait_until_some_are_stored(database: Database, process: subprocess.Popen[bytes], least: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, "it ended before it could be killed"
        if len(findings(database, "id")) >= least:
            return
        time.sleep(0.02)
    raise AssertionError("nothing was stored in time")


def test_a_killed_scan_loses_nothing_and_repeats_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    as_person(database, "INSERT INTO ci_research_sources (source_type, source_name) VALUES ('reddit', 'r/options')")
    process = subprocess.Popen([sys.executable, "-m", scan_to_kill.__name__, database.url], cwd=PROJECT)
    wait_until_some_are_stored(database, process, 16)
    process.send_signal(signal.SIGKILL)
    process.wait()

    before = findings(database, "external_id")
    assert 16 <= len(before) < scan_to_kill.COUNT
    assert len(before) % scan_parts.BATCH == 0  # whole batches only
    with database.reading() as session:
        moved = session.execute(text("SELECT newest_item_at FROM ci_research_sources")).scalar_one()
        killed = session.execute(text("SELECT id FROM ci_automation_runs")).scalar_one()
    assert moved is None  # the older ones are still to come

    monkeypatch.setattr(scan_parts, "SharedWindow", scan_parts.SharedWindow)  # put back afterwards
    scan_to_kill.carry_out(database, Marks())

    after = findings(database, "id, external_id, status, canonical_finding_id, source_title")
    assert sorted(found["external_id"] for found in after) == sorted(f"t3_{n}" for n in range(scan_to_kill.COUNT))
    copies = [found for found in after if found["status"] == "duplicate"]
    titles = {found["id"]: found["source_title"] for found in after}
    assert len(copies) == scan_to_kill.COUNT // 4
    assert all(titles[copy["canonical_finding_id"]] == copy["source_title"] for copy in copies)
    with database.transaction("tess") as session:
        vectors = session.execute(text("SELECT count(*) FROM ci_research_embeddings")).scalar_one()
        runs.end_killed_runs(session, now=datetime.now(UTC) + timedelta(minutes=1))
        told = runs.run_with_steps(session, killed)
    assert vectors == scan_to_kill.COUNT
    assert (told.run.status, told.run.error) == (RunStatus.FAILED, runs.KILLED)
    assert [(step.status, step.message) for step in told.steps] == [(StepStatus.FAILED, runs.KILLED)]


def test_a_batch_waits_for_a_lock_of_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def store(*_: object) -> Counts:
        tried.append(1)
        if len(tried) < 3:
            raise DatabaseBusy("another change stood in the way")
        return Counts(new=1)

    monkeypatch.setattr(batch, "PAUSES_SECONDS", (0.0, 0.0))
    monkeypatch.setattr(Batch, "_store", store)

    taken, refused = Batch(None, None, None, None, Counts()).take([])  # type: ignore[arg-type]

    assert (taken, refused, len(tried)) == (Counts(new=1), [], 3)
    tried.clear()
    monkeypatch.setattr(batch, "PAUSES_SECONDS", ())
    with pytest.raises(DatabaseBusy):
        Batch(None, None, None, None, Counts()).take([])  # type: ignore[arg-type]
