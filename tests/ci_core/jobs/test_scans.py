"""Asking for scans, and what is told of them while they wait, run and are over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core import runs
from ci_core.errors import InvalidInput, NotFound
from ci_core.jobs.scans import ask_for_scans
from ci_core.research.recent_scans import recent_scans
from db.enums import RunStatus, RunTrigger, StepStatus
from tests.ci_core.research.standins import NOW

SOURCES = text("""
    INSERT INTO ci_research_sources (source_type, source_name, enabled, next_scan_at) VALUES
    ('reddit', 'r/options', true, NULL), ('arxiv', 'Finance', true, now() + interval '1 day'),
    ('github', 'Off', false, NULL)
""")
FETCH = text("SELECT id FROM procrastinate_fetch_job_v2(NULL, NULL)")
FINISH = text("SELECT procrastinate_finish_job_v1(:id, 'failed', false)")


@pytest.fixture
def sources(session: Session) -> Session:
    session.execute(SOURCES)
    return session


def ask(session: Session, **options: Any) -> Any:
    return ask_for_scans(session, **{"actor": "Ada", "now": NOW, **options})


def last(session: Session) -> Any:
    return recent_scans(session, run_type="research_scan")[0]


def test_each_enabled_source_gets_a_run_of_its_own_and_only_one(sources: Session) -> None:
    first, again = ask(sources), ask(sources, max_results=5)

    assert {one.source_name for one in first.scans} == {"r/options", "Finance"}
    assert [one.run_id for one in again.scans] == [one.run_id for one in first.scans]
    assert (first.scans[0].created, again.scans[0].created) == (True, False)
    parameters = runs.run_with_steps(sources, first.scans[0].run_id).run.parameters
    assert parameters == {"source_id": first.scans[0].source_id}


def test_what_is_asked_for_is_chosen_as_a_scan_chooses(sources: Session) -> None:
    assert [one.source_name for one in ask(sources, names=["off"]).scans] == ["Off"]
    assert [one.source_name for one in ask(sources, due_only=True).scans] == ["r/options"]
    with pytest.raises(InvalidInput, match="no source type “digg”"):
        ask(sources, source_types=["digg"])
    with pytest.raises(NotFound, match="No enabled source fits"):
        ask(sources, source_types=["github"])


def test_it_is_told_when_nothing_carries_them_out(sources: Session) -> None:
    assert "start it with: python -m ci_core scheduler start" in ask(sources).in_words
    worker = sources.execute(text("SELECT worker_id FROM procrastinate_register_worker_v1()")).scalar_one()
    row = text("INSERT INTO ci_workers (worker_id, host, pid, queues) VALUES (:id, 'here', 1, '{research}')")
    sources.execute(row, {"id": worker})

    asked = ask(sources)

    assert asked.served
    assert asked.in_words == "2 scans were waiting or running already."


def test_what_was_asked_for_at_once_is_one_scan_from_waiting_to_its_end(sources: Session) -> None:
    options, finance = (one.run_id for one in ask(sources).scans)

    waiting = last(sources)
    assert (waiting.status, waiting.done, waiting.actor) == (RunStatus.QUEUED, 0, "Ada")
    assert {line.name for line in waiting.lines} == {"reddit r/options", "arxiv Finance"}
    assert set(waiting.open_jobs) == {options, finance}

    job = sources.execute(FETCH).scalar_one()
    step = runs.begin_step(sources, options, "reddit r/options", now=NOW, source_id=None)
    runs.finish_step(sources, step, StepStatus.COMPLETED, counts={"new": 3}, now=NOW)
    runs.finish_run(sources, options, RunStatus.COMPLETED, counts={"new": 3, "failed": 0}, now=NOW)
    under_way = last(sources)
    assert (under_way.status, under_way.done) == (RunStatus.RUNNING, 1)
    assert {line.status for line in under_way.lines} == {StepStatus.COMPLETED, StepStatus.WAITING}

    sources.execute(text("SELECT procrastinate_finish_job_v1(:id, 'succeeded', false)"), {"id": job})
    job = sources.execute(FETCH).scalar_one()
    runs.finish_run(sources, finance, RunStatus.FAILED, error="arXiv: 500", now=NOW)
    sources.execute(FINISH, {"id": job})
    over = last(sources)
    assert (over.status, over.error, over.open_jobs) == (RunStatus.COMPLETED, "arXiv: 500", ())
    assert (over.counts["new"], over.counts["failed"]) == (3, 1)
    assert {(line.name, line.status) for line in over.lines} == {
        ("reddit r/options", StepStatus.COMPLETED),
        ("arxiv Finance", StepStatus.FAILED),
    }


def test_a_scan_by_hand_stands_beside_them_and_old_ones_are_cut(sources: Session) -> None:
    for hours in range(8):
        at = NOW - timedelta(hours=hours + 1)
        run = runs.start_run(sources, "research_scan", trigger=RunTrigger.MANUAL, actor="Bo", now=at)
        runs.begin_step(sources, run, "reddit r/options", now=at)
        runs.finish_run(sources, run, RunStatus.COMPLETED, counts={"new": hours}, now=at)
    ask(sources)

    found = recent_scans(sources, run_type="research_scan", limit=3)

    assert [scan.actor for scan in found] == ["Ada", "Bo", "Bo", "Bo"]
    assert [scan.counts.get("new") for scan in found[1:]] == [0, 1, 2]


def test_one_that_waits_for_its_next_attempt_says_why(sources: Session) -> None:
    ask(sources, names=["Finance"])
    sources.execute(FETCH)
    later = text("SELECT procrastinate_retry_job_v2(id, :at, NULL, NULL, NULL) FROM procrastinate_jobs")
    sources.execute(later, {"at": NOW + timedelta(minutes=3)})
    sources.execute(text("UPDATE ci_automation_runs SET error = 'arXiv: 429'"))

    (line,) = last(sources).lines

    assert line.status is StepStatus.WAITING
    assert line.message == "is tried again by 14:06 UTC: arXiv: 429"
