"""The SQL of planning: open work with what its remaining hours are told from, and what waits for what."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.enums import Status

COLUMNS = """id, title, status, priority, assignee, feature_area, complexity,
    estimated_hours::float8, completion_percentage::int"""
WORK = text(f"""
    SELECT {COLUMNS} FROM ci_enhancements
    WHERE status = ANY (:statuses) AND merged_into_id IS NULL ORDER BY board_position, id
""")  # noqa: S608 - names of columns, no input
# The ends of links, whatever their status: a done blocker tells that the way is free.
LINKED = text(f"""
    SELECT {COLUMNS} FROM ci_enhancements
    WHERE merged_into_id IS NULL AND id IN (
        SELECT enhancement_id FROM ci_enhancement_dependencies WHERE kind = 'blocked_by'
        UNION SELECT other_id FROM ci_enhancement_dependencies WHERE kind = 'blocked_by'
    ) ORDER BY id
""")  # noqa: S608 - names of columns, no input
BLOCKERS = text(
    "SELECT enhancement_id, other_id FROM ci_enhancement_dependencies WHERE kind = 'blocked_by' ORDER BY id"
)
ESTIMATES = text("""
    SELECT complexity, estimated_hours::float8 FROM ci_enhancements
    WHERE estimated_hours IS NOT NULL AND merged_into_id IS NULL
""")


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One enhancement as planning sees it; `hours` is the estimate, `completion` is 0–100 per cent."""

    id: int
    title: str
    status: Status
    priority: str
    assignee: str | None
    area: str | None
    complexity: str | None
    hours: float | None
    completion: int


def work_items(session: Session, statuses: Collection[Status]) -> list[WorkItem]:
    """The enhancements in these statuses, in the order of the board."""
    rows = session.execute(WORK, {"statuses": [status.value for status in statuses]})
    return [_item(row) for row in rows]


def linked_items(session: Session) -> list[WorkItem]:
    """Every enhancement that waits for another one or is waited for."""
    return [_item(row) for row in session.execute(LINKED)]


def blocking_links(session: Session) -> list[tuple[int, int]]:
    """Who waits for whom: (waiting, blocker)."""
    return [(row[0], row[1]) for row in session.execute(BLOCKERS)]


def known_estimates(session: Session) -> list[tuple[str | None, float]]:
    """Complexity and estimated hours of everything that has an estimate, also of what is done."""
    return [(row[0], row[1]) for row in session.execute(ESTIMATES)]


def _item(row: Collection[object]) -> WorkItem:
    first, title, status, *rest = row
    return WorkItem(first, title, Status(status), *rest)  # type: ignore[arg-type]
