"""What the doctor says of the scheduler, of workers, and of what failed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from ci_core.doctor import Check, Outcome
from ci_core.jobs.checks import sidecar_checks
from ci_core.jobs.standing import PidFile
from ci_core.settings import Settings
from db.engine import Database

WORKER = """
    WITH one AS (INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id)
    INSERT INTO ci_workers (worker_id, host, pid, has_clock, queues)
    SELECT id, 'desk', 7, CAST(:clock AS boolean), CAST(:queues AS text[]) FROM one
"""
JOB = """
    WITH job AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('upkeep', 'database_upkeep') RETURNING id
    )
    INSERT INTO ci_automation_runs (run_type, job_id, queue) SELECT 'database_upkeep', id, 'upkeep' FROM job
"""
FAILED = "INSERT INTO ci_automation_runs (run_type, status, ended_at) VALUES ('database_upkeep', 'failed', now())"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


def checks(database: Database, settings: Settings) -> dict[str, Check]:
    with database.reading() as session:
        return {check.name: check for check in sidecar_checks(session, settings)}


def do(database: Database, statement: str, **values: object) -> None:
    with database.transaction("agent:tests") as session:
        session.execute(text(statement), values)


def test_where_nothing_runs_the_remedy_is_to_start_it(database: Database, settings: Settings) -> None:
    found = checks(database, settings)

    assert found["scheduler"].outcome is Outcome.WARNING
    assert "ci scheduler start" in (found["scheduler"].remedy or "")
    assert found["workers"].detail.startswith("0 on no machine")
    assert found["failed runs"].outcome is Outcome.OK


def test_a_living_one_is_well_and_one_that_waits_says_for_what(database: Database, settings: Settings) -> None:
    do(database, WORKER, clock=True, queues=None)
    file = PidFile(settings.data_dir)
    file.take(workers=1)
    file.tell("works", ready=True)
    well = checks(database, settings)
    file.tell("waits for the database: it is away", ready=False)
    waits = checks(database, settings)
    file.give_back()

    assert (well["scheduler"].outcome, well["workers"].outcome) == (Outcome.OK, Outcome.OK)
    assert waits["scheduler"].outcome is Outcome.WARNING
    assert "it is away" in waits["scheduler"].detail


def test_one_on_another_machine_is_enough(database: Database, settings: Settings) -> None:
    do(database, WORKER, clock=True, queues=None)

    found = checks(database, settings)

    assert found["scheduler"].outcome is Outcome.OK
    assert found["scheduler"].detail == "none on this machine; one on desk"


def test_queue_that_nobody_takes_is_named(database: Database, settings: Settings) -> None:
    do(database, WORKER, clock=True, queues=["research"])
    do(database, JOB)

    found = checks(database, settings)["workers"]

    assert found.outcome is Outcome.WARNING
    assert found.detail.endswith("nobody takes upkeep")
    assert found.remedy == "Start a worker that takes them: ci worker --queues upkeep"


def test_what_failed_for_good_is_counted(database: Database, settings: Settings) -> None:
    do(database, FAILED)

    found = checks(database, settings)["failed runs"]

    assert (found.outcome, found.detail) == (Outcome.WARNING, "1 within a day failed for good")
