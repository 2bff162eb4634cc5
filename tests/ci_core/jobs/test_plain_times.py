"""Recurring times in plain words, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_core.errors import InvalidInput
from ci_core.jobs.plain_times import Times, times_from_words, times_in_words

CRONS = {
    "0 2 * * *": "every day at 02:00",
    "30 8 * * 1-5": "every weekday at 08:30",
    "0 6 * * 1,4": "every Monday and Thursday at 06:00",
    "0 6 * * 0,1,4": "every Sunday, Monday and Thursday at 06:00",
    "0 2,14 * * *": "every day at 02:00 and 14:00",
    "15 * * * *": "every hour at minute 15",
    "0,15,30,45 * * * *": "every hour at minutes 0, 15, 30 and 45",
    "0 3 1 * *": "on the 1st of every month at 03:00",
    "5 3 2,3,11,22 * *": "on the 2nd, 3rd, 11th and 22nd of every month at 03:05",
}
INTERVALS = {
    10: "every 10 seconds",
    60: "every minute",
    90: "every 90 seconds",
    3600: "every hour",
    4 * 3600: "every 4 hours",
    86_400: "every 24 hours",
    2 * 86_400: "every 2 days",
}
TYPED = {
    "Daily at 2": "0 2 * * *",
    "every day": "0 0 * * *",
    "every day at 2:30 pm": "30 14 * * *",
    "every day at 12 am": "0 0 * * *",
    "every day at noon": "0 12 * * *",
    "weekly at 7:00": "0 7 * * 1",
    "every mon, wed and fri at 9:00": "0 9 * * 1,3,5",
    "every weekend at 9.15": "15 9 * * 0,6",
    "monthly at 3:00": "0 3 1 * *",
    "every month on the 15th at 3:00": "0 3 15 * *",
    "  every   Sunday  at 23:59. ": "59 23 * * 0",
    "*/5 9-17 * * MON-FRI": "*/5 9-17 * * MON-FRI",
    "cron 0 0 1 1 *": "0 0 1 1 *",
}
NONSENSE = [
    "", "often", "every", "every day at 25:00", "every day at 2:60", "every day at 13 pm", "every blueday at 2:00",
    "every day at 2:00 and 3:30", "on the 32nd of every month", "on the 0th", "every hour at minute 60",
    "every to at 2", "1 2 3", "so every day at 2", "every day at 2:00 or so",
]  # fmt: skip


@pytest.mark.parametrize(("cron", "words"), CRONS.items())
def test_cron_lines_and_their_words_are_the_same(cron: str, words: str) -> None:
    assert times_in_words(cron, None) == words
    assert times_from_words(words) == Times(cron=cron)


@pytest.mark.parametrize(("seconds", "words"), INTERVALS.items())
def test_intervals_and_their_words_are_the_same(seconds: int, words: str) -> None:
    assert times_in_words(None, seconds) == words
    assert times_from_words(words) == Times(every_seconds=seconds)


@pytest.mark.parametrize(("typed", "cron"), TYPED.items())
def test_people_may_write_it_in_their_way(typed: str, cron: str) -> None:
    assert times_from_words(typed) == Times(cron=cron)


@pytest.mark.parametrize("typed", NONSENSE)
def test_what_is_not_understood_is_answered_with_examples(typed: str) -> None:
    with pytest.raises(InvalidInput, match="every day at 02:00"):
        times_from_words(typed)


@pytest.mark.parametrize("line", ["*/5 * * * *", "0 2 1 * 1", "0 2 * 6 *", "0 2-4 * * *", "0 2 * * 9", "0 24 * * *"])
def test_a_line_without_plain_words_is_quoted_and_read_again(line: str) -> None:
    assert times_in_words(line, None) == f"cron {line}"
    assert times_from_words(f"cron {line}") == Times(cron=line)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("5 7 * * MON", "every Monday at 07:05"),
        ("5 7 * * mon-fri", "every weekday at 07:05"),
        ("5 7 * * 1,2,3,4,5", "every weekday at 07:05"),
        ("5 7 * * FRI-7", "every Sunday, Friday and Saturday at 07:05"),
        ("5 7 * * SAT-MON", "cron 5 7 * * SAT-MON"),
    ],
)
def test_days_of_the_week_may_be_names_and_ranges(line: str, words: str) -> None:
    assert times_in_words(line, None) == words


@given(st.integers(10, 366 * 86_400))
def test_every_interval_can_be_typed_as_it_is_told(seconds: int) -> None:
    assert times_from_words(times_in_words(None, seconds)) == Times(every_seconds=seconds)


LISTS = st.lists(st.integers(0, 23), min_size=1, max_size=4, unique=True).map(sorted)


@given(st.integers(0, 59), LISTS, st.one_of(st.none(), st.sets(st.integers(0, 6), min_size=1, max_size=6)))
def test_every_time_of_every_day_can_be_typed_as_it_is_told(
    minute: int, hours: list[int], days: set[int] | None
) -> None:
    weekdays = "*" if days is None else ",".join(map(str, sorted(days)))
    weekdays = weekdays.replace("1,2,3,4,5", "1-5") if days == {1, 2, 3, 4, 5} else weekdays
    line = f"{minute} {','.join(map(str, hours))} * * {weekdays}"

    assert times_from_words(times_in_words(line, None)) == Times(cron=line)


@given(st.text(max_size=60))
def test_no_text_does_more_than_to_be_refused(typed: str) -> None:
    try:
        found = times_from_words(typed)
    except InvalidInput:
        return
    assert (found.cron is None) != (found.every_seconds is None)
