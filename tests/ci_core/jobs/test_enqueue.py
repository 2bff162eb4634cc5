"""A run and its job are entered together, one open run of a key; a run follows whatever moves its job."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ci_core import runs
from ci_core.errors import NotFound
from ci_core.jobs import JobContext, JobKind, Kinds, NotOpen, RunTaken, cancel_run, enqueue, retry_run
from ci_core.jobs.context import Cancelled
from ci_core.settings import Settings
from db.engine import Database
from db.enums import RunStatus, RunTrigger

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ECHO = JobKind(name="echo", agent="tests", title="Echo", queue="echo", work="tests:nothing", key=lambda p: p.get("key"))
KINDS = Kinds([ECHO])
FETCH = text("SELECT id, attempts FROM procrastinate_fetch_job_v2(NULL, NULL)")


def ask(database: Database, trigger: RunTrigger = RunTrigger.MANUAL, **parameters: Any) -> Any:
    with database.transaction("Ada") as session:
        return enqueue(session, "echo", parameters, trigger=trigger, actor="Ada", now=NOW, kinds=KINDS)


def run(database: Database, run_id: int) -> Any:
    with database.reading() as session:
        found = session.execute(text("SELECT * FROM ci_automation_runs WHERE id = :id"), {"id": run_id})
        return found.one()


def do(database: Database, statement: str, **values: Any) -> Any:
    with database.transaction("agent:tests") as session:
        found = session.execute(text(statement), values)
        return found.all() if found.returns_rows else []


def test_run_and_job_are_entered_together(database: Database) -> None:
    asked = ask(database, key="a")

    jobs = do(database, "SELECT queue_name, task_name, lock, args FROM procrastinate_jobs")
    assert asked.created
    assert [tuple(job) for job in jobs] == [("echo", "echo", "a", {"run_id": asked.run_id})]
    assert run(database, asked.run_id).status == "queued"


def test_nothing_is_left_when_the_transaction_fails(database: Database) -> None:
    with pytest.raises(RuntimeError), database.transaction("Ada") as session:
        enqueue(session, "echo", trigger=RunTrigger.MANUAL, actor="Ada", now=NOW, kinds=KINDS)
        raise RuntimeError

    assert do(database, "SELECT id FROM procrastinate_jobs") == []
    assert do(database, "SELECT id FROM ci_automation_runs") == []


def test_second_of_an_open_key_is_the_first_one(database: Database) -> None:
    first, second, other = ask(database, key="a"), ask(database, key="a"), ask(database, key="b")

    assert (second.run_id, second.created) == (first.run_id, False)
    assert other.created


def test_without_a_key_every_one_is_entered(database: Database) -> None:
    assert ask(database).run_id != ask(database).run_id


def test_a_click_goes_before_the_clock(database: Database) -> None:
    ask(database, RunTrigger.SCHEDULED, key="a")
    clicked = ask(database, RunTrigger.MANUAL, key="b")

    (fetched,) = do(database, "SELECT args FROM procrastinate_fetch_job_v2(NULL, NULL)")

    assert fetched.args == {"run_id": clicked.run_id}


def test_a_run_follows_its_job_through_a_retry_to_the_end(database: Database) -> None:
    run_id = ask(database).run_id
    (job,) = do(database, FETCH.text)
    assert (run(database, run_id).status, run(database, run_id).attempt) == ("running", 1)

    later = NOW + timedelta(hours=1)
    do(database, "SELECT procrastinate_retry_job_v2(:id, :at, NULL, NULL, NULL)", id=job.id, at=later)
    waiting = run(database, run_id)
    do(database, "UPDATE procrastinate_jobs SET scheduled_at = NULL")
    do(database, FETCH.text)
    again = run(database, run_id)
    do(database, "SELECT procrastinate_finish_job_v1(:id, 'succeeded', false)", id=job.id)

    assert (waiting.status, waiting.due_at) == ("queued", later)
    assert (again.status, again.attempt) == ("running", 2)
    assert run(database, run_id).status == "completed"
    assert run(database, run_id).progress_percent == 100


def test_waiting_run_is_cancelled_at_once(database: Database) -> None:
    run_id = ask(database).run_id

    with database.transaction("Bo") as session:
        assert cancel_run(session, run_id, actor="Bo", now=NOW) is RunStatus.QUEUED

    ended = run(database, run_id)
    assert (ended.status, ended.cancel_requested_by) == ("cancelled", "Bo")
    assert do(database, FETCH.text) == [(None, None)]


def test_running_one_is_told_to_end(database: Database) -> None:
    run_id = ask(database).run_id
    do(database, FETCH.text)

    with database.transaction("Bo") as session:
        assert cancel_run(session, run_id, actor="Bo", now=NOW) is RunStatus.RUNNING

    (job,) = do(database, "SELECT status, abort_requested FROM procrastinate_jobs")
    assert tuple(job) == ("doing", True)
    assert run(database, run_id).status == "running"


def test_ended_run_is_not_cancelled_and_an_open_one_not_retried(database: Database) -> None:
    run_id = ask(database, key="a").run_id
    with database.transaction("Bo") as session, pytest.raises(NotOpen, match="has not ended yet"):
        retry_run(session, run_id, actor="Bo", now=NOW, kinds=KINDS)
    with database.transaction("Bo") as session:
        cancel_run(session, run_id, actor="Bo", now=NOW)

    with database.transaction("Bo") as session, pytest.raises(NotOpen, match="nothing to cancel"):
        cancel_run(session, run_id, actor="Bo", now=NOW)
    with database.transaction("Bo") as session:
        again = retry_run(session, run_id, actor="Bo", now=NOW, kinds=KINDS)

    assert again.created
    assert run(database, again.run_id).retry_of_id == run_id
    assert run(database, again.run_id).parameters == {"key": "a"}


def test_unknown_kind_and_run_are_named(database: Database) -> None:
    with database.transaction("Bo") as session, pytest.raises(NotFound, match="no kind of job “dance”"):
        enqueue(session, "dance", trigger=RunTrigger.MANUAL, actor="Bo", now=NOW, kinds=KINDS)
    with database.transaction("Bo") as session, pytest.raises(NotFound, match="no run 99"):
        cancel_run(session, 99, actor="Bo", now=NOW)


@pytest.fixture
def attempt(database: Database) -> Callable[..., JobContext]:
    run_id = ask(database).run_id
    do(database, FETCH.text)

    def make(number: int = 1) -> JobContext:
        return JobContext(run_id, number, ECHO, {}, "Ada", database, Settings(), clock=lambda: NOW)

    return make


def test_a_step_is_done_once_over_all_attempts(database: Database, attempt: Callable[..., JobContext]) -> None:
    calls: list[int] = []
    do(database, "UPDATE ci_automation_runs SET attempt = 2")

    def work(_session: Any) -> dict[str, int]:
        calls.append(1)
        return {"new": 3}

    assert attempt(2).once("read", work) == {"new": 3}
    assert attempt(2).once("read", work) == {"new": 3}

    assert calls == [1]
    with database.reading() as session:
        (step,) = runs.run_with_steps(session, attempt().run_id).steps
    assert (step.name, step.status, step.counts) == ("read", "completed", {"new": 3})


def test_an_attempt_that_was_replaced_writes_nothing(database: Database, attempt: Callable[..., JobContext]) -> None:
    do(database, "UPDATE ci_automation_runs SET attempt = 2")
    late = attempt(1)

    with pytest.raises(RunTaken), late.transaction() as session:
        session.execute(text("INSERT INTO ci_research_sources (source_type, source_name) VALUES ('reddit', 'late')"))
    with pytest.raises(RunTaken):
        late.progress(50)
    with pytest.raises(RunTaken):
        late.once("read", lambda _session: {})

    assert do(database, "SELECT id FROM ci_research_sources WHERE source_name = 'late'") == []


def test_what_it_made_is_noted_once(database: Database, attempt: Callable[..., JobContext]) -> None:
    with attempt().transaction() as session:
        attempt().link(session, "finding", 7, "A better roll")
        attempt().link(session, "finding", 7, "A better roll")

    assert run(database, attempt().run_id).links == [{"kind": "finding", "id": 7, "label": "A better roll"}]


def test_a_job_hears_of_its_cancellation_when_it_says_how_far_it_is(
    database: Database, attempt: Callable[..., JobContext]
) -> None:
    attempt().progress(20)
    assert run(database, attempt().run_id).progress_percent == 20
    with database.transaction("Bo") as session:
        cancel_run(session, attempt().run_id, actor="Bo", now=NOW)

    with pytest.raises(Cancelled):
        attempt().progress(40)
