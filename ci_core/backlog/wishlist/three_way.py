"""Three-way merge of one imported item: what the file said before, what it says now, what the board says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from db.enums import Status

FIELDS = ("title", "description", "priority", "category", "complexity", "estimated_hours", "feature_area", "tags")


@dataclass(frozen=True, slots=True)
class FieldMerge:
    """The outcome for one enhancement.

    Attributes:
        changes: what to write on the board, by field.
        kept: fields in which the file changed but a person's edit stands.
        base: what to remember as last imported; a kept field keeps its old value, so that it is reported again.
    """

    changes: dict[str, Any]
    kept: tuple[str, ...]
    base: dict[str, Any]


def merge_fields(base: Mapping[str, Any], file: Mapping[str, Any], board: Mapping[str, Any]) -> FieldMerge:
    """Merge `FIELDS` and the status.

    A field changes when the file changed it and nobody changed it on the board. Where both changed it the board
    wins, unless both now say the same. A field that an older import did not record counts as never edited.

    The file knows only `completed`; the board's status is a person's as soon as it is not the one last imported.
    """
    changes: dict[str, Any] = {}
    kept: list[str] = []
    remembered = dict(base)
    for name in FIELDS:
        before = base.get(name, board[name])
        if file[name] == before:
            remembered[name] = before
        elif board[name] == file[name]:
            remembered[name] = file[name]
        elif board[name] == before:
            changes[name] = remembered[name] = file[name]
        else:
            kept.append(name)
    if file["completed"] != base["completed"]:
        if (board["status"] == Status.COMPLETED) == file["completed"]:
            remembered |= {"completed": file["completed"], "status": board["status"]}
        elif board["status"] == base["status"]:
            # What was completed is reopened as accepted work.
            status = Status.COMPLETED if file["completed"] else Status.APPROVED
            changes["status"] = status.value
            remembered |= {"completed": file["completed"], "status": status.value}
        else:
            kept.append("status")
    return FieldMerge(changes, tuple(kept), remembered)
