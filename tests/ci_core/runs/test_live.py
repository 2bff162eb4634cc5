"""What runs and waits is known within a second, costs a page no query, and is new only when something changed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core import runs
from ci_core.runs.live import Live, LiveRuns, open_runs
from db.engine import Database
from db.enums import RunStatus
from tests.ci_core.runs.runs_made import NOW, made

ACTOR = "tess"


@pytest.fixture
def live(database: Database) -> Iterator[LiveRuns]:
    following = LiveRuns(database)
    following.start()
    following.start()
    assert following.await_revision(0, 10).revision == 1
    yield following
    following.stop()


def test_what_runs_comes_first_with_its_step_and_how_far_it_is(session: Session) -> None:
    waiting = made(session, "queued", at=NOW)
    made(session, "completed")
    late = made(session, "running", at=NOW + timedelta(seconds=5), progress=40)
    early = made(session, "running", at=NOW, attempt=2)
    done = runs.begin_step(session, late, "r/options", now=NOW)
    runs.finish_step(session, done, "completed", now=NOW)  # type: ignore[arg-type]
    runs.begin_step(session, late, "r/quant", now=NOW)

    found = open_runs(session)

    assert [run.id for run in found.runs] == [early, late, waiting]
    assert (found.running, found.waiting) == (2, 1)
    second = found.runs[1]
    assert (second.step, second.steps_done, second.steps, second.progress_percent) == ("r/quant", 1, 2, 40.0)
    assert (found.runs[0].attempt, found.runs[0].host, found.runs[0].step) == (2, "one", None)
    assert found.runs[2].status is RunStatus.QUEUED


def test_a_change_is_there_within_a_second(database: Database, live: LiveRuns) -> None:
    with database.transaction(ACTOR) as session:
        run_id = made(session, "running")
    begun = time.monotonic()
    started = live.await_revision(1, 10)
    took = time.monotonic() - begun
    with database.transaction(ACTOR) as session:
        runs.beat(session, run_id, now=NOW, progress_percent=55)
    moved = live.await_revision(started.revision, 10)
    with database.transaction(ACTOR) as session:
        runs.finish_run(session, run_id, RunStatus.COMPLETED, now=NOW)
    ended = live.await_revision(moved.revision, 10)

    assert took < 1.0
    assert started.value is not None
    assert [run.id for run in started.value.runs] == [run_id]
    assert moved.value is not None
    assert [run.progress_percent for run in moved.value.runs] == [55.0]
    assert ended.value is not None
    assert ended.value.runs == ()
    assert ended.problem is None


def test_what_nobody_sees_is_no_new_revision(database: Database, live: LiveRuns) -> None:
    with database.transaction(ACTOR) as session:
        run_id = made(session, "running", progress=5)
    before = live.await_revision(1, 10)

    with database.transaction(ACTOR) as session:
        runs.beat(session, run_id, now=NOW + timedelta(seconds=5), progress_percent=5)
        made(session, "completed")

    assert live.await_revision(before.revision, 1.5).revision == before.revision


def test_a_lost_connection_is_told_and_comes_back_with_what_was_missed(database: Database, live: LiveRuns) -> None:
    with database.transaction(ACTOR) as session:
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        session.execute(text(f"SELECT pg_terminate_backend(pid) {others}"))
        made(session, "running")

    found = live.await_revision(1, 15)

    assert found.value is not None
    assert found.value.running == 1
    assert found.problem is None


def test_a_value_of_ones_own_is_compared_by_its_essence(database: Database) -> None:
    reads = []

    def read(session: Session) -> tuple[int, int]:
        reads.append(1)
        return len(reads), int(session.execute(text("SELECT count(*) FROM ci_schedules")).scalar_one())

    live = Live(database, read, tables={"ci_schedules"}, essence=lambda value: value[1], at_least_every_seconds=0.2)
    live.start()
    try:
        assert live.await_revision(0, 10).revision == 1
        until = time.monotonic() + 10
        while len(reads) < 3 and time.monotonic() < until:
            time.sleep(0.02)
        assert len(reads) >= 3
        assert live.snapshot().revision == 1
        with database.transaction(ACTOR) as session:
            session.execute(text("INSERT INTO ci_schedules (name, kind, every_seconds) VALUES ('a', 'a', 60)"))
        assert live.await_revision(1, 10).revision == 2
    finally:
        live.stop()


def test_a_database_that_is_away_at_first_is_told_in_words() -> None:
    live = LiveRuns(Database("postgresql://nobody@127.0.0.1:1/none"))
    live.start()
    try:
        until = time.monotonic() + 10
        while "refused" not in (live.snapshot().problem or "") and time.monotonic() < until:
            time.sleep(0.02)
        found = live.snapshot()
    finally:
        live.stop()

    assert (found.value, found.revision) == (None, 0)
    assert "refused" in (found.problem or "")
    assert found.stale_seconds > 0
