"""Checks as jobs: killed, repeated, cancelled, waiting for one another; and how often they come by themselves."""

from __future__ import annotations

import multiprocessing
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ci_core.errors import AlreadyUnderWay, InvalidInput
from ci_core.health import history, store
from ci_core.health.checkers import registry
from ci_core.health.checkers.kinds import Checker
from ci_core.health.repository_lock import alone_with
from ci_core.jobs import KINDS
from ci_core.jobs.context import Cancelled, JobContext
from ci_core.jobs.default_schedules import health_schedules
from ci_core.jobs.failures import classify, wait_before_retry
from ci_core.jobs.recurrence import Recurrence
from ci_core.jobs.tasks.health import CHECK_TYPES, carry_out
from ci_core.settings import Settings
from ci_core.settings.health import HealthSettings
from db.engine import Database
from db.enums import CheckerStatus, CheckStatus, IssueStatus
from tests.ci_core.health.looking import FLOWS, KILLING, TESTS, WAITING
from tests.ci_core.health.repositories import Repository
from tests.ci_core.jobs.tasks.conftest import Begin

EVIL = "def run(text):\n    return eval(text)\n"


@pytest.fixture
def code(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "checked").write({"a.py": EVIL, "coverage.txt": "60"})
    made.commit()
    return made


def use(monkeypatch: pytest.MonkeyPatch, *checkers: Checker) -> None:
    monkeypatch.setattr(registry, "CHECKERS", checkers)


def asked(begin: Begin, code: Repository, kind: str = "health_full_scan", **more: Any) -> JobContext:
    return begin(kind, {"repo_path": str(code.root)}, **more)


def statuses(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(text("SELECT status FROM ci_health_issues ORDER BY id")))


def test_a_job_checks_and_says_what_it_found(
    database: Database, begin: Begin, code: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, FLOWS, TESTS)
    context = asked(begin, code)

    counts = carry_out(context)

    with database.reading() as session:
        (found,) = history.checks(session)
        percent = session.execute(text("SELECT progress_percent FROM ci_automation_runs")).scalar_one()
    assert (found.run_id, found.actor, found.status) == (context.run_id, "Ada", CheckStatus.COMPLETED)
    assert counts == {
        "new": 1,
        "open": 1,
        "resolved": 0,
        "regressed": 0,
        "score": found.overall_health_score,
        "check": found.id,
        "checkers_failed": 0,
    }
    assert percent == 95


def test_a_further_attempt_after_the_end_gives_the_same_check(
    database: Database, begin: Begin, code: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, FLOWS, TESTS)
    first = asked(begin, code)

    before, after = carry_out(first), carry_out(begin(again=first))

    assert before == after
    with database.reading() as session:
        assert len(history.checks(session)) == 1


def _die(url: str, run_id: int, attempt: int, root: str) -> None:
    """A whole job in a process that a checker kills."""
    registry.CHECKERS = (FLOWS, KILLING)
    database = Database(url)
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    kind = KINDS["health_full_scan"]
    carry_out(JobContext(run_id, attempt, kind, {"repo_path": root}, "Ada", database, settings))


def test_a_check_that_is_killed_harms_nothing_and_the_next_attempt_goes_on(
    database: Database, begin: Begin, code: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, FLOWS)
    carry_out(asked(begin, code, "health_security_scan"))
    code.write({"a.py": "x = 1\n"})
    first = asked(begin, code)
    process = multiprocessing.get_context("fork").Process(
        target=_die, args=(database.url, first.run_id, first.attempt, str(code.root))
    )
    process.start()
    process.join(60)

    assert process.exitcode == -signal.SIGKILL
    with database.reading() as session:
        newest = history.checks(session)[0]
    assert newest.status is CheckStatus.RUNNING  # nobody could say so yet
    assert statuses(database) == [IssueStatus.OPEN]

    use(monkeypatch, FLOWS, TESTS)
    counts = carry_out(begin(again=first))

    assert (counts["resolved"], statuses(database)) == (1, [IssueStatus.FIXED])
    with database.reading() as session:
        clean, killed = history.checks(session)[:2]
    assert (killed.id, killed.status, killed.error) == (newest.id, CheckStatus.FAILED, store.KILLED)
    assert {one.status for one in killed.checkers} <= {CheckerStatus.COMPLETED, CheckerStatus.CANCELLED}
    assert (clean.status, clean.run_id) == (CheckStatus.COMPLETED, killed.run_id)


