"""Every slot that is due becomes one run, however many clocks look, and whatever befalls them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ci_core.jobs import JobKind, Kinds, ticking
from ci_core.jobs.ticking import tick
from db.engine import Database
from db.errors import DatabaseError

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def kind(name: str, **values: Any) -> JobKind:
    return JobKind(name=name, agent="tests", title=name.title(), queue="tests", work="tests:nothing", **values)


KINDS = Kinds(
    [
        kind("echo"),
        kind("alone", key=lambda _parameters: "alone"),
        kind("by_place", key=lambda parameters: f"place:{parameters['place']}"),
        kind("research_scan", key=lambda parameters: f"scan:{parameters['source_id']}"),
    ]
)


def do(database: Database, statement: str, **values: Any) -> list[Any]:
    with database.transaction("tess") as session:
        found = session.execute(text(statement), values)
        return list(found.all()) if found.returns_rows else []


def schedule(database: Database, name: str = "hourly", **values: Any) -> int:
    """A schedule every hour, made an hour and a second ago, whose next time has not been worked out."""
    made = NOW - HOUR - timedelta(seconds=1)
    if "cron" not in values:
        values.setdefault("every_seconds", 3600)
    row = {"name": name, "kind": "echo", "created_at": made, "updated_at": made, **values}
    columns, places = ", ".join(row), ", ".join(f":{column}" for column in row)
    (made_row,) = do(database, f"INSERT INTO ci_schedules ({columns}) VALUES ({places}) RETURNING id", **row)
    return int(made_row.id)


def source(database: Database, name: str, **values: Any) -> int:
    row = {"source_type": "reddit", "source_name": name, "scan_frequency_hours": 12, **values}
    columns, places = ", ".join(row), ", ".join(f":{column}" for column in row)
    (made,) = do(database, f"INSERT INTO ci_research_sources ({columns}) VALUES ({places}) RETURNING id", **row)
    return int(made.id)


def runs(database: Database) -> list[Any]:
    return do(database, "SELECT * FROM ci_automation_runs ORDER BY id")


def stored(database: Database, number: int) -> Any:
    return do(database, "SELECT * FROM ci_schedules WHERE id = :id", id=number)[0]


def look(database: Database, now: datetime = NOW) -> Any:
    return tick(database, now, kinds=KINDS)


@pytest.fixture(scope="module")
def standing(new_database: Callable[..., str], template_name: str) -> Iterator[Database]:
    """A database that the tests of this file share."""
    database = Database(new_database(template_name), application_name="tests")
    yield database
    database.dispose()


@pytest.fixture
def database(standing: Database) -> Database:
    """It, without anything that is due."""
    for table in ("ci_schedules", "ci_research_sources", "ci_automation_runs", "procrastinate_jobs"):
        do(standing, f"DELETE FROM {table}")
    return standing


def test_a_due_slot_becomes_a_run_with_its_job(database: Database) -> None:
    number = schedule(database, parameters='{"say": "hello"}', priority=5)

    found = look(database)

    (run,) = runs(database)
    assert (found.entered, run.run_type, run.trigger, run.actor) == (1, "echo", "scheduled", "agent:clock")
    assert (run.schedule_id, run.due_at, run.priority) == (number, NOW - timedelta(seconds=1), 5)
    assert run.parameters == {"say": "hello"}
    (job,) = do(database, "SELECT id, task_name, args, scheduled_at, priority FROM procrastinate_jobs")
    assert tuple(job) == (run.job_id, "echo", {"run_id": run.id}, run.due_at, 5)
    after = stored(database, number)
    assert (after.next_due_at, after.last_due_at) == (run.due_at + HOUR, run.due_at)
    assert (after.computed_at, after.last_run_id) == (NOW, run.id)


def test_the_same_slot_is_not_entered_again(database: Database) -> None:
    schedule(database)
    look(database)

    assert look(database).entered == 0
    assert look(database, NOW + HOUR - 2 * timedelta(seconds=1)).entered == 0
    assert look(database, NOW + HOUR).entered == 1


def test_what_is_switched_off_or_of_an_unknown_kind_is_left_alone(database: Database) -> None:
    off = schedule(database, "off", enabled=False)
    unknown = schedule(database, "unknown", kind="comes_with_the_next_release")

    assert look(database).entered == 0

    # A program that knows the kind takes the slot.
    assert stored(database, off).computed_at is None
    assert stored(database, unknown).computed_at is None
    assert tick(database, NOW, kinds=Kinds([kind("comes_with_the_next_release")])).entered == 1


def test_times_that_passed_are_one_run_or_none(database: Database) -> None:
    once = schedule(database, "once", missed="once")
    skipped = schedule(database, "skipped", missed="skip")
    look(database)
    before = len(runs(database))

    found = look(database, NOW + 5 * HOUR + 30 * MINUTE)

    (run,) = runs(database)[before:]
    latest = NOW - timedelta(seconds=1) + 5 * HOUR
    assert (run.schedule_id, run.due_at) == (once, latest)
    assert sorted(found.skipped) == ["once", "skipped"]
    assert stored(database, skipped).last_due_at == latest
    assert stored(database, skipped).next_due_at == stored(database, once).next_due_at == latest + HOUR


def test_nothing_is_entered_while_the_run_of_before_is_open(database: Database) -> None:
    number = schedule(database, kind="alone")
    look(database)

    found = look(database, NOW + HOUR)

    (run,) = runs(database)
    assert (found.entered, found.overlapping) == (0, ["hourly"])
    after = stored(database, number)
    assert (after.next_due_at, after.last_run_id) == (NOW + 2 * HOUR - timedelta(seconds=1), run.id)
    do(database, "UPDATE ci_automation_runs SET status = 'completed'")
    assert look(database, NOW + 2 * HOUR).entered == 1


def test_two_schedules_of_one_key_enter_one_run(database: Database) -> None:
    schedule(database, "a", kind="alone")
    schedule(database, "b", kind="alone")

    found = look(database)

    assert (found.entered, found.overlapping) == (1, ["b"])
    assert len(do(database, "SELECT id FROM procrastinate_jobs")) == 1


def test_what_cannot_be_used_is_told_and_does_not_stop_the_others(database: Database) -> None:
    wrong = schedule(database, "wrong-cron", cron="every morning")
    zone = schedule(database, "wrong-zone", cron="0 2 * * *", time_zone="Europe/Atlantis")
    lacking = schedule(database, "lacking", kind="by_place")
    schedule(database, "well")

    found = look(database)

    assert found.entered == 1
    assert "Every day at two is: 0 2 * * *" in found.unusable["wrong-cron"]
    assert "Europe/Atlantis" in found.unusable["wrong-zone"]
    assert "needs the parameter place" in found.unusable["lacking"]
    assert {stored(database, one).next_due_at for one in (wrong, zone, lacking)} == {NOW + HOUR}
    assert look(database).unusable == {}
    assert len(look(database, NOW + HOUR).unusable) == 3


def test_one_that_postgresql_refuses_does_not_stop_the_others(database: Database) -> None:
    kinds = Kinds([kind("echo"), JobKind("refused", "tests", "Refused", "q" * 61, "tests:nothing")])
    schedule(database, "refused", kind="refused")
    schedule(database, "well")

    found = tick(database, NOW, kinds=kinds)

    assert (found.entered, [run.run_type for run in runs(database)]) == (1, ["echo"])
    assert "refuses its run" in found.unusable["refused"]


def test_corrected_ones_are_looked_at_again_at_once(database: Database) -> None:
    number = schedule(database, cron="every morning")
    look(database)

    do(database, "UPDATE ci_schedules SET cron = '*/5 * * * *', updated_at = :at", at=NOW)

    assert (stored(database, number).next_due_at, stored(database, number).version) == (None, 2)
    tick(database, datetime.now(UTC) + 6 * MINUTE, kinds=KINDS)
    assert len(runs(database)) == 1


def test_a_slot_that_came_before_anybody_looked_is_not_lost(database: Database) -> None:
    """Made while no clock ran; the next time is worked out long after it has passed."""
    schedule(database, cron="30 11 * * *", time_zone="UTC")

    look(database, NOW + 2 * HOUR)

    (run,) = runs(database)
    assert run.due_at == datetime(2026, 11, 25, 11, 30, tzinfo=UTC)


def test_a_clock_set_back_by_less_than_a_day_repeats_nothing(database: Database) -> None:
    number = schedule(database)
    look(database)
    look(database, NOW + HOUR)

    for minutes in range(-300, 60, 10):
        look(database, NOW + minutes * MINUTE)

    assert len(runs(database)) == 2
    assert stored(database, number).next_due_at == NOW + 2 * HOUR - timedelta(seconds=1)


def test_a_clock_that_stood_a_year_ahead_starves_nothing(database: Database) -> None:
    number = schedule(database)
    look(database, NOW + 366 * DAY)
    ahead = len(runs(database))

    look(database, NOW)
    look(database, NOW + HOUR)

    assert ahead == 1
    assert len(runs(database)) == 2
    assert stored(database, number).last_due_at == NOW + HOUR - timedelta(seconds=1)


def test_more_than_one_look_takes_are_told(database: Database) -> None:
    for number in range(3):
        schedule(database, f"s{number}")

    first, second = (tick(database, NOW, kinds=KINDS, most=2) for _ in range(2))

    assert (first.entered, first.more, second.entered, second.more) == (2, True, 1, False)


def test_rows_that_another_clock_holds_are_left_to_it(database: Database) -> None:
    schedule(database, "held")
    schedule(database, "free")

    with database.transaction("tess") as session:
        session.execute(text("SELECT id FROM ci_schedules WHERE name = 'held' FOR NO KEY UPDATE"))
        found = look(database)

    assert (found.entered, found.more) == (1, False)
    assert look(database).entered == 1


def test_four_clocks_at_once_take_each_slot_once(database: Database) -> None:
    for number in range(40):
        schedule(database, f"s{number:02}")

    def beat(_clock: int) -> int:
        return sum(int(tick(database, NOW, kinds=KINDS, most=7).entered) for _ in range(12))

    with ThreadPoolExecutor(4) as clocks:
        entered = sum(clocks.map(beat, range(4)))

    assert entered == 40
    assert len({run.schedule_id for run in runs(database)}) == 40
    assert len(do(database, "SELECT id FROM procrastinate_jobs")) == 40


def test_a_clock_that_dies_in_the_middle_leaves_the_slot_to_the_others(database: Database) -> None:
    schedule(database)

    class Died(Exception):
        pass

    class Dying(Kinds):
        def __getitem__(self, name: str) -> JobKind:
            raise Died

    with pytest.raises(Died):
        tick(database, NOW, kinds=Dying([kind("echo")]))

    assert runs(database) == []
    assert look(database).entered == 1


def test_a_clock_that_freezes_in_the_middle_holds_nothing_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds the row while it is frozen, and wakes up when another one has taken the slot."""
    monkeypatch.setattr(ticking, "LONGEST_HOLD_SECONDS", 0.2)
    schedule(database)
    holds, woken = threading.Event(), threading.Event()

    class Freezing(Kinds):
        def __getitem__(self, name: str) -> JobKind:
            holds.set()
            woken.wait(10)
            return super().__getitem__(name)

    with ThreadPoolExecutor(1) as other:
        frozen = other.submit(tick, database, NOW, kinds=Freezing([kind("echo")]))
        holds.wait(10)
        at_once = look(database).entered
        entered = 0
        for _ in range(100):
            if entered := look(database).entered:
                break
            time.sleep(0.05)
        woken.set()
        with pytest.raises(DatabaseError):
            frozen.result()

    assert (at_once, entered, len(runs(database))) == (0, 1, 1)


