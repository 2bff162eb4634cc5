"""The SQL of `standing`: what the newest checks of a repository say."""

from __future__ import annotations

from sqlalchemy import text

CHECK_COLUMNS = """
    c.id, c.check_type, c.status, c.actor, c.run_id, c.commit_sha, c.branch, c.dirty, c.paths, c.overall_health_score,
    c.scores, c.confidence::float AS confidence, c.delta, c.metrics, c.issues, c.by_severity, c.gate, c.excluded,
    c.files, c.lines, c.error, c.started_at, c.ended_at, c.duration_seconds
"""

# The one that was checked last stands first.
REPOSITORIES = text("""
    SELECT r.id, r.name, max(c.started_at) AS checked_at
    FROM ci_health_repositories r LEFT JOIN ci_health_checks c ON c.repository_id = r.id
    GROUP BY r.id, r.name ORDER BY max(c.id) DESC NULLS LAST, r.id DESC
""")

SCORED = text(f"""
    SELECT {CHECK_COLUMNS} FROM ci_health_checks c
    WHERE c.repository_id = :repository AND c.status = 'completed' AND c.overall_health_score IS NOT NULL
    ORDER BY c.id DESC LIMIT :most
""")  # noqa: S608 - only the names of columns, which stand above

CHECKS = text(f"""
    SELECT {CHECK_COLUMNS} FROM ci_health_checks c WHERE c.repository_id = :repository ORDER BY c.id DESC LIMIT :most
""")  # noqa: S608 - as above

CHECK = text(f"SELECT {CHECK_COLUMNS} FROM ci_health_checks c WHERE c.id = :id")  # noqa: S608 - as above

COUNT_CHECKS = text("SELECT count(*) FROM ci_health_checks WHERE repository_id = :repository")

OPEN_BY_PART = text("""
    SELECT issue_type, severity, count(*) AS issues FROM ci_health_issues
    WHERE repository_id = :repository AND status IN ('open', 'acknowledged', 'fixing') GROUP BY issue_type, severity
""")

# What is no change of anything that counts, such as a dismissed issue that went, is left out by its status.
CHANGED = text("""
    SELECT i.id, i.issue_type, i.severity, i.title, i.file_path, i.line_number, d.change,
        i.details ->> 'subject' AS subject, count(*) OVER (PARTITION BY i.issue_type, d.change) AS alike
    FROM ci_health_changes d JOIN ci_health_issues i ON i.id = d.issue_id
    WHERE d.check_id = :check AND i.status NOT IN ('wont_fix', 'false_positive')
    ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low', 'info'], i.severity),
        array_position(ARRAY['regressed', 'new', 'lapsed', 'severity', 'resolved'], d.change), i.id DESC
    LIMIT :most
""")

CHANGES_BY_PART = text("""
    SELECT i.issue_type, d.change, count(*) AS issues
    FROM ci_health_changes d JOIN ci_health_issues i ON i.id = d.issue_id
    WHERE d.check_id = :check AND i.status NOT IN ('wont_fix', 'false_positive') GROUP BY i.issue_type, d.change
""")

CHECKERS = text("""
    SELECT name, status, version, seconds, files_expected, files_seen, findings, error, remedy, unseen, started_at,
        ended_at
    FROM ci_health_checkers WHERE check_id = :check
    ORDER BY array_position(
        ARRAY['failed', 'timed_out', 'missing', 'partial', 'running', 'waiting', 'cancelled', 'completed', 'skipped'],
        status), seconds DESC NULLS LAST, name
""")

TREND = text("""
    SELECT check_id, check_type, started_at, commit_sha, overall_health_score AS score, delta,
        confidence::float AS confidence, scores, issues
    FROM v_ci_health_trends WHERE repository_id = :repository AND started_at >= :since ORDER BY started_at, check_id
""")

FIXED = text("""
    SELECT e.id, e.title, e.completed_at AS at, count(*) AS issues
    FROM ci_health_issues i JOIN ci_enhancements e ON e.id = i.enhancement_id
    WHERE i.repository_id = :repository AND e.status = 'completed' AND e.completed_at >= :since
    GROUP BY e.id, e.title, e.completed_at ORDER BY e.completed_at, e.id
""")

# The largest files; what is left out is told.
FILES = text("""
    SELECT path, lines, score, churn_commits, churn_lines, complexity, coverage_percent::float AS coverage_percent,
        issues, feature_area, count(*) OVER () AS total
    FROM ci_health_files WHERE repository_id = :repository AND lines > 0 ORDER BY lines DESC, path LIMIT :most
""")

# Runs of health checks that wait or run, and checks that somebody started at a shell.
UNDER_WAY = text("""
    SELECT r.id AS run_id, r.run_type, r.status, r.actor, r.created_at, r.started_at,
        r.progress_percent::float AS progress_percent, r.cancel_requested_at IS NOT NULL AS cancelling,
        r.job_id IS NOT NULL AS has_job, c.id AS check_id, c.check_type
    FROM ci_automation_runs r
    LEFT JOIN LATERAL (
        SELECT id, check_type FROM ci_health_checks WHERE run_id = r.id ORDER BY id DESC LIMIT 1
    ) AS c ON true
    WHERE r.status IN ('queued', 'running') AND r.run_type = ANY (:kinds)
    ORDER BY r.status = 'running' DESC, r.created_at, r.id LIMIT :most
""")
