"""`ci runs` as a person calls it: finding runs, their causes, trying again, cancelling, and reading what one said."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from ci_core import runs
from ci_core.cli import run_log
from ci_core.jobs import enqueue
from db.engine import Database
from db.enums import RunStatus, RunTrigger
from tests.ci_core.cli.conftest import Ci
from tests.ci_core.runs.runs_made import made

NOW = datetime.now(UTC)
Make = Callable[..., int]


@pytest.fixture
def make(backlog: Database) -> Make:
    """Makes a run that began a minute ago and gives its id."""

    def making(status: str = "completed", **more: object) -> int:
        with backlog.transaction("tess") as session:
            return made(session, status, **{"at": NOW - timedelta(minutes=1), **more})  # type: ignore[arg-type]

    return making


def say(backlog: Database, run_id: int, event: str, level: str = "info", attempt: int = 1) -> None:
    with backlog.transaction("tess") as session:
        session.execute(
            text(
                "INSERT INTO ci_run_log (run_id, attempt, level, event, fields) "
                "VALUES (:id, :attempt, :level, :event, jsonb_build_object('source', 'r/options'))"
            ),
            {"id": run_id, "attempt": attempt, "level": level, "event": event},
        )


def test_runs_are_listed_by_what_is_asked_for(ci: Ci, make: Make) -> None:
    failed = make("failed", run_type="one", error_kind="rate_limited", error="429", actor="mara")
    make("completed", run_type="one", at=NOW - timedelta(days=3))

    def ids(*options: str) -> list[int]:
        return [run["id"] for run in ci("runs", "list", "--type", "one", *options, "--json").document["runs"]]

    assert len(ids()) == 2
    for options in (("--status", "Failed"), ("--cause", "rate_limited"), ("--by", "mara"), ("--since", "1d")):
        assert ids(*options) == [failed]
    table = ci("runs", "list", "--type", "one", "--status", "failed")
    assert "429" in table.out
    assert table.err == "1 of 1 runs\n"


@pytest.mark.parametrize("option", ["--status", "--trigger"])
def test_a_word_that_is_none_is_told_with_those_there_are(ci: Ci, option: str) -> None:
    outcome = ci("runs", "list", option, "broken")

    assert outcome.status == 1
    assert f"There is no {option[2:]} “broken”. There are: " in outcome.err


def test_a_failed_run_shows_its_cause_and_what_to_do(ci: Ci, make: Make) -> None:
    run_id = make("failed", error_kind="refused", error="401 Unauthorized")

    outcome = ci("runs", "show", run_id)

    assert "401 Unauthorized" in outcome.out
    assert "Check its keys in the settings" in outcome.out
    assert ci("runs", "show", run_id, "--json").document["run"]["error_kind"] == "refused"


def test_causes_come_with_their_remedies(ci: Ci, make: Make) -> None:
    make("failed", error_kind="memory", error="too much", lock_key="heavy")

    (cause,) = [one for one in ci("runs", "causes", "--json").document if one["kind"] == "memory"]

    assert (cause["failed"], cause["still"]) == (1, 1)
    assert "more memory" in cause["remedy"]
    assert "more memory" in ci("runs", "causes", "--since", "1d").out


def test_a_run_that_waits_can_be_cancelled_and_tried_again(ci: Ci, backlog: Database) -> None:
    with backlog.transaction("tess") as session:
        waiting = enqueue(
            session, "research_scan", {"source_id": 1}, trigger=RunTrigger.MANUAL, actor="tess", now=NOW
        ).run_id

    early = ci("runs", "retry", waiting)
    cancelled = ci("runs", "cancel", waiting)
    twice = ci("runs", "cancel", waiting)
    again = ci("runs", "retry", waiting, "--as", "mara", "--json")

    assert (early.status, "has not ended yet" in early.err) == (1, True)
    assert cancelled.out == f"Run {waiting} is cancelled; it had not begun.\n"
    assert (twice.status, "has ended already" in twice.err) == (1, True)
    assert again.document["created"] is True
    with backlog.reading() as session:
        entered = runs.run_with_steps(session, again.document["run_id"]).run
    assert (entered.retry_of_id, entered.actor, entered.status) == (waiting, "mara", RunStatus.QUEUED)
    assert f"Run {again.document['run_id']}, which does the same" in ci("runs", "retry", waiting).out


def test_a_log_is_shown_for_people_and_for_programs(ci: Ci, make: Make, backlog: Database) -> None:
    run_id = make()
    say(backlog, run_id, "scan_began", attempt=1)
    say(backlog, run_id, "odd \x1b[2J title", "warning", attempt=2)

    outcome = ci("runs", "log", run_id)
    documents = [json.loads(line) for line in ci("runs", "log", run_id, "--json").out.splitlines()]

    assert "info     scan_began source=r/options" in outcome.out
    assert "\x1b" not in outcome.out
    assert [(one["event"], one["attempt"]) for one in documents] == [("scan_began", 1), ("odd \x1b[2J title", 2)]
    assert "scan_began" not in ci("runs", "log", run_id, "--level", "warning").out
    assert "scan_began" not in ci("runs", "log", run_id, "--attempt", "2").out
    assert ci("runs", "log", make()).err == "This run has said nothing that would be kept.\n"
    assert ci("runs", "log", 10**9).status == 1


def test_a_log_can_be_followed_to_the_end_of_the_run(
    ci: Ci, make: Make, backlog: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_log, "EVERY_SECONDS", 0.05)
    run_id = make("running", at=datetime.now(UTC))
    say(backlog, run_id, "first")

    def work() -> None:
        for event in ("second", "third"):
            time.sleep(0.2)
            say(backlog, run_id, event)
        with backlog.transaction("tess") as session:
            runs.finish_run(session, run_id, RunStatus.COMPLETED, now=datetime.now(UTC))
        say(backlog, run_id, "last words")

    worker = threading.Thread(target=work)
    worker.start()
    outcome = ci("runs", "log", run_id, "--follow", "--json")
    worker.join()

    assert [json.loads(line)["event"] for line in outcome.out.splitlines()] == [
        *("first", "second", "third", "last words")
    ]


def test_what_runs_can_be_watched_until_nothing_does(ci: Ci, make: Make, backlog: Database) -> None:
    with backlog.transaction("tess") as session:
        session.execute(
            text("UPDATE ci_automation_runs SET status = 'cancelled' WHERE status IN ('queued', 'running')")
        )
    run_id = make("running", progress=5)

    def work() -> None:
        time.sleep(1.0)
        with backlog.transaction("tess") as session:
            runs.begin_step(session, run_id, "r/options", now=NOW)
            runs.beat(session, run_id, now=NOW, progress_percent=60)
        time.sleep(1.5)
        with backlog.transaction("tess") as session:
            runs.finish_run(session, run_id, RunStatus.COMPLETED, now=NOW)

    worker = threading.Thread(target=work)
    worker.start()
    outcome = ci("runs", "watch", "--until-idle", "--json")
    worker.join()

    seen = [json.loads(line) for line in outcome.out.splitlines()]
    # On a slow machine the first look may come late; what it shows last, and that nothing is shown twice, is the point.
    assert [one["revision"] for one in seen] == list(range(1, len(seen) + 1))
    assert [(run["progress_percent"], run["step"]) for run in seen[-2]["runs"]] == [(60.0, "r/options")]
    assert (seen[-1]["running"], seen[-1]["runs"]) == (0, [])
    assert "0 running, 0 waiting" in ci("runs", "watch", "--until-idle").out
