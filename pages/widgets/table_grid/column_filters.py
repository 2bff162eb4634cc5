"""The filters in the headings of the grid: a part of the address, read with care, and applied to rows outside too.

What each kind of filter lets through is what AG Grid's own text and number filters do with the settings that we use
(https://www.ag-grid.com/javascript-data-grid/filter-conditions/): case does not matter, a range is without its ends,
and an empty cell passes only "not equal" and "does not contain" of a text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ci_core.backlog.table_rows import TableRow
from pages.widgets.table_grid.columns import BY_KEY

LONGEST = 1_000
MOST_CONDITIONS = 4
LONGEST_TEXT = 200
EMPTY: Mapping[str, Callable[[Any], bool]] = {
    "blank": lambda value: value is None or not str(value).strip(),
    "notBlank": lambda value: value is not None and bool(str(value).strip()),
}
TEXTS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda value, wanted: wanted in value,
    "notContains": lambda value, wanted: wanted not in value,
    "equals": lambda value, wanted: value == wanted,
    "notEqual": lambda value, wanted: value != wanted,
    "startsWith": lambda value, wanted: value.startswith(wanted),
    "endsWith": lambda value, wanted: value.endswith(wanted),
}
NUMBERS: Mapping[str, Callable[[float, float], bool]] = {
    "equals": lambda value, wanted: value == wanted,
    "notEqual": lambda value, wanted: value != wanted,
    "greaterThan": lambda value, wanted: value > wanted,
    "greaterThanOrEqual": lambda value, wanted: value >= wanted,
    "lessThan": lambda value, wanted: value < wanted,
    "lessThanOrEqual": lambda value, wanted: value <= wanted,
}
RANGE = "inRange"
PASSED_BY_NOTHING = frozenset({"notContains", "notEqual"})


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on a cell: its kind, and what it compares with (a range has two numbers, "blank" nothing)."""

    kind: str
    wanted: tuple[str | float, ...]
    numeric: bool

    def passes(self, value: Any) -> bool:
        """Whether a cell with this value is shown."""
        if self.kind in EMPTY:
            return EMPTY[self.kind](value)
        if value is None:
            return not self.numeric and self.kind in PASSED_BY_NOTHING
        if self.kind == RANGE:
            low, high = (float(limit) for limit in self.wanted)
            return low < float(value) < high
        if self.numeric:
            return NUMBERS[self.kind](float(value), float(self.wanted[0]))
        return TEXTS[self.kind](str(value).lower(), str(self.wanted[0]).lower())

    def model(self) -> dict[str, Any]:
        """The condition as AG Grid reads it."""
        said = {"filterType": "number" if self.numeric else "text", "type": self.kind}
        return {**said, **dict(zip(("filter", "filterTo"), self.wanted, strict=False))}


@dataclass(frozen=True, slots=True)
class ColumnFilter:
    """What one column lets through: some conditions, of which all or any have to hold."""

    key: str
    conditions: tuple[Condition, ...]
    needs_all: bool = True

    def passes(self, row: TableRow) -> bool:
        """Whether the row is shown."""
        value = BY_KEY[self.key].value(row)
        return (all if self.needs_all else any)(one.passes(value) for one in self.conditions)

    def model(self) -> dict[str, Any]:
        """The filter as AG Grid reads it."""
        models = [one.model() for one in self.conditions]
        if len(models) == 1:
            return models[0]
        operator = "AND" if self.needs_all else "OR"
        return {"filterType": models[0]["filterType"], "operator": operator, "conditions": models}


@dataclass(frozen=True, slots=True)
class ColumnFilters:
    """The filters of all columns; without any, everything is shown."""

    parts: tuple[ColumnFilter, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.parts)

    def __str__(self) -> str:
        """As the address holds them."""
        return json.dumps(self.model(), separators=(",", ":"), ensure_ascii=False) if self.parts else ""

    def model(self) -> dict[str, Any]:
        """As AG Grid reads them."""
        return {part.key: part.model() for part in self.parts}

    def of(self, keys: Sequence[str]) -> ColumnFilters:
        """Those of the columns that are shown: a column that is not there filters nothing."""
        return ColumnFilters(tuple(part for part in self.parts if part.key in keys))

    def passing(self, rows: Iterable[TableRow]) -> tuple[TableRow, ...]:
        """The rows that are shown, in their order."""
        return tuple(row for row in rows if all(part.passes(row) for part in self.parts))


def read_filters(text: str | None) -> tuple[ColumnFilters, str | None]:
    """The filters that the address asks for, and in words what of it was left out."""
    if not text:
        return ColumnFilters(), None
    if len(text) > LONGEST:
        return ColumnFilters(), "The filters of the columns in this address are too long. Shown without them."
    try:
        return filters_of(json.loads(text)), None
    except (ValueError, RecursionError):
        return ColumnFilters(), "The filters of the columns in this address are damaged. Shown without them."


def filters_of(model: object) -> ColumnFilters:
    """The filters of AG Grid's model.

    Raises:
        ValueError: a part of it means nothing to us; or it is longer than an address may hold.
    """
    if not isinstance(model, Mapping):
        raise ValueError("no model")
    found = ColumnFilters(tuple(_column(key, part) for key, part in model.items()))
    if len(str(found)) > LONGEST:
        raise ValueError("too long")
    return found


def _column(key: object, model: object) -> ColumnFilter:
    if not isinstance(key, str) or key not in BY_KEY or not isinstance(model, Mapping):
        raise ValueError("no column of ours")
    numeric = BY_KEY[key].numeric
    if "operator" not in model:
        return ColumnFilter(key, (_condition(model, numeric),))
    several, operator = model.get("conditions"), model["operator"]
    if not isinstance(several, list) or not 1 <= len(several) <= MOST_CONDITIONS or operator not in ("AND", "OR"):
        raise ValueError("no conditions")
    return ColumnFilter(key, tuple(_condition(one, numeric) for one in several), operator == "AND")


def _condition(model: object, numeric: bool) -> Condition:
    if not isinstance(model, Mapping) or model.get("filterType") != ("number" if numeric else "text"):
        raise ValueError("no condition")
    kind = model.get("type")
    if not isinstance(kind, str):
        raise ValueError("no kind")
    if kind in EMPTY:
        return Condition(kind, (), numeric)
    if numeric and kind == RANGE:
        return Condition(kind, (_number(model.get("filter")), _number(model.get("filterTo"))), numeric)
    if kind not in (NUMBERS if numeric else TEXTS):
        raise ValueError("no kind of ours")
    wanted = model.get("filter")
    return Condition(kind, (_number(wanted) if numeric else _text(wanted),), numeric)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("no number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_TEXT:
        raise ValueError("no text")
    return value
