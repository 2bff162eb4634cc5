"""The SQL of the sidecar at a glance. Ages are told by the database's clock: those of machines may differ."""

from __future__ import annotations

from sqlalchemy import text

WORKERS = text("""
    SELECT w.worker_id AS id, w.host, w.pid, w.version, w.queues, w.concurrency, w.has_clock, w.state, w.started_at,
           greatest(0, extract(epoch FROM statement_timestamp() - p.last_heartbeat))::float8 AS silent_seconds,
           (SELECT count(*) FROM procrastinate_jobs j WHERE j.worker_id = w.worker_id AND j.status = 'doing') AS running
    FROM ci_workers w JOIN procrastinate_workers p ON p.id = w.worker_id
    ORDER BY w.host, w.started_at, w.worker_id
""")
QUEUES = text("""
    SELECT queue AS name,
           count(*) FILTER (WHERE status = 'running') AS running,
           count(*) FILTER (WHERE status = 'queued' AND NOT later) AS waiting,
           count(*) FILTER (WHERE status = 'queued' AND later) AS later,
           min(coalesce(due_at, created_at)) FILTER (WHERE status = 'queued' AND NOT later) AS oldest_at
    FROM (
        SELECT queue, status, due_at, created_at, coalesce(due_at > statement_timestamp(), false) AS later
        FROM ci_automation_runs WHERE status IN ('queued', 'running')
    ) AS open
    GROUP BY queue ORDER BY queue NULLS LAST
""")
# What runs, longest first; then what waits, in the order in which workers take it, what is not due yet last.
OPEN_RUNS = text("""
    WITH shown AS (
        (SELECT *, false AS later FROM ci_automation_runs
         WHERE status = 'running' ORDER BY coalesce(started_at, created_at), id LIMIT :most)
        UNION ALL
        (SELECT * FROM (
             SELECT *, coalesce(due_at > statement_timestamp(), false) AS later FROM ci_automation_runs
             WHERE status = 'queued'
         ) AS waiting
         ORDER BY later, CASE WHEN later THEN due_at END, priority DESC, id LIMIT :most)
    )
    SELECT r.id, r.run_type, r.trigger, r.status, r.actor, r.queue, r.progress_percent, r.host, r.error, r.attempt,
           r.failures, r.kills, r.created_at, r.due_at, r.started_at, r.alive_at, r.cancel_requested_at,
           r.cancel_requested_by, r.job_id, r.later, s.name AS schedule, o.source_name AS subject,
           step.name AS step, coalesce(step.done, 0) AS steps_done, coalesce(step.known, 0) AS steps_known
    FROM shown r
    LEFT JOIN ci_schedules s ON s.id = r.schedule_id
    LEFT JOIN ci_research_sources o
        ON jsonb_typeof(r.parameters -> 'source_id') = 'number' AND o.id = (r.parameters ->> 'source_id')::numeric
    LEFT JOIN LATERAL (
        SELECT count(*) AS known, count(*) FILTER (WHERE t.status NOT IN ('waiting', 'running')) AS done,
               (array_agg(t.name ORDER BY t.id DESC) FILTER (WHERE t.status = 'running'))[1] AS name
        FROM ci_run_steps t WHERE t.run_id = r.id
    ) AS step ON r.status = 'running'
    ORDER BY r.status DESC, CASE WHEN r.status = 'running' THEN coalesce(r.started_at, r.created_at) END,
             r.later, CASE WHEN r.later THEN r.due_at END, CASE WHEN r.status = 'queued' THEN r.priority END DESC, r.id
""")
# Whatever is due first of what the clock starts: a schedule, or the scan of a source.
NEXT_DUE = text("""
    SELECT name, due_at FROM (
        (SELECT name, next_due_at AS due_at FROM ci_schedules
         WHERE enabled AND next_due_at IS NOT NULL ORDER BY next_due_at, id LIMIT 1)
        UNION ALL
        (SELECT source_name, next_scan_at FROM ci_research_sources
         WHERE enabled AND next_scan_at IS NOT NULL ORDER BY next_scan_at, id LIMIT 1)
    ) AS due
    ORDER BY due_at LIMIT 1
""")
# A clock gives every enabled schedule its next time within a second, and takes due ones as fast.
FIRST_OF_CLOCK = text("SELECT min(coalesce(next_due_at, updated_at)) FROM ci_schedules WHERE enabled")
NEWEST_END = text("SELECT max(ended_at) FROM ci_automation_runs WHERE ended_at IS NOT NULL")
# Failed for good and not tried again by anybody since.
FAILED_SINCE = text("""
    SELECT count(*) FROM ci_automation_runs r
    WHERE r.ended_at > :since AND r.status = 'failed'
        AND NOT EXISTS (SELECT 1 FROM ci_automation_runs again WHERE again.retry_of_id = r.id)
""")
