"""Filters of columns in the address: read with care, and applied to rows as AG Grid applies them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pages.widgets.table_grid.column_filters import LONGEST, ColumnFilters, filters_of, read_filters
from tests.pages.widgets.table_grid.test_frame import row

ROWS = (
    row(1, title="Cache the chain", estimated_hours=2.0, assignee="Ada"),
    row(2, title="cash flow", estimated_hours=5.0, assignee=None),
    row(3, title="Scanner", estimated_hours=None, assignee="bob"),
)


def shown(**model: dict[str, Any]) -> list[int]:
    return [one.id for one in filters_of(model).passing(ROWS)]


def text(kind: str, wanted: str | None = None) -> dict[str, Any]:
    return {"filterType": "text", "type": kind} | ({} if wanted is None else {"filter": wanted})


def number(kind: str, *wanted: float) -> dict[str, Any]:
    return {"filterType": "number", "type": kind} | dict(zip(("filter", "filterTo"), wanted, strict=False))


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        (text("contains", "CA"), [1, 2, 3]), (text("contains", "cac"), [1]), (text("notContains", "ca"), []),
        (text("startsWith", "ca"), [1, 2]), (text("endsWith", "ER"), [3]),
        (text("equals", "scanner"), [3]), (text("notEqual", "scanner"), [1, 2]),
    ],
)  # fmt: skip
def test_texts_are_compared_without_regard_to_case(condition: dict[str, Any], ids: list[int]) -> None:
    assert shown(title=condition) == ids


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        (text("blank"), [2]), (text("notBlank"), [1, 3]), (text("equals", "ada"), [1]),
        (text("notEqual", "ada"), [2, 3]), (text("notContains", "b"), [1, 2]),
    ],
)  # fmt: skip
def test_an_empty_text_passes_what_excludes(condition: dict[str, Any], ids: list[int]) -> None:
    assert shown(assignee=condition) == ids


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        (number("equals", 2), [1]), (number("notEqual", 2), [2]), (number("greaterThan", 2), [2]),
        (number("greaterThanOrEqual", 2), [1, 2]), (number("lessThan", 5), [1]), (number("lessThanOrEqual", 5), [1, 2]),
        (number("inRange", 2, 6), [2]), (number("blank"), [3]), (number("notBlank"), [1, 2]),
    ],
)  # fmt: skip
def test_an_empty_number_passes_only_what_asks_for_it(condition: dict[str, Any], ids: list[int]) -> None:
    assert shown(estimate=condition) == ids


def test_conditions_of_a_column_are_joined_and_columns_all_hold() -> None:
    either = {"filterType": "text", "operator": "OR", "conditions": [text("contains", "flow"), text("endsWith", "r")]}
    both = {**either, "operator": "AND"}

    assert shown(title=either) == [2, 3]
    assert shown(title=both) == []
    assert shown(title=either, estimate=number("notBlank")) == [2]


def test_the_address_gives_back_what_went_into_it() -> None:
    either = {"filterType": "number", "operator": "OR", "conditions": [number("blank"), number("inRange", 1, 2.5)]}
    model = {"title": text("contains", "Überall “::JSCODE::”"), "estimate": either}

    found, problem = read_filters(str(filters_of(model)))

    assert problem is None
    assert found.model() == model
    assert (str(ColumnFilters()), read_filters(""), read_filters(None)) == (
        "",
        (ColumnFilters(), None),
        (found.of([]), None),
    )
    assert found.of(["estimate", "age"]).model() == {"estimate": either}


@pytest.mark.parametrize(
    "damaged",
    [
        "{", "[]", "7", "null", "{" * 900, '"text"',
        json.dumps({"secret": text("contains", "x")}), json.dumps({"title": None}), json.dumps({"title": {}}),
        json.dumps({"title": text("regex", "x")}), json.dumps({"title": text("contains")}),
        json.dumps({"title": text("contains", "")}), json.dumps({"title": text("contains", "x" * 201)}),
        json.dumps({"title": number("equals", 1)}), json.dumps({"score": text("contains", "x")}),
        json.dumps({"title": {"filterType": "text", "type": ["contains"], "filter": "x"}}),
        json.dumps({"score": number("inRange", 1)}), json.dumps({"score": number("equals", float("nan"))}),
        json.dumps({"score": {"filterType": "number", "type": "equals", "filter": True}}),
        json.dumps({"title": {"filterType": "text", "operator": "XOR", "conditions": [text("blank")]}}),
        json.dumps({"title": {"filterType": "text", "operator": "OR", "conditions": [text("blank")] * 5}}),
        json.dumps({"title": {"filterType": "text", "operator": "OR", "conditions": []}}),
    ],
)  # fmt: skip
def test_what_is_damaged_is_left_out_and_told(damaged: str) -> None:
    found, problem = read_filters(damaged)

    assert not found
    assert problem is not None
    assert "damaged. Shown without them." in problem


def test_what_is_too_long_is_left_out_and_told() -> None:
    found, problem = read_filters("x" * (LONGEST + 1))

    assert (found, "too long" in (problem or "")) == (ColumnFilters(), True)
    with pytest.raises(ValueError, match="too long"):
        filters_of(
            {key: text("contains", "x" * 200) for key in ("title", "area", "assignee", "tags", "status", "source")}
        )
