"""Upkeep: what is too old goes in batches, what is of use stays; backups are made where they are ours to make."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ci_core.jobs import JobContext
from ci_core.jobs.tasks import upkeep
from ci_core.jobs.tasks.upkeep import NotBackedUp, back_up, tidy
from ci_core.runs import Step, run_with_steps
from ci_core.settings import Settings
from db.backup import Backup
from db.engine import Database
from db.enums import StepStatus
from db.errors import BackupError, DataFolderFull
from db.space import IndexSpace, SpaceReport, TableSpace, space_report
from tests.ci_core.jobs.tasks.conftest import Begin
from tests.ci_core.research.standins import NOW, as_person

RUN = "INSERT INTO ci_automation_runs (run_type, trigger, status, actor, created_at, ended_at, job_id) VALUES "
JOB = "INSERT INTO procrastinate_jobs (id, queue_name, task_name, status) OVERRIDING SYSTEM VALUE VALUES "


def one(database: Database, query: str, **values: Any) -> Any:
    with database.reading() as session:
        return session.execute(text(query), values).scalar_one()


def column(database: Database, query: str) -> list[Any]:
    with database.reading() as session:
        return list(session.scalars(text(query)))


def steps(context: JobContext) -> dict[str, Step]:
    with context.database.reading() as session:
        return {step.name: step for step in run_with_steps(session, context.run_id).steps}


def test_what_is_too_old_goes_and_the_rest_stays(
    database: Database, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "BATCH", 2)  # several batches
    old, lately = NOW - timedelta(days=500), NOW - timedelta(days=1)
    ended = ", ".join(f"('echo', 'manual', 'completed', 'Ada', :old, :old, {900 + n})" for n in range(5))
    recent = "('echo', 'manual', 'completed', 'Ada', :lately, :lately, 910)"
    waits = "('echo', 'manual', 'queued', 'Ada', :old, NULL, 911)"
    as_person(database, f"{RUN} {ended}, {recent}, {waits}", old=old, lately=lately)
    jobs = ", ".join(f"({900 + n}, 'q', 'echo', 'succeeded')" for n in range(5))
    as_person(
        database,
        f"{JOB} {jobs}, (910, 'q', 'echo', 'succeeded'), (911, 'q', 'echo', 'todo'), (912, 'q', 'gone', 'failed')",
    )
    as_person(
        database,
        "INSERT INTO ci_run_log (run_id, logged_at, level, event) "
        "SELECT id, coalesce(ended_at, created_at), 'info', 'said' FROM ci_automation_runs",
    )
    remembered = "('lint', '1', 'old', '[]', :old), ('lint', '1', 'new', '[]', :lately)"
    as_person(
        database,
        f"INSERT INTO ci_health_cache (checker, version, blob, sightings, used_at) VALUES {remembered}",
        old=old,
        lately=lately,
    )
    context = begin("database_upkeep")

    counts = tidy(context)

    assert column(database, "SELECT job_id FROM ci_automation_runs WHERE run_type = 'echo' ORDER BY 1") == [910, 911]
    assert column(database, "SELECT id FROM procrastinate_jobs WHERE task_name <> 'database_upkeep' ORDER BY 1") == [
        910,
        911,
    ]
    assert one(database, "SELECT count(*) FROM ci_run_log") == 2  # of the two runs that are there
    assert steps(context)["old rows"].counts == {
        "jobs": 6,
        "log_lines": 5,
        "runs": 5,
        "notifications": 0,
        "checkers_memory": 1,
    }
    assert (counts["deleted"], counts["analyzed"] > 20) == (17, True)
    assert one(database, "SELECT last_analyze IS NOT NULL FROM pg_stat_user_tables WHERE relname = 'ci_enhancements'")
    room = steps(context)["room"].counts
    assert room["database_mib"] > 1
    assert "ci_enhancements" in room["largest_mib"] or len(room["largest_mib"]) == 10


def test_dead_rows_are_cleared_away_where_they_are_many(database: Database, begin: Begin) -> None:
    as_person(
        database,
        "CREATE TABLE much (n int) WITH (autovacuum_enabled = false); "
        "INSERT INTO much SELECT generate_series(1, 30000)",
    )
    as_person(database, "DELETE FROM much WHERE n > 5000")
    as_person(database, "SELECT pg_stat_force_next_flush()")

    assert tidy(begin("database_upkeep"))["vacuumed"] == 1

    with database.reading() as session:
        assert next(table for table in space_report(session).tables if table.name == "much").dead_rows == 0


def test_the_report_names_what_wastes_room_and_how_to_mend_it() -> None:
    mib = 2**20
    report = SpaceReport(
        900 * mib,
        (TableSpace("big", 500 * mib, 400 * mib, 10, 0, 55.0), TableSpace("small", mib, mib, 1, 0, 90.0)),
        (
            IndexSpace("waste", "big", 100 * mib, 5, True, False, 60.0),
            IndexSpace("unused", "big", 50 * mib, 0, True, False, None),
            IndexSpace("rule", "big", 50 * mib, 0, True, True, None),
            IndexSpace("broken", "big", mib, 0, False, False, None),
        ),
    )

    told = report.remarks

    assert len(told) == 4
    assert told[0].startswith("Index broken is not valid")
    assert "Table big: about 55 % of 400 MiB hold nothing. VACUUM FULL big" in told[1]
    assert told[2].endswith("REINDEX INDEX CONCURRENTLY waste")
    assert told[3].startswith("Index unused (50 MiB) was never used")


def test_the_estimate_of_waste_is_near_what_was_deleted(database: Database) -> None:
    as_person(
        database,
        "CREATE TABLE half (n bigint, words text) WITH (autovacuum_enabled = false); "
        "INSERT INTO half SELECT n, repeat('x', 100) FROM generate_series(1, 20000) n; CREATE INDEX half_n ON half (n)",
    )
    as_person(database, "ANALYZE half")
    with database.reading() as session:
        full = space_report(session)
    as_person(database, "DELETE FROM half WHERE n % 2 = 0")
    as_person(database, "ANALYZE half")
    with database.reading() as session:
        halved = space_report(session)

    def waste(report: SpaceReport) -> tuple[float, float]:
        table = next(table for table in report.tables if table.name == "half")
        index = next(index for index in report.indexes if index.name == "half_n")
        assert table.waste_percent is not None
        assert index.waste_percent is not None
        return table.waste_percent, index.waste_percent

    assert max(waste(full)) < 15
    assert min(waste(halved)) > 40
    assert max(waste(halved)) < 60


def settings(tmp_path: Path, **values: Any) -> Settings:
    return Settings(_env_file=None, **{"DATABASE_URL": None, "DB_HOST": None, "CI_DATA_DIR": tmp_path, **values})


def test_a_backup_is_made_once_however_often_it_is_attempted(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def take(url: str, folder: Path, *, now: Any, keep: int) -> Backup:
        asked.append((url, folder, keep))
        return Backup(folder / "magnus-1.dump", 3 * 2**20, "0012", {"ci_enhancements": 7}, now)

    monkeypatch.setattr(upkeep, "take_backup", take)
    first = begin("database_backup", settings=settings(tmp_path, CI_BACKUPS_KEPT=3))

    counts = back_up(first)
    again = back_up(begin(again=first))

    assert dict(counts) == dict(again) == {"file": "magnus-1.dump", "mib": 3.0, "rows": 7}
    assert asked == [(first.database.url, tmp_path / "backups", 3)]


def test_a_server_of_ones_own_is_left_to_its_owner(begin: Begin, tmp_path: Path) -> None:
    context = begin("database_backup", settings=settings(tmp_path, DATABASE_URL="postgresql://elsewhere/x"))

    assert dict(back_up(context)) == {"skipped": 1}

    step = steps(context)["backup"]
    assert step.status is StepStatus.SKIPPED
    assert "pg_dump --format=custom" in str(step.message)


@pytest.mark.parametrize(
    ("error", "raised"),
    [(BackupError("Another one is under way."), NotBackedUp), (DataFolderFull("full"), DataFolderFull)],
)
def test_a_backup_that_fails_says_why(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, raised: type[Exception]
) -> None:
    def fail(*_: Any, **__: Any) -> Backup:
        raise error

    monkeypatch.setattr(upkeep, "take_backup", fail)
    with pytest.raises(raised, match=str(error)):
        back_up(begin("database_backup", settings=settings(tmp_path)))
