"""How an attempt ends, and what follows: another one, later or at once, or the end of the run."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from ci_core.jobs import Kinds, cancel_run
from db.engine import Database
from tests.ci_core.jobs import sample_kinds
from tests.ci_core.jobs.working import ask, ended, one, run, wait_until


def cancel(database: Database, run_id: int) -> None:
    with database.transaction("Bo") as session:
        cancel_run(session, run_id, actor="Bo", now=datetime.now(UTC))


def said(notes: Path, *words: str) -> bool:
    return notes.exists() and all(word in notes.read_text() for word in words)


@pytest.mark.parametrize("kind", ["fail", "fail_apart"])
def test_what_fails_is_tried_again_until_it_goes_well(served: Database, kind: str) -> None:
    done = ended(served, ask(served, kind, how="unreachable", until=3))

    assert (done.status, done.attempt, done.failures, done.error) == ("completed", 3, 2, None)


def test_what_fails_each_time_fails_for_good_and_says_why(served: Database) -> None:
    done = ended(served, ask(served, "fail", how="bug"))

    assert (done.status, done.attempt, done.failures) == ("failed", 3, 3)
    assert (done.error_kind, done.error) == ("code", "RuntimeError: a bug")


def test_retries_of_a_key_jam_nothing(served: Database) -> None:
    """With a lock, a queueing lock and retries, Procrastinate jams a key for ever; there is no queueing lock here."""
    first = ask(served, "keyed", key="a", how="unreachable", until=3)
    same = ask(served, "keyed", key="a", how="unreachable", until=3)
    assert ended(served, first).status == "completed"
    second = ask(served, "keyed", key="a", how="unreachable", until=2)

    assert same == first
    assert second != first
    assert ended(served, second).status == "completed"
    assert one(served, "SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock IS NOT NULL")[0] == 0


def test_wrong_credentials_are_not_tried_again(served: Database) -> None:
    done = ended(served, ask(served, "fail_apart", how="refused"))

    assert (done.status, done.attempt, done.error_kind, done.error) == ("failed", 1, "refused", "Reddit: wrong key")


def test_a_site_that_wants_a_pause_is_asked_again_when_it_said(served: Database) -> None:
    run_id = ask(served, "fail", how="limited")

    assert wait_until(lambda: run(served, run_id).failures == 1)
    waiting = run(served, run_id)
    assert (waiting.status, waiting.error_kind) == ("queued", "rate_limited")
    assert abs(waiting.due_at - datetime.now(UTC) - timedelta(hours=1)) < timedelta(minutes=1)
    cancel(served, run_id)


def test_a_job_whose_process_dies_is_begun_again(served: Database) -> None:
    done = ended(served, ask(served, "die", until=3))

    assert (done.status, done.kills, done.failures, done.counts) == ("completed", 2, 0, {"attempt": 3})


def test_a_job_that_kills_its_process_each_time_is_set_aside(served: Database) -> None:
    done = ended(served, ask(served, "die"))

    assert (done.status, done.kills, done.attempt, done.error_kind) == ("failed", 3, 3, "killed")
    assert done.error == "Set aside after 3 times: its process was killed by SIGKILL."


@pytest.mark.parametrize("kind", ["hang", "hang_apart"])
def test_what_takes_too_long_is_ended(served: Database, kind: str, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    done = ended(served, ask(served, kind, notes=str(notes)))

    assert (done.status, done.error_kind) == ("failed", "time_limit")
    assert "It took longer than" in done.error
    assert wait_until(lambda: said(notes, "interrupted"))


@pytest.mark.parametrize("kind", ["sleep", "sleep_apart"])
def test_a_running_job_is_cancelled(served: Database, kind: str, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    run_id = ask(served, kind, notes=str(notes))
    assert wait_until(lambda: said(notes, "began"))

    cancel(served, run_id)

    done = ended(served, run_id)
    assert (done.status, done.error_kind, done.error) == ("cancelled", "cancelled", "Bo cancelled it.")
    assert said(notes, "interrupted")


def test_a_process_that_does_not_listen_is_killed_with_what_it_started(served: Database, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    run_id = ask(served, "stubborn", notes=str(notes))
    assert wait_until(lambda: said(notes, "child"))
    _, sleeper, *_, own = notes.read_text().splitlines()[0].split()

    cancel(served, run_id)

    assert ended(served, run_id).status == "cancelled"
    assert said(notes, "heard")
    assert wait_until(lambda: not alive(int(sleeper)) and not alive(int(own)))


def test_a_job_that_needs_too_much_memory_is_ended(served: Database) -> None:
    done = ended(served, ask(served, "eat"))

    assert (done.status, done.attempt, done.error_kind) == ("failed", 1, "memory")
    assert "its kind may have 300 MiB" in done.error


def test_a_result_that_is_no_json_is_the_failure_of_the_job(served: Database) -> None:
    done = ended(served, ask(served, "odd"))

    assert (done.status, done.error_kind) == ("failed", "code")


def test_only_so_many_of_a_kind_run_at_once(served: Database, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    asked = [ask(served, "two_at_once", seconds=0.4, notes=str(notes)) for _ in range(6)]

    for run_id in asked:
        done = ended(served, run_id, 40)
        assert (done.status, done.failures) == ("completed", 0)

    at_once = most = 0
    for line in notes.read_text().splitlines():
        at_once += 1 if line.startswith("began") else -1
        most = max(most, at_once)
    assert most == 2


def test_a_kind_that_nobody_knows_yet_waits_for_a_newer_worker(served: Database) -> None:
    newer = Kinds([replace(sample_kinds.KINDS["nothing"], name="dance")])
    run_id = ask(served, "dance", kinds=newer)

    assert wait_until(lambda: run(served, run_id).failures == 1)
    waiting = run(served, run_id)
    assert (waiting.status, waiting.error_kind) == ("queued", "unknown_kind")
    assert "No worker knew the kind “dance”" in waiting.error
    cancel(served, run_id)


def test_a_run_that_said_its_end_itself_keeps_it(served: Database) -> None:
    run_id = ask(served, "sleep", seconds=0.5)
    assert wait_until(lambda: run(served, run_id).status == "running")
    with served.transaction("agent:tests") as session:
        session.execute(
            text("UPDATE ci_automation_runs SET status = 'failed', error = 'mine', ended_at = now() WHERE id = :id"),
            {"id": run_id},
        )

    job = run(served, run_id).job_id
    query = "SELECT status::text FROM procrastinate_jobs WHERE id = :id"
    assert wait_until(lambda: one(served, query, id=job)[0] == "failed")
    assert (run(served, run_id).status, run(served, run_id).error) == ("failed", "mine")


def test_a_click_begins_at_once_on_an_idle_worker(served: Database) -> None:
    waits = []
    for _ in range(5):
        run_id = ask(served, "nothing")
        done = ended(served, run_id)
        waits.append((done.started_at - done.created_at).total_seconds())
        time.sleep(0.05)

    assert sorted(waits)[2] < 0.3, waits


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def test_the_worker_itself_lives_on(served: Database) -> None:
    assert one(served, "SELECT pid FROM ci_workers").pid == os.getpid()
