"""Read the audit log, which the database itself writes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, TextClause, and_, or_, select, text
from sqlalchemy.orm import Session

from db import tables

AGENT = "agent:"
PAGE = 200
# Between two changes of one transaction; longer than any statement may take.
LONGEST_PAUSE = timedelta(hours=6)
COMMENTS = tables.Comment.__tablename__
DEPENDENCIES = tables.Dependency.__tablename__
ENHANCEMENTS = tables.Enhancement.__tablename__
MERGES = tables.Merge.__tablename__
FOLLOWERS = tables.Follower.__tablename__
REACTIONS = tables.Reaction.__tablename__
# Tables whose rows belong to enhancements, by the columns that say to which.
BELONGING = {
    COMMENTS: ("enhancement_id",),
    DEPENDENCIES: ("enhancement_id", "other_id"),
    MERGES: ("duplicate_id", "original_id"),
}

# For every transaction the ones that took it back, and for those the ones that took them back, and so on.
UNDOS = text("""
    WITH RECURSIVE undos (target, undo) AS (
        SELECT t.transaction_id, u.transaction_id
        FROM ci_audit_log t JOIN ci_audit_log u ON u.undo_of = t.id AND u.transaction_id <> t.transaction_id
        WHERE t.transaction_id = ANY (:ids)
        UNION
        SELECT t.transaction_id, u.transaction_id
        FROM undos JOIN ci_audit_log t ON t.transaction_id = undos.undo
        JOIN ci_audit_log u ON u.undo_of = t.id AND u.transaction_id <> t.transaction_id
    )
    SELECT target, undo FROM undos
""")


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of one row, as the trigger recorded it."""

    id: int
    occurred_at: datetime
    actor: str
    action: str
    table_name: str
    row_id: int
    row_version: int | None
    changed_fields: list[str]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None
    undo_of: int | None
    transaction_id: int

    @property
    def came_up(self) -> bool:
        """Whether it is the consequence that a blocker's end had for what waited for it."""
        return self.table_name == ENHANCEMENTS and self.action == "update" and "ready_at" in self.changed_fields

    @property
    def row(self) -> tuple[str, int]:
        """Which row of which table it is about."""
        return self.table_name, self.row_id


COLUMNS = tuple(getattr(tables.AuditEntry, name) for name in Entry.__dataclass_fields__)


def entries_of(session: Session, transaction_id: int) -> list[Entry]:
    """All changes of a transaction, in order.

    A database that was moved to another server counts its transactions anew: of two that bear the same id, the newer.
    """
    entry = tables.AuditEntry
    rows = session.execute(select(*COLUMNS).where(entry.transaction_id == transaction_id).order_by(entry.id.desc()))
    newest: list[Entry] = []
    for row in rows:
        found = Entry(*row)
        if newest and newest[-1].occurred_at - found.occurred_at > LONGEST_PAUSE:
            break
        newest.append(found)
    return newest[::-1]


def later_entries(session: Session, row: tuple[str, int], after_id: int) -> list[Entry]:
    """What happened to a row after the entry `after_id`, newest first."""
    entry = tables.AuditEntry
    rows = session.execute(
        select(*COLUMNS)
        .where(entry.table_name == row[0], entry.row_id == row[1], entry.id > after_id)
        .order_by(entry.id.desc())
    )
    return [Entry(*found) for found in rows]


def transactions_by(session: Session, actor: str, enhancement_id: int | None = None) -> Iterator[int]:
    """The transactions of an actor that take nothing back, newest first; of one enhancement where it is given."""
    entry = tables.AuditEntry
    chosen: list[ColumnElement[bool]] = [entry.actor == actor, entry.undo_of.is_(None)]
    if enhancement_id is not None:
        chosen.append(about(session, enhancement_id))
    below: int | None = None
    seen: set[int] = set()
    while True:
        page = select(entry.id, entry.transaction_id).where(*chosen).order_by(entry.id.desc()).limit(PAGE)
        rows = session.execute(page if below is None else page.where(entry.id < below)).all()
        if not rows:
            return
        for row in rows:
            if row.transaction_id not in seen:
                seen.add(row.transaction_id)
                yield row.transaction_id
        below = rows[-1].id


def undone_transactions(session: Session, ids: Collection[int]) -> set[int]:
    """Those of the transactions that were taken back and not brought again."""
    undos: dict[int, set[int]] = {}
    for target, undo in session.execute(UNDOS, {"ids": list(ids)}):
        undos.setdefault(target, set()).add(undo)

    def undone(transaction_id: int, above: frozenset[int]) -> bool:
        return any(not undone(undo, above | {undo}) for undo in undos.get(transaction_id, set()) - above)

    return {transaction_id for transaction_id in ids if undone(transaction_id, frozenset({transaction_id}))}


def about(session: Session, enhancement_id: int) -> ColumnElement[bool]:
    """The condition for entries about an enhancement: itself, its comments, its dependencies and its merges."""
    entry = tables.AuditEntry
    conditions: list[ColumnElement[bool]] = [and_(entry.table_name == ENHANCEMENTS, entry.row_id == enhancement_id)]
    for table, columns in BELONGING.items():
        rows = session.scalars(_rows_about(table, columns), {"id": enhancement_id}).all()
        if rows:
            conditions.append(and_(entry.table_name == table, entry.row_id.in_(rows)))
    return or_(*conditions)


def _rows_about(table: str, columns: tuple[str, ...]) -> TextClause:
    """Ids of rows that belong to an enhancement now, or did once."""
    now = " OR ".join(f"{column} = :id" for column in columns)
    once = " OR ".join(
        f"{side} @> jsonb_build_object('{column}', CAST(:id AS bigint))"
        for side in ("before", "after")
        for column in columns
    )
    # The name stands in the text, so that every plan may use idx_ci_audit_log_belonging.
    return text(
        f"SELECT id FROM {table} WHERE {now} "  # noqa: S608 - names of our own tables and columns
        f"UNION SELECT row_id FROM ci_audit_log WHERE table_name = '{table}' AND ({once})"
    )
