"""The SQL of the history of runs: finding them, why they failed, how long they took."""

from __future__ import annotations

from sqlalchemy import text

from ci_core.runs.queries import COLUMNS

# Nobody pages further; the count of more is not worth reading every row for.
MOST_COUNTED = 10_000

WANTED = """
    (:run_types = ARRAY[]::text[] OR run_type = ANY (:run_types))
    AND (:statuses = ARRAY[]::text[] OR status = ANY (:statuses))
    AND (:triggers = ARRAY[]::text[] OR trigger = ANY (:triggers))
    AND (:error_kinds = ARRAY[]::text[] OR coalesce(error_kind, 'unknown') = ANY (:error_kinds))
    AND (CAST(:actor AS text) IS NULL OR lower(actor) = lower(:actor))
    AND (CAST(:host AS text) IS NULL OR host = :host)
    AND (CAST(:schedule_id AS bigint) IS NULL OR schedule_id = :schedule_id)
    AND (CAST(:lock_key AS text) IS NULL OR lock_key = :lock_key)
    AND (CAST(:since AS timestamptz) IS NULL OR created_at >= :since)
    AND (CAST(:until AS timestamptz) IS NULL OR created_at < :until)
    AND (CAST(:words AS text) IS NULL OR strpos(lower(coalesce(error, '')), lower(:words)) > 0)
"""
FIND = text(f"""
    SELECT {COLUMNS},
        (SELECT count(*) FROM (SELECT FROM ci_automation_runs WHERE {WANTED} LIMIT {MOST_COUNTED}) AS counted) AS total
    FROM ci_automation_runs
    WHERE {WANTED} AND (CAST(:before_id AS bigint) IS NULL OR id < :before_id)
    ORDER BY id DESC LIMIT :limit OFFSET :offset
""")  # noqa: S608 - constants of this module
COUNT = text(f"SELECT count(*) FROM (SELECT FROM ci_automation_runs WHERE {WANTED} LIMIT {MOST_COUNTED}) AS counted")  # noqa: S608

# A failure is over when the same thing was done well later; what a run does is its key, or its type and parameters.
CAUSES = text("""
    WITH done AS (
        SELECT run_type, coalesce(lock_key, parameters::text) AS subject, max(id) AS id FROM ci_automation_runs
        WHERE status = 'completed' AND ended_at >= :since GROUP BY 1, 2
    ), failed AS (
        SELECT r.id, r.run_type, coalesce(r.error_kind, 'unknown') AS kind, r.error, r.ended_at,
            coalesce(done.id > r.id, false) AS over
        FROM ci_automation_runs r
        LEFT JOIN done ON done.run_type = r.run_type AND done.subject = coalesce(r.lock_key, r.parameters::text)
        WHERE r.status = 'failed' AND r.ended_at >= :since AND r.ended_at < :until
        AND (:run_types = ARRAY[]::text[] OR r.run_type = ANY (:run_types))
    )
    SELECT kind, count(*) AS failed, count(*) FILTER (WHERE NOT over) AS still,
        min(ended_at) AS first_at, max(ended_at) AS newest_at, max(id) AS newest_run_id,
        (array_agg(error ORDER BY id DESC))[1] AS newest_error,
        (SELECT jsonb_object_agg(run_type, many) FROM (
            SELECT run_type, count(*) AS many FROM failed t WHERE t.kind = failed.kind GROUP BY run_type
        ) AS types) AS by_type
    FROM failed GROUP BY kind ORDER BY still DESC, failed DESC, kind
""")

AGENT = "coalesce(known.agent, r.run_type)"
KNOWN = "LEFT JOIN unnest(CAST(:types AS text[]), CAST(:agents AS text[])) AS known (run_type, agent) USING (run_type)"
# Waiting between two attempts is no work: only a run that did it at once tells how long it takes.
POINTS = text(f"""
    SELECT {AGENT} AS agent, date_trunc(:bucket, r.ended_at, :time_zone) AS began, count(*) AS runs,
        count(*) FILTER (WHERE r.status = 'completed') AS completed,
        count(*) FILTER (WHERE r.status = 'failed') AS failed,
        count(*) FILTER (WHERE r.status = 'cancelled') AS cancelled,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.ended_at - r.started_at))
            FILTER (WHERE r.status = 'completed' AND r.attempt <= 1) AS median_seconds,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM r.ended_at - r.started_at))
            FILTER (WHERE r.status = 'completed' AND r.attempt <= 1) AS p95_seconds
    FROM ci_automation_runs r {KNOWN}
    WHERE r.ended_at >= :since AND r.ended_at < :until AND r.status IN ('completed', 'failed', 'cancelled')
    GROUP BY 1, 2 ORDER BY 1, 2
""")  # noqa: S608 - constants of this module
LOG = text("""
    SELECT id, run_id, attempt, logged_at, level, event, fields FROM ci_run_log
    WHERE run_id = :run_id AND id > :after_id AND level = ANY (:levels)
    AND (CAST(:attempt AS integer) IS NULL OR attempt = :attempt)
    ORDER BY id LIMIT :limit
""")
# The newest ones, still oldest first.
LOG_END = text("""
    SELECT * FROM (
        SELECT id, run_id, attempt, logged_at, level, event, fields FROM ci_run_log
        WHERE run_id = :run_id AND level = ANY (:levels)
        AND (CAST(:attempt AS integer) IS NULL OR attempt = :attempt)
        ORDER BY id DESC LIMIT :limit
    ) AS newest ORDER BY id
""")