def test_no_database_is_an_error_of_its_own(new_database: Any) -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing", connect_timeout_seconds=1)
    try:
        with pytest.raises(DatabaseError):
            look(database)
    finally:
        database.dispose()


def test_sources_that_are_due_are_scanned_one_after_another(database: Database) -> None:
    numbers = [source(database, f"r/{number}") for number in range(4)]

    entered = [look(database, NOW + seconds * timedelta(seconds=1)).entered for seconds in range(0, 100, 10)]

    assert entered == [1, 0, 0, 1, 0, 0, 1, 0, 0, 1]
    assert [run.parameters for run in runs(database)] == [{"source_id": number} for number in numbers]
    assert {run.lock_key for run in runs(database)} == {f"scan:{number}" for number in numbers}
    times = do(database, "SELECT next_scan_at FROM ci_research_sources ORDER BY id")
    assert [row.next_scan_at for row in times] == [NOW + 12 * HOUR + n * timedelta(seconds=30) for n in range(4)]


def test_many_sources_are_spread_over_ten_minutes(database: Database) -> None:
    for number in range(100):
        source(database, f"r/{number}")

    look(database)

    *waiting, scanned = (
        row.at for row in do(database, "SELECT next_scan_at AS at FROM ci_research_sources ORDER BY at")
    )
    assert waiting == [NOW + n * timedelta(seconds=6) for n in range(1, 100)]
    assert scanned == NOW + 12 * HOUR


