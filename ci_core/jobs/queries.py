"""The SQL of jobs: entering, cancelling, holding."""

from __future__ import annotations

from sqlalchemy import text

# Whoever meets an open run of the same key gets nothing, and looks it up.
ENTER = text("""
    INSERT INTO ci_automation_runs (run_type, trigger, status, actor, parameters, version, queue, priority, lock_key,
                                    due_at, schedule_id, retry_of_id, created_at)
    VALUES (:kind, :trigger, 'queued', :actor, CAST(:parameters AS jsonb), :version, :queue, :priority, :lock_key,
            :due_at, :schedule_id, :retry_of_id, :now)
    ON CONFLICT (lock_key) WHERE status IN ('queued', 'running') DO NOTHING
    RETURNING id
""")
OPEN_OF_KEY = text("""
    SELECT id FROM ci_automation_runs WHERE lock_key = :lock_key AND status IN ('queued', 'running')
""")
DEFER = text("""
    UPDATE ci_automation_runs
    SET job_id = (procrastinate_defer_jobs_v1(ARRAY[ROW(
        CAST(:queue AS varchar), CAST(:kind AS varchar), CAST(:priority AS integer), CAST(:lock_key AS text),
        NULL::text, jsonb_build_object('run_id', id), CAST(:due_at AS timestamptz)
    )]::procrastinate_job_to_defer_v1[]))[1]
    WHERE id = :id
""")
# The job before its run, as everybody else locks them who moves a job: none waits for the other in a circle.
LOCK_JOB_OF_RUN = text("""
    SELECT id FROM procrastinate_jobs WHERE id = (SELECT job_id FROM ci_automation_runs WHERE id = :id) FOR UPDATE
""")
RUN_TO_CANCEL = text("SELECT job_id, status FROM ci_automation_runs WHERE id = :id FOR UPDATE")
ASK_TO_CANCEL = text("""
    UPDATE ci_automation_runs
    SET cancel_requested_at = coalesce(cancel_requested_at, :now),
        cancel_requested_by = coalesce(cancel_requested_by, :actor)
    WHERE id = :id
""")
CANCEL_JOB = text("SELECT procrastinate_cancel_job_v1(CAST(:job_id AS bigint), true, false)")
CANCEL_RUN = text("""
    UPDATE ci_automation_runs SET status = 'cancelled', ended_at = :now WHERE id = :id AND status = 'queued'
""")
# FOR SHARE: nobody can take the run over before this transaction has ended. One that stands still, because its process
# froze in the midst of it, is ended by the server.
HOLD = text("""
    SELECT set_config('idle_in_transaction_session_timeout', '15s', true)
    FROM ci_automation_runs WHERE id = :id AND attempt = :attempt AND status = 'running' FOR SHARE
""")
STEP_DONE = text("SELECT counts FROM ci_run_steps WHERE run_id = :id AND name = :name AND status = 'completed'")
ADD_LINK = text("""
    UPDATE ci_automation_runs SET links = links || CAST(:link AS jsonb)
    WHERE id = :id AND NOT links @> CAST(:link AS jsonb) AND jsonb_array_length(links) < :most
""")
PROGRESS = text("""
    UPDATE ci_automation_runs
    SET alive_at = greatest(alive_at, :now), progress_percent = coalesce(:percent, progress_percent)
    WHERE id = :id AND attempt = :attempt AND status = 'running'
    RETURNING cancel_requested_at IS NOT NULL AS cancelled
""")
