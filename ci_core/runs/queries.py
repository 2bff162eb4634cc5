"""The SQL of runs: what a run says of itself while it works, and reading one."""

from __future__ import annotations

from sqlalchemy import text

COLUMNS = """
    id, run_type, trigger, status, actor, parameters, counts, error, cost_usd, progress_percent, host, version,
    created_at, started_at, alive_at, ended_at, job_id, queue, priority, lock_key, attempt, failures, kills, error_kind,
    due_at, schedule_id, retry_of_id, cancel_requested_at, cancel_requested_by, links
"""
START = text("""
    INSERT INTO ci_automation_runs (run_type, trigger, status, actor, parameters, host, version, created_at,
                                    started_at, alive_at, progress_percent)
    VALUES (:run_type, :trigger, 'running', :actor, CAST(:parameters AS jsonb), :host, :version, :now, :now, :now, 0)
    RETURNING id
""")
BEAT = text("""
    UPDATE ci_automation_runs
    SET alive_at = greatest(alive_at, :now), progress_percent = coalesce(:percent, progress_percent)
    WHERE id = :id AND status = 'running'
""")
# A run that was taken for killed, and was only asleep, says itself how it ended.
FINISH = text("""
    UPDATE ci_automation_runs
    SET status = :status, counts = CAST(:counts AS jsonb), error = :error, alive_at = :now, ended_at = :now,
        progress_percent = CASE WHEN :status = 'completed' THEN 100 ELSE progress_percent END,
        cost_usd = (SELECT coalesce(sum(cost_usd), 0) FROM ci_llm_calls WHERE run_id = :id)
    WHERE id = :id AND status <> 'cancelled'
""")
BEGIN_STEP = text("""
    INSERT INTO ci_run_steps (run_id, name, status, source_id, message, started_at, attempt)
    VALUES (:run_id, :name, :status, :source_id, :message, :now, :attempt)
    ON CONFLICT (run_id, name) DO UPDATE SET status = excluded.status, message = excluded.message,
        attempt = excluded.attempt, ended_at = NULL,
        started_at = CASE WHEN ci_run_steps.status = 'waiting' THEN excluded.started_at
                          ELSE ci_run_steps.started_at END
    RETURNING id
""")
STEP_COUNTS = text("""
    UPDATE ci_run_steps SET counts = CAST(:counts AS jsonb), message = coalesce(:message, message)
    WHERE id = :id AND ended_at IS NULL
""")
FINISH_STEP = text("""
    UPDATE ci_run_steps SET status = :status, counts = CAST(:counts AS jsonb), message = :message, ended_at = :now
    WHERE id = :id
""")
END_OPEN_STEPS = text("""
    UPDATE ci_run_steps SET status = :status, message = :message, ended_at = :now
    WHERE run_id = :id AND status IN ('waiting', 'running')
""")
END_SILENT = text("""
    WITH gone AS (
        UPDATE ci_automation_runs r
        SET status = 'failed', error = :killed, ended_at = greatest(r.alive_at, r.started_at)
        -- One with a job in the queue is the rescue's: it knows whether its worker lives.
        WHERE r.status = 'running' AND r.job_id IS NULL
            AND coalesce(r.alive_at, r.started_at, r.created_at) < :silent_since
        RETURNING r.id, r.ended_at
    ), stopped AS (
        UPDATE ci_run_steps s SET status = 'failed', message = :killed, ended_at = gone.ended_at
        FROM gone WHERE s.run_id = gone.id AND s.status IN ('waiting', 'running')
    )
    SELECT id FROM gone ORDER BY id
""")
RUNS = text(f"""
    SELECT {COLUMNS}, count(*) OVER () AS total FROM ci_automation_runs
    WHERE (CAST(:run_type AS text) IS NULL OR run_type = :run_type)
    ORDER BY id DESC LIMIT :limit OFFSET :offset
""")  # noqa: S608 - a constant of this module
RUN = text(f"SELECT {COLUMNS} FROM ci_automation_runs WHERE id = :id")  # noqa: S608 - a constant of this module
STEPS = text("""
    SELECT id, run_id, name, status, source_id, counts, message, started_at, ended_at, attempt
    FROM ci_run_steps WHERE run_id = :id ORDER BY id
""")
