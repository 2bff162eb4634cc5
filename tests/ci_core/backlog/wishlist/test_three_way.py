from __future__ import annotations

from typing import Any

import pytest

from ci_core.backlog.wishlist.three_way import merge_fields

IMPORTED: dict[str, Any] = {
    "title": "Cache quotes", "description": "Slow.", "priority": "medium", "category": "performance",
    "complexity": None, "estimated_hours": 4.0, "feature_area": "Quotes", "tags": ["cache"], "status": "proposed",
    "completed": False,
}  # fmt: skip


def board(**changed: Any) -> dict[str, Any]:
    return {name: value for name, value in IMPORTED.items() if name != "completed"} | changed


def file(**changed: Any) -> dict[str, Any]:
    return {name: value for name, value in IMPORTED.items() if name != "status"} | changed


def test_nothing_changed_is_nothing_to_do() -> None:
    merge = merge_fields(IMPORTED, file(), board())

    assert (merge.changes, merge.kept, merge.base) == ({}, (), IMPORTED)


def test_what_the_file_changed_is_written() -> None:
    merge = merge_fields(IMPORTED, file(priority="high", tags=["cache", "quotes"]), board())

    assert merge.changes == {"priority": "high", "tags": ["cache", "quotes"]}
    assert merge.base["priority"] == "high"


def test_what_a_person_changed_stays_when_the_file_says_nothing_new() -> None:
    merge = merge_fields(IMPORTED, file(), board(priority="critical"))

    assert (merge.changes, merge.kept, merge.base) == ({}, (), IMPORTED)


def test_where_both_changed_a_field_the_person_wins_and_the_rest_is_written() -> None:
    merge = merge_fields(IMPORTED, file(title="Cache all quotes", estimated_hours=8.0), board(title="Cache prices"))

    assert merge.changes == {"estimated_hours": 8.0}
    assert merge.kept == ("title",)
    assert merge.base["title"] == "Cache quotes"


def test_the_same_change_on_both_sides_is_no_conflict() -> None:
    merge = merge_fields(IMPORTED, file(priority="high"), board(priority="high"))

    assert (merge.changes, merge.kept) == ({}, ())
    assert merge.base["priority"] == "high"


def test_a_new_checkmark_completes() -> None:
    merge = merge_fields(IMPORTED, file(completed=True), board())

    assert merge.changes == {"status": "completed"}
    assert (merge.base["completed"], merge.base["status"]) == (True, "completed")


@pytest.mark.parametrize("status", ["approved", "in_progress", "rejected"])
def test_a_status_that_a_person_set_is_theirs(status: str) -> None:
    merge = merge_fields(IMPORTED, file(completed=True), board(status=status))

    assert (merge.changes, merge.kept) == ({}, ("status",))
    assert merge.base["completed"] is False


def test_a_checkmark_taken_away_reopens_what_the_import_completed() -> None:
    done = IMPORTED | {"completed": True, "status": "completed"}

    assert merge_fields(done, file(), board(status="completed")).changes == {"status": "approved"}


def test_what_a_person_completed_already_is_no_change() -> None:
    merge = merge_fields(IMPORTED, file(completed=True), board(status="completed"))

    assert (merge.changes, merge.kept) == ({}, ())
    assert (merge.base["completed"], merge.base["status"]) == (True, "completed")


def test_a_field_that_an_older_import_did_not_know_counts_as_unedited() -> None:
    older = {name: value for name, value in IMPORTED.items() if name != "tags"}

    assert merge_fields(older, file(tags=["new"]), board()).changes == {"tags": ["new"]}
