"""The SQL of workers, as psycopg takes it: fetching, ending, living, rescuing."""

from __future__ import annotations

# The run comes with the job, so that a job costs no statement more than the queue's own.
FETCH = """
    SELECT j.id, j.status, j.task_name, j.priority, j.lock, j.queueing_lock, j.args, j.scheduled_at, j.queue_name,
        j.attempts, j.worker_id, r.id AS run_id, r.parameters, r.actor, r.failures, r.kills
    FROM procrastinate_fetch_job_v2(%(queues)s::varchar[], %(worker_id)s) j
    LEFT JOIN ci_automation_runs r ON r.job_id = j.id
"""
RUN_OF_JOB = """
    SELECT id AS run_id, parameters, actor, failures, kills FROM ci_automation_runs WHERE job_id = %(job_id)s
"""
END = """
    SELECT ci_end_attempt(%(job_id)s, %(attempts)s, %(end)s, %(counts)s::jsonb, %(error)s, %(error_kind)s,
                          %(wait_seconds)s, %(failures)s, %(kills)s) AS outcome
"""
ADMIT = "SELECT ci_admit_attempt(%(job_id)s, %(attempts)s, %(kind)s, %(most)s) AS admitted"
ABORT_REQUESTED = (
    "SELECT id FROM procrastinate_jobs WHERE status = 'doing' AND abort_requested AND worker_id IS NOT NULL"
)

# Jobs that this process carries out already stay its own when the queue had forgotten the worker.
REGISTER = """
    WITH registered AS (INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id),
    described AS (
        INSERT INTO ci_workers (worker_id, host, pid, version, queues, concurrency, has_clock, state, started_at)
        SELECT id, %(host)s, %(pid)s, %(version)s, %(queues)s::text[], %(concurrency)s, %(has_clock)s, %(state)s,
            %(started_at)s
        FROM registered RETURNING worker_id
    )
    SELECT worker_id FROM described
"""
ADOPT = """
    UPDATE procrastinate_jobs j SET worker_id = %(worker_id)s
    FROM unnest(%(jobs)s::bigint[], %(attempts)s::integer[]) AS mine (id, attempts)
    WHERE j.id = mine.id AND j.attempts = mine.attempts AND j.status = 'doing'
"""
BEAT = """
    WITH beat AS (
        UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = %(worker_id)s RETURNING id
    )
    SELECT EXISTS (SELECT FROM beat) AS known, coalesce((
        SELECT jsonb_object_agg(id, attempts) FROM procrastinate_jobs
        WHERE worker_id = %(worker_id)s AND status = 'doing'), '{}') AS doing
"""
STOPPING = "UPDATE ci_workers SET state = 'stopping' WHERE worker_id = %(worker_id)s"
UNREGISTER = "DELETE FROM procrastinate_workers WHERE id = %(worker_id)s"

# Cheap, because each worker asks it often: is there anything to rescue, and could each worker have said that it lives?
ANYTHING_TO_RESCUE = """
    SELECT now() - pg_postmaster_start_time() > make_interval(secs => %(settled)s) AND (
        EXISTS (SELECT FROM procrastinate_workers
                WHERE last_heartbeat < now() - make_interval(secs => %(silent)s))
        OR EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'doing' AND worker_id IS NULL)) AS anything
"""
ALONE = "SELECT pg_try_advisory_xact_lock(hashtextextended('ci_rescue', 0)) AS alone"
# A worker that is only frozen may hold its run by an open transaction, and would for as long as it sleeps.
END_SESSIONS = """
    SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
    WHERE a.datname = current_database() AND a.usename = current_user AND a.application_name IN (
        SELECT left('magnus-ci job ' || j.id || '.' || j.attempts, 63) FROM procrastinate_jobs j
        LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
        WHERE j.status = 'doing'
            AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => %(silent)s))
        UNION ALL
        SELECT left('magnus-ci worker ' || c.host || ':' || c.pid, 63) FROM ci_workers c
        JOIN procrastinate_workers w ON w.id = c.worker_id
        WHERE w.last_heartbeat < now() - make_interval(secs => %(silent)s))
"""
LOST_JOBS = """
    SELECT j.id, j.attempts, j.task_name, j.worker_id, j.abort_requested, r.id AS run_id, r.kills, r.host
    FROM procrastinate_jobs j
    LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
    LEFT JOIN ci_automation_runs r ON r.job_id = j.id
    WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => %(silent)s))
    ORDER BY j.id LIMIT 200 FOR UPDATE OF j SKIP LOCKED
"""
HOLD_RUN = "SELECT id FROM ci_automation_runs WHERE id = %(run_id)s FOR UPDATE SKIP LOCKED"
FORGET_WORKERS = """
    DELETE FROM procrastinate_workers w WHERE last_heartbeat < now() - make_interval(secs => %(forgotten)s)
        AND NOT EXISTS (SELECT FROM procrastinate_jobs j WHERE j.worker_id = w.id AND j.status = 'doing')
    RETURNING w.id
"""
# For pages that listen: runs changed. The worker's own statements tell nobody, because each would by itself.
TELL = "SELECT pg_notify('ci_changes', 'ci_automation_runs:update')"
