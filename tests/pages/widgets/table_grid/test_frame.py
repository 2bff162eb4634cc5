"""The rows as the grid reads them, and the columns that the address asks for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ci_core.backlog.table_rows import RowOrder, TableRow
from pages.widgets.table_grid.columns import (
    COLUMNS,
    DEFAULT_SORTING,
    USUAL,
    Sorting,
    chosen_columns,
    chosen_sorting,
    column_definitions,
)
from pages.widgets.table_grid.frame import Answer, grid_frame
from pages.widgets.table_grid.mount import grid_script

KEYS = tuple(column.key for column in COLUMNS)
MOMENT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def row(item: int = 1, **given: Any) -> TableRow:
    usual: dict[str, Any] = {
        "id": item, "title": "T", "status": "in_progress", "priority": "high", "category": "bug_fix",
        "complexity": None, "feature_area": None, "assignee": None, "estimated_hours": None, "actual_hours": None,
        "ai_priority_score": 50.0, "tags": (), "source": "manual", "status_entered_at": MOMENT, "updated_at": MOMENT,
        "created_at": MOMENT, "snoozed_until": None, "snoozed_for_id": None, "version": 1, "blocked_by": (), "votes": 0,
    }  # fmt: skip
    return TableRow(**{**usual, **given})


def records(*rows: TableRow, keys: tuple[str, ...] = KEYS, grouping: str | None = None, **answers: Answer) -> list[Any]:
    frame = grid_frame(rows, keys, grouping, {int(item[1:]): answer for item, answer in answers.items()})
    found: list[Any] = json.loads(frame.to_json(orient="records"))
    return found


def test_values_are_shown_in_words() -> None:
    (shown,) = records(
        row(
            complexity="epic", tags=("a", "b, c"), blocked_by=(3, 9), snoozed_until=MOMENT, estimated_hours=2.5,
            status_entered_at=datetime.now(UTC) - timedelta(days=3, hours=2),
        )
    )  # fmt: skip

    assert (shown["status"], shown["category"], shown["complexity"]) == ("In progress", "Bug fix", "Epic")
    assert (shown["tags"], shown["blocked"], shown["age"]) == ('a, "b, c"', "#3, #9", 3)
    assert (shown["updated"], shown["snoozed"], shown["estimate"]) == ("2026-11-25 09:30", "until 2026-11-25", 2.5)
    assert (shown["_key"], shown["_version"], shown["_answered"], shown["_problem"]) == ("1", 1, 0, None)


def test_a_row_tells_what_became_of_its_newest_edit() -> None:
    first, second = records(row(1), row(2), _2=Answer(77, "No."))

    assert (first["_answered"], first["_problem"]) == (0, None)
    assert (second["_answered"], second["_problem"]) == (77, "No.")


def test_only_the_chosen_columns_travel_and_always_the_number() -> None:
    (shown,) = records(row(), keys=("title",))

    assert set(shown) == {"title", "id", "_key", "_version", "_answered", "_problem"}


def test_headings_count_and_sum_in_the_order_of_meaning() -> None:
    shown = records(
        row(1, priority="low", estimated_hours=2.0),
        row(2, priority="critical", actual_hours=1.5),
        row(3, priority="low", estimated_hours=3.5),
        keys=("title", "priority"), grouping="priority",
    )  # fmt: skip

    headings = [record for record in shown if record["_heading"]]
    assert [(one["_heading"], one["_sums"], one["_place"]) for one in headings] == [
        ("Critical", "1 · 1.5 h spent", 0),
        ("Low", "2 · 5.5 h estimated", 1),
    ]
    assert {record["_group"] for record in shown} == {"Critical", "Low"}
    assert len({record["_key"] for record in shown}) == 5


def test_what_belongs_to_nobody_stands_last() -> None:
    shown = records(row(1), row(2, assignee="zoe"), row(3, assignee="Ada"), grouping="assignee")

    assert [record["_heading"] for record in shown if record["_heading"]] == ["Ada", "zoe", "Nobody"]


def test_nothing_can_be_grouped_too() -> None:
    assert records(grouping="status") == []


@pytest.mark.parametrize(
    ("text", "keys"),
    [(None, USUAL), ("", USUAL), ("nonsense", USUAL), ("title,id,title,x", ("title", "id"))],
)
def test_the_address_chooses_columns(text: str | None, keys: tuple[str, ...]) -> None:
    assert chosen_columns(text) == keys


@pytest.mark.parametrize(
    ("text", "sorting"),
    [
        (None, DEFAULT_SORTING),
        ("x,-y", DEFAULT_SORTING),
        ("-score", (Sorting("score", True),)),
        ("area,-score,area", (Sorting("area", False), Sorting("score", True))),
    ],
)
def test_the_address_chooses_the_sorting(text: str | None, sorting: tuple[Sorting, ...]) -> None:
    assert chosen_sorting(text) == sorting
    assert chosen_sorting(",".join(map(str, sorting))) == sorting


def test_every_order_of_the_database_belongs_to_a_column() -> None:
    assert {column.order for column in COLUMNS} - {None} == set(RowOrder)


def test_columns_that_people_may_not_edit_say_so() -> None:
    editable = {
        definition["field"] for definition in column_definitions(KEYS, DEFAULT_SORTING) if definition["editable"]
    }

    assert editable == {
        "title", "status", "priority", "category", "complexity", "area", "assignee", "estimate", "spent", "tags",
    }  # fmt: skip


def test_no_words_of_a_person_are_among_what_the_frame_runs() -> None:
    """The component runs every text of the options that bears its mark; rows are no options."""
    rows = [row(1, title="::JSCODE::alert(1)::JSCODE::", feature_area="::JSCODE::alert(2)::JSCODE::")]

    frame = grid_frame(rows, KEYS, "area", {})

    assert "alert" in frame.to_json()
    assert "alert" not in json.dumps(column_definitions(KEYS, DEFAULT_SORTING)) + grid_script()
