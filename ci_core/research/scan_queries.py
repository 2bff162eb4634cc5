"""The SQL of a scan: which sources, who scans one at this moment, and what is kept of how it went."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

SOURCES = text("""
    SELECT id, source_type, source_name, source_url, search_queries, search_filters, scan_frequency_hours, max_results,
           max_requests_per_minute, enabled, newest_item_at, scan_state, failures
    FROM ci_research_sources
    WHERE (CAST(:ids AS bigint[]) IS NULL OR id = ANY (:ids))
      AND (CAST(:types AS text[]) IS NULL OR source_type = ANY (:types))
      AND (CAST(:names AS text[]) IS NULL OR lower(source_name) = ANY (:names))
      AND (enabled OR :also_disabled)
      AND (NOT :due_only OR (coalesce(next_scan_at, :now) <= :now AND coalesce(retry_at, :now) <= :now))
    ORDER BY next_scan_at NULLS FIRST, id
""")
TYPES_AND_NAMES = text("SELECT source_type, source_name FROM ci_research_sources ORDER BY id")
SCANNED_BY = text("""
    SELECT s.run_id, s.started_at FROM ci_run_steps s
    WHERE s.source_id = :source_id AND s.status = 'running' AND s.run_id <> :run_id
    ORDER BY s.id DESC LIMIT 1
""")
DONE_IN_RUN = text("""
    SELECT counts, status, message FROM ci_run_steps
    WHERE run_id = :run_id AND source_id = :source_id AND status IN ('completed', 'degraded', 'skipped')
    ORDER BY id LIMIT 1
""")
FOUND_IN_RUN = text("""
    SELECT id, source_title FROM ci_research_findings
    WHERE run_id = :run_id AND canonical_finding_id IS NULL
    ORDER BY relevance_score DESC NULLS LAST, id LIMIT :limit
""")
END_EARLIER_ATTEMPT = """
    SELECT count(pg_terminate_backend(l.pid))
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.classid = %s AND l.objid = %s AND l.objsubid = 2 AND l.granted
      AND a.datname = current_database() AND l.database = a.datid AND a.application_name = %s
      AND l.pid <> pg_backend_pid()
"""
END_STEPS = text("""
    UPDATE ci_run_steps SET status = 'failed', message = :message, ended_at = :now
    WHERE source_id = :source_id AND status = 'running' AND run_id <> :run_id
""")
ENDED = text("""
    UPDATE ci_research_sources SET
        last_scan_at = :now, last_status = :status, last_error = :error, next_scan_at = :next_scan_at,
        retry_at = :retry_at, failures = :failures,
        last_success_at = CASE WHEN :status = 'failed' THEN last_success_at ELSE :now END,
        newest_item_at = greatest(newest_item_at, CAST(:newest_item_at AS timestamptz)),
        scan_state = scan_state || CAST(:scan_state AS jsonb)
    WHERE id = :id
""")


def sources(
    session: Session,
    *,
    ids: Collection[int] | None = None,
    types: Collection[str] | None = None,
    names: Collection[str] | None = None,
    also_disabled: bool = False,
    due_only: bool = False,
    now: datetime,
) -> list[Row[Any]]:
    """The sources that fit everything that is given; names in any case. Those that waited longest come first."""
    given = {
        "ids": None if ids is None else sorted(ids),
        "types": None if types is None else sorted(types),
        "names": None if names is None else sorted(name.lower() for name in names),
        "also_disabled": also_disabled,
        "due_only": due_only,
        "now": now,
    }
    return list(session.execute(SOURCES, given))


def types_and_names(session: Session) -> list[tuple[str, str]]:
    """The kind of site and the name of every source, in the order in which they were added."""
    return [(row.source_type, row.source_name) for row in session.execute(TYPES_AND_NAMES)]


def scanned_by(session: Session, source_id: int, run_id: int) -> tuple[int, datetime] | None:
    """Which other run scans the source, and since when; None when no run says so."""
    row = session.execute(SCANNED_BY, {"source_id": source_id, "run_id": run_id}).first()
    return None if row is None else (row.run_id, row.started_at)


def end_steps_of_others(session: Session, source_id: int, run_id: int, *, message: str, now: datetime) -> None:
    """Tell steps of other runs that still say to scan this source as failed."""
    session.execute(END_STEPS, {"source_id": source_id, "run_id": run_id, "message": message, "now": now})


def done_in_run(session: Session, run_id: int, source_id: int) -> Row[Any] | None:
    """What an earlier attempt of the run made of the source, when it came to an end with it; else None."""
    return session.execute(DONE_IN_RUN, {"run_id": run_id, "source_id": source_id}).one_or_none()


def found_in_run(session: Session, run_id: int, *, limit: int) -> list[tuple[int, str]]:
    """The findings of a run that repeat no other, with their titles; the most relevant ones first."""
    return [(row.id, row.source_title) for row in session.execute(FOUND_IN_RUN, {"run_id": run_id, "limit": limit})]


def end_earlier_attempt(connection: psycopg.Connection[Any], lock: int, key: int, name: str) -> bool:
    """End connections of this name that hold the advisory lock; whether there was one."""
    row = connection.execute(END_EARLIER_ATTEMPT, [lock, key, name]).fetchone()
    return bool(row and row[0])


def note_scan(session: Session, source_id: int, values: Mapping[str, Any]) -> None:
    """Keep on the source how its scan went; `scan_state` is added to what is there."""
    state = json.dumps(values.get("scan_state") or {}, default=str)
    session.execute(ENDED, {**values, "scan_state": state, "id": source_id})
