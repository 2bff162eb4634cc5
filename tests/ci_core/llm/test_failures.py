"""What providers' libraries throw is told apart: whose turn it is, what was billed, how long to wait."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from ollama import ResponseError

from ci_core.llm import Resting
from ci_core.llm.failures import failure_of, retry_after
from db.enums import LlmCallStatus

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


class Answered(Exception):
    """As the libraries throw an answer of HTTP."""

    def __init__(self, status_code: int, **headers: str) -> None:
        super().__init__("no")
        self.status_code = status_code
        self.response = httpx.Response(status_code, headers=headers)


def caused(cause: Exception) -> Exception:
    try:
        raise RuntimeError("outer") from cause
    except RuntimeError as error:
        return error


@pytest.mark.parametrize(
    ("error", "status", "free", "hopeless"),
    [
        (Answered(429), LlmCallStatus.RATE_LIMITED, True, False),
        (Answered(401), LlmCallStatus.FAILED, True, True),
        (Answered(404), LlmCallStatus.FAILED, True, True),
        (Answered(408), LlmCallStatus.TIMED_OUT, False, False),
        (Answered(500), LlmCallStatus.FAILED, True, False),
        (Answered(502), LlmCallStatus.FAILED, False, False),
        (Answered(504), LlmCallStatus.FAILED, False, False),
        (ResponseError("model 'x' not found", 404), LlmCallStatus.FAILED, True, True),
        (ConnectionError("Failed to connect to Ollama"), LlmCallStatus.FAILED, True, False),
        (caused(httpx.ConnectError("refused")), LlmCallStatus.FAILED, True, False),
        (caused(httpx.ConnectTimeout("slow")), LlmCallStatus.FAILED, True, False),
        (caused(httpx.ReadTimeout("slow")), LlmCallStatus.TIMED_OUT, False, False),
        (caused(httpx.RemoteProtocolError("gone")), LlmCallStatus.FAILED, False, False),
        (ConnectionResetError("gone"), LlmCallStatus.UNUSABLE, False, False),
        (KeyError("choices"), LlmCallStatus.UNUSABLE, False, False),
    ],
)
def test_each_failure_is_what_it_is(error: Exception, status: LlmCallStatus, free: bool, hopeless: bool) -> None:
    found = failure_of(error)

    assert (found.status, found.free, found.hopeless) == (status, free, hopeless)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "20"}, 20),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "Wed, 25 Nov 2026 12:01:30 GMT"}, 90),
        ({"retry-after": "Wed, 25 Nov 2026 11:00:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
    ],
)
def test_wait_that_was_asked_for_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(Answered(429, **headers), NOON) == seconds


def test_rest_lasts_as_long_as_asked_but_never_for_ever() -> None:
    now = 0.0
    resting = Resting(clock=lambda: now)

    for asked, rests in ((7.0, 7.0), (0.0, 1.0), (10**9, 3_600.0), (None, 60.0)):
        resting.failed("m", LlmCallStatus.RATE_LIMITED, "busy", retry_after=asked)
        now += rests - 0.1
        assert resting.reason("m")
        now += 0.2
        assert resting.reason("m") is None


def test_an_answer_ends_the_count_of_failures() -> None:
    resting = Resting(clock=lambda: 0.0)

    for _ in range(5):
        resting.failed("m", LlmCallStatus.TIMED_OUT, "slow")
        resting.failed("m", LlmCallStatus.UNUSABLE, "odd")
        resting.answered("m")

    assert resting.reason("m") is None


def test_one_model_rests_and_the_other_does_not() -> None:
    resting = Resting(clock=lambda: 0.0)

    resting.failed("a", LlmCallStatus.FAILED, "wrong key", hopeless=True)

    assert "wrong key" in (resting.reason("a") or "")
    assert resting.reason("b") is None
