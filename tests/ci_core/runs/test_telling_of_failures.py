"""A run that failed for good is told to whom it concerns, once, whatever path its end came by."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.ci_core.runs.runs_made import made

FAIL = text("UPDATE ci_automation_runs SET status = 'failed', error = :error, ended_at = now() WHERE id = :id")
jobs = iter(range(1_000, 2_000))


@pytest.fixture
def desk(session: Session) -> Session:
    """People: Mara was here this week, Otto long ago."""
    session.execute(
        text(
            "INSERT INTO ci_visits (person, active_at) VALUES "
            "('mara', now() - interval '3 days'), ('otto', now() - interval '90 days'), ('agent:x', now())"
        )
    )
    return session


def queued(session: Session, **more: Any) -> int:
    """A run with a job, that runs."""
    run_id = made(session, "running", **more)
    session.execute(
        text("UPDATE ci_automation_runs SET job_id = :job WHERE id = :id"), {"job": next(jobs), "id": run_id}
    )
    return run_id


def fail(session: Session, run_id: int, error: str | None = "429 Too\nMany Requests") -> None:
    session.execute(FAIL, {"id": run_id, "error": error})


def told(session: Session) -> list[tuple[str, str, str]]:
    query = "SELECT person, actor, summary FROM ci_notifications WHERE kind = 'run_failed' ORDER BY id"
    return [tuple(row) for row in session.execute(text(query))]


def test_of_a_scheduled_run_those_who_were_here_lately_are_told(desk: Session) -> None:
    run_id = queued(desk)

    fail(desk, run_id)

    assert told(desk) == [("mara", "agent:clock", f"failed in run {run_id} (research_scan): 429 Too Many Requests")]


def test_whoever_made_the_schedule_is_told_and_it_is_named(desk: Session) -> None:
    schedule = desk.execute(
        text(
            "INSERT INTO ci_schedules (name, kind, every_seconds, created_by) VALUES ('mornings', 'scan', 60, 'Nina') "
            "RETURNING id"
        )
    ).scalar_one()
    run_id = queued(desk)
    desk.execute(text("UPDATE ci_automation_runs SET schedule_id = :s WHERE id = :id"), {"s": schedule, "id": run_id})

    fail(desk, run_id, None)

    assert [(person, summary) for person, _, summary in told(desk)] == [
        ("mara", f"failed in run {run_id} (mornings): it does not say why"),
        ("Nina", f"failed in run {run_id} (mornings): it does not say why"),
    ]


def test_it_is_told_when_it_begins_to_fail_and_not_each_time(desk: Session) -> None:
    for ends in ("failed", "failed", "completed", "failed"):
        run_id = queued(desk, lock_key="scan:1")
        if ends == "failed":
            fail(desk, run_id)
        else:
            desk.execute(text("UPDATE ci_automation_runs SET status = 'completed' WHERE id = :id"), {"id": run_id})
    fail(desk, queued(desk, lock_key="scan:2"))

    assert len(told(desk)) == 3


def test_of_a_run_that_a_person_asked_for_only_that_one_is_told(desk: Session) -> None:
    fail(desk, queued(desk, trigger="manual", actor="otto"))
    fail(desk, queued(desk, trigger="api_call", actor="api:token"))

    assert [person for person, _, _ in told(desk)] == ["otto"]


@pytest.mark.parametrize("status", ["cancelled", "completed", "queued"])
def test_nothing_else_is_told(desk: Session, status: str) -> None:
    run_id = queued(desk)
    at_a_shell = made(desk, "running")

    desk.execute(
        text("UPDATE ci_automation_runs SET status = :status WHERE id = :id"), {"status": status, "id": run_id}
    )
    fail(desk, at_a_shell)

    assert told(desk) == []
