"""The SQL of what people decide about issues."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

Row = dict[str, Any]

# In the order of ids, as a check locks them, so that nobody waits in a circle.
LOCK = text("""
    SELECT id, version, status, status_reason, status_until, status_by, status_at, resolved_at
    FROM ci_health_issues WHERE id = ANY (:ids) ORDER BY id FOR NO KEY UPDATE
""")
WRITE = text("""
    UPDATE ci_health_issues
    SET status = :status, status_reason = :reason, status_until = :until, status_by = :by, status_at = :at
    WHERE id = ANY (:ids)
""")
DECIDED_SINCE = text("""
    SELECT DISTINCT ON (row_id) row_id, actor, after ->> 'status' AS status FROM ci_audit_log
    JOIN unnest(CAST(:ids AS bigint[]), CAST(:versions AS integer[])) AS seen (id, version) ON row_id = seen.id
    WHERE table_name = 'ci_health_issues' AND action = 'update' AND row_version > seen.version
        AND changed_fields && '{status,status_until}'
    ORDER BY row_id, ci_audit_log.id DESC
""")


def locked(session: Session, ids: Collection[int]) -> dict[int, Row]:
    """Issues by id, until the end of the transaction nobody else's to change; those that do not exist are left out."""
    return {row["id"]: dict(row) for row in session.execute(LOCK, {"ids": sorted(set(ids))}).mappings()}


def write(session: Session, ids: Collection[int], values: Mapping[str, Any]) -> None:
    """Store one decision about many issues."""
    session.execute(WRITE, {**values, "ids": sorted(ids)})


def decided_since(session: Session, versions: Mapping[int, int]) -> dict[int, tuple[str, str | None]]:
    """Who decided an issue after the version that was seen, and what it became, by the issue's id."""
    values = {"ids": list(versions), "versions": list(versions.values())}
    return {row.row_id: (row.actor, row.status) for row in session.execute(DECIDED_SINCE, values)}