@pytest.mark.parametrize(
    "values",
    [
        {"enabled": False},
        {"next_scan_at": NOW + HOUR},
        {"retry_at": NOW + HOUR},
        {"next_scan_at": NOW - HOUR, "retry_at": NOW + HOUR},
        {"next_scan_at": NOW + 40 * DAY, "retry_at": NOW + 40 * DAY},
    ],
)
def test_sources_that_are_off_or_not_due_are_not_scanned(database: Database, values: dict[str, Any]) -> None:
    source(database, "r/later", **values)

    assert look(database).entered == 0


@pytest.mark.parametrize(
    "values",
    [
        {"next_scan_at": NOW + 366 * DAY, "last_scan_at": NOW + 365 * DAY, "retry_at": NOW + 366 * DAY},
        {"next_scan_at": NOW + 366 * DAY, "last_scan_at": NOW - DAY},
    ],
)
def test_times_of_a_clock_that_was_ahead_starve_no_source(database: Database, values: dict[str, Any]) -> None:
    source(database, "r/starved", **values)

    assert look(database).entered == 1
    do(database, "UPDATE ci_automation_runs SET status = 'completed'")
    assert look(database, NOW + 11 * HOUR).entered == 0
    assert look(database, NOW + 12 * HOUR).entered == 1


def test_a_source_that_is_being_scanned_is_asked_for_once(database: Database) -> None:
    source(database, "r/slow")
    look(database)

    found = look(database, NOW + 12 * HOUR)

    assert (found.entered, len(runs(database))) == (0, 1)
