"""Schedules in the fields of their dialog, and the picture of what comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from ci_core.errors import InvalidInput
from ci_core.jobs.calendar import Calendar, Coming
from ci_core.jobs.plain_times import Times
from ci_core.jobs.schedules import Schedule
from db.enums import MissedRuns
from pages.widgets.agents import coming
from pages.widgets.agents.schedule_form import (
    changes_of,
    checked_times,
    next_times,
    parameters_as_text,
    parameters_from_text,
    typed_of,
    values_of,
)

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
VIENNA = ZoneInfo("Europe/Vienna")
HOSTILE = "<img src=x onerror=alert(1)>"


def test_a_new_schedule_begins_with_something_that_can_be_saved() -> None:
    typed = typed_of(None, "Europe/Vienna", "research_scan")

    assert typed["times"] == "every day at 02:00"
    assert values_of({**typed, "name": "nightly "}) == {
        "name": "nightly",
        "kind": "research_scan",
        "cron": "0 2 * * *",
        "every_seconds": None,
        "time_zone": "Europe/Vienna",
        "jitter_seconds": 0,
        "missed": MissedRuns.ONCE,
        "description": "",
        "parameters": {},
        "priority": 0,
        "enabled": True,
    }


def test_its_next_times_are_told_before_it_is_saved() -> None:
    typed = {"times": "every weekday at 8:30", "time_zone": "Europe/Vienna"}

    found = next_times(typed, None, NOW)

    local = [moment.astimezone(VIENNA) for moment in found]
    assert [(moment.day, moment.hour, moment.minute) for moment in local] == [
        (day, 8, 30) for day in (26, 27, 30, 1, 2)
    ]


def test_an_interval_is_counted_from_now_on_and_comes_later_by_less_than_its_jitter() -> None:
    plain = next_times({"times": "every 2 hours", "time_zone": "UTC"}, None, NOW)
    later = next_times({"times": "every 2 hours", "time_zone": "UTC", "jitter_minutes": 10}, None, NOW)

    assert [moment - NOW for moment in plain] == [timedelta(hours=2 * n) for n in range(1, 6)]
    assert all((moment - NOW) % timedelta(hours=2) <= timedelta(minutes=10) for moment in later)
    assert later != plain


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"times": "now and then"}, "times"),
        ({"times": "70 2 * * *"}, "cron"),
        ({"times": "every second"}, "every_seconds"),
        ({"times": "every hour", "time_zone": "Europe/Atlantis"}, "time_zone"),
    ],
)
def test_what_cannot_be_used_is_told_by_its_field(typed: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        next_times({"time_zone": "UTC", **typed}, None, NOW)

    assert refused.value.field == field


def test_a_cron_line_may_be_typed_as_it_is() -> None:
    assert checked_times(" */5   * * * * ") == Times(cron="*/5 * * * *")


def test_parameters_stand_one_a_line_and_come_back_as_they_were() -> None:
    parameters = {"source_id": 3, "text": "a: b", "list": [1, "ü"], "none": None}

    assert parameters_from_text(parameters_as_text(parameters)) == parameters
    assert parameters_from_text('site: r/options\n\n deep : {"a": 1}') == {"site": "r/options", "deep": {"a": 1}}


@pytest.mark.parametrize("typed", ["source_id 3", ": 3", "a: 1\na: 2"])
def test_a_line_that_is_no_parameter_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput, match="source_id: 3"):
        parameters_from_text(typed)


def test_what_was_not_touched_is_not_changed() -> None:
    seen = cast("Schedule", SimpleNamespace(**vars_of_a_schedule()))
    typed = typed_of(seen, "", "")

    assert changes_of(typed, seen) == {}
    assert changes_of({**typed, "enabled": False}, seen) == {"enabled": False}
    assert changes_of({**typed, "times": "every hour", "jitter_minutes": 2}, seen) == {
        "cron": None,
        "every_seconds": 3600,
        "jitter_seconds": 120,
    }


def vars_of_a_schedule() -> dict[str, object]:
    """Written in other words than the form would: the day as a name, a jitter that is no whole minute."""
    return {
        "id": 1, "name": "weekly", "kind": "research_scan", "cron": "5 7 * * MON", "every_seconds": None,
        "time_zone": "UTC", "jitter_seconds": 100, "missed": MissedRuns.SKIP, "description": "d",
        "parameters": {"source_id": 3}, "priority": 1, "enabled": True, "created_at": NOW,
    }  # fmt: skip


def entry(name: str, hours: float, *, expected: bool = False) -> Coming:
    due = NOW + timedelta(hours=hours)
    return Coming(due, name, "research_scan", "Scan of a source", source_id=1, expected=expected)


def test_what_comes_is_a_point_each_the_first_at_the_top() -> None:
    found = Calendar((entry("b", 1), entry(HOSTILE, 2), entry("b", 13, expected=True)), ("often",))

    traces, shape = coming.chart(found, NOW, timedelta(days=1), VIENNA)

    assert [(trace["name"], trace["x"]) for trace in traces] == [
        ("Due", ["2026-11-25T14:00:00", "2026-11-25T15:00:00"]),
        ("Expected", ["2026-11-26T02:00:00"]),
    ]
    assert "<" not in "".join(traces[0]["y"])
    assert shape["yaxis"]["categoryarray"][-1] == "b"
    told = coming.sentence(found, NOW, VIENNA)
    assert told == "next is **b** in 1 h, 14:00. 3 times in all. often comes more often than is shown here."


def test_the_list_of_what_comes_is_no_html_of_others() -> None:
    page = coming.list_html(Calendar((entry(HOSTILE, 2, expected=True),), ()), NOW, VIENNA)

    assert "<img" not in page
    assert "15:00 <small>expected</small>" in page
    assert coming.sentence(Calendar((), ()), NOW, VIENNA) == "nothing is due in this time."
