"""What many enhancements have in common, for a person who is about to change them together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core.backlog.queries import ENHANCEMENTS
from db.enums import Category, Complexity, Priority, Status


@dataclass(frozen=True, slots=True)
class BulkItem:
    """Of one enhancement, what is often changed of many; hours are the estimate."""

    id: int
    version: int
    title: str
    status: Status
    priority: Priority
    category: Category
    complexity: Complexity | None
    feature_area: str | None
    assignee: str | None
    estimated_hours: float | None
    tags: tuple[str, ...]


def bulk_items(session: Session, ids: Collection[int]) -> tuple[BulkItem, ...]:
    """These enhancements as they are stored, by id; those that are gone are missing."""
    columns = [ENHANCEMENTS.c[name] for name in BulkItem.__dataclass_fields__]
    rows = session.execute(select(*columns).where(ENHANCEMENTS.c.id.in_(ids)).order_by(ENHANCEMENTS.c.id))
    return tuple(
        BulkItem(
            id=row.id,
            version=row.version,
            title=row.title,
            status=Status(row.status),
            priority=Priority(row.priority),
            category=Category(row.category),
            complexity=Complexity(row.complexity) if row.complexity else None,
            feature_area=row.feature_area,
            assignee=row.assignee,
            estimated_hours=None if row.estimated_hours is None else float(row.estimated_hours),
            tags=tuple(row.tags),
        )
        for row in rows
    )


def all_tags(items: Sequence[BulkItem]) -> tuple[str, ...]:
    """The tags that at least one of them has, the most frequent first."""
    counts: dict[str, int] = {}
    for item in items:
        for tag in item.tags:
            counts[tag] = counts.get(tag, 0) + 1
    return tuple(sorted(counts, key=lambda tag: (-counts[tag], tag)))
