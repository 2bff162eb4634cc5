"""Schedules are added, changed, paused, deleted and undone; what cannot be used is told with the remedy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog.undo import undo_last
from ci_core.errors import InvalidInput, NotAllowed, NotFound
from ci_core.jobs import JobKind, Kinds
from ci_core.jobs.calendar import calendar
from ci_core.jobs.default_schedules import DEFAULT_SCHEDULES, ensure_default_schedules
from ci_core.jobs.schedules import (
    NewSchedule,
    Schedule,
    ScheduleChanged,
    add_schedule,
    delete_schedule,
    edit_schedule,
    find_schedule,
    run_now,
    schedules,
    set_enabled,
)
from ci_core.jobs.ticking import tick
from db.engine import Database
from db.enums import MissedRuns

NOW = datetime.now(UTC)


def kind(name: str, **values: Any) -> JobKind:
    return JobKind(name=name, agent="tests", title=name.title(), queue="tests", work="tests:nothing", **values)


KINDS = Kinds([kind("echo"), kind("by_place", key=lambda parameters: f"place:{parameters['place']}")])
NIGHTLY = NewSchedule("nightly", "echo", cron="0 2 * * *", time_zone="Europe/Berlin")


def add(session: Session, new: NewSchedule = NIGHTLY, **changes: Any) -> Schedule:
    return add_schedule(session, replace(new, **changes), actor="tess", kinds=KINDS)


def edit(session: Session, named: int | str, *, actor: str = "tess", version: int | None = None, **to: Any) -> Schedule:
    return edit_schedule(session, named, to, actor=actor, expected_version=version, kinds=KINDS)


def test_an_added_one_is_told_with_its_times(session: Session) -> None:
    added = add(session, parameters={"say": "hello"}, description=" What for ", jitter_seconds=0)

    assert added == find_schedule(session, added.id, kinds=KINDS) == find_schedule(session, "nightly", kinds=KINDS)
    assert (added.when, added.title, added.description) == ("every day at 02:00", "Echo", "What for")
    assert (added.parameters, added.missed, added.created_by) == ({"say": "hello"}, MissedRuns.ONCE, "tess")
    assert (added.enabled, added.built_in, added.version, added.problem) == (True, False, 1, None)
    assert added.next_due_at is not None
    assert NOW < added.next_due_at <= NOW + timedelta(hours=25)


def test_all_are_listed_by_name(session: Session) -> None:
    session.execute(text("DELETE FROM ci_schedules"))
    add(session, name="b")
    add(session, name="a")

    assert [one.name for one in schedules(session, kinds=KINDS)] == ["a", "b"]


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"cron": "at two"}, "cron", "Every day at two is: 0 2 \\* \\* \\*"),
        ({"cron": None}, "cron", "either a cron line"),
        ({"every_seconds": 60}, "cron", "either a cron line"),
        ({"cron": None, "every_seconds": 3}, "every_seconds", "from 10 of them to 366 days"),
        ({"time_zone": "Europe/Atlantis"}, "time_zone", "Write one such as Europe/Berlin"),
        ({"name": "Nightly Upkeep"}, "name", "nightly-upkeep"),
        ({"name": "12"}, "name", "no mere number"),
        ({"parameters": ["a"]}, "parameters", "are an object"),
        ({"parameters": {"at": float("nan")}}, "parameters", "plain JSON"),
        ({"parameters": {"at": NOW}}, "parameters", "plain JSON"),
        ({"parameters": {"text": "x" * 10_001}}, "parameters", "at most 10,000 characters"),
        ({"parameters": {"text": "\0"}}, "parameters", "NUL"),
        ({"kind": "by_place"}, "parameters", "needs the parameter place"),
        ({"jitter_seconds": 86_401}, "jitter_seconds", "from 0 to 86,400"),
        ({"jitter_seconds": True}, "jitter_seconds", "whole number"),
        ({"priority": 101}, "priority", "from -100 to 100"),
        ({"missed": "twice"}, "missed", "write once or skip"),
        ({"description": "x" * 501}, "description", "501 characters; 500 are allowed"),
        ({"enabled": "yes"}, "enabled", "true or false"),
    ],
)
def test_what_cannot_be_used_is_named(session: Session, changes: dict[str, Any], field: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as raised:
        add(session, **changes)

    assert raised.value.field == field
    stored = add(session)
    with pytest.raises(InvalidInput, match=told):
        edit(session, stored.id, **{"cron": stored.cron, "every_seconds": None, **changes})


def test_an_unknown_kind_is_named_with_those_there_are(session: Session) -> None:
    with pytest.raises(NotFound, match=r"no kind of job “dance”\. There are: by_place, echo"):
        add(session, kind="dance")


def test_a_name_is_given_once(session: Session) -> None:
    add(session)
    other = add(session, name="other")

    with pytest.raises(InvalidInput, match="“nightly” already"):
        add(session)
    with pytest.raises(InvalidInput, match="“nightly” already"):
        edit(session, other.id, name="nightly")


@pytest.mark.parametrize("named", ["nobody", 99_999_999, "99999999", 0, 2**64, "-1"])
def test_one_that_is_not_there_is_told(session: Session, named: int | str) -> None:
    with pytest.raises(NotFound, match="There is no schedule"):
        find_schedule(session, named, kinds=KINDS)
    with pytest.raises(NotFound, match="There is no schedule"):
        edit(session, named, priority=1)


def test_an_edit_changes_what_is_named_and_makes_a_version(session: Session) -> None:
    before = add(session, priority=3)

    after = edit(session, "nightly", cron="30 4 * * *")

    assert (after.cron, after.priority, after.version) == ("30 4 * * *", 3, 2)
    assert edit(session, "nightly", cron="30 4 * * *").version == 2
    assert after.next_due_at != before.next_due_at


def test_an_interval_replaces_the_cron_line_and_the_other_way_round(session: Session) -> None:
    number = add(session).id

    every = edit(session, number, every_seconds=3600)
    assert (every.cron, every.every_seconds, every.when) == (None, 3600, "every hour")
    back = edit(session, number, cron="0 2 * * *")
    assert (back.cron, back.every_seconds) == ("0 2 * * *", None)


def test_an_edit_of_something_that_was_changed_meanwhile_is_refused(session: Session) -> None:
    seen = add(session)
    edit(session, seen.id, actor="Bo", jitter_seconds=60)

    with pytest.raises(ScheduleChanged, match="Bo changed jitter seconds in the meantime") as raised:
        edit(session, seen.id, version=seen.version, priority=1)
    with pytest.raises(ScheduleChanged):
        set_enabled(session, seen.id, False, actor="tess", expected_version=seen.version, kinds=KINDS)
    with pytest.raises(ScheduleChanged):
        delete_schedule(session, seen.id, actor="tess", expected_version=seen.version)

    assert raised.value.current_version == 2
    assert edit(session, seen.id, version=2, priority=1).priority == 1


def test_what_no_schedule_has_cannot_be_changed(session: Session) -> None:
    with pytest.raises(InvalidInput, match="no built_in"):
        edit(session, add(session).id, built_in=True)


def test_a_paused_one_has_no_next_time(session: Session) -> None:
    number = add(session).id

    paused = set_enabled(session, number, False, actor="tess", kinds=KINDS)
    again = set_enabled(session, number, True, actor="tess", kinds=KINDS)

    assert (paused.enabled, paused.next_due_at) == (False, None)
    assert again.enabled
    assert again.next_due_at is not None


def test_one_that_cannot_run_says_why_and_can_be_paused(session: Session) -> None:
    number = add(session).id
    session.execute(text("UPDATE ci_schedules SET kind = 'of_another_release' WHERE id = :id"), {"id": number})

    broken = find_schedule(session, number, kinds=KINDS)

    assert "no kind of job “of_another_release”" in (broken.problem or "")
    assert (broken.next_due_at, broken.title) == (None, "of_another_release")
    with pytest.raises(NotFound):
        set_enabled(session, number, True, actor="tess", kinds=KINDS)
    assert not set_enabled(session, number, False, actor="tess", kinds=KINDS).enabled


def test_one_of_the_product_is_not_deleted(session: Session) -> None:
    number = add(session).id
    session.execute(text("UPDATE ci_schedules SET built_in = true"))

    with pytest.raises(NotAllowed, match="Pause it instead"):
        delete_schedule(session, number, actor="tess")


def test_a_run_at_once_goes_before_what_the_clock_entered(session: Session) -> None:
    number = add(session, priority=50).id
    before = find_schedule(session, number, kinds=KINDS)

    asked = run_now(session, "nightly", actor="tess", now=NOW, kinds=KINDS)

    run = session.execute(text("SELECT * FROM ci_automation_runs WHERE id = :id"), {"id": asked.run_id}).one()
    assert (run.schedule_id, run.trigger, run.actor, run.priority) == (number, "manual", "tess", 10)
    after = find_schedule(session, number, kinds=KINDS)
    assert (after.last_run_id, after.last_status) == (asked.run_id, "queued")
    assert (after.next_due_at, after.version) == (before.next_due_at, before.version)


def test_a_second_run_at_once_is_the_open_one(session: Session) -> None:
    add(session, kind="by_place", parameters={"place": "here"})

    first, second = (run_now(session, "nightly", actor="tess", now=NOW, kinds=KINDS) for _ in range(2))

    assert (first.created, second.created, second.run_id) == (True, False, first.run_id)


def test_a_correction_is_taken_up_at_the_next_look(database: Database) -> None:
    with database.transaction("tess") as session:
        number = add(session, kind="by_place", parameters={"place": "here"}, cron=None, every_seconds=10).id
        session.execute(text("UPDATE ci_schedules SET parameters = '{}', updated_at = now() - interval '1 minute'"))
    later = datetime.now(UTC) + timedelta(minutes=2)
    assert "needs the parameter place" in tick(database, later, kinds=KINDS).unusable["nightly"]

    with database.transaction("tess") as session:
        edit(session, number, parameters={"place": "there"})

    assert tick(database, later, kinds=KINDS).entered == 1


def test_changes_are_undone(database: Database) -> None:
    def by_tess(change: Any) -> Any:
        with database.transaction("tess") as session:
            return change(session)

    by_tess(lambda session: session.execute(text("DELETE FROM ci_schedules")))
    before = by_tess(add)
    by_tess(lambda session: edit(session, before.id, cron="0 5 * * *", enabled=False))
    by_tess(lambda session: undo_last(session, actor="tess"))
    undone = by_tess(lambda session: find_schedule(session, before.id, kinds=KINDS))
    assert (undone.cron, undone.enabled) == (before.cron, True)
    assert undone.next_due_at is not None

    by_tess(lambda session: delete_schedule(session, before.id, actor="tess"))
    by_tess(lambda session: undo_last(session, actor="tess"))

    assert by_tess(lambda session: find_schedule(session, before.id, kinds=KINDS)).name == "nightly"


def test_defaults_come_once_and_what_people_changed_stays(session: Session) -> None:
    session.execute(text("DELETE FROM ci_schedules"))
    every = Kinds([kind(one.kind) for one in DEFAULT_SCHEDULES])
    some = Kinds([kind("database_upkeep")])

    assert ensure_default_schedules(session, time_zone="Europe/Berlin", actor="agent:setup", kinds=some) == 1
    edit_schedule(session, "database-upkeep", {"cron": "0 5 * * *"}, actor="tess", kinds=every)
    added = ensure_default_schedules(session, time_zone="UTC", actor="agent:setup", kinds=every)

    assert added == len(DEFAULT_SCHEDULES) - 1
    assert ensure_default_schedules(session, time_zone="UTC", actor="agent:setup", kinds=every) == 0
    found = {one.name: one for one in schedules(session, kinds=every)}
    upkeep = found["database-upkeep"]
    assert (upkeep.cron, upkeep.time_zone, upkeep.built_in) == ("0 5 * * *", "Europe/Berlin", True)
    assert {one.problem for one in found.values()} == {None}


def test_every_default_can_be_used_as_it_is() -> None:
    names = [one.name for one in DEFAULT_SCHEDULES]

    assert len(set(names)) == len(names)
    assert all(one.description.endswith(".") for one in DEFAULT_SCHEDULES)


def test_the_calendar_names_schedules_and_sources(session: Session) -> None:
    session.execute(text("DELETE FROM ci_schedules"))
    session.execute(text("DELETE FROM ci_research_sources"))
    kinds = Kinds([*KINDS.values(), kind("research_scan")])
    add(session, every_seconds=12 * 3600, cron=None)
    add(session, name="often", cron=None, every_seconds=60)
    add(session, name="off", enabled=False)
    session.execute(
        text("""
            INSERT INTO ci_research_sources (source_type, source_name, scan_frequency_hours, next_scan_at, enabled)
            VALUES ('reddit', 'r/options', 24, :next, true), ('reddit', 'r/off', 1, NULL, false)
        """),
        {"next": NOW + timedelta(hours=3)},
    )

    found = calendar(session, now=NOW, until=NOW + timedelta(hours=50), kinds=kinds, most_each=10)

    named = [entry.name for entry in found.entries]
    assert (named.count("nightly"), named.count("often"), named.count("off")) == (4, 10, 0)
    assert found.cut == ("often",)
    scans = [(entry.due_at - NOW, entry.expected) for entry in found.entries if entry.source_id]
    assert scans == [(timedelta(hours=3), False), (timedelta(hours=27), True)]
    assert [entry.due_at for entry in found.entries] == sorted(entry.due_at for entry in found.entries)
