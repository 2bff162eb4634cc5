"""A worker that dies, freezes, or loses its database loses no job, and doubles no effect."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import text

from db.engine import Database
from tests.ci_core.jobs.working import WorkerProcess, ask, ended, one, run, wait_until, working


@pytest.fixture
def start(database: Database) -> Iterator[Callable[..., WorkerProcess]]:
    """Starts workers that can be killed; those left over are."""
    started: list[WorkerProcess] = []

    def begin(**options: Any) -> WorkerProcess:
        started.append(WorkerProcess(database.url, **options))
        return started[-1].ready()

    yield begin
    for worker in started:
        worker.close()


def change(database: Database, statement: str, **values: Any) -> None:
    with database.transaction("tests") as session:
        session.execute(text(statement), values)


def make_effects(database: Database) -> None:
    change(database, "CREATE TABLE effects (run_id bigint, attempt int)")


def lost(database: Database, run_id: int, *, silent: bool = True) -> None:
    """Let a run look as if a worker had begun it and died."""
    change(database, "SELECT procrastinate_register_worker_v1()")
    change(
        database,
        "SELECT procrastinate_fetch_job_v2(ARRAY[(SELECT queue FROM ci_automation_runs WHERE id = :id)]::varchar[],"
        " (SELECT max(id) FROM procrastinate_workers))",
        id=run_id,
    )
    if silent:
        change(database, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '20 s'")


def test_job_of_a_killed_worker_runs_again_within_ten_seconds(
    database: Database, start: Callable[..., WorkerProcess], tmp_path: Path
) -> None:
    make_effects(database)
    notes = tmp_path / "notes"
    worker = start()
    apart = ask(database, "sleep_apart", seconds=5.0, notes=str(notes))
    assert wait_until(notes.exists, 40)
    effect = ask(database, "effect", seconds=2.0)
    assert wait_until(lambda: run(database, effect).status == "running")
    child = int(notes.read_text().split()[3])
    with working(database):
        worker.kill()
        began = time.monotonic()
        assert wait_until(lambda: run(database, effect).attempt == 2, 25)
        assert time.monotonic() - began < 10 * 2  # twice the limit, because tests run beside others
        done = ended(database, effect), ended(database, apart)

    assert [(row.status, row.attempt, row.kills) for row in done] == [("completed", 2, 1)] * 2
    assert one(database, "SELECT count(*) FROM effects")[0] == 1
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_a_frozen_worker_that_wakes_up_overwrites_nothing(
    database: Database, start: Callable[..., WorkerProcess]
) -> None:
    make_effects(database)
    frozen = start()
    run_id = ask(database, "effect", seconds=2.0)
    assert wait_until(lambda: run(database, run_id).status == "running")
    frozen.send(signal.SIGSTOP)
    with working(database):
        done = ended(database, run_id, 40)
        frozen.send(signal.SIGCONT)
        assert wait_until(lambda: one(database, "SELECT count(*) FROM ci_workers")[0] == 2)
        later = ask(database, "nothing")
        ended(database, later)
        time.sleep(3)  # it would have written by now

    assert (done.status, done.attempt, done.kills) == ("completed", 2, 1)
    assert run(database, run_id)._mapping == done._mapping
    assert one(database, "SELECT count(*) FROM effects")[0] == 1


def test_a_job_that_kills_its_worker_is_set_aside_after_the_third_time(database: Database) -> None:
    in_thread, apart = ask(database, "nothing"), ask(database, "add_apart", numbers=[1])
    change(database, "UPDATE ci_automation_runs SET kills = 2")
    for _ in range(2):
        lost(database, in_thread)

    with working(database, queues=["others"]):
        done = ended(database, in_thread, 30)
        assert wait_until(lambda: run(database, apart).kills == 3)

    assert (done.status, done.kills, done.error_kind) == ("failed", 3, "killed")
    assert done.error.startswith("Set aside after 3 times: the worker")
    # Its process has nothing to do with the worker's.
    assert run(database, apart).status == "queued"


def test_a_lost_run_that_had_said_its_end_is_not_begun_again(database: Database) -> None:
    completed, cancelled = ask(database, "nothing"), ask(database, "nothing")
    for run_id in (completed, cancelled):
        lost(database, run_id)
    change(
        database, "UPDATE ci_automation_runs SET status = 'completed', ended_at = now() WHERE id = :id", id=completed
    )
    change(
        database,
        "UPDATE procrastinate_jobs SET abort_requested = true WHERE id = (SELECT job_id FROM ci_automation_runs"
        " WHERE id = :id)",
        id=cancelled,
    )

    with working(database, queues=["others"]):
        assert ended(database, cancelled, 30).status == "cancelled"

    jobs = "SELECT status::text FROM procrastinate_jobs ORDER BY id"
    with database.reading() as session:
        assert session.scalars(text(jobs)).all() == ["succeeded", "aborted"]


def test_a_session_that_holds_a_lost_run_is_ended(database: Database) -> None:
    run_id = ask(database, "nothing")
    lost(database, run_id)
    job_id = run(database, run_id).job_id
    holder = Database(database.url, application_name=f"magnus-ci job {job_id}.0")
    with holder.engine.connect() as connection:
        connection.execute(text("SELECT id FROM ci_automation_runs FOR SHARE"))
        with working(database):
            assert ended(database, run_id, 30).status == "completed"
        connection.invalidate()
    holder.dispose()


def test_jobs_that_were_fetched_by_a_lost_answer_are_given_back(database: Database) -> None:
    with working(database, queues=["others"]):
        run_id = ask(database, "nothing")
        change(
            database,
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT max(worker_id) FROM ci_workers),"
            " queue_name = 'others'",
        )
        done = ended(database, run_id, 30)

    assert (done.status, done.attempt, done.kills) == ("completed", 2, 0)


def test_a_worker_that_was_forgotten_comes_back_with_its_jobs(database: Database) -> None:
    with working(database):
        run_id = ask(database, "sleep", seconds=5)
        assert wait_until(lambda: run(database, run_id).status == "running")
        before = one(database, "SELECT worker_id FROM ci_workers").worker_id
        change(database, "DELETE FROM procrastinate_workers")
        assert wait_until(lambda: one(database, "SELECT count(*) FROM ci_workers")[0] == 1)
        done = ended(database, run_id, 30)
        after = one(database, "SELECT worker_id FROM ci_workers").worker_id

    assert done.status == "completed"
    assert after != before


def test_a_worker_told_to_end_finishes_what_is_short_and_gives_back_what_is_long(
    database: Database, start: Callable[..., WorkerProcess]
) -> None:
    worker = start()
    short, long, apart = (
        ask(database, "sleep", seconds=2),
        ask(database, "sleep", seconds=90),
        ask(database, "sleep_apart", seconds=90),
    )
    assert wait_until(lambda: all(run(database, run_id).status == "running" for run_id in (short, long, apart)))

    began = time.monotonic()
    worker.send(signal.SIGTERM)
    assert worker.process.wait(40) == 0

    assert time.monotonic() - began < 30
    assert run(database, short).status == "completed"
    for run_id in (long, apart):
        row = run(database, run_id)
        assert (row.status, row.failures, row.kills) == ("queued", 0, 0)
    assert one(database, "SELECT count(*) FROM procrastinate_workers")[0] == 0
