"""The SQL of `standing`."""

from __future__ import annotations

from sqlalchemy import text

OPEN_BY_PART = text("""
    SELECT issue_type, severity, count(*) AS issues FROM ci_health_issues
    WHERE repository_id = :repository AND status IN ('open', 'acknowledged', 'fixing') GROUP BY issue_type, severity
""")

# What was dismissed since does not count any more.
CHANGES_BY_PART = text("""
    SELECT i.issue_type, d.change, count(*) AS issues
    FROM ci_health_changes d JOIN ci_health_issues i ON i.id = d.issue_id
    WHERE d.check_id = :check AND i.status NOT IN ('wont_fix', 'false_positive') GROUP BY i.issue_type, d.change
""")

# Runs of health checks that wait or run, each with the check that it has begun.
UNDER_WAY = text("""
    SELECT r.id AS run_id, r.run_type, r.status = 'running' AS running, r.actor, r.created_at, r.started_at,
        r.progress_percent::float AS progress_percent, r.cancel_requested_at IS NOT NULL AS cancelling,
        r.job_id IS NOT NULL AS has_job, c.id AS check_id
    FROM ci_automation_runs r
    LEFT JOIN LATERAL (SELECT id FROM ci_health_checks WHERE run_id = r.id ORDER BY id DESC LIMIT 1) AS c ON true
    WHERE r.status IN ('queued', 'running') AND r.run_type = ANY (:kinds)
    ORDER BY r.status = 'running' DESC, r.created_at, r.id LIMIT :most
""")
