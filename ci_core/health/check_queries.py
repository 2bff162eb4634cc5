"""The SQL of checks: entering one, what its checkers do, its figures, and reading them again."""

from __future__ import annotations

from sqlalchemy import text

LIVE = "('open', 'acknowledged', 'fixing')"

ADD_REPOSITORY = text("""
    INSERT INTO ci_health_repositories (identity, name) VALUES (:identity, :name)
    ON CONFLICT (identity) DO NOTHING
""")
REPOSITORY_OF_IDENTITY = text("SELECT id, name FROM ci_health_repositories WHERE identity = :identity")
RENAME_REPOSITORY = text("UPDATE ci_health_repositories SET name = :name WHERE id = :id")
BEGIN = text("""
    INSERT INTO ci_health_checks (repository_id, run_id, check_type, actor, commit_sha, branch, dirty, paths,
                                  since_commit, thresholds, excluded, files, lines, started_at)
    VALUES (:repository_id, :run_id, :check_type, :actor, :commit_sha, :branch, :dirty, :paths, :since_commit,
            CAST(:thresholds AS jsonb), CAST(:excluded AS jsonb), :files, :lines, :now)
    RETURNING id
""")
PLAN_CHECKERS = text("""
    INSERT INTO ci_health_checkers (check_id, name, files_expected)
    SELECT :check_id, n.name, n.expected FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (name text, expected int)
""")
CHECKER_BEGAN = text("""
    UPDATE ci_health_checkers SET status = 'running', started_at = :now
    WHERE check_id = :check_id AND name = :name AND status = 'waiting'
""")
CHECKER_ENDED = text("""
    UPDATE ci_health_checkers
    SET status = :status, version = :version, seconds = :seconds, files_expected = :files_expected,
        files_seen = :files_seen, findings = :findings, error = :error, remedy = :remedy,
        unseen = CAST(:unseen AS jsonb), metrics = CAST(:metrics AS jsonb),
        started_at = coalesce(started_at, :now), ended_at = :now
    WHERE check_id = :check_id AND name = :name
""")
# Whoever holds the lock of a repository knows that no other check of it runs.
END_DEAD = text("""
    WITH dead AS (
        UPDATE ci_health_checks SET status = 'failed', error = :error, ended_at = :now
        WHERE repository_id = :repository_id AND status = 'running' RETURNING id
    ), stopped AS (
        UPDATE ci_health_checkers c SET status = 'cancelled', ended_at = :now, error = :error
        FROM dead WHERE c.check_id = dead.id AND c.status IN ('waiting', 'running')
    )
    SELECT id FROM dead ORDER BY id
""")
# Whoever writes the outcome of a check holds it: one that was taken for dead writes nothing more.
HOLD = text("SELECT id FROM ci_health_checks WHERE id = :id AND status = 'running' FOR UPDATE")
STOP = text("""
    UPDATE ci_health_checks
    SET status = :status, error = :error, ended_at = :now,
        duration_seconds = greatest(extract(epoch FROM :now - started_at), 0)
    WHERE id = :id AND status = 'running'
""")
STOP_CHECKERS = text("""
    UPDATE ci_health_checkers SET status = 'cancelled', error = :error, ended_at = :now
    WHERE check_id = :id AND status IN ('waiting', 'running')
""")
COMPLETE = text("""
    UPDATE ci_health_checks
    SET status = 'completed', overall_health_score = :overall_health_score, scores = CAST(:scores AS jsonb),
        confidence = :confidence, delta = :delta, metrics = CAST(:metrics AS jsonb), issues = CAST(:issues AS jsonb),
        by_severity = CAST(:by_severity AS jsonb), gate = CAST(:gate AS jsonb), error = :error, ended_at = :now,
        duration_seconds = greatest(extract(epoch FROM :now - started_at), 0)
    WHERE id = :id
""")
NOTE = text("UPDATE ci_health_checks SET error = concat_ws(' ', error, CAST(:error AS text)) WHERE id = :id")
COMPLETED_OF_RUN = text("""
    SELECT id FROM ci_health_checks WHERE run_id = :run_id AND status = 'completed' ORDER BY id DESC LIMIT 1
""")

# -- issues and files, as the scores need them -------------------------------------------------------------------

