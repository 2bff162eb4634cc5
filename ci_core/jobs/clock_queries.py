"""The SQL of the clock: what is due, and moving it on."""

from __future__ import annotations

from sqlalchemy import text

# Rows that another clock holds are left to it. What it has moved on meanwhile is looked at again by PostgreSQL itself,
# and is not due any more. A kind that this program does not know is left to one that does.
DUE_SCHEDULES = text("""
    WITH present AS (SELECT coalesce(CAST(:now AS timestamptz), now()) AS now)
    SELECT s.id, s.name, s.kind, s.parameters, s.cron, s.every_seconds, s.time_zone, s.jitter_seconds, s.missed,
           s.priority, s.next_due_at, s.last_due_at, s.computed_at, s.updated_at, s.created_at
    FROM ci_schedules s, present
    WHERE s.enabled AND s.kind = ANY (:kinds)
      AND (s.next_due_at IS NULL OR s.next_due_at <= present.now OR s.computed_at > present.now + interval '5 seconds')
    ORDER BY s.next_due_at NULLS FIRST, s.id
    LIMIT :most
    FOR NO KEY UPDATE OF s SKIP LOCKED
""")
MOVE_SCHEDULES = text("""
    UPDATE ci_schedules s
    SET next_due_at = m.next_due_at, last_due_at = m.last_due_at, computed_at = :now,
        last_run_id = coalesce(m.run_id, s.last_run_id)
    FROM jsonb_to_recordset(CAST(:moved AS jsonb)) AS m (
        id bigint, next_due_at timestamptz, last_due_at timestamptz, run_id bigint)
    WHERE s.id = m.id
""")
# Also one whose times lie farther ahead than they can: they come from a clock that was wrong.
DUE_SOURCES = text("""
    WITH present AS (SELECT coalesce(CAST(:now AS timestamptz), now()) AS now)
    SELECT s.id, s.scan_frequency_hours
    FROM ci_research_sources s, present
    WHERE s.enabled AND (
        (coalesce(s.next_scan_at, present.now) <= present.now AND coalesce(s.retry_at, present.now) <= present.now)
        OR s.last_scan_at > present.now + interval '1 day'
        OR (s.next_scan_at > present.now + make_interval(hours => s.scan_frequency_hours) + interval '1 day'
            AND coalesce(s.retry_at, present.now) <= present.now))
    ORDER BY s.next_scan_at NULLS FIRST, s.id
    LIMIT :most
    FOR NO KEY UPDATE OF s SKIP LOCKED
""")
MOVE_SOURCES = text("""
    UPDATE ci_research_sources s
    SET next_scan_at = m.next_scan_at, last_scan_at = least(s.last_scan_at, :now),
        retry_at = CASE WHEN s.retry_at <= :now THEN s.retry_at END
    FROM jsonb_to_recordset(CAST(:moved AS jsonb)) AS m (id bigint, next_scan_at timestamptz)
    WHERE s.id = m.id
""")
# A clock that freezes in the middle, or whose host vanishes, holds its rows no longer than this; nor does one wait
# longer for a run that somebody else is just entering.
BEGIN = text("""
    SELECT coalesce(CAST(:now AS timestamptz), now()) AS now,
           set_config('idle_in_transaction_session_timeout', :most_milliseconds, true),
           set_config('lock_timeout', :most_milliseconds, true)
""")
