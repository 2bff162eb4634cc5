"""Runs say what they do, and one whose process is gone says so too."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core import runs
from ci_core.errors import NotFound
from db.engine import Database
from db.enums import RunStatus, RunTrigger, StepStatus

NOW = datetime(2026, 11, 25, 14, 2, tzinfo=UTC)
AGENT = "agent:research"


def started(session: Session, at: datetime = NOW, run_type: str = "research_scan") -> int:
    return runs.start_run(
        session, run_type, trigger=RunTrigger.MANUAL, actor=AGENT, parameters={"sources": [1]}, now=at
    )


def test_a_run_tells_its_beginning_its_steps_and_its_end(session: Session) -> None:
    run_id = started(session)
    step = runs.begin_step(session, run_id, "reddit: r/options", now=NOW)
    runs.report_step(session, step, counts={"fetched": 2})
    runs.finish_step(session, step, StepStatus.COMPLETED, counts={"fetched": 3, "new": 1}, now=NOW)
    runs.finish_run(session, run_id, RunStatus.COMPLETED, counts={"new": 1}, now=NOW + timedelta(seconds=4))

    found = runs.run_with_steps(session, run_id)
    assert (found.run.status, found.run.actor, found.run.parameters) == (RunStatus.COMPLETED, AGENT, {"sources": [1]})
    assert (found.run.counts, found.run.progress_percent) == ({"new": 1}, Decimal(100))
    assert found.run.ended_at == NOW + timedelta(seconds=4)
    assert [(one.name, one.status, one.counts) for one in found.steps] == [
        ("reddit: r/options", StepStatus.COMPLETED, {"fetched": 3, "new": 1})
    ]


def test_a_waiting_step_begins_when_its_turn_comes(session: Session) -> None:
    run_id = started(session)
    waiting = runs.begin_step(session, run_id, "a", status=StepStatus.WAITING, message="run 1 scans it", now=NOW)

    assert runs.begin_step(session, run_id, "a", now=NOW + timedelta(seconds=9)) == waiting

    (step,) = runs.run_with_steps(session, run_id).steps
    assert (step.status, step.message, step.started_at) == (StepStatus.RUNNING, None, NOW + timedelta(seconds=9))


def test_what_a_finished_step_did_is_not_overwritten_by_a_late_report(session: Session) -> None:
    step = runs.begin_step(session, started(session), "a", now=NOW)
    runs.finish_step(session, step, StepStatus.FAILED, counts={"fetched": 1}, message="429", now=NOW)

    runs.report_step(session, step, counts={"fetched": 9})

    assert session.execute(text("SELECT counts FROM ci_run_steps")).scalar_one() == {"fetched": 1}


def test_a_run_that_is_silent_was_killed_and_so_were_its_open_steps(session: Session) -> None:
    silent, alive = started(session), started(session, NOW + timedelta(seconds=50))
    done = runs.begin_step(session, silent, "done", now=NOW)
    runs.finish_step(session, done, StepStatus.COMPLETED, now=NOW)
    runs.begin_step(session, silent, "open", now=NOW)

    assert runs.end_killed_runs(session, now=NOW + timedelta(seconds=60)) == [silent]

    found = runs.run_with_steps(session, silent)
    assert (found.run.status, found.run.error, found.run.ended_at) == (RunStatus.FAILED, runs.KILLED, NOW)
    assert [step.status for step in found.steps] == [StepStatus.COMPLETED, StepStatus.FAILED]
    assert runs.run_with_steps(session, alive).run.status == RunStatus.RUNNING


def test_a_run_that_was_only_asleep_says_itself_how_it_ended(session: Session) -> None:
    run_id = started(session)
    runs.end_killed_runs(session, now=NOW + timedelta(hours=1))

    runs.finish_run(session, run_id, RunStatus.COMPLETED, now=NOW + timedelta(hours=2))

    run = runs.run_with_steps(session, run_id).run
    assert (run.status, run.error) == (RunStatus.COMPLETED, None)


def test_a_cancelled_run_stays_cancelled_and_learns_it_at_its_next_beat(session: Session) -> None:
    run_id = started(session)
    assert runs.beat(session, run_id, now=NOW, progress_percent=140) is True
    assert runs.run_with_steps(session, run_id).run.progress_percent == Decimal(100)
    session.execute(text("UPDATE ci_automation_runs SET status = 'cancelled'"))

    assert runs.beat(session, run_id, now=NOW) is False
    runs.finish_run(session, run_id, RunStatus.COMPLETED, now=NOW)

    assert runs.run_with_steps(session, run_id).run.status == RunStatus.CANCELLED


def test_what_chat_models_cost_is_told_with_the_run(session: Session) -> None:
    run_id = started(session)
    session.execute(
        text(
            "INSERT INTO ci_llm_calls (run_id, purpose, provider, model, cost_usd) "
            "VALUES (:id, 'score', 'openai', 'small', 0.25), (:id, 'score', 'openai', 'small', 0.5)"
        ),
        {"id": run_id},
    )

    runs.finish_run(session, run_id, RunStatus.COMPLETED, now=NOW)

    assert runs.run_with_steps(session, run_id).run.cost_usd == Decimal("0.75")


def test_a_message_of_any_length_and_with_nul_is_kept(session: Session) -> None:
    run_id = started(session)

    runs.finish_run(session, run_id, RunStatus.FAILED, error="x\0" * 5_000, now=NOW)

    error = runs.run_with_steps(session, run_id).run.error
    assert error == "x" * 1_999 + "…"


def test_newest_runs_come_first_and_one_can_ask_for_one_type(session: Session) -> None:
    first, _, third = started(session), started(session, run_type="ingest"), started(session)

    found = runs.runs(session, run_type="research_scan", limit=1)

    assert (found.total, [run.id for run in found.runs]) == (2, [third])
    assert [run.id for run in runs.runs(session, run_type="research_scan", offset=1).runs] == [first]


def test_a_run_that_is_not_there_is_told_with_the_remedy(session: Session) -> None:
    with pytest.raises(NotFound, match=r"no run 4711.*ci runs list"):
        runs.run_with_steps(session, 4711)


def test_a_run_that_works_for_long_stays_alive(database: Database) -> None:
    with database.transaction(AGENT) as session:
        run_id = started(session)

    with runs.kept_alive(database, run_id, actor=AGENT, every_seconds=0.01):
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with database.reading() as session:
                if runs.run_with_steps(session, run_id).run.alive_at != NOW:
                    break
            time.sleep(0.01)

    with database.transaction(AGENT) as session:
        assert runs.end_killed_runs(session, now=datetime.now(UTC)) == []
