"""The sidecar at a glance: workers that live and those that fell silent, what runs, and why the rest waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core import runs
from ci_core.jobs import JobKind, Kinds, enqueue
from ci_core.jobs.overview import JobsOverview, jobs_overview, why_it_waits
from db.enums import RunStatus, RunTrigger, StepStatus, WorkerState

ECHO = JobKind(name="echo", agent="tests", title="Echo", queue="echo", work="tests:nothing")
ALONE = replace(ECHO, name="alone", queue="other", most_at_once=1)
KINDS = Kinds([ECHO, ALONE])
FETCH = text("SELECT id FROM procrastinate_fetch_job_v2(CAST(:queues AS varchar[]), :worker)")
NEW_WORKER = text("""
    WITH made AS (
        INSERT INTO procrastinate_workers (last_heartbeat)
        VALUES (clock_timestamp() - make_interval(secs => :silent)) RETURNING id
    )
    INSERT INTO ci_workers (worker_id, host, pid, queues, has_clock, state)
    SELECT id, :host, 7, :queues, true, :state FROM made RETURNING worker_id
""")
NEW_SCHEDULE = text("""
    INSERT INTO ci_schedules (name, kind, every_seconds, next_due_at, enabled)
    VALUES (:name, 'echo', 60, :due, :enabled)
""")
Ask = Callable[..., int]


@pytest.fixture
def ask(session: Session) -> Ask:
    def asked(kind: str = "echo", **more: Any) -> int:
        more.setdefault("trigger", RunTrigger.MANUAL)
        return enqueue(session, kind, {}, actor="Ada", now=datetime.now(UTC), kinds=KINDS, **more).run_id

    return asked


def add_worker(session: Session, host: str = "alpha", *, silent: float = 0, queues: list[str] | None = None) -> int:
    values = {"host": host, "silent": silent, "queues": queues, "state": WorkerState.WORKING}
    return int(session.execute(NEW_WORKER, values).scalar_one())


def shown(session: Session) -> JobsOverview:
    return jobs_overview(session, now=datetime.now(UTC))


def test_nothing_at_all_is_shown_as_nothing(session: Session) -> None:
    seen = shown(session)

    assert (seen.workers, seen.queues, seen.running, seen.waiting, seen.next_due) == ((), (), (), (), None)
    assert (seen.running_count, seen.waiting_count, seen.failed, seen.hosts) == (0, 0, 0, ())


def test_a_silent_worker_does_not_count_as_living(session: Session, ask: Ask) -> None:
    add_worker(session, "alpha")
    add_worker(session, "beta", silent=60)

    seen = shown(session)

    assert seen.hosts == ("alpha",)
    assert [(worker.host, worker.is_alive) for worker in seen.workers] == [("alpha", True), ("beta", False)]
    assert seen.workers[1].silent_seconds == pytest.approx(60, abs=5)


def test_what_runs_tells_its_step_and_its_worker(session: Session, ask: Ask) -> None:
    first, second = ask(), ask()
    worker = add_worker(session)
    session.execute(FETCH, {"queues": ["echo"], "worker": worker})
    now = datetime.now(UTC)
    done = runs.begin_step(session, first, "read", now=now)
    runs.finish_step(session, done, StepStatus.COMPLETED, now=now)
    runs.begin_step(session, first, "store", now=now)

    seen = shown(session)

    (run,) = seen.running
    assert (run.id, run.host, run.status, run.has_job) == (first, "alpha", RunStatus.RUNNING, True)
    assert (run.step, run.steps_done, run.steps_known) == ("store", 1, 2)
    assert [waiting.id for waiting in seen.waiting] == [second]
    assert (seen.workers[0].running, seen.running_count, seen.waiting_count) == (1, 1, 1)


def test_what_waits_stands_in_the_order_of_its_turn(session: Session, ask: Ask) -> None:
    soon, late = (datetime.now(UTC) + timedelta(hours=hours) for hours in (1, 2))
    later, earlier = ask(due_at=late), ask(due_at=soon)
    scheduled, clicked = ask(trigger=RunTrigger.SCHEDULED), ask()

    seen = shown(session)

    assert [run.id for run in seen.waiting] == [clicked, scheduled, earlier, later]
    assert (seen.queues[0].waiting, seen.queues[0].later) == (2, 2)
    assert [run.id for run in jobs_overview(session, now=datetime.now(UTC), most=1).waiting] == [clicked]


def test_a_queue_that_no_living_worker_takes_is_told(session: Session, ask: Ask) -> None:
    ask()
    ask("alone")
    add_worker(session, queues=["echo"])
    add_worker(session, silent=60)

    assert [queue.name for queue in shown(session).unserved] == ["other"]


def test_each_wait_has_its_reason(session: Session, ask: Ask) -> None:
    ask()
    ask("alone")
    ask(due_at=datetime.now(UTC) + timedelta(hours=1))

    def reasons() -> list[str]:
        seen = shown(session)
        return [why_it_waits(run, seen, KINDS) for run in seen.waiting]

    assert reasons() == ["nothing carries out jobs", "nothing carries out jobs", "its time is to come"]

    worker = add_worker(session, queues=["echo"])
    assert reasons()[:2] == ["waits for a free worker", "no worker takes the queue “other”"]

    add_worker(session)
    session.execute(FETCH, {"queues": ["other"], "worker": worker})
    ask("alone")
    assert reasons()[1] == "1 of its kind run already, which is the most at once"

    session.execute(text("UPDATE ci_automation_runs SET failures = 2 WHERE due_at IS NOT NULL"))
    assert reasons()[-1] == "is tried again after 2 failures"


def test_next_is_the_first_of_schedules_and_sources(session: Session) -> None:
    now = datetime.now(UTC)
    for name, hours, enabled in (("later", 3, True), ("off", 1, False)):
        values = {"name": name, "due": now + timedelta(hours=hours), "enabled": enabled}
        session.execute(NEW_SCHEDULE, values)
    assert shown(session).next_due is not None
    assert shown(session).next_due.name == "later"  # type: ignore[union-attr]

    session.execute(
        text("""
            INSERT INTO ci_research_sources (source_type, source_name, next_scan_at)
            VALUES ('reddit', 'r/options', :due)
        """),
        {"due": now + timedelta(hours=2)},
    )

    assert shown(session).next_due.name == "r/options"  # type: ignore[union-attr]


def test_a_clock_that_does_not_tick_is_noticed(session: Session) -> None:
    now = datetime.now(UTC)
    session.execute(NEW_SCHEDULE, {"name": "soon", "due": now + timedelta(hours=1), "enabled": True})
    assert shown(session).late_since is None

    session.execute(NEW_SCHEDULE, {"name": "due", "due": now - timedelta(minutes=5), "enabled": True})
    assert shown(session).late_since == now - timedelta(minutes=5)


def test_failures_count_until_they_are_tried_again(session: Session, ask: Ask) -> None:
    failed = ask()
    session.execute(
        text("UPDATE ci_automation_runs SET status = 'failed', ended_at = clock_timestamp() WHERE id = :id"),
        {"id": failed},
    )
    assert shown(session).failed == 1
    assert shown(session).newest_end is not None

    ask(retry_of_id=failed)

    assert shown(session).failed == 0
