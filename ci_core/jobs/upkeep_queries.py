"""The SQL of upkeep: what is too old, in small batches so that nobody waits for it."""

from __future__ import annotations

from sqlalchemy import text

# A run keeps all that people look at; its job in the queue is of use while it can still be tried again.
OLD_JOBS = text("""
    DELETE FROM procrastinate_jobs WHERE id IN (
        SELECT j.id FROM procrastinate_jobs j LEFT JOIN ci_automation_runs r ON r.job_id = j.id
        WHERE j.status IN ('succeeded', 'failed', 'cancelled', 'aborted')
          AND (r.id IS NULL OR (r.status NOT IN ('queued', 'running') AND coalesce(r.ended_at, r.created_at) < :before))
        ORDER BY j.id LIMIT :batch)
    RETURNING id
""")
OLD_LOG = text("""
    DELETE FROM ci_run_log WHERE id IN (
        SELECT l.id FROM ci_run_log l JOIN ci_automation_runs r ON r.id = l.run_id
        WHERE l.logged_at < :before AND r.status NOT IN ('queued', 'running') ORDER BY l.id LIMIT :batch)
    RETURNING id
""")
# Its steps and its log go with it; findings and calls of chat models stay, and forget which run made them.
OLD_RUNS = text("""
    DELETE FROM ci_automation_runs WHERE id IN (
        SELECT id FROM ci_automation_runs
        WHERE ended_at < :before AND status NOT IN ('queued', 'running') ORDER BY ended_at LIMIT :batch)
    RETURNING id
""")
OUR_TABLES = text("""
    SELECT c.oid::regclass::text FROM pg_class c
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND pg_has_role(c.relowner, 'USAGE')
    ORDER BY 1
""")
