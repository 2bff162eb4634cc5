"""Lengths of time, moments and outcomes, as the Agents page words them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ci_core.runs.history import LogLine, Point
from db.enums import LogLevel, RunTrigger
from pages.widgets.agents import history_charts as charts
from pages.widgets.agents.run_parts import counts_in_words, log_html, told_html
from pages.widgets.agents.words import asked_by, at, from_now, lasting, run_title

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
VIENNA = ZoneInfo("Europe/Vienna")
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"), (0.02, "0 s"), (0.4, "0.4 s"), (1.2, "1 s"), (59.4, "59 s"), (59.6, "1 min"), (200, "3 min 20 s"),
        (3599.6, "1 h"), (7_500, "2 h 5 min"), (86_400, "1 day"), (3 * 86_400, "3 days"),
    ],
)  # fmt: skip
def test_a_length_of_time_has_at_most_two_units(seconds: float, words: str) -> None:
    assert lasting(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-60, "due"), (0.5, "due"), (12, "in 12 s"), (100, "in 2 min"), (7200, "in 2 h"), (5 * 86_400, "in 5 days")],
)
def test_what_is_to_come_is_told_in_its_largest_unit(seconds: float, words: str) -> None:
    assert from_now(NOW + timedelta(seconds=seconds), NOW) == words


@pytest.mark.parametrize(
    ("hours", "words"),
    [(0, "13:00"), (10.5, "23:30"), (11, "tomorrow 00:00"), (-20, "yesterday 17:00"), (72, "Sat 28 Nov 13:00")],
)
def test_a_moment_is_told_by_the_clock_of_the_reader(hours: float, words: str) -> None:
    assert at(NOW + timedelta(hours=hours), NOW, VIENNA) == words


def test_a_moment_of_another_year_says_so() -> None:
    assert at(datetime(2027, 1, 3, 5, 0, tzinfo=UTC), NOW, VIENNA) == "Sun 3 Jan 2027 06:00"


def test_a_run_says_what_it_is_and_why() -> None:
    assert run_title("research_scan", "r/options") == "Scan of a source: r/options"
    assert run_title("of_another_version", None) == "Of another version"
    assert asked_by(RunTrigger.SCHEDULED, "agent:clock", "nightly") == "on schedule “nightly”"
    assert asked_by(RunTrigger.MANUAL, "Ada", None) == "asked for by Ada"
    assert asked_by(RunTrigger.MANUAL, "Ada", "nightly") == "asked for by Ada, schedule “nightly”"


def test_counts_are_told_as_far_as_they_are_numbers_and_words() -> None:
    counts = {"new": 1200, "took_in": 0.5, "seen": 0, "note": "half", "deep": {"a": 1}, "flag": True}

    assert counts_in_words(counts) == "1,200 new, 0.5 took in, note half"
    assert counts_in_words({"new": 0, "seen": 0}) == "0 new, 0 seen"


def test_what_a_run_says_is_no_html() -> None:

    line = LogLine(1, 2, 3, NOW, LogLevel.ERROR, HOSTILE, {"url": HOSTILE})

    page = log_html([line], VIENNA)

    assert "<img" not in page
    assert "13:00:00 <small>attempt 3</small>" in page
    assert told_html(f"Run `ci doctor` {HOSTILE}").startswith("Run <code>ci doctor</code> &lt;img")


def point(agent: str, day: int, completed: int, failed: int, median: float | None = 5.0) -> Point:
    began = datetime(2026, 11, day, tzinfo=VIENNA)
    return Point(agent, began, completed + failed, completed, failed, 0, median, median)


POINTS = (point("research", 23, 8, 0), point("research", 25, 6, 2), point("upkeep", 24, 0, 1, None))


def test_days_are_those_of_the_reader_and_all_of_them() -> None:
    shown = charts.days_of(POINTS, NOW - timedelta(days=3), NOW, VIENNA)

    assert shown.days == tuple(date(2026, 11, day) for day in (22, 23, 24, 25))
    assert list(shown.points) == ["research", "upkeep"]
    assert [(row["day"].day, row["agent"], row["failed"]) for row in charts.rows_of(shown)] == [
        (25, "research", 2),
        (24, "upkeep", 1),
        (23, "research", 0),
    ]


def test_success_is_told_by_marks_beside_colours() -> None:
    shown = charts.days_of(POINTS, NOW - timedelta(days=3), NOW, VIENNA)

    ((trace,), _) = charts.success_chart(shown)

    assert trace["y"] == ["Upkeep", "Research"]
    assert trace["z"] == [[None, None, charts.NONE, None], [None, charts.WELL, None, charts.SOME]]
    assert trace["text"] == [["", "", "✕1", ""], ["", "", "", "2"]]
    assert "**82 %** of 17 went well" in charts.success_sentence(shown)


def test_duration_leaves_out_days_on_which_nothing_was_completed() -> None:
    shown = charts.days_of(POINTS, NOW - timedelta(days=3), NOW, VIENNA)

    (traces, _) = charts.duration_chart(shown)

    assert [(trace["name"], trace["x"]) for trace in traces] == [("Research", ["2026-11-23", "2026-11-25"])]
    assert charts.duration_sentence(shown) == "Research took longest: on its slowest day half of its runs took 5 s."
    nothing = charts.days_of((POINTS[2],), NOW - timedelta(days=3), NOW, VIENNA)
    assert charts.duration_sentence(nothing) == "nothing was completed at the first attempt."
    assert charts.duration_sentence(charts.Days((), {})) == "nothing was completed at the first attempt."
