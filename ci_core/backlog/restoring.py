"""Put rows back exactly as they were, with every digit and microsecond, straight from JSON to columns."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from ci_core.backlog.queries import ENHANCEMENTS
from db import tables

# Columns that the database itself keeps.
KEPT_BY_DATABASE = frozenset({"version", "updated_at", "changed_xid"})
STAGES = (
    "completion_percentage",
    "status_entered_at",
    "approved_at",
    "started_at",
    "blocked_at",
    "completed_at",
    "deferred_at",
    "rejected_at",
    "archived_at",
)
STAGES_NOW = text("""
    SELECT (SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(e)) WHERE key = ANY (:stages))::text
    FROM ci_enhancements e WHERE id = :id
""")
ALL_STAGES_NOW = text("""
    SELECT jsonb_object_agg(e.id, (
        SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(e)) WHERE key = ANY (:stages)
    ))::text
    FROM ci_enhancements e WHERE id = ANY (:ids)
""")


def restore_columns(session: Session, table: str, row_id: int, values: str) -> None:
    """Write columns of one row as they were.

    Args:
        table: name of one of the tables.
        values: a JSON object of the columns, as PostgreSQL's `to_jsonb` gives it; others keep what they have.
    """
    columns = [name for name in json.loads(values) if name in restorable(table)]
    if not columns:
        return
    staged = table == ENHANCEMENTS.name and "status" in columns
    stages = session.scalar(STAGES_NOW, {"id": row_id, "stages": list(STAGES)}) if staged else None
    session.execute(_update(table, columns), {"id": row_id, "kept": "{}", "values": values})
    if stages is not None:
        # With a new status a trigger stamps the stage times, unless the writer states another value than the present
        # one. Where the value to restore is the present one, the stamp has to be taken back.
        session.execute(_update(table, STAGES), {"id": row_id, "kept": stages, "values": values})


def restore_rows(session: Session, table: str, entries: Mapping[int, int], columns: Collection[str]) -> None:
    """Write the same columns of many rows as they were before entries of the audit log, at once.

    Args:
        entries: ids of entries, with the row that each is about; no row twice.
    """
    names = sorted(columns)
    if not names or not entries:
        return
    staged = table == ENHANCEMENTS.name and "status" in columns
    ids = {"entries": list(entries), "rows": list(entries.values())}
    stages = session.scalar(ALL_STAGES_NOW, {"ids": ids["rows"], "stages": list(STAGES)}) if staged else "{}"
    session.execute(_update_all(table, names), {**ids, "kept": "{}"})
    if staged:
        # As in `restore_columns`: the stamps of the trigger are taken back.
        session.execute(_update_all(table, STAGES), {**ids, "kept": stages})


def insert_row(session: Session, table: str, values: str, version: int | None = None) -> None:
    """Put a deleted row back with its id; an enhancement gets the given `version`, so that versions never repeat.

    Raises:
        sqlalchemy.exc.IntegrityError: something else has taken its place, or what it refers to is gone.
    """
    present = json.loads(values)
    columns = [name for name in ("id", *sorted(restorable(table))) if name in present]
    listed = ", ".join(columns)
    extra, value = (", version", ", :version") if version is not None else ("", "")
    statement = text(
        f"INSERT INTO {table} ({listed}{extra}) OVERRIDING SYSTEM VALUE "  # noqa: S608 - names of our own columns
        f"SELECT {listed}{value} FROM jsonb_populate_record(NULL::{table}, CAST(:values AS jsonb))"
    )
    session.execute(statement, {"values": values} | ({"version": version} if version is not None else {}))


def restorable(table: str) -> frozenset[str]:
    """The columns of a table that can be written, without its id."""
    columns = tables.Base.metadata.tables[table].columns
    return frozenset(column.name for column in columns if column.computed is None) - KEPT_BY_DATABASE - {"id"}


def _update(table: str, columns: Iterable[str]) -> TextClause:
    names = list(columns)
    assigned = ", ".join(f"{name} = was.{name}" for name in names)
    before, after = (", ".join(f"{row}.{name}" for name in names) for row in ("now", "was"))
    return text(
        f"UPDATE {table} now SET {assigned} "  # noqa: S608 - names of our own columns
        f"FROM jsonb_populate_record(NULL::{table}, CAST(:kept AS jsonb) || CAST(:values AS jsonb)) was "
        f"WHERE now.id = :id AND ROW({before}) IS DISTINCT FROM ROW({after})"
    )


def _update_all(table: str, columns: Iterable[str]) -> TextClause:
    """As `_update`, of the rows of many entries, each from what its entry says was before."""
    names = list(columns)
    assigned = ", ".join(f"{name} = was.{name}" for name in names)
    before, after = (", ".join(f"{row}.{name}" for name in names) for row in ("now", "was"))
    return text(
        f"UPDATE {table} now SET {assigned} "  # noqa: S608 - names of our own columns
        "FROM unnest(CAST(:entries AS bigint[]), CAST(:rows AS bigint[])) AS wanted (entry, id) "
        "JOIN ci_audit_log a ON a.id = wanted.entry, "
        f"LATERAL jsonb_populate_record(NULL::{table}, "
        "coalesce(CAST(:kept AS jsonb) -> wanted.id::text, '{}') || a.before) was "
        f"WHERE now.id = wanted.id AND ROW({before}) IS DISTINCT FROM ROW({after})"
    )
