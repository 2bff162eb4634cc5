"""What an error means for a job: its kind, whether it is tried again, when, and that there is a remedy for each."""

from __future__ import annotations

import errno
import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from ci_core import errors
from ci_core.jobs import Isolation, JobKind, Retry, RunTaken
from ci_core.jobs.attempt import Told, decide
from ci_core.jobs.executions import Ended
from ci_core.jobs.failures import LONGEST_TOLD_WAIT_SECONDS, REMEDIES, Failure, classify, wait_before_retry
from db import errors as db_errors

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
POLICY = Retry(attempts=4, first_wait_seconds=10, longest_wait_seconds=60)
KIND = JobKind(name="scan", agent="tests", title="Scan", queue="q", work="a:b", time_limit_seconds=9, retry=POLICY)
REFUSED = Failure("refused", "no", may_retry=False)


@pytest.mark.parametrize(
    ("error", "kind", "may_retry", "counted"),
    [
        (errors.SiteLimited("Reddit", "slower", status=429), "rate_limited", True, True),
        (errors.SiteRefused("Reddit", "wrong key", status=401), "refused", False, True),
        (errors.SiteNotFound("GitHub", "gone"), "not_found", False, True),
        (errors.SiteUnreachable("arXiv", "no answer", status=503), "unreachable", True, True),
        (errors.SiteAnswerUnusable("arXiv", "no XML"), "unusable_answer", True, True),
        (errors.NoChatModel("none"), "chat_model", False, True),
        (errors.NoModelAnswered("to score", [("gpt", "500")]), "chat_model", True, True),
        (errors.EmbeddingModelMissing("run it"), "model_missing", False, True),
        (errors.SettingsError("CI_X"), "settings", False, True),
        (errors.InvalidInput("name", "empty"), "invalid", False, True),
        (errors.NotFound("no such source"), "invalid", False, True),
        (db_errors.DatabaseUnavailable("gone"), "database_away", True, False),
        (db_errors.PoolExhausted("all in use"), "database_away", True, False),
        (db_errors.StatementTimeout("slow"), "database_slow", True, True),
        (db_errors.DatabaseBusy("deadlock"), "database_busy", True, True),
        (db_errors.SchemaOutOfDate("old"), "schema", False, True),
        (OperationalError("SELECT 1", {}, psycopg.OperationalError("server closed")), "database_away", True, False),
        (OSError(errno.ENOSPC, "No space left", "/data"), "disk_full", True, True),
        (PermissionError(errno.EACCES, "Permission denied", "/data"), "not_writable", False, True),
        (MemoryError(), "memory", False, True),
        (RuntimeError("a bug"), "code", True, True),
        (ZeroDivisionError(), "code", True, True),
    ],
)
def test_errors_are_told_apart(error: Exception, kind: str, may_retry: bool, counted: bool) -> None:
    failure = classify(error)

    assert (failure.kind, failure.may_retry, failure.counted) == (kind, may_retry, counted)
    assert failure.message
    assert failure.kind in REMEDIES


def test_a_run_that_was_taken_is_no_failure() -> None:
    with pytest.raises(RunTaken):
        classify(RunTaken("somebody else's"))


def test_messages_fit_into_the_table() -> None:
    message = classify(RuntimeError("a\0b" * 5_000)).message

    assert len(message) == 2_000
    assert "\0" not in message


def test_a_failure_passes_the_pipe_unchanged() -> None:
    failure = Failure("rate_limited", "slower", not_before=NOW, wait_seconds=2.0)

    assert Failure.from_json(json.loads(json.dumps(failure.as_json()))) == failure


@pytest.mark.parametrize(("failures", "about"), [(0, 10), (1, 20), (2, 40)])
def test_waits_double(failures: int, about: float) -> None:
    wait = wait_before_retry(Failure("code", "bug"), POLICY, failures, NOW)

    assert wait == pytest.approx(about, rel=0.11)


def test_waits_have_a_longest_one_however_many_there_are() -> None:
    for failures in (5, 100, 100_000):
        wait = wait_before_retry(Failure("code", "bug"), Retry(10**9, 10, 60), failures, NOW)
        assert wait == pytest.approx(60, rel=0.11)


def test_attempts_come_to_an_end_but_not_while_the_database_is_away() -> None:
    assert wait_before_retry(Failure("code", "bug"), POLICY, 3, NOW) is None
    assert wait_before_retry(Failure("database_away", "gone", counted=False), POLICY, 3, NOW) is not None
    assert wait_before_retry(REFUSED, POLICY, 0, NOW) is None


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (timedelta(minutes=7), 420),
        (timedelta(seconds=-5), 0.1),
        (timedelta(days=400), LONGEST_TOLD_WAIT_SECONDS),
    ],
)
def test_a_site_says_itself_how_long_to_wait(told: timedelta, seconds: float) -> None:
    failure = classify(errors.SiteLimited("Reddit", "slower", retry_at=NOW + told))

    assert wait_before_retry(failure, POLICY, 0, NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("ended", "told", "end", "error_kind"),
    [
        (Ended(counts='{"new": 1}'), None, "succeeded", None),
        # It was told to end, and had done its work by then.
        (Ended(counts="{}"), Told.CANCELLED, "succeeded", None),
        (Ended(counts="{}"), Told.TIME_LIMIT, "succeeded", None),
        (Ended(cancelled=True), Told.CANCELLED, "aborted", "cancelled"),
        (Ended(killed="killed by SIGKILL"), Told.CANCELLED, "aborted", "cancelled"),
        (Ended(cancelled=True), Told.SHUTDOWN, "again", None),
        (Ended(cancelled=True), Told.TIME_LIMIT, "again", "time_limit"),
        (Ended(cancelled=True), None, "again", None),
        (Ended(failure=Failure("code", "bug")), None, "again", "code"),
        (Ended(failure=REFUSED), None, "failed", "refused"),
        (Ended(killed="killed by SIGSEGV"), None, "again", "killed"),
    ],
)
def test_what_follows_from_an_end(ended: Ended, told: Told | None, end: str, error_kind: str | None) -> None:
    outcome = decide(ended, told, KIND, failures=0, kills=0, now=NOW)

    assert outcome is not None
    assert (outcome.end, outcome.error_kind) == (end, error_kind)


@pytest.mark.parametrize(("ended", "told"), [(Ended(taken=True), None), (Ended(counts="{}"), Told.TAKEN)])
def test_nothing_is_written_about_somebody_elses_run(ended: Ended, told: Told | None) -> None:
    assert decide(ended, told, KIND, failures=0, kills=0, now=NOW) is None


def test_only_what_counts_is_counted() -> None:
    away = decide(Ended(failure=classify(db_errors.PoolExhausted("x"))), None, KIND, failures=3, kills=0, now=NOW)
    bug = decide(Ended(failure=Failure("code", "x")), None, KIND, failures=3, kills=0, now=NOW)
    third = decide(Ended(killed="killed"), None, KIND, failures=0, kills=2, now=NOW)

    assert away is not None
    assert (away.end, away.failures) == ("again", 0)
    assert bug is not None
    assert (bug.end, bug.failures) == ("failed", 1)
    assert third is not None
    assert (third.end, third.kills, third.failures) == ("failed", 1, 0)


def test_heavy_work_has_a_process_of_its_own_unless_said_otherwise() -> None:
    assert KIND.isolation is Isolation.PROCESS
