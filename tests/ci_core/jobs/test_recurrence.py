"""Cron lines and intervals in time zones: nothing twice and nothing lost, also where the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ci_core.errors import InvalidInput
from ci_core.jobs.recurrence import Recurrence, checked_cron, checked_interval, checked_zone

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",  # changes at midnight, in the south
    "Australia/Lord_Howe",  # by half an hour
    "Asia/Kathmandu",  # a quarter of an hour off
    "Pacific/Apia",
]
LINES = [
    "0 2 * * *",
    "30 2 * * *",
    "*/15 2 * * *",
    "30 * * * *",
    "*/20 * * * *",
    "0 */4 * * *",
    "0,30 1-3 * * *",
    "15 0 * * *",
    "5 3 * * 1",
    "0 4 1 * *",
    "0 6 29 2 *",
    "*/7 9-17 * * MON-FRI",
]
YEAR = timedelta(days=366)
moments = st.integers(0, 4 * 366 * 86_400_000).map(
    lambda milliseconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
)
recurrences = st.one_of(
    st.builds(Recurrence, cron=st.sampled_from(LINES), time_zone=st.sampled_from(ZONES)),
    st.builds(Recurrence, every_seconds=st.integers(10, 40 * 86_400), anchor=moments),
)
DAILY = Recurrence(cron="30 2 * * *", time_zone="Europe/Berlin")


def following(recurrence: Recurrence, moment: datetime, count: int) -> list[datetime]:
    found = []
    for _ in range(count):
        later = recurrence.after(moment)
        assert later is not None
        found.append(moment := later)
    return found


def wall(recurrence: Recurrence, moment: datetime, count: int) -> list[str]:
    zone = ZoneInfo(recurrence.time_zone)
    return [f"{one.astimezone(zone):%d %H:%M%z}" for one in following(recurrence, moment, count)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # 02:00–03:00 does not exist on the 29th: what falls into it comes at three, once.
        ("30 2 * * *", ["28 02:30+0100", "29 03:00+0200", "30 02:30+0200"]),
        ("*/30 2 * * *", ["28 02:00+0100", "28 02:30+0100", "29 03:00+0200", "30 02:00+0200"]),
        ("0 2,3 * * *", ["28 02:00+0100", "28 03:00+0100", "29 03:00+0200", "30 02:00+0200"]),
    ],
)
def test_a_time_that_does_not_exist_comes_at_the_end_of_the_gap(line: str, expected: list[str]) -> None:
    recurrence = Recurrence(cron=line, time_zone="Europe/Berlin")

    assert wall(recurrence, datetime(2026, 3, 28, 0, 0, tzinfo=BERLIN), len(expected)) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("30 2 * * *", ["24 02:30+0200", "25 02:30+0200", "26 02:30+0100"]),
        ("*/30 2 * * *", ["24 02:00+0200", "24 02:30+0200", "25 02:00+0200", "25 02:30+0200", "26 02:00+0100"]),
    ],
)
def test_a_time_that_exists_twice_comes_once(line: str, expected: list[str]) -> None:
    recurrence = Recurrence(cron=line, time_zone="Europe/Berlin")

    assert wall(recurrence, datetime(2026, 10, 24, 0, 0, tzinfo=BERLIN), len(expected)) == expected


def test_what_comes_every_hour_follows_the_hours_as_they_pass() -> None:
    for line in ("30 * * * *", "30 0-23 * * *"):
        hourly = Recurrence(cron=line, time_zone="Europe/Berlin")
        for start in (datetime(2026, 3, 29, tzinfo=BERLIN), datetime(2026, 10, 25, tzinfo=BERLIN)):
            found = following(hourly, start, 6)
            assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(hours=1)}


def test_from_within_the_hour_that_is_repeated_the_next_is_tomorrow() -> None:
    second_time = datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1)

    assert wall(DAILY, second_time, 1) == ["26 02:30+0100"]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("line", LINES)
def test_a_year_of_a_line_is_in_order_and_each_once(line: str, zone: str) -> None:
    recurrence = Recurrence(cron=line, time_zone=zone)
    found = list(islice(following(recurrence, datetime(2026, 1, 1, tzinfo=UTC), 400), 400))

    assert all(earlier < later for earlier, later in pairwise(found))
    assert all(one.second == one.microsecond == 0 and one.tzinfo is UTC for one in found)


@pytest.mark.parametrize("zone", ZONES)
def test_every_day_of_ten_years_has_its_slot(zone: str) -> None:
    start = datetime(2020, 1, 1, tzinfo=ZoneInfo(zone))
    days = [
        one.astimezone(ZoneInfo(zone)).date() for one in following(Recurrence("30 2 * * *", None, zone), start, 3_650)
    ]

    assert len(set(days)) == len(days)
    assert days[-1] - days[0] == timedelta(days=3_649)


@settings(max_examples=300, deadline=None)
@given(recurrences, moments)
@example(DAILY, datetime(2026, 3, 29, 1, 0, tzinfo=UTC))
@example(DAILY, datetime(2026, 10, 25, 1, 10, tzinfo=UTC))
def test_the_next_one_is_later_and_the_same_from_wherever_one_looks(recurrence: Recurrence, moment: datetime) -> None:
    later = recurrence.after(moment)

    assert later is not None
    assert later > moment
    assert recurrence.after(moment + (later - moment) / 2) == later
    assert recurrence.after(later - timedelta(microseconds=1)) == later


@settings(max_examples=200, deadline=None)
@given(recurrences, moments, st.integers(1, 40))
def test_the_latest_is_the_last_of_those_that_came(recurrence: Recurrence, moment: datetime, count: int) -> None:
    came = following(recurrence, moment, count)
    assume(came[-1] - moment < 30 * YEAR)
    following_one = recurrence.after(came[-1])
    assert following_one is not None

    for now in (came[-1], following_one - timedelta(microseconds=1)):
        assert recurrence.latest(now, not_before=moment) == came[-1]
    assert (
        recurrence.latest(came[-1] - timedelta(microseconds=1), not_before=came[-1] - timedelta(microseconds=1)) is None
    )


def test_within_the_hour_that_is_repeated_the_latest_may_show_a_later_time() -> None:
    second_time = datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1)

    latest = DAILY.latest(second_time, not_before=second_time - YEAR)

    assert latest == datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN).astimezone(UTC) < second_time


def test_the_latest_of_many_is_found_at_once() -> None:
    minutely = Recurrence(cron="* * * * *")
    now = datetime(2026, 11, 25, 12, 0, 30, tzinfo=UTC)

    assert minutely.latest(now, not_before=now - 20 * YEAR) == now.replace(second=0)
    on_mondays = Recurrence(cron="* * * * MON")
    assert on_mondays.latest(now, not_before=now - YEAR) == datetime(2026, 11, 23, 23, 59, tzinfo=UTC)


def test_an_interval_does_not_drift() -> None:
    every = Recurrence(every_seconds=4 * 3600, anchor=datetime(2026, 1, 1, 0, 17, 3, 999, tzinfo=UTC))
    moment, count = datetime(2026, 1, 1, tzinfo=UTC), 0
    while (moment := every.after(moment + timedelta(seconds=7 * (count % 300))) or moment) < datetime(
        2027, 1, 1, tzinfo=UTC
    ):
        assert (moment.hour % 4, moment.minute, moment.second, moment.microsecond) == (0, 17, 3, 0)
        count += 1

    assert count == 365 * 6


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("every morning", "it has 2 fields instead of 5"),
        ("0 0 2 * * *", "it has 6 fields instead of 5"),
        ("61 * * * *", "the minute cannot be read"),
        ("0 24 * * *", "the hour cannot be read"),
        ("0 0 31 2 *", "the day-of-month cannot be read, or never comes"),
        ("* * * * MON#6", "the day-of-week cannot be read"),
        ("0 2 * * *\x00", "has 5|cannot be read"),
        ("0 ２ * * *", "plain text"),
        (None, "plain text"),
        ("0 " * 200, "plain text"),
    ],
)
def test_a_wrong_line_is_told_with_what_is_wrong_and_the_remedy(line: object, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as raised:
        checked_cron(line)

    assert raised.value.field == "cron"
    assert "0 2 * * *" in str(raised.value)


def test_a_line_is_kept_with_single_spaces() -> None:
    assert checked_cron("  0   2 *\t* mon-fri ") == "0 2 * * mon-fri"


@pytest.mark.parametrize(
    "name", ["", "Europe", "Atlantis", "localtime", "../etc/passwd", "/etc/localtime", "a\0", None, 7]
)
def test_what_is_no_time_zone_is_refused(name: object) -> None:
    with pytest.raises(InvalidInput, match="Write one such as Europe/Berlin") as raised:
        checked_zone(name)

    assert raised.value.field == "time_zone"


def test_zones_go_by_their_names() -> None:
    assert [checked_zone(name) for name in (" Europe/Berlin ", "UTC", "Etc/GMT+5")] == [
        "Europe/Berlin",
        "UTC",
        "Etc/GMT+5",
    ]


@pytest.mark.parametrize("seconds", [9, 0, -5, 366 * 86_400 + 1, 60.5, "60", True, None])
def test_what_is_no_interval_is_refused(seconds: object) -> None:
    with pytest.raises(InvalidInput, match="from 10 of them to 366 days"):
        checked_interval(seconds)