LIVE_BY_PART = text(f"""
    SELECT issue_type, severity, count(*) AS number FROM ci_health_issues
    WHERE repository_id = :repository_id AND status IN {LIVE} GROUP BY 1, 2
""")  # noqa: S608 - constants of this module
LIVE_BY_RULE = text(f"""
    SELECT issue_type, rule, severity, count(*) AS number FROM ci_health_issues
    WHERE repository_id = :repository_id AND status IN {LIVE} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
""")  # noqa: S608 - constants of this module
LIVE_BY_FILE = text(f"""
    SELECT file_path, severity, count(*) AS number, min(feature_area) AS feature_area FROM ci_health_issues
    WHERE repository_id = :repository_id AND status IN {LIVE} AND file_path IS NOT NULL GROUP BY 1, 2
""")  # noqa: S608 - constants of this module
CHANGED_IN = text("""
    SELECT i.id, c.change, i.issue_type, i.severity, i.title, i.rule, i.file_path, i.line_number, i.status
    FROM ci_health_changes c JOIN ci_health_issues i ON i.id = c.issue_id
    WHERE c.check_id = :check_id AND (CAST(:changes AS text[]) IS NULL OR c.change = ANY (:changes))
    ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low', 'info'], i.severity), i.id
""")
# What stands on lines that are new since a commit is new, also where an earlier check of the same work found it.
FOUND_SINCE = text(f"""
    SELECT title, severity, file_path, line_number, end_line FROM ci_health_issues
    WHERE repository_id = :repository_id AND status IN {LIVE} AND last_check_id = :check_id
        AND (first_check_id = :check_id OR first_detected_at >= :since)
    ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low', 'info'], severity), id
""")  # noqa: S608 - constants of this module
# It fails every check until it is repaired again, or a person has taken note of it: else a second check would pass.
BACK_AGAIN = text("""
    SELECT title, severity, file_path, line_number, end_line FROM ci_health_issues
    WHERE repository_id = :repository_id AND regressed AND status = 'open'
    ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low', 'info'], severity), id
""")
LINK_RUN = text("""
    UPDATE ci_automation_runs SET links = links || CAST(:link AS jsonb)
    WHERE id = :run_id AND NOT links @> CAST(:link AS jsonb)
""")
# What people decided between two checks moves the score as well.
DISMISSED_BETWEEN = text("""
    SELECT id, issue_type, severity, title, rule, file_path, line_number, status FROM ci_health_issues
    WHERE repository_id = :repository_id AND status IN ('wont_fix', 'false_positive')
        AND status_at > :since AND status_at <= :until AND first_detected_at <= :since
    ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low', 'info'], severity), id
""")
FILES = text("""
    SELECT path, blob, lines, score, churn_commits, churn_lines, complexity, coverage_percent, documented_percent,
           issues, feature_area, check_id
    FROM ci_health_files WHERE repository_id = :repository_id ORDER BY path
""")
STORE_FILES = text("""
    INSERT INTO ci_health_files AS f (repository_id, path, blob, lines, score, churn_commits, churn_lines, complexity,
                                      coverage_percent, documented_percent, issues, feature_area, check_id)
    SELECT :repository_id, n.path, n.blob, n.lines, n.score, n.churn_commits, n.churn_lines, n.complexity,
           n.coverage_percent, n.documented_percent, n.issues, n.feature_area, n.check_id
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (
        path text, blob text, lines int, score int, churn_commits int, churn_lines int, complexity int,
        coverage_percent numeric, documented_percent numeric, issues int, feature_area text, check_id bigint)
    ORDER BY n.path
    ON CONFLICT (repository_id, path) DO UPDATE SET
        blob = excluded.blob, lines = excluded.lines, score = excluded.score,
        churn_commits = excluded.churn_commits, churn_lines = excluded.churn_lines, complexity = excluded.complexity,
        coverage_percent = excluded.coverage_percent, documented_percent = excluded.documented_percent,
        issues = excluded.issues, feature_area = excluded.feature_area, check_id = excluded.check_id
    WHERE (f.blob, f.lines, f.score, f.churn_commits, f.churn_lines, f.complexity, f.coverage_percent,
           f.documented_percent, f.issues, f.feature_area, f.check_id)
        IS DISTINCT FROM (excluded.blob, excluded.lines, excluded.score, excluded.churn_commits,
           excluded.churn_lines, excluded.complexity, excluded.coverage_percent, excluded.documented_percent,
           excluded.issues, excluded.feature_area, excluded.check_id)
""")
FORGET_FILES = text("DELETE FROM ci_health_files WHERE repository_id = :repository_id AND path = ANY (:paths)")

# -- reading -----------------------------------------------------------------------------------------------------

