"""What the backlog hands out and takes in: plain values that do not change behind a caller's back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from db.enums import Category, Complexity, Priority, Source, Status


@dataclass(frozen=True, slots=True)
class Enhancement:
    """One enhancement as it was stored when it was read.

    Scores are 0–100 (higher is better, but for the two risks) or None while unscored; hours are hours; times are UTC.
    `score_breakdown` explains the scores, `score_overrides` holds what people decided instead.
    `merged_into_id` is set on a duplicate that was merged; `version` goes up with every change. A proposal with
    `snoozed_until` or `snoozed_for_id` is out of the inbox until that time, or until that other enhancement is done;
    `ready_at` is when the last of its blockers was done.
    """

    id: int
    title: str
    description: str
    feature_area: str | None
    category: Category
    priority: Priority
    complexity: Complexity | None
    status: Status
    completion_percentage: int
    business_value_score: float | None
    user_impact_score: float | None
    strategic_alignment_score: float | None
    technical_debt_score: float | None
    inaction_risk_score: float | None
    implementation_risk_score: float | None
    ai_priority_score: float | None
    ai_reasoning: str | None
    score_breakdown: Any
    score_overrides: dict[str, Any]
    scored_by: str | None
    estimated_hours: float | None
    actual_hours: float | None
    source: Source
    source_url: str | None
    assignee: str | None
    branch: str | None
    pull_request_url: str | None
    predicted_impact: dict[str, Any] | None
    actual_impact: dict[str, Any] | None
    tags: tuple[str, ...]
    merged_into_id: int | None
    rejection_reason: str | None
    snoozed_until: datetime | None
    snoozed_for_id: int | None
    ready_at: datetime | None
    created_by: str
    created_at: datetime
    updated_at: datetime
    status_entered_at: datetime
    approved_at: datetime | None
    started_at: datetime | None
    blocked_at: datetime | None
    completed_at: datetime | None
    deferred_at: datetime | None
    rejected_at: datetime | None
    archived_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEnhancement:
    """An enhancement to be created; what is left out takes the usual value.

    `completed_at` may state when work was completed that is already done (an import knows).
    """

    title: str
    description: str = ""
    feature_area: str | None = None
    category: Category | str = Category.ENHANCEMENT
    priority: Priority | str = Priority.MEDIUM
    complexity: Complexity | str | None = None
    status: Status | str = Status.PROPOSED
    completion_percentage: int = 0
    estimated_hours: float | Decimal | None = None
    actual_hours: float | Decimal | None = None
    source: Source | str = Source.MANUAL
    source_url: str | None = None
    assignee: str | None = None
    branch: str | None = None
    pull_request_url: str | None = None
    predicted_impact: Mapping[str, Any] | None = None
    actual_impact: Mapping[str, Any] | None = None
    tags: tuple[str, ...] = ()
    completed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the enhancements that fit, in order, and how many fit in all."""

    total: int
    enhancements: tuple[Enhancement, ...]


COLUMNS = tuple(field.name for field in fields(Enhancement))
CLOSED_SETS: dict[str, type[Category | Priority | Complexity | Status | Source]] = {
    "category": Category,
    "priority": Priority,
    "complexity": Complexity,
    "status": Status,
    "source": Source,
}


def enhancement_from(row: Mapping[str, Any]) -> Enhancement:
    """The value of a row that has at least the columns `COLUMNS`."""
    return Enhancement(**{name: _plain(name, row[name]) for name in COLUMNS})


def _plain(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in CLOSED_SETS:
        return CLOSED_SETS[name](value)
    if name == "tags":
        return tuple(value)
    return float(value) if isinstance(value, Decimal) else value
