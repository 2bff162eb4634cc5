"""`ci enhancements bulk` changes what a query finds or numbers name, and tells what it could not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.ci_core.cli.conftest import Ci

Add = Callable[..., dict[str, Any]]


def ids_of(*added: dict[str, Any]) -> str:
    return ",".join(str(one["id"]) for one in added)


def read(ci: Ci, one: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = ci("enhancements", "show", one["id"], "--json").document
    return document


def test_numbers_are_changed_as_json_tells(ci: Ci, add: Add) -> None:
    first, second, high = add("One", "--tag", "old"), add("Two"), add("Three", "--priority", "high")
    ids = ids_of(first, second, high)

    outcome = ci("enhancements", "bulk", "--ids", ids, "--set", "priority=high", "--json")

    assert outcome.status == 0, outcome.err
    assert outcome.document["changed"] == [first["id"], second["id"]]
    assert (outcome.document["unchanged"], outcome.document["problems"]) == ([high["id"]], [])
    options = ["--add-tag", "New", "--remove-tag", "old", "--assign", "ada", "--set", "hours=2.5", "--set", "area=X"]
    assert ci("enhancements", "bulk", "--ids", ids, *options).status == 0
    stored = read(ci, first)
    assert (stored["tags"], stored["assignee"], stored["estimated_hours"]) == (["new"], "ada", 2.5)
    assert stored["feature_area"] == "X"


def test_a_query_finds_them_and_one_undo_brings_them_back(ci: Ci, add: Add) -> None:
    items = [add(f"Quokka {number}") for number in range(3)]

    outcome = ci("enhancements", "bulk", "quokka", "--move", "approved", "--json")

    assert sorted(outcome.document["changed"]) == [item["id"] for item in items]
    assert ci("enhancements", "undo", "--transaction", outcome.document["transaction_id"]).status == 0
    assert {read(ci, item)["status"] for item in items} == {"proposed"}


def test_what_is_refused_is_named_and_the_rest_is_done(ci: Ci, add: Add) -> None:
    fine, refused = add("One"), add("Two")
    ci("enhancements", "move", fine["id"], "approved")

    outcome = ci("enhancements", "bulk", "--ids", ids_of(fine, refused), "--move", "completed")

    assert outcome.status == 1
    assert "1 changed, 0 as they should be already." in outcome.out
    assert f"#{refused['id']}: Proposed cannot become Completed directly" in outcome.err
    assert read(ci, fine)["status"] == "completed"


def test_a_dry_run_tells_and_changes_nothing(ci: Ci, add: Add) -> None:
    one = add("One")

    outcome = ci("enhancements", "bulk", "--ids", one["id"], "--reject", "Too dear", "--dry-run")

    assert outcome.out == "1 would be changed, 0 as they should be already.\n"
    assert read(ci, one)["version"] == one["version"]
    ci("enhancements", "bulk", "--ids", one["id"], "--reject", "Too dear")
    assert (read(ci, one)["status"], read(ci, one)["rejection_reason"]) == ("rejected", "Too dear")


def test_snoozing_and_merging(ci: Ci, add: Add) -> None:
    original, first, second = add("One"), add("Two"), add("Three")
    later = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"

    snoozed = ci("enhancements", "bulk", "--ids", first["id"], "--snooze-until", later)
    merged = ci(
        "enhancements", "bulk", "--ids", ids_of(original, first, second), "--merge-into", original["id"], "--json"
    )

    assert snoozed.status == 0, snoozed.err
    assert merged.document["changed"] == [first["id"], second["id"]]
    assert read(ci, second)["merged_into_id"] == original["id"]


def test_wrong_usage_names_the_remedy(ci: Ci) -> None:
    for arguments, remedy in (
        (["--ids", "1"], "--set priority=high"),
        (["--set", "priority=high"], "by --ids"),
        (["--ids", "1", "--set", "priority"], "FIELD=VALUE"),
        (["--ids", "x", "--set", "priority=high"], "no number"),
        (["--ids", "1", "--merge-into", "2", "--move", "approved"], "--merge-into"),
    ):
        outcome = ci("enhancements", "bulk", *arguments)
        assert (outcome.status, remedy in outcome.err) == (2, True), outcome.err
    assert ci("enhancements", "bulk", "--ids", "1", "--set", "colour=red").status == 1
