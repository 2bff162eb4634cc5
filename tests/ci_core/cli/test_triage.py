"""The inbox at a shell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.ci_core.cli.conftest import Ci

Add = Callable[..., dict[str, Any]]
NEXT_YEAR = (datetime.now(UTC) + timedelta(days=365)).date()


def listed(ci: Ci, query: str) -> list[int]:
    return [item["id"] for item in ci("enhancements", "inbox", query, "--json").document["enhancements"]]


def test_the_inbox_lists_what_waits_with_the_most_urgent_first(ci: Ci, add: Add) -> None:
    low = add("Footer", "--priority", "low", "--tag", "listing")["id"]
    high = add("Crash", "--priority", "high", "--tag", "listing")["id"]
    decided = add("Decided", "--tag", "listing")["id"]
    ci("enhancements", "move", decided, "approved")

    outcome = ci("enhancements", "inbox", "tag:listing")

    assert listed(ci, "tag:listing") == [high, low]
    assert outcome.out.index("Crash") < outcome.out.index("Footer")
    assert "1–2 of 2 waiting, 0 snoozed" in outcome.err


def test_an_empty_inbox_says_so(ci: Ci) -> None:
    outcome = ci("enhancements", "inbox", "tag:nothing-has-this")

    assert (outcome.status, "none waiting, 0 snoozed" in outcome.err) == (0, True)


def test_a_day_means_its_morning_and_it_is_out_until_then(ci: Ci, add: Add) -> None:
    item = add("Later", "--tag", "morning")["id"]

    outcome = ci("enhancements", "snooze", item, "--until", NEXT_YEAR)

    assert f"out of the inbox until {NEXT_YEAR} 09:00" in outcome.out
    document = ci("enhancements", "inbox", "tag:morning", "--json").document
    assert (document["total"], document["snoozed"], document["enhancements"]) == (0, 1, [])


def test_a_time_with_a_zone_is_taken_as_it_is(ci: Ci, add: Add) -> None:
    item = add("Later")["id"]

    stored = ci("enhancements", "snooze", item, "--until", f"{NEXT_YEAR}T14:30+02:00", "--json").document

    assert datetime.fromisoformat(stored["snoozed_until"]) == datetime.fromisoformat(f"{NEXT_YEAR}T12:30+00:00")


def test_until_another_one_is_done_and_back_with_wake(ci: Ci, add: Add) -> None:
    item, other = add("Waits", "--tag", "waking")["id"], add("First")["id"]

    assert f"until #{other} is done" in ci("enhancements", "snooze", item, "--until-done", other).out
    assert listed(ci, "tag:waking") == []
    assert "back in the inbox" in ci("enhancements", "snooze", item, "--wake").out
    assert listed(ci, "tag:waking") == [item]


@pytest.mark.parametrize(
    "options",
    [(), ("--wake", "--until", "2027-01-01"), ("--until", "soon"), ("--until", "2027-02-30"), ("--until-done", "0")],
)
def test_what_means_nothing_is_wrong_usage(ci: Ci, add: Add, options: tuple[str, ...]) -> None:
    outcome = ci("enhancements", "snooze", add("Any")["id"], *options)

    assert outcome.status == 2


def test_a_day_that_has_passed_is_refused_in_one_line(ci: Ci, add: Add) -> None:
    outcome = ci("enhancements", "snooze", add("Any")["id"], "--until", "2020-01-01")

    assert (outcome.status, outcome.out) == (1, "")
    assert "has passed" in outcome.err


def test_a_rejection_keeps_its_reason(ci: Ci, add: Add) -> None:
    item = add("Blink tag")["id"]

    outcome = ci("enhancements", "reject", item, "--reason", "Out of scope")

    assert f"#{item} is rejected: Out of scope" in outcome.out
    shown = ci("enhancements", "show", item, "--json").document
    assert (shown["status"], shown["rejection_reason"]) == ("rejected", "Out of scope")
    assert shown["history"][0]["reason"] == "Out of scope"


def test_a_rejection_without_a_reason_is_wrong_usage(ci: Ci, add: Add) -> None:
    assert ci("enhancements", "reject", add("Any")["id"]).status == 2


def test_what_somebody_else_decided_since_the_version_is_not_overwritten(ci: Ci, add: Add) -> None:
    item = add("Contested")["id"]
    ci("enhancements", "move", item, "approved", "--as", "grace")

    outcome = ci("enhancements", "snooze", item, "--until", NEXT_YEAR, "--expected-version", 1)

    assert outcome.status == 1
    assert "grace changed status" in outcome.err


def test_a_rejection_is_undone_at_the_shell(ci: Ci, add: Add) -> None:
    item = add("Wrongly rejected")["id"]
    ci("enhancements", "reject", item, "--reason", "Out of scope")

    ci("enhancements", "undo", item)

    shown = ci("enhancements", "show", item, "--json").document
    assert (shown["status"], shown["rejection_reason"]) == ("proposed", None)
