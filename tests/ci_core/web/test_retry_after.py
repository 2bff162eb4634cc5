"""When to ask again, as sites say it and as people read it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ci_core.web.retry_after import LONGEST, next_try, reset_at, retry_at

NOW = datetime(2026, 11, 25, 14, 3, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("90", 90),
        ("1.5", 1.5),
        (" 30 ", 30),
        ("-5", 0),
        ("1e9", 86_400),
        ("Wed, 25 Nov 2026 14:05:20 GMT", 120),
        ("Wed, 25 Nov 2026 14:05:20 -0000", 120),
        ("Wed, 25 Nov 2020 14:05:20 GMT", 0),
        ("Wed, 25 Nov 2099 14:05:20 GMT", 86_400),
    ],
)
def test_seconds_and_dates(value: str, seconds: float) -> None:
    assert retry_at({"retry-after": value}, NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("value", ["", "soon", "nan", "inf", "99 Nov 2026", "Wed, 25 Foo 2026 14:05:20 GMT"])
def test_what_cannot_be_read_is_not_known(value: str) -> None:
    assert retry_at({"retry-after": value}, NOW) is None


@given(some.text())
def test_no_header_is_waited_for_longer_than_a_day(value: str) -> None:
    for moment in (retry_at({"retry-after": value}, NOW), reset_at(value, NOW)):
        assert moment is None or NOW <= moment <= NOW + LONGEST


@pytest.mark.parametrize(
    ("value", "seconds"), [("480", 480), (str(int(NOW.timestamp()) + 60), 60), ("1", 1), ("7.5", 7.5)]
)
def test_limits_count_down_or_name_the_time(value: str, seconds: float) -> None:
    assert reset_at(value, NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0, ", next try 14:04 UTC"),
        (100, ", next try 14:05 UTC"),
        (101, ", next try 14:06 UTC"),
        (86_400, ", next try 2026-11-26 14:04 UTC"),
    ],
)
def test_people_are_told_a_full_minute_that_is_not_too_early(seconds: float | None, text: str) -> None:
    assert next_try(None if seconds is None else NOW + timedelta(seconds=seconds), NOW) == text
