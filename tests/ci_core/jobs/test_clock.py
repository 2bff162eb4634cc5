"""The clock ticks by itself, ends when told, and outlives what happens to its database and to the machine's time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ci_core.jobs import JobKind, Kinds, clock
from ci_core.jobs.clock import BEAT, BEAT_SECONDS, Clock, _EveryBeat
from ci_core.jobs.ticking import Tick
from ci_core.logs import Event
from db.engine import Database
from db.errors import DatabaseBusy, DatabaseUnavailable

KINDS = Kinds([JobKind("echo", "tests", "Echo", "tests", "tests:nothing")])
SOON = 10.0


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that comes soon."""
    end = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def said(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The events that were logged, each with its level."""
    return [{**record.msg, "level": record.levelname} for record in caplog.records if isinstance(record.msg, Event)]


class Looks:
    """Stands in for `tick`: counts looks, and does what a test wants."""

    def __init__(self) -> None:
        self.count = 0
        self.answer: Callable[[], Tick] = lambda: Tick(datetime.now(UTC))

    def __call__(self, *_: object, **__: object) -> Tick:
        self.count += 1
        return self.answer()


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    found = Looks()
    monkeypatch.setattr(clock, "tick", found)
    monkeypatch.setattr(clock, "LONGEST_WAIT_SECONDS", 0.2)
    return found


@pytest.fixture
def ticking(looks: Looks) -> Iterator[Clock]:
    found = Clock(None, kinds=KINDS)  # type: ignore[arg-type]
    yield found
    found.stop()


def test_it_enters_what_is_due_by_the_database_s_own_time(database: Database) -> None:
    with database.transaction("tess") as session:
        session.execute(text("DELETE FROM ci_research_sources"))
        session.execute(
            text("""
                INSERT INTO ci_schedules (name, kind, every_seconds, created_at, updated_at)
                VALUES ('often', 'echo', 10, now() - interval '11 seconds', now() - interval '11 seconds')
            """)
        )
    ticking = Clock(database, kinds=KINDS)

    ticking.start()
    try:
        until(lambda: bool(runs_of(database)))
    finally:
        ticking.stop()

    assert [run.run_type for run in runs_of(database)] == ["echo"]


def runs_of(database: Database) -> list[Any]:
    with database.reading() as session:
        return list(session.execute(text("SELECT run_type FROM ci_automation_runs")).all())


def test_it_looks_again_and_again_until_it_is_stopped(ticking: Clock, looks: Looks) -> None:
    ticking.start()
    until(lambda: looks.count >= 3)

    ticking.stop()
    count = looks.count
    time.sleep(2 * BEAT_SECONDS)

    assert looks.count == count
    ticking.stop()  # which it is


def test_it_is_started_once(ticking: Clock, looks: Looks) -> None:
    ticking.start()

    with pytest.raises(RuntimeError, match="runs already"):
        ticking.start()


def test_it_takes_at_once_what_one_look_could_not(ticking: Clock, looks: Looks) -> None:
    looks.answer = lambda: Tick(datetime.now(UTC), more=looks.count % 50 != 0)

    started = time.monotonic()
    ticking.start()
    until(lambda: looks.count >= 100)

    assert time.monotonic() - started < 5


def test_a_machine_whose_time_is_set_back_does_not_stop_it(ticking: Clock, looks: Looks) -> None:
    """APScheduler goes by the machine's time: its next beat lies an hour ahead now."""
    ticking.start()
    until(lambda: looks.count >= 1)
    scheduler = ticking._scheduler
    assert scheduler is not None

    scheduler.modify_job(BEAT, next_run_time=datetime.now(UTC) + timedelta(hours=1))
    count = looks.count

    until(lambda: looks.count >= count + 3)


def test_a_machine_that_slept_for_a_year_does_not_count_up_its_beats() -> None:
    now = datetime.now(UTC)

    assert _EveryBeat().get_next_fire_time(now - timedelta(days=366), now) == now + timedelta(seconds=BEAT_SECONDS)


def test_a_database_that_is_away_is_said_once_and_waited_for(
    ticking: Clock, looks: Looks, caplog: pytest.LogCaptureFixture
) -> None:
    away = True

    def answer() -> Tick:
        if away:
            raise DatabaseUnavailable("The database cannot be reached: no answer.")
        return Tick(datetime.now(UTC))

    looks.answer = answer
    with caplog.at_level(logging.DEBUG):
        ticking.start()
        until(lambda: looks.count >= 3)
        away = False
        until(lambda: ticking.last_tick is not None)
        ticking.stop()

    logs = said(caplog)
    assert [entry["event"] for entry in logs] == ["clock_started", "database_away", "clock_goes_on", "clock_stopped"]
    assert logs[1]["reason"] == "The database cannot be reached: no answer."


def test_a_database_that_is_busy_is_not_called_away(
    ticking: Clock, looks: Looks, caplog: pytest.LogCaptureFixture
) -> None:
    def answer() -> Tick:
        if looks.count < 2:
            raise DatabaseBusy("Another change of the same data stood in the way.")
        return Tick(datetime.now(UTC))

    looks.answer = answer
    with caplog.at_level(logging.DEBUG):
        ticking.start()
        until(lambda: ticking.last_tick is not None)

    assert [entry["event"] for entry in said(caplog)] == ["clock_started", "clock_waits", "clock_goes_on"]


def test_an_error_that_nobody_expects_is_logged_and_survived(
    ticking: Clock, looks: Looks, caplog: pytest.LogCaptureFixture
) -> None:
    def answer() -> Tick:
        if looks.count < 3:
            raise ZeroDivisionError
        return Tick(datetime.now(UTC))

    looks.answer = answer
    with caplog.at_level(logging.DEBUG):
        ticking.start()
        until(lambda: ticking.last_tick is not None)

    assert [entry["level"] for entry in said(caplog) if entry["event"] == "clock_failed"] == ["ERROR", "ERROR"]


def test_a_schedule_that_cannot_be_used_is_said_once(
    ticking: Clock, looks: Looks, caplog: pytest.LogCaptureFixture
) -> None:
    looks.answer = lambda: Tick(datetime.now(UTC), unusable={"mornings": "no cron line"}, overlapping=["scan"])
    with caplog.at_level(logging.DEBUG):
        ticking.start()
        until(lambda: looks.count >= 3)
        ticking.stop()

    assert [entry["schedule"] for entry in said(caplog) if entry["event"] == "schedule_unusable"] == ["mornings"]
    assert {entry["schedule"] for entry in said(caplog) if entry["event"] == "schedule_overlaps"} == {"scan"}