def test_a_cancelled_job_ends_its_check(
    database: Database, begin: Begin, code: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, FLOWS, WAITING)
    context = asked(begin, code)
    progress = JobContext.progress

    def cancelled_meanwhile(self: JobContext, percent: float | None) -> None:
        with database.transaction("Ada") as session:
            session.execute(text("UPDATE ci_automation_runs SET cancel_requested_at = now()"))
        progress(self, percent)

    monkeypatch.setattr(JobContext, "progress", cancelled_meanwhile)

    with pytest.raises(Cancelled):
        carry_out(context)

    with database.reading() as session:
        (found,) = history.checks(session)
    assert found.status is CheckStatus.CANCELLED
    assert {one.status for one in found.checkers} == {CheckerStatus.COMPLETED, CheckerStatus.CANCELLED}
    assert statuses(database) == []


def test_a_check_waits_for_another_one_without_using_up_its_attempts(
    database: Database, begin: Begin, code: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, FLOWS, TESTS)
    first = asked(begin, code)
    carry_out(first)
    second = asked(begin, code, "health_quick_scan")
    with database.reading() as session:
        repository_id = history.repositories(session)[0].id

    with alone_with(database, repository_id, first.run_id), pytest.raises(AlreadyUnderWay) as refused:
        carry_out(second)

    failure = classify(refused.value)
    assert (failure.kind, failure.counted) == ("under_way", False)
    wait = wait_before_retry(failure, second.kind.retry, failures=99, now=datetime.now(UTC))
    assert wait is not None
    assert 30 < wait < 90


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("health_full_scan", {"repo_path": 5}),
        ("health_full_scan", {"paths": "src"}),
        ("health_quick_scan", {"since": ["main"]}),
        ("health_feature_check", {}),
    ],
)
def test_what_cannot_be_used_is_refused(begin: Begin, kind: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        carry_out(begin(kind, parameters))


def test_a_kind_is_open_once_for_the_same_place() -> None:
    key = KINDS["health_full_scan"].key

    assert key({"repo_path": "/a", "paths": ["x", "y"]}) == key({"repo_path": "/a", "paths": ["y", "x"]})
    assert len({key({}), key({"repo_path": "/a"}), key({"repo_path": "/b"}), key({"since": "main"})}) == 4
    assert KINDS["health_quick_scan"].key({}) != key({})


def test_every_type_of_check_is_a_job() -> None:
    assert set(CHECK_TYPES) <= set(KINDS)
    assert {KINDS[name].agent for name in CHECK_TYPES} == {"health"}


@pytest.mark.parametrize(
    ("hours", "times"),
    [
        (24, ["0 2 * * *", None]),
        (168, ["0 2 * * SUN", None]),
        (1, ["0 * * * *", None]),
        (8, ["0 */8 * * *", None]),
        (5, [None, 18_000]),
        (48, [None, 172_800]),
    ],
)
def test_checks_come_as_often_as_the_settings_say(hours: int, times: list[Any]) -> None:
    settings = HealthSettings(_env_file=None, full_scan_hours=hours)  # type: ignore[call-arg]

    full = health_schedules(settings)[0]

    assert [full.cron, full.every_seconds] == times
    if full.cron:
        moment = datetime(2026, 11, 25, tzinfo=UTC)
        first = Recurrence(cron=full.cron).after(moment)
        assert first is not None
        second = Recurrence(cron=full.cron).after(first)
        assert second is not None
        assert second - first == timedelta(hours=hours)
