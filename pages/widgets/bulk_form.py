"""What a person wants to change of many enhancements, in their words and in the library's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from ci_core.backlog.bulk import BulkResult
from ci_core.backlog.bulk_values import BulkItem
from ci_core.backlog.lifecycle import LABELS as STATUS_LABELS
from ci_core.backlog.lifecycle import allowed_transitions
from db.enums import Status
from pages.widgets.text import label, shortened

NONE = "— none —"
MIXED = "mixed"
CHANGE, SNOOZE, MERGE = "Change fields", "Snooze", "Merge"
CHOICES = ("status", "priority", "category", "complexity", "feature_area", "assignee")
LABELS = {
    "status": "Move to",
    "priority": "Priority",
    "category": "Category",
    "complexity": "Complexity",
    "feature_area": "Area",
    "assignee": "Assignee",
    "estimated_hours": "Estimate (hours)",
}
CLOSED = frozenset({"status", "priority", "category", "complexity"})


@dataclass(slots=True)
class BulkForm:
    """Enhancements that are about to be changed together, as they were when the dialog was opened.

    `versions` are those that the person saw, `missing` ids that are gone; `errors` holds messages by field; `result` is
    there once it was done, and says what was not.
    """

    items: tuple[BulkItem, ...]
    versions: Mapping[int, int] = field(default_factory=dict)
    missing: tuple[int, ...] = ()
    errors: dict[str, str] = field(default_factory=dict)
    result: BulkResult | None = None

    @property
    def cards(self) -> list[tuple[int, int]]:
        """Ids with the versions that the person saw."""
        return [(item.id, self.versions.get(item.id, item.version)) for item in self.items]


def common(items: Sequence[BulkItem], name: str) -> str:
    """The value that all have, in words; "mixed" when they differ."""
    values = {getattr(item, name) for item in items}
    if len(values) != 1:
        return MIXED
    value = values.pop()
    if value is None:
        return "none"
    if name in CLOSED:
        return label(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def wanted_changes(typed: Mapping[str, Any]) -> dict[str, Any]:
    """What `change_many` takes, of the fields that the person has touched."""
    changes = {
        name: None if typed[name] == NONE else typed[name] for name in CHOICES if typed.get(name) not in (None, "")
    }
    if typed.get("no_estimate"):
        changes["estimated_hours"] = None
    elif typed.get("estimated_hours") is not None:
        changes["estimated_hours"] = typed["estimated_hours"]
    for name in ("add_tags", "remove_tags"):
        if typed.get(name):
            changes[name] = list(typed[name])
    if changes.get("status") == Status.REJECTED and (typed.get("rejection_reason") or "").strip():
        changes["rejection_reason"] = typed["rejection_reason"].strip()
    return changes


def reason_of(typed: Mapping[str, Any]) -> str | None:
    """The reason for a step to another status; one that was typed for a step that is not taken is no reason."""
    steps = typed.get("mode", CHANGE) == CHANGE and typed.get("status") not in (None, "", Status.REJECTED)
    return ((typed.get("reason") or "").strip() or None) if steps else None


def snooze_changes(until: date | None, other: int | None, zone: datetime) -> dict[str, Any]:
    """A snooze until the morning of a day where the person is, or until another enhancement is done."""
    if other is not None:
        return {"snoozed_for_id": other}
    if until is None:
        return {}
    return {"snoozed_until": datetime.combine(until, time(8), tzinfo=zone.tzinfo)}


def in_words(changes: Mapping[str, Any]) -> str:
    """What is going to be done, as the second half of a sentence."""
    parts = []
    for name, value in changes.items():
        if name == "status":
            parts.append(f"move to {STATUS_LABELS[Status(value)]}")
        elif name in ("add_tags", "remove_tags"):
            verb = "add" if name == "add_tags" else "remove"
            parts.append(f"{verb} {'tag' if len(value) == 1 else 'tags'} {', '.join(value)}")
        elif name == "snoozed_until":
            parts.append(f"snooze until {value:%-d %b %Y}")
        elif name == "snoozed_for_id":
            parts.append(f"snooze until #{value} is done")
        elif name in LABELS:
            shown = "none" if value is None else label(value) if name in CLOSED else f"{value}"
            parts.append(f"set {LABELS[name].lower()} to {shown}")
    if len(parts) > 1:
        parts = [*parts[:-2], f"{parts[-2]} and {parts[-1]}"]
    return ", ".join(parts)


def preview(items: Sequence[BulkItem], changes: Mapping[str, Any]) -> str:
    """One line: what will be done, to how many, and what of it the lifecycle will not allow."""
    if not changes:
        return "Nothing chosen yet. Fields that you leave alone stay as they are."
    refused = _refused(items, changes)
    to_do = sum(1 for item in items if item not in refused and _differs(item, changes))
    already = len(items) - to_do - len(refused)
    line = f"Will {in_words(changes)}: {to_do:,} of {len(items):,}."
    if already:
        line += f" {already:,} {'is' if already == 1 else 'are'} so already."
    if refused:
        first = refused[0]
        where = STATUS_LABELS[first.status]
        line += f" {len(refused):,} cannot: #{first.id} is in {where}" + (" …" if len(refused) > 1 else ".")
    return line


def merge_preview(items: Sequence[BulkItem], original: int, title: str | None) -> str:
    """One line: what will be merged into what."""
    count = sum(1 for item in items if item.id != original)
    named = f" “{shortened(title, 60)}”" if title else ""
    return f"Will merge {count:,} into #{original}{named}. One undo takes them apart again."


def summary(result: BulkResult) -> str:
    """What was done, in one line."""
    line = f"{len(result.changed):,} changed"
    if result.unchanged:
        line += f", {len(result.unchanged):,} as they should be already"
    if result.problems:
        line += f", {len(result.problems):,} not"
    return line


def _refused(items: Sequence[BulkItem], changes: Mapping[str, Any]) -> list[BulkItem]:
    if changes.keys() & {"snoozed_until", "snoozed_for_id"}:
        return [item for item in items if item.status is not Status.PROPOSED]
    if "status" not in changes:
        return []
    target = Status(changes["status"])
    return [item for item in items if item.status is not target and target not in allowed_transitions(item.status)]


def _differs(item: BulkItem, changes: Mapping[str, Any]) -> bool:
    tags = set(item.tags)
    for name, value in changes.items():
        if name == "add_tags" and not tags.issuperset(tag.strip().lower() for tag in value):
            return True
        if name == "remove_tags" and tags & set(value):
            return True
        if name in LABELS and getattr(item, name) != value:
            return True
        if name in ("snoozed_until", "snoozed_for_id"):
            return True
    return False
