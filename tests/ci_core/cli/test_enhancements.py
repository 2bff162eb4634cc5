"""The backlog at a shell: stable JSON for scripts, a table for people, one line for what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.ci_core.cli.conftest import Ci

Add = Callable[..., dict[str, Any]]

ENHANCEMENT_KEYS = [
    "id",
    "title",
    "description",
    "feature_area",
    "category",
    "priority",
    "complexity",
    "status",
    "completion_percentage",
    "business_value_score",
    "user_impact_score",
    "strategic_alignment_score",
    "technical_debt_score",
    "inaction_risk_score",
    "implementation_risk_score",
    "ai_priority_score",
    "ai_reasoning",
    "score_breakdown",
    "score_overrides",
    "scored_by",
    "estimated_hours",
    "actual_hours",
    "source",
    "source_url",
    "assignee",
    "branch",
    "pull_request_url",
    "predicted_impact",
    "actual_impact",
    "tags",
    "merged_into_id",
    "rejection_reason",
    "snoozed_until",
    "snoozed_for_id",
    "ready_at",
    "created_by",
    "created_at",
    "updated_at",
    "status_entered_at",
    "approved_at",
    "started_at",
    "blocked_at",
    "completed_at",
    "deferred_at",
    "rejected_at",
    "archived_at",
    "version",
]


def test_list_has_stable_keys(ci: Ci, add: Add) -> None:
    add("Keep stale quotes away", "--area", "Keys", "--hours", "2.5", "--tag", "Quotes")

    document = ci("enhancements", "list", "--query", "area:Keys", "--json").document

    assert list(document) == ["total", "enhancements"]
    (item,) = document["enhancements"]
    assert list(item) == ENHANCEMENT_KEYS
    assert document["total"] == 1
    assert (item["estimated_hours"], item["tags"], item["status"], item["source"]) == (
        2.5,
        ["quotes"],
        "proposed",
        "manual",
    )
    assert 0 < item["ai_priority_score"] < 100


def test_list_goes_page_by_page_and_counts_all(ci: Ci, add: Add) -> None:
    ids = [add(f"Page {number}", "--area", "Pages")["id"] for number in range(5)]

    def page(*options: str) -> tuple[int, list[int]]:
        document = ci("enhancements", "list", "-q", "area:Pages", "--sort", "title", *options, "--json").document
        return document["total"], [item["id"] for item in document["enhancements"]]

    assert page() == (5, ids)
    assert page("--limit", "2") == (5, ids[:2])
    assert page("--limit", "2", "--offset", "4") == (5, ids[4:])
    assert page("--limit", "0") == (5, [])


def test_list_is_narrowed_by_status_and_query(ci: Ci, add: Add) -> None:
    proposed = add("Narrow one", "--area", "Narrow", "--priority", "high")["id"]
    approved = add("Narrow two", "--area", "Narrow")["id"]
    ci("enhancements", "move", approved, "approved")

    def ids(*options: str) -> list[int]:
        document = ci("enhancements", "list", *options, "--json").document
        return [item["id"] for item in document["enhancements"]]

    assert ids("-q", "area:Narrow", "--status", "approved") == [approved]
    assert ids("-q", "area:Narrow", "--status", "approved, proposed") == [proposed, approved]
    assert ids("-q", "area:Narrow", "--status", "in progress") == []
    assert ids("-q", "area:Narrow", "--status", "approved", "--status", "proposed") == [proposed, approved]
    assert ids("-q", "area:Narrow priority:high") == [proposed]


def test_piped_table_is_plain_and_whole(ci: Ci, add: Add) -> None:
    title = "A title that is longer than any terminal is wide " * 5
    item = add(title.strip(), "--area", "Plain")

    outcome = ci("enhancements", "list", "-q", "area:Plain")

    header, line = outcome.out.splitlines()
    assert header.split() == ["ID", "STATUS", "PRIORITY", "SCORE", "HOURS", "CATEGORY", "TITLE"]
    assert line.split()[0] == str(item["id"])
    assert line.endswith(title.strip())


def test_rest_of_a_page_is_told_on_stderr(ci: Ci, add: Add) -> None:
    for number in range(3):
        add(f"Rest {number}", "--area", "Rest")

    assert ci("enhancements", "list", "-q", "area:Rest", "--limit", "2").err == "1–2 of 3\n"


@pytest.mark.parametrize(
    "hostile", ["<img src=x onerror=alert(1)>", "[red]not markup[/red]", "{braces} %s", "日本語 🚀 naïve"]
)
def test_hostile_title_is_shown_as_text(ci: Ci, add: Add, hostile: str) -> None:
    item = add(hostile)

    assert hostile in ci("enhancements", "show", item["id"]).out
    assert ci("enhancements", "show", item["id"], "--json").document["title"] == hostile


def test_description_cannot_control_the_terminal(ci: Ci, add: Add) -> None:
    item = add("Escape", "--description", "before\x1b[2J\x07after\u202e")

    shown = ci("enhancements", "show", item["id"]).out

    assert "before\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}after\N{REPLACEMENT CHARACTER}" in shown
    document = ci("enhancements", "show", item["id"], "--json")
    assert "\x1b" not in document.out
    assert document.document["description"] == "before\x1b[2J\x07after\u202e"


def test_show_tells_everything_that_belongs_to_it(ci: Ci, add: Add) -> None:
    blocker, item = add("First this"), add("Then that", "--description", "Because **of** it.")
    ci("enhancements", "depend", item["id"], "--on", blocker["id"])
    ci("enhancements", "comment", item["id"], "Looks right", "--as", "lena")

    document = ci("enhancements", "show", item["id"], "--json").document
    shown = ci("enhancements", "show", item["id"]).out

    talk = ["votes", "voters", "followers", "issues_behind", "comments"]
    assert list(document) == [*ENHANCEMENT_KEYS, "allowed_transitions", "dependencies", *talk, "history"]
    assert document["dependencies"]["blocked_by"] == [
        {"id": blocker["id"], "title": "First this", "status": "proposed", "priority": "medium"}
    ]
    assert [(said["author"], said["body"]) for said in document["comments"]] == [("lena", "Looks right")]
    assert [entry["actor"] for entry in document["history"]] == ["lena", "tess", "tess"]
    for words in ("Because **of** it.", f"#{blocker['id']} First this", "Looks right", "Business value", "points"):
        assert words in shown


def test_missing_enhancement_is_one_line_and_status_1(ci: Ci) -> None:
    outcome = ci("enhancements", "show", 987654321)

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == "error: There is no enhancement #987654321.\n"


def test_search_finds_by_words_and_says_that_the_model_is_missing(ci: Ci, add: Add) -> None:
    item = add("Zebra crossing of the gamma strip", "--area", "Search")

    outcome = ci("enhancements", "search", "zebra", "area:Search", "--json")

    assert [found["id"] for found in outcome.document["enhancements"]] == [item["id"]]
    assert "ci_core setup" in outcome.err


def test_add_takes_every_field_and_reads_a_description_from_stdin(ci: Ci) -> None:
    outcome = ci(
        *["enhancements", "add", "--title", "All fields", "--description", "-", "--area", "Risk"],
        *["--category", "security", "--priority", "critical", "--complexity", "simple", "--hours", "4"],
        *["--assignee", "lena", "--tag", "a", "--tag", "b", "--source-url", "docs/X.md#L3", "--as", "ada", "--json"],
        stdin="Two\nlines",
    )

    item = outcome.document
    assert (item["description"], item["feature_area"], item["category"]) == ("Two\nlines", "Risk", "security")
    assert (item["priority"], item["complexity"], item["estimated_hours"]) == ("critical", "simple", 4.0)
    assert (item["assignee"], item["tags"], item["source_url"]) == ("lena", ["a", "b"], "docs/X.md#L3")
    assert item["created_by"] == "ada"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--title", ""], "Title must not be empty."),
        (["--title", "x" * 301], "Title has 301 characters"),
        (["--title", "x", "--priority", "urgent"], "Allowed are: critical, high, medium, low"),
        (["--title", "x", "--hours", "soon"], "Estimated hours must be a number"),
    ],
)
def test_bad_field_is_refused_in_one_line(ci: Ci, options: list[str], words: str) -> None:
    outcome = ci("enhancements", "add", *options)

    assert outcome.status == 1
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1
    assert words in outcome.err


def test_move_changes_the_column_and_gives_the_reason_to_the_history(ci: Ci, add: Add) -> None:
    item = add("Move me")

    moved = ci("enhancements", "move", item["id"], "in_progress", "--reason", "agreed today", "--json").document

    assert (moved["status"], moved["version"]) == ("in_progress", item["version"] + 1)
    newest = ci("enhancements", "history", item["id"], "--json").document["history"][0]
    assert (newest["reason"], newest["actor"]) == ("agreed today", "tess")


def test_move_below_another_one_keeps_that_place(ci: Ci, add: Add) -> None:
    first, second, third = (add(f"Order {number}", "--area", "Order")["id"] for number in range(3))

    ci("enhancements", "move", third, "proposed", "--after", first)
    ci("enhancements", "move", second, "proposed", "--before", first)

    page = ci("enhancements", "list", "-q", "area:Order", "--sort", "board", "--json").document
    assert [item["id"] for item in page["enhancements"]] == [second, first, third]


def test_forbidden_move_names_those_that_are_allowed(ci: Ci, add: Add) -> None:
    item = add("Too fast")

    outcome = ci("enhancements", "move", item["id"], "completed")

    assert outcome.status == 1
    assert "Proposed cannot become Completed directly" in outcome.err


def test_edit_changes_and_empties_fields(ci: Ci, add: Add) -> None:
    item = add("Edit me", "--assignee", "lena", "--tag", "a", "--hours", "3")

    edited = ci(
        *["enhancements", "edit", item["id"], "--title", "Edited", "--assignee", "", "--tag", "", "--hours", ""],
        *["--completion", "40", "--json"],
    ).document

    assert (edited["title"], edited["assignee"], edited["tags"]) == ("Edited", None, [])
    assert (edited["estimated_hours"], edited["completion_percentage"]) == (None, 40)


def test_edit_of_a_stale_version_does_not_overwrite_another_person(ci: Ci, add: Add) -> None:
    item = add("Contested")
    ci("enhancements", "edit", item["id"], "--title", "Lena's", "--as", "lena")

    outcome = ci("enhancements", "edit", item["id"], "--title", "Mine", "--expected-version", item["version"])
    other = ci("enhancements", "edit", item["id"], "--priority", "low", "--expected-version", item["version"])

    assert (outcome.status, other.status) == (1, 0)
    assert "lena changed title in the meantime" in outcome.err


def test_edit_of_nothing_is_wrong_usage(ci: Ci, add: Add) -> None:
    assert ci("enhancements", "edit", add("Untouched")["id"]).status == 2


def test_undo_takes_the_own_last_change_back(ci: Ci, add: Add) -> None:
    item = add("Undo me")
    ci("enhancements", "edit", item["id"], "--priority", "high")

    outcome = ci("enhancements", "undo", item["id"], "--json")

    assert outcome.document["enhancement_ids"] == [item["id"]]
    assert ci("enhancements", "show", item["id"], "--json").document["priority"] == "medium"


def test_undo_of_a_named_transaction_and_again(ci: Ci, add: Add) -> None:
    item = add("Undo me by name")
    ci("enhancements", "edit", item["id"], "--priority", "low", "--as", "lena")
    newest = ci("enhancements", "history", item["id"], "--json").document["history"][0]

    undone = ci("enhancements", "undo", "--transaction", newest["transaction_id"], "--json").document
    refused = ci("enhancements", "undo", "--transaction", newest["transaction_id"])
    again = ci("enhancements", "undo", "--transaction", undone["transaction_id"])

    assert (refused.status, again.status) == (1, 0)
    assert "undone already" in refused.err
    assert ci("enhancements", "show", item["id"], "--json").document["priority"] == "low"


def test_circle_of_blockers_is_refused_with_its_titles(ci: Ci, add: Add) -> None:
    one, two = add("One"), add("Two")
    assert ci("enhancements", "depend", one["id"], "--on", two["id"]).status == 0

    outcome = ci("enhancements", "depend", two["id"], "--on", one["id"])

    assert outcome.status == 1
    assert "circle" in outcome.err
    assert "One" in outcome.err


def test_dependency_is_taken_away_again(ci: Ci, add: Add) -> None:
    one, two = add("Free one"), add("Free two")
    ci("enhancements", "depend", one["id"], "--on", two["id"], "--related", two["id"])

    outcome = ci("enhancements", "depend", one["id"], "--on", two["id"], "--remove", "--json")

    assert outcome.document["dependencies"]["blocked_by"] == []
    assert [linked["id"] for linked in outcome.document["dependencies"]["related"]] == [two["id"]]


def test_duplicate_is_merged_and_taken_apart(ci: Ci, add: Add) -> None:
    original, duplicate = add("Original"), add("Duplicate")

    merged = ci("enhancements", "merge", duplicate["id"], original["id"])
    tombstone = ci("enhancements", "show", duplicate["id"], "--json").document
    apart = ci("enhancements", "unmerge", duplicate["id"])

    assert (merged.status, apart.status) == (0, 0)
    assert (tombstone["merged_into_id"], tombstone["status"]) == (original["id"], "archived")
    assert ci("enhancements", "show", duplicate["id"], "--json").document["merged_into_id"] is None


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "sql:postgres", "two\nlines"])
def test_name_that_history_cannot_hold_is_refused(ci: Ci, name: str) -> None:
    outcome = ci("enhancements", "add", "--title", "Nobody's", "--as", name)

    assert outcome.status == 1
    assert "history" in outcome.err or "sql:" in outcome.err


def test_every_command_prints_one_document_only(ci: Ci, add: Add) -> None:
    item = add("One document")

    for command in (["list"], ["show", item["id"]], ["history", item["id"]], ["search", "document"]):
        json.loads(ci("enhancements", *command, "--json").out)
