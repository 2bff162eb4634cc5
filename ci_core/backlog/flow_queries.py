"""The SQL of flow: every change of a status from the audit log, and what items are filtered by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ci_core.backlog.flow_events import CODES, GONE, StatusEvents
from ci_core.backlog.listing import conditions_of
from ci_core.backlog.queries import ENHANCEMENTS
from ci_core.backlog.query_syntax import Query

# The condition is word for word that of idx_ci_audit_log_status. An insert holds the whole row, and each look into it
# unpacks all of it: one look is enough, because only a tombstone that was deleted can come in as one.
CHANGES = text(f"""
    SELECT id, row_id, extract(epoch FROM occurred_at)::float8 AS at,
        CASE WHEN action = 'delete' THEN {GONE}
        WHEN (action = 'update' OR undo_of IS NOT NULL) AND after ->> 'merged_into_id' IS NOT NULL THEN {GONE}
        ELSE CASE after ->> 'status' {" ".join(f"WHEN '{status}' THEN {code}" for status, code in CODES.items())} END
        END,
        undo_of IS NOT NULL
    FROM ci_audit_log
    WHERE table_name = 'ci_enhancements' AND (action <> 'update' OR changed_fields @> '{{status}}')
        AND transaction_id >= :since AND row_id IS NOT NULL
""")  # noqa: S608 - codes of our own
# Putting an archived item away as a duplicate changes no status: the merges say it.
MERGED_ARCHIVED = text("""
    SELECT duplicate_id, extract(epoch FROM merged_at)::float8, extract(epoch FROM undone_at)::float8
    FROM ci_enhancement_merges WHERE duplicate_status = 'archived'
""")
# An entry that cannot be seen yet belongs to a transaction that runs now.
OLDEST_RUNNING = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
ITEMS = text("""
    SELECT id, title, status, priority, category, feature_area, assignee FROM ci_enhancements
    WHERE changed_xid >= :since
""")


@dataclass(frozen=True, slots=True)
class FlowItem:
    """What is known of an item beside its way through the statuses."""

    id: int
    title: str
    status: str
    priority: str
    category: str
    area: str | None
    assignee: str | None


@dataclass(frozen=True, slots=True, eq=False)
class StoredChanges:
    """Changes of statuses with the ids of their entries."""

    ids: NDArray[np.int64]
    events: StatusEvents


def oldest_running(session: Session) -> int:
    """The id of the oldest transaction that may still write; all older ones are seen entirely."""
    return int(session.scalars(OLDEST_RUNNING).one())


def read_changes(session: Session, since: int = 0) -> StoredChanges:
    """The changes that transactions from `since` on made, in no particular order."""
    rows = session.connection().execute(CHANGES, {"since": since}).all()
    columns: list[Any] = list(zip(*rows, strict=True)) or [()] * 5
    return StoredChanges(
        np.array(columns[0], np.int64),
        StatusEvents(
            np.array(columns[1], np.int64),
            np.array(columns[2], np.float64),
            np.array(columns[3], np.int64),
            np.array(columns[4], np.bool_),
        ),
    )


def read_merges_of_archived(session: Session) -> list[tuple[int, float, float | None]]:
    """Items that were archived already when they were merged: id, when, and when that was taken apart."""
    return [(row[0], row[1], row[2]) for row in session.execute(MERGED_ARCHIVED)]


def read_items(session: Session, since: int = 0) -> list[FlowItem]:
    """The items that transactions from `since` on changed."""
    return [FlowItem(*row) for row in session.connection().execute(ITEMS, {"since": since})]


def matching_ids(session: Session, query: Query, *, actor: str | None, now: datetime) -> set[int]:
    """The ids of all enhancements that fulfil the query."""
    found = select(ENHANCEMENTS.c.id).where(*conditions_of(query, actor=actor, now=now))
    return set(session.scalars(found).all())
