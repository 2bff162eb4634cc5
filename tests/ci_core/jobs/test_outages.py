"""A database that is away is said once, waited for with growing pauses, and said again when it is back."""

from __future__ import annotations

import logging

import psycopg
import pytest

from ci_core.jobs.outages import Backoff, Outage, is_disconnect, reason


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage().split()[0] for record in caplog.records]


def test_an_outage_is_said_once_and_its_end_too(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    outage = Outage(monotonic=clock)
    with caplog.at_level(logging.INFO):
        outage.worked()
        for _ in range(50):
            outage.failed(psycopg.OperationalError("connection refused"))
            clock.now += 1
        assert outage.is_on
        assert outage.answered_since is None
        outage.worked()
        outage.worked()

    assert events(caplog) == ["database_away", "database_back"]
    assert (outage.is_on, outage.answered_since) == (False, 150.0)


def test_a_long_outage_is_recalled_each_minute(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    outage = Outage(monotonic=clock)
    with caplog.at_level(logging.INFO):
        for _ in range(600):
            outage.failed(OSError("unreachable"))
            clock.now += 1

    assert events(caplog) == ["database_away"] + ["database_still_away"] * 9


def test_waits_grow_to_a_longest_one_and_begin_anew() -> None:
    backoff = Backoff(first=0.1, longest=2.0)
    waits = [backoff.seconds() for _ in range(20)]

    assert waits[0] < 0.13
    assert all(wait <= 2.5 for wait in waits)
    assert min(waits[10:]) >= 1.5
    backoff.reset()
    assert backoff.seconds() < 0.13


@pytest.mark.parametrize(
    ("error", "gone"),
    [
        (psycopg.OperationalError("server closed the connection"), True),
        (psycopg.errors.AdminShutdown("terminating"), True),
        (psycopg.errors.CannotConnectNow("starting up"), True),
        (ConnectionResetError(), True),
        (psycopg.errors.QueryCanceled("statement timeout"), False),
        (psycopg.errors.UndefinedTable("no such table"), False),
    ],
)
def test_lost_connections_are_told_from_wrong_statements(error: Exception, gone: bool) -> None:
    assert is_disconnect(error) is gone


def test_the_reason_is_one_line() -> None:
    assert reason(psycopg.OperationalError("\nconnection refused\n\tIs the server running?")) == "connection refused"
    assert reason(TimeoutError()) == "it did not answer in time"
    assert reason(OSError()) == "OSError"
