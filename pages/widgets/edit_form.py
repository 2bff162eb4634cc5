"""What a person has typed into the fields of an enhancement, set against what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ci_core.backlog.dependencies import LinkedEnhancement
from ci_core.backlog.values import Enhancement
from ci_core.errors import EditConflict

LABELS = {
    "title": "Title",
    "description": "Description",
    "status": "Status",
    "priority": "Priority",
    "category": "Category",
    "complexity": "Complexity",
    "feature_area": "Area",
    "assignee": "Assignee",
    "tags": "Tags",
    "estimated_hours": "Estimate (hours)",
    "actual_hours": "Spent (hours)",
    "completion_percentage": "Done (%)",
    "branch": "Branch",
    "pull_request_url": "Pull request",
    "source": "Source",
    "source_url": "Came from",
}
FIELDS = tuple(LABELS)


@dataclass(slots=True)
class EditForm:
    """One enhancement that is being edited: as it was opened, and what stands in the way of storing it.

    `errors` holds messages by field; `conflict` both versions when somebody else was faster; `waits_for` what stands in
    the way of completing it.
    """

    opened: Enhancement
    errors: dict[str, str] = field(default_factory=dict)
    problem: str | None = None
    conflict: EditConflict | None = None
    saved: str | None = None
    writing: bool = False
    waits_for: tuple[LinkedEnhancement, ...] = ()

    @property
    def base_version(self) -> int:
        """The version to write against: the one that was seen last."""
        return self.conflict.current_version if self.conflict else self.opened.version


def values_of(enhancement: Enhancement) -> dict[str, Any]:
    """The values of the fields as the widgets hold them."""
    return {name: _shown(getattr(enhancement, name)) for name in FIELDS}


def changes(opened: Enhancement, typed: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that a person changed, with their new values; fields without a widget count as unchanged."""
    before = values_of(opened)
    return {name: typed[name] for name in FIELDS if name in typed and _plain(typed[name]) != _plain(before[name])}


def in_words(name: str, value: Any) -> str:
    """A value for a person to compare."""
    if value is None or value == "" or value == []:
        return "(empty)"
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    if name in {"status", "priority", "category", "complexity", "source"}:
        return str(value).replace("_", " ").capitalize()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shown(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value.value if hasattr(value, "value") else value


def _plain(value: Any) -> Any:
    """Empty text is no value, and spaces around a text do not count."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").strip() or None
    return None if value == [] else value
