"""The SQL of the figures of agents."""

from __future__ import annotations

from sqlalchemy import text

from ci_core.runs.history_queries import AGENT, KNOWN

# What an agent did is summed up by name: {"new": 3} and {"new": 9, "failed": 1} make {"new": 12, "failed": 1}.
# A stretch of which runs were deleted since keeps what it had: less is no news.
ROLL_UP = text(f"""
    WITH ended AS (
        SELECT {AGENT} AS agent, date_trunc(:period, r.ended_at AT TIME ZONE 'UTC')::date AS began, r.status, r.counts,
            r.cost_usd, r.attempt, greatest(extract(epoch FROM r.ended_at - r.started_at), 0) AS seconds
        FROM ci_automation_runs r {KNOWN}
        WHERE r.status IN ('completed', 'failed', 'cancelled')
        AND r.ended_at >= date_trunc(:period, CAST(:since AS timestamptz), 'UTC')
    ), done AS (
        SELECT agent, began, name, sum((value #>> '{{}}')::numeric) AS many
        FROM ended, jsonb_each(ended.counts) AS each (name, value)
        WHERE jsonb_typeof(ended.counts) = 'object' AND jsonb_typeof(value) = 'number' GROUP BY 1, 2, 3
    )
    INSERT INTO ci_agent_performance AS p (agent, period, period_start, runs, completed, failed, cancelled,
        busy_seconds, median_seconds, cost_usd, counts)
    SELECT agent, :period, began, count(*), count(*) FILTER (WHERE status = 'completed'),
        count(*) FILTER (WHERE status = 'failed'), count(*) FILTER (WHERE status = 'cancelled'),
        coalesce(sum(seconds), 0),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE status = 'completed' AND attempt <= 1),
        sum(cost_usd),
        coalesce((SELECT jsonb_object_agg(done.name, done.many) FROM done
            WHERE done.agent = ended.agent AND done.began = ended.began), '{{}}')
    FROM ended GROUP BY agent, began
    ON CONFLICT (agent, period, period_start) DO UPDATE
    SET runs = excluded.runs, completed = excluded.completed, failed = excluded.failed, cancelled = excluded.cancelled,
        busy_seconds = excluded.busy_seconds, median_seconds = excluded.median_seconds, cost_usd = excluded.cost_usd,
        counts = excluded.counts, updated_at = :now
    WHERE excluded.runs >= p.runs
        AND (p.runs, p.completed, p.failed, p.cancelled, p.busy_seconds, p.median_seconds, p.cost_usd, p.counts)
        IS DISTINCT FROM (excluded.runs, excluded.completed, excluded.failed, excluded.cancelled, excluded.busy_seconds,
            excluded.median_seconds, excluded.cost_usd, excluded.counts)
    RETURNING p.id
""")  # noqa: S608 - constants of the package
# From the day of the newest figures on: that day had not ended yet, and the one before it may have had late ends.
ROLLED_UP_TO = text("SELECT max(period_start) - 1 FROM ci_agent_performance WHERE period = 'day'")
FIRST = text("SELECT min(ended_at) FROM ci_automation_runs WHERE ended_at IS NOT NULL")
FIGURES = text("""
    SELECT agent, period, period_start, runs, completed, failed, cancelled, busy_seconds, median_seconds, cost_usd,
        counts, accuracy, samples
    FROM ci_agent_performance
    WHERE period = :period AND period_start >= :since AND (CAST(:agent AS text) IS NULL OR agent = :agent)
    ORDER BY agent, period_start
""")
SUMMARIES = text("""
    SELECT agent, runs, completed, failed, cancelled, success_percent::float AS success_percent, busy_seconds, cost_usd,
        accuracy::float AS accuracy, samples, newest
    FROM v_ci_agent_summary ORDER BY agent
""")
