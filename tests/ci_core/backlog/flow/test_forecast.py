"""Simulated futures: exact where the past leaves no choice, and reasonable where it does."""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci_core.backlog.forecast import FARTHEST_DAYS, how_many, when_done
from ci_core.errors import InvalidInput

TODAY = date(2026, 3, 2)


@given(st.integers(1, 9), st.integers(1, 400), st.integers(1, 40))
@settings(max_examples=30, deadline=None)
def test_a_constant_past_makes_an_exact_forecast(pace: int, count: int, days: int) -> None:
    past = [pace] * days

    needed = ceil(count / pace)
    assert {found.days for found in when_done(past, count, today=TODAY, runs=200)} == {needed}
    assert {found.on for found in when_done(past, count, today=TODAY, runs=200)} == {TODAY + timedelta(days=needed)}
    assert {found.count for found in how_many(past, days, runs=200)} == {pace * days}


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60).filter(any), st.integers(1, 60), st.integers(0, 120))
@settings(max_examples=30, deadline=None)
def test_more_certainty_is_later_and_fewer(past: list[int], count: int, days: int) -> None:
    dates = [found.days or FARTHEST_DAYS + 1 for found in when_done(past, count, today=TODAY, runs=300)]
    counts = [found.count for found in how_many(past, days, runs=300)]

    assert dates == sorted(dates)
    assert counts == sorted(counts, reverse=True)
    assert dates[0] >= ceil(count / max(past))
    assert counts[0] <= days * max(past)


def test_the_same_seed_gives_the_same_answer_and_another_one_nearly() -> None:
    past = [0, 0, 3, 1, 0, 2, 1]

    first = when_done(past, 40, today=TODAY)
    assert first == when_done(past, 40, today=TODAY)
    for one, other in zip(first, when_done(past, 40, today=TODAY, seed=7), strict=True):
        assert one.days == pytest.approx(other.days, abs=2)


def test_the_median_is_near_the_count_over_the_mean() -> None:
    past = [0, 1, 0, 2, 0, 1, 3]  # one a day

    half, likely, sure = when_done(past, 100, today=TODAY)

    assert half.days == pytest.approx(100, abs=3)
    assert half.days < likely.days < sure.days
    assert how_many(past, 100)[0].count == pytest.approx(100, abs=3)


def test_an_outcome_of_two_even_chances_is_counted_right() -> None:
    # One is done on half of the days: within 2 days with 75 %, within 3 with 87.5 %, within 5 with 96.9 %.
    found = when_done([0, 1], 1, today=TODAY)

    assert [one.days for one in found] == [1, 3, 5] or [one.days for one in found] == [2, 3, 5]


def test_what_takes_longer_than_ten_years_is_said_to_do_so() -> None:
    slow = [1] + [0] * 999

    assert all(found.on is None for found in when_done(slow, 50, today=TODAY, runs=200))
    assert all(found.days is None for found in when_done([0, 0], 1, today=TODAY, runs=200))


def test_nothing_is_done_in_no_time() -> None:
    assert {found.count for found in how_many([4, 5], 0)} == {0}


@pytest.mark.parametrize("count", [0, -1, 10_001])
def test_a_count_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(InvalidInput, match="1 to 10,000 items"):
        when_done([1], count, today=TODAY)


def test_a_date_in_the_past_and_a_missing_past_are_refused() -> None:
    with pytest.raises(InvalidInput, match="from today to ten years"):
        how_many([1], -1)
    with pytest.raises(InvalidInput, match="no past day"):
        how_many([], 3)
