"""The rows as the grid reads them: plain values by column, and headings among them where rows are grouped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ci_core.backlog.table_rows import TableRow
from pages.widgets.table_grid.columns import BY_KEY, SETS
from pages.widgets.text import number

GROUPINGS = ("status", "priority", "category", "area", "assignee")
NOBODY = {"assignee": "Nobody", "area": "No area"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of the newest edit of a row: the edit's number, and why it was not stored, if it was not."""

    sequence: int
    problem: str | None = None


def grid_frame(
    rows: Sequence[TableRow], keys: Sequence[str], grouping: str | None, answers: Mapping[int, Answer]
) -> pd.DataFrame:
    """The frame for the grid.

    Beside the chosen columns each row has `_key` (unique), `_version`, `_answered` and `_problem`; with a grouping
    also `_group`, and there is a heading per group with `_heading`, `_sums` and `_place`.
    """
    columns: dict[str, list[Any]] = {key: [BY_KEY[key].value(row) for row in rows] for key in keys}
    columns["id"] = [row.id for row in rows]
    columns["_key"] = [str(row.id) for row in rows]
    columns["_version"] = [row.version for row in rows]
    columns["_answered"] = [answers[row.id].sequence if row.id in answers else 0 for row in rows]
    columns["_problem"] = [answers[row.id].problem if row.id in answers else None for row in rows]
    frame = pd.DataFrame(columns)
    if grouping is None:
        return frame
    frame["_group"] = [BY_KEY[grouping].value(row) or "" for row in rows]
    return pd.concat([frame, _headings(rows, grouping)], ignore_index=True)


def _headings(rows: Sequence[TableRow], grouping: str) -> pd.DataFrame:
    members: dict[str, list[TableRow]] = {}
    for row in rows:
        members.setdefault(BY_KEY[grouping].value(row) or "", []).append(row)
    names = sorted(members, key=lambda name: _place(grouping, name))
    return pd.DataFrame(
        {
            "_key": [f"group {name}" for name in names],
            "_group": names,
            "_heading": [name or NOBODY.get(grouping, "None") for name in names],
            "_sums": [_sums(members[name]) for name in names],
            "_place": list(range(len(names))),
        }
    )


def _place(grouping: str, name: str) -> tuple[bool, int, str]:
    known = SETS.get(grouping, ())
    return (name == "", known.index(name) if name in known else len(known), name.casefold())


def _sums(rows: Sequence[TableRow]) -> str:
    estimated = sum(row.estimated_hours or 0 for row in rows)
    spent = sum(row.actual_hours or 0 for row in rows)
    parts = [f"{len(rows):,}", f"{number(estimated)} h estimated" if estimated else ""]
    parts.append(f"{number(spent)} h spent" if spent else "")
    return " · ".join(part for part in parts if part)
