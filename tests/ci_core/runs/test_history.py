"""The history of runs: what is found, why runs failed, how long they took, what they said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.errors import InvalidInput, NotFound
from ci_core.runs.history import (
    NO_REMEDY,
    RunFilter,
    causes_of_failure,
    durations_and_success,
    find_runs,
    run_log,
)
from db.enums import LogLevel, Period, RunStatus, RunTrigger
from tests.ci_core.runs.runs_made import NOW, made

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["scan", "upkeep", "clicked", "odd"]),
        ({"run_types": ("upkeep", "odd")}, ["upkeep", "odd"]),
        ({"statuses": (RunStatus.FAILED, RunStatus.RUNNING)}, ["upkeep", "clicked"]),
        ({"triggers": (RunTrigger.MANUAL,)}, ["clicked"]),
        ({"error_kinds": ("rate_limited",)}, ["upkeep"]),
        ({"error_kinds": ("unknown",), "statuses": (RunStatus.FAILED,)}, ["clicked"]),
        ({"actor": "TESS"}, ["clicked"]),
        ({"host": "two"}, ["odd"]),
        ({"lock_key": "scan:1"}, ["scan"]),
        ({"since": NOW}, ["clicked", "odd"]),
        ({"until": NOW}, ["scan", "upkeep"]),
        ({"words": "TOO MANY"}, ["upkeep"]),
        ({"words": "%"}, []),
    ],
)
def test_runs_are_found_by_what_is_wanted_of_them(session: Session, wanted: dict[str, Any], found: list[str]) -> None:
    made(session, run_type="scan", at=NOW - HOUR, lock_key="scan:1")
    made(session, "failed", run_type="upkeep", at=NOW - HOUR, error="429 too many requests", error_kind="rate_limited")
    made(session, "failed", run_type="clicked", trigger="manual", actor="tess")
    made(session, run_type="odd", host="two")

    page = find_runs(session, RunFilter(**wanted))

    assert sorted(run.run_type for run in page.runs) == sorted(found)
    assert page.total == len(found)


def test_pages_go_back_in_time_and_none_is_shown_twice_when_new_runs_come(session: Session) -> None:
    ids = [made(session) for _ in range(5)]

    first = find_runs(session, limit=2)
    made(session)
    second = find_runs(session, limit=2, before_id=first.runs[-1].id)

    assert [run.id for run in first.runs] == [ids[4], ids[3]]
    assert [run.id for run in second.runs] == [ids[2], ids[1]]
    assert (first.total, second.total) == (5, 6)
    assert find_runs(session, limit=2, offset=100).total == 6
    with pytest.raises(InvalidInput, match="1 to 1000"):
        find_runs(session, limit=0)


def test_a_run_tells_how_long_it_took_and_what_it_made(session: Session) -> None:
    run_id = made(session, seconds=12.5, attempt=3, lock_key="scan:1")
    session.execute(text("""UPDATE ci_automation_runs SET links = '[{"kind": "finding", "id": 7, "label": "a"}]'"""))
    made(session, "running")

    open_run, ended = find_runs(session).runs

    assert (ended.id, ended.seconds, ended.is_open, ended.attempt) == (run_id, 12.5, False, 3)
    assert ended.links == ({"kind": "finding", "id": 7, "label": "a"},)
    assert (open_run.seconds, open_run.is_open) == (None, True)


def test_failures_are_grouped_by_cause_and_what_still_fails_comes_first(session: Session) -> None:
    for number in range(3):  # well again since
        made(session, "failed", at=NOW + number * HOUR, error_kind="rate_limited", lock_key="scan:1")
    made(session, at=NOW + 4 * HOUR, lock_key="scan:1")
    made(session, "failed", at=NOW, error_kind="not_allowed", lock_key="scan:2", error="401")
    newest = made(session, "failed", at=NOW + HOUR, error_kind="not_allowed", run_type="other", error="403")
    made(session, "failed", at=NOW - DAY, error_kind="too_old")
    made(session, "failed", at=NOW, run_type="plain", parameters={"a": 1})
    made(session, "completed", at=NOW + HOUR, run_type="plain", parameters={"a": 2})

    causes = causes_of_failure(
        session, since=NOW, until=NOW + DAY, remedies={"not_allowed": "Renew the key.", "rate_limited": "Wait."}
    )

    assert [(cause.kind, cause.failed, cause.still, cause.remedy) for cause in causes] == [
        ("not_allowed", 2, 2, "Renew the key."),
        ("unknown", 1, 1, NO_REMEDY),
        ("rate_limited", 3, 0, "Wait."),
    ]
    assert (causes[0].newest_run_id, causes[0].newest_error) == (newest, "403")
    assert causes[0].by_type == {"research_scan": 1, "other": 1}
    assert (causes[0].first_at, causes[0].newest_at) == (
        NOW + timedelta(seconds=10),
        NOW + HOUR + timedelta(seconds=10),
    )
    only = causes_of_failure(session, since=NOW, until=NOW + DAY, remedies={}, run_types=["other"])
    assert [(cause.kind, cause.failed) for cause in only] == [("not_allowed", 1)]


def test_an_agents_days_tell_durations_and_success(session: Session) -> None:
    for seconds in (1, 2, 30):
        made(session, at=NOW, seconds=seconds)
    made(session, at=NOW, seconds=4_000, attempt=2)  # waited between its attempts
    made(session, "failed", at=NOW)
    made(session, "cancelled", at=NOW)
    made(session, at=NOW - DAY, seconds=5, run_type="research_learn")
    made(session, at=NOW, run_type="nobodys")
    made(session, "running", at=NOW)

    points = durations_and_success(
        session,
        since=NOW - 2 * DAY,
        until=NOW + DAY,
        agents={"research_scan": "research", "research_learn": "research"},
    )

    assert [(one.agent, one.began, one.runs) for one in points] == [
        ("nobodys", datetime(2026, 11, 25, tzinfo=UTC), 1),
        ("research", datetime(2026, 11, 24, tzinfo=UTC), 1),
        ("research", datetime(2026, 11, 25, tzinfo=UTC), 6),
    ]
    today = points[-1]
    assert (today.completed, today.failed, today.cancelled, today.success_percent) == (4, 1, 1, 80.0)
    assert today.median_seconds == 2
    assert today.p95_seconds == pytest.approx(27.2)


def test_stretches_begin_at_midnight_of_the_time_zone_and_may_be_hours(session: Session) -> None:
    made(session, at=datetime(2026, 11, 25, 1, 30, tzinfo=UTC))

    def began(**more: Any) -> datetime:
        (one,) = durations_and_success(session, since=NOW - DAY, until=NOW, agents={}, **more)
        return one.began

    assert began(time_zone="America/New_York") == datetime(2026, 11, 24, 5, tzinfo=UTC)
    assert began(bucket="hour") == datetime(2026, 11, 25, 1, tzinfo=UTC)
    assert began(bucket=Period.WEEK) == datetime(2026, 11, 23, tzinfo=UTC)
    with pytest.raises(InvalidInput, match="not “year”"):
        began(bucket="year")


def test_nothing_that_ended_by_itself_is_no_success_rate(session: Session) -> None:
    made(session, "cancelled")

    (one,) = durations_and_success(session, since=NOW - DAY, until=NOW + DAY, agents={})

    assert (one.success_percent, one.median_seconds) == (None, None)


def test_a_log_is_read_from_its_end_and_followed_from_a_line(session: Session) -> None:
    run_id, other = made(session), made(session)
    for number, level in enumerate(["debug", "info", "warning", "error"]):
        session.execute(
            text("INSERT INTO ci_run_log (run_id, attempt, level, event) VALUES (:id, :n, :level, :event)"),
            {"id": run_id, "n": number // 2, "level": level, "event": f"e{number}"},
        )
    session.execute(text("INSERT INTO ci_run_log (run_id, level, event) VALUES (:id, 'info', 'x')"), {"id": other})

    lines = run_log(session, run_id)
    assert [line.event for line in lines] == ["e0", "e1", "e2", "e3"]
    assert [line.event for line in run_log(session, run_id, limit=2)] == ["e2", "e3"]
    assert [line.event for line in run_log(session, run_id, level=LogLevel.WARNING)] == ["e2", "e3"]
    assert [line.event for line in run_log(session, run_id, attempt=1)] == ["e2", "e3"]
    assert [line.event for line in run_log(session, run_id, after_id=lines[0].id, limit=2)] == ["e1", "e2"]
    assert run_log(session, run_id, after_id=lines[-1].id) == ()
    with pytest.raises(NotFound):
        run_log(session, 999_999)
    with pytest.raises(InvalidInput):
        run_log(session, run_id, limit=0)
