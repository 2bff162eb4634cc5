"""The columns of the table: how each is named, shown, sorted and edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ci_core.backlog.lifecycle import LABELS, allowed_transitions
from ci_core.backlog.table_rows import RowOrder, TableRow
from ci_core.backlog.validation import TITLE_MAX
from db.enums import Category, Complexity, Priority, Status
from pages.widgets.table_grid.tags import tags_in_words
from pages.widgets.text import label


@dataclass(frozen=True, slots=True)
class GridColumn:
    """One column.

    `key` is its name in the address, `value` what a row shows in it, `field` the field of an enhancement that an edit
    changes (None: it cannot be edited), `editor` how it is edited, `order` how the database sorts by it.
    """

    key: str
    title: str
    width: int
    value: Callable[[TableRow], Any]
    field: str | None = None
    editor: str | None = None
    numeric: bool = False
    order: RowOrder | None = None
    usual: bool = True

    @property
    def exported(self) -> str:
        """The key of its column in an exported file."""
        return EXPORTED.get(self.key, self.key)


EXPORTED: Mapping[str, str] = {
    "score": "ai_priority_score",
    "area": "feature_area",
    "estimate": "estimated_hours",
    "spent": "actual_hours",
    "age": "status_entered_at",
    "blocked": "blocked_by",
    "updated": "updated_at",
    "created": "created_at",
    "snoozed": "snoozed_until",
}


def _worded(value: str | None) -> str | None:
    return None if value is None else label(value)


def _moment(value: datetime | None) -> str | None:
    return None if value is None else f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"


def _snooze(row: TableRow) -> str | None:
    if row.snoozed_for_id is not None:
        return f"until #{row.snoozed_for_id} is done"
    return f"until {row.snoozed_until:%Y-%m-%d}" if row.snoozed_until else None


def _days(row: TableRow) -> int:
    return max(0, (datetime.now(UTC) - row.status_entered_at).days)


COLUMNS: tuple[GridColumn, ...] = (
    GridColumn("id", "ID", 72, lambda row: row.id, numeric=True, order=RowOrder.ID),
    GridColumn("title", "Title", 300, lambda row: row.title, "title", "text", order=RowOrder.TITLE),
    GridColumn("status", "Status", 108, lambda row: _worded(row.status), "status", "steps", order=RowOrder.STATUS),
    GridColumn(
        "priority", "Priority", 116, lambda row: _worded(row.priority), "priority", "choice", order=RowOrder.PRIORITY
    ),
    GridColumn("score", "Score", 100, lambda row: row.ai_priority_score, numeric=True, order=RowOrder.SCORE),
    GridColumn("area", "Area", 132, lambda row: row.feature_area, "feature_area", "known", order=RowOrder.AREA),
    GridColumn("assignee", "Assignee", 112, lambda row: row.assignee, "assignee", "known", order=RowOrder.ASSIGNEE),
    GridColumn(
        "estimate", "Est. h", 88, lambda row: row.estimated_hours, "estimated_hours", "number", True,
        RowOrder.ESTIMATE,
    ),
    GridColumn("age", "Days", 84, _days, numeric=True, order=RowOrder.AGE),
    GridColumn("blocked", "Blocked by", 114, lambda row: ", ".join(f"#{item}" for item in row.blocked_by) or None),
    GridColumn("votes", "Votes", 80, lambda row: row.votes, numeric=True, usual=False),
    GridColumn("tags", "Tags", 170, lambda row: tags_in_words(row.tags), "tags", "text", usual=False),
    GridColumn(
        "category", "Category", 124, lambda row: _worded(row.category), "category", "choice", order=RowOrder.CATEGORY,
        usual=False,
    ),
    GridColumn(
        "complexity", "Complexity", 118, lambda row: _worded(row.complexity), "complexity", "choice",
        order=RowOrder.COMPLEXITY, usual=False,
    ),
    GridColumn(
        "spent", "Spent h", 98, lambda row: row.actual_hours, "actual_hours", "number", True, RowOrder.SPENT,
        usual=False,
    ),
    GridColumn(
        "updated", "Updated (UTC)", 140, lambda row: _moment(row.updated_at), order=RowOrder.UPDATED, usual=False
    ),
    GridColumn(
        "created", "Added (UTC)", 140, lambda row: _moment(row.created_at), order=RowOrder.CREATED, usual=False
    ),
    GridColumn("snoozed", "Snoozed", 140, _snooze, usual=False),
    GridColumn("source", "Source", 118, lambda row: _worded(row.source), order=RowOrder.SOURCE, usual=False),
)  # fmt: skip
BY_KEY: Mapping[str, GridColumn] = {column.key: column for column in COLUMNS}
USUAL = tuple(column.key for column in COLUMNS if column.usual)
SETS: Mapping[str, Sequence[str]] = {
    "status": [label(value) for value in Status],
    "priority": [label(value) for value in Priority],
    "category": [label(value) for value in Category],
    "complexity": [label(value) for value in Complexity],
}
HINTS: Mapping[str, str] = {
    "estimate": "Estimated hours",
    "spent": "Hours that it really took",
    "age": "Whole days since it came into its status",
    "blocked": "What it waits for, as far as that is not done",
}
STEPS = {LABELS[status]: [LABELS[target] for target in allowed_transitions(status)] for status in Status}


def chosen_columns(text: str | None) -> tuple[str, ...]:
    """The columns that the address asks for, in its order; the usual ones when it asks for none that exist."""
    keys = tuple(dict.fromkeys(key for key in (text or "").split(",") if key in BY_KEY))
    return keys or USUAL


@dataclass(frozen=True, slots=True)
class Sorting:
    """What the rows are sorted by: a column, and whether from the large end."""

    key: str
    descending: bool

    def __str__(self) -> str:
        return f"-{self.key}" if self.descending else self.key


def chosen_sorting(text: str | None) -> tuple[Sorting, ...]:
    """What the address asks to sort by, most important first; the most urgent first when it asks for nothing."""
    parts = [part.strip() for part in (text or "").split(",")]
    found = {part.removeprefix("-"): part.startswith("-") for part in parts if part.removeprefix("-") in BY_KEY}
    return tuple(Sorting(key, descending) for key, descending in found.items()) or DEFAULT_SORTING


DEFAULT_SORTING = (Sorting("priority", False), Sorting("score", True))


def column_definitions(keys: Sequence[str], sorting: Sequence[Sorting]) -> list[dict[str, Any]]:
    """The columns as AG Grid reads them."""
    sorted_by = {one.key: (place, "desc" if one.descending else "asc") for place, one in enumerate(sorting)}
    return [_definition(BY_KEY[key], sorted_by.get(key)) for key in keys]


def _definition(column: GridColumn, sorted_by: tuple[int, str] | None) -> dict[str, Any]:
    definition: dict[str, Any] = {
        "field": column.key,
        "colId": column.key,
        "headerName": column.title,
        "initialWidth": column.width,
        "filter": "agNumberColumnFilter" if column.numeric else "agTextColumnFilter",
        "type": "rightAligned" if column.numeric and column.key != "id" else [],
        "cellDataType": "number" if column.numeric else "text",
        "editable": column.field is not None,
        "headerTooltip": HINTS.get(column.key, column.title),
    }
    if sorted_by is not None:
        definition |= {"initialSortIndex": sorted_by[0], "initialSort": sorted_by[1]}
    if column.key in SETS:
        definition["comparator"] = script(f"(a, b) => window.magnusTable.compare('{column.key}', a, b)")
    return definition | EDITORS[column.editor](column) | PECULIAR.get(column.key, {})


def script(source: str) -> str:
    """JavaScript of ours as the frame takes it; a text of a person must never come in here."""
    return f"::JSCODE::{source}::JSCODE::"


def _choice(column: GridColumn) -> dict[str, Any]:
    values = ["", *SETS[column.key]] if column.key == "complexity" else list(SETS[column.key])
    return {"cellEditor": "agSelectCellEditor", "cellEditorParams": {"values": values}}


EDITORS: Mapping[str | None, Callable[[GridColumn], dict[str, Any]]] = {
    None: lambda _column: {},
    "text": lambda _column: {"cellEditor": "agTextCellEditor", "cellEditorParams": {"maxLength": TITLE_MAX}},
    "number": lambda _column: {
        "cellEditor": "agNumberCellEditor", "cellEditorParams": {"min": 0, "precision": 2, "showStepperButtons": False},
    },
    "choice": _choice,
    "steps": lambda _column: {
        "cellEditor": "agSelectCellEditor",
        "cellEditorParams": script("(params) => ({values: params.context.steps(params.data.status)})"),
    },
    "known": lambda _column: {"cellEditor": script("window.magnusTable.SuggestingEditor")},
}  # fmt: skip
PECULIAR: Mapping[str, dict[str, Any]] = {
    "id": {"cellRenderer": script("window.magnusTable.ItemLink"), "pinned": "left", "lockPosition": "left"},
    "title": {"tooltipField": "title", "minWidth": 240, "flex": 1},
    "score": {"valueFormatter": script("(params) => params.value == null ? '–' : params.value.toFixed(1)")},
    "priority": {"cellClassRules": {
        level: script(f"(params) => params.value === '{level.capitalize()}'") for level in ("critical", "high", "low")
    }},
    "blocked": {"cellClass": "blocked"},
}  # fmt: skip