# A check whose run is over cannot run any more, also where nobody has said so yet.
CHECK_COLUMNS = """
    c.id, c.repository_id, p.name AS repository, c.run_id, c.check_type,
    CASE WHEN c.status = 'running' AND r.status = 'cancelled' THEN 'cancelled'
         WHEN c.status = 'running' AND r.status IN ('completed', 'failed') THEN 'failed'
         ELSE c.status END AS status,
    c.actor, c.commit_sha, c.branch, c.dirty, c.paths, c.since_commit, c.overall_health_score, c.scores, c.confidence,
    c.delta, c.metrics, c.thresholds, c.issues, c.by_severity, c.gate, c.excluded, c.files, c.lines,
    coalesce(c.error, CASE WHEN c.status = 'running' THEN r.error END) AS error,
    c.started_at, c.ended_at, c.duration_seconds
"""
FROM_CHECKS = """
    FROM ci_health_checks c JOIN ci_health_repositories p ON p.id = c.repository_id
    LEFT JOIN ci_automation_runs r ON r.id = c.run_id
"""
CHECK = text(f"SELECT {CHECK_COLUMNS} {FROM_CHECKS} WHERE c.id = :id")
CHECKS = text(f"""
    SELECT {CHECK_COLUMNS} {FROM_CHECKS}
    WHERE (CAST(:repository_id AS bigint) IS NULL OR c.repository_id = :repository_id)
        AND (CAST(:before AS bigint) IS NULL OR c.id < :before)
        AND (CAST(:check_type AS text) IS NULL OR c.check_type = :check_type)
    ORDER BY c.id DESC LIMIT :limit
""")
NEWEST_SCORED = text(f"""
    SELECT {CHECK_COLUMNS} {FROM_CHECKS}
    WHERE c.repository_id = :repository_id AND c.status = 'completed' AND c.overall_health_score IS NOT NULL
        AND (CAST(:before AS bigint) IS NULL OR c.id < :before)
    ORDER BY c.id DESC LIMIT 1
""")
NEWEST_COMPLETED = text(f"""
    SELECT {CHECK_COLUMNS} {FROM_CHECKS}
    WHERE c.repository_id = :repository_id AND c.status = 'completed' AND c.check_type <> 'import'
        AND (CAST(:before AS bigint) IS NULL OR c.id < :before)
    ORDER BY c.id DESC LIMIT 1
""")
RUNNING = text(f"""
    SELECT {CHECK_COLUMNS} {FROM_CHECKS}
    WHERE c.repository_id = :repository_id AND c.status = 'running'
        AND (r.id IS NULL OR r.status IN ('queued', 'running'))
    ORDER BY c.id DESC LIMIT 1
""")
CHECKERS = text("""
    SELECT check_id, name, status, version, seconds, files_expected, files_seen, findings, error, remedy, unseen,
           metrics, started_at, ended_at
    FROM ci_health_checkers WHERE check_id = ANY (:ids) ORDER BY check_id, name
""")
REPOSITORIES = text("""
    SELECT p.id, p.identity, p.name, n.id AS check_id, n.started_at, n.overall_health_score
    FROM ci_health_repositories p
    LEFT JOIN LATERAL (
        SELECT c.id, c.started_at, c.overall_health_score FROM ci_health_checks c
        WHERE c.repository_id = p.id ORDER BY c.id DESC LIMIT 1
    ) n ON true
    ORDER BY n.id DESC NULLS LAST, p.id
""")
TREND = text("""
    SELECT check_id, check_type, started_at, commit_sha, overall_health_score, delta, confidence, issues, by_severity,
           (SELECT jsonb_object_agg(key, value -> 'score') FROM jsonb_each(scores)) AS parts
    FROM v_ci_health_trends WHERE repository_id = :repository_id AND started_at >= :since ORDER BY check_id
""")
FIXES = text("""
    SELECT k.id AS check_id, k.started_at, count(*) AS number,
           (array_agg(i.title ORDER BY array_position(ARRAY['critical', 'high'], i.severity), i.id))[1:3] AS titles
    FROM ci_health_checks k JOIN ci_health_changes c ON c.check_id = k.id AND c.change = 'resolved'
    JOIN ci_health_issues i ON i.id = c.issue_id AND i.severity IN ('critical', 'high')
    WHERE k.repository_id = :repository_id AND k.started_at >= :since AND k.status = 'completed'
    GROUP BY k.id, k.started_at ORDER BY k.id
""")
