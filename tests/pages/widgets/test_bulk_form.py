"""What a person touches in the dialog for many becomes changes and a line that says what they do."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from ci_core.backlog.bulk import BulkProblem, BulkResult
from ci_core.backlog.bulk_values import BulkItem, all_tags
from db.enums import Category, Complexity, Priority, Status
from pages.widgets.bulk_form import (
    CHANGE,
    MIXED,
    NONE,
    SNOOZE,
    BulkForm,
    common,
    in_words,
    merge_preview,
    preview,
    reason_of,
    snooze_changes,
    summary,
    wanted_changes,
)


def item(number: int = 1, **given: Any) -> BulkItem:
    usual: dict[str, Any] = {
        "version": 3, "title": "Wish", "status": Status.PROPOSED, "priority": Priority.HIGH,
        "category": Category.BUG_FIX, "complexity": None, "feature_area": None, "assignee": "Ada",
        "estimated_hours": 2.0, "tags": (),
    }  # fmt: skip
    return BulkItem(id=number, **{**usual, **given})


def test_only_fields_that_are_touched_become_changes() -> None:
    typed = {"status": None, "priority": "low", "assignee": NONE, "add_tags": ["pool"], "remove_tags": [], "mode": "x"}

    assert wanted_changes(typed) == {"priority": "low", "assignee": None, "add_tags": ["pool"]}
    assert wanted_changes({}) == {}


def test_an_estimate_is_set_or_taken_away() -> None:
    assert wanted_changes({"estimated_hours": 0.0}) == {"estimated_hours": 0.0}
    assert wanted_changes({"estimated_hours": 4.0, "no_estimate": True}) == {"estimated_hours": None}


def test_a_reason_goes_with_the_step_that_it_was_typed_for() -> None:
    typed = {"mode": CHANGE, "status": "deferred", "reason": " Later "}

    assert reason_of(typed) == "Later"
    for other in ({"mode": SNOOZE}, {"status": None}, {"status": "rejected"}):
        assert reason_of({**typed, **other}) is None
    assert reason_of({"status": "deferred", "reason": " "}) is None


def test_the_reason_of_a_rejection_goes_with_a_rejection_only() -> None:
    assert wanted_changes({"status": "rejected", "rejection_reason": " No "}) == {
        "status": "rejected",
        "rejection_reason": "No",
    }
    assert wanted_changes({"status": "approved", "rejection_reason": "No"}) == {"status": "approved"}


def test_a_snooze_ends_in_the_morning_or_with_another_one() -> None:
    now = datetime.now(UTC)

    assert snooze_changes(date(2030, 5, 6), None, now) == {"snoozed_until": datetime(2030, 5, 6, 8, tzinfo=UTC)}
    assert snooze_changes(date(2030, 5, 6), 7, now) == {"snoozed_for_id": 7}
    assert snooze_changes(None, None, now) == {}


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("priority", (Priority.HIGH, Priority.HIGH), "High"),
        ("priority", (Priority.HIGH, Priority.LOW), MIXED),
        ("complexity", (None, None), "none"),
        ("complexity", (None, Complexity.EPIC), MIXED),
        ("estimated_hours", (2.5, 2.5), "2.5"),
        ("assignee", ("Ada", "Ada"), "Ada"),
    ],
)
def test_a_value_that_all_have_is_shown_and_others_are_mixed(name: str, values: tuple[Any, ...], words: str) -> None:
    assert common([item(number, **{name: value}) for number, value in enumerate(values)], name) == words


def test_changes_in_words() -> None:
    changes = {"status": "in_progress", "priority": "low", "assignee": None, "add_tags": ["a", "b"]}

    assert in_words(changes) == "move to In progress, set priority to Low, set assignee to none and add tags a, b"
    assert in_words({"snoozed_for_id": 7}) == "snooze until #7 is done"
    assert in_words({"snoozed_until": datetime(2030, 5, 6, tzinfo=UTC)}) == "snooze until 6 May 2030"


def test_the_preview_counts_what_will_be_done() -> None:
    items = [item(1, priority=Priority.LOW), item(2), item(3, tags=("pool",))]

    assert preview(items, {"priority": "low"}) == "Will set priority to Low: 2 of 3. 1 is so already."
    assert preview(items, {"add_tags": ["Pool"]}) == "Will add tag Pool: 2 of 3. 1 is so already."
    assert "stay as they are" in preview(items, {})


def test_the_preview_says_what_the_lifecycle_will_not_allow() -> None:
    items = [item(1), item(2, status=Status.APPROVED), item(3)]

    assert preview(items, {"status": "completed"}).endswith("1 of 3. 2 cannot: #1 is in Proposed …")
    assert preview(items, {"snoozed_for_id": 9}).endswith("2 of 3. 1 cannot: #2 is in Approved.")


def test_the_versions_that_were_seen_are_written_against() -> None:
    assert BulkForm((item(1), item(2)), {1: 2}).cards == [(1, 2), (2, 3)]


def test_results_and_merges_in_words() -> None:
    problems = (BulkProblem(3, "no"),)

    assert summary(BulkResult((1,), (2,), problems, 5)) == "1 changed, 1 as they should be already, 1 not"
    assert summary(BulkResult((1, 2), (), (), 5)) == "2 changed"
    assert merge_preview([item(1), item(2)], 2, "Wish").startswith("Will merge 1 into #2 “Wish”.")


def test_tags_that_most_have_come_first() -> None:
    assert all_tags([item(1, tags=("a", "b")), item(2, tags=("b",))]) == ("b", "a")
