"""Add what the health agent knows: repositories, checks, what each checker looked at, issues and their life, files."""

from alembic import op

revision = "0014_health"
down_revision = "0013_failed_runs"

NOTIFYING = ("ci_health_checks", "ci_health_checkers", "ci_health_issues")
# What the agent notes at every check; a change of these is none that a person decides about.
BOOKKEEPING = (
    "'fingerprint', 'match_keys', 'message', 'file_path', 'line_number', 'end_line', 'column_number', 'scope', "
    "'snippet', 'details', 'last_seen_at', 'last_check_id', 'occurrence_count', 'introduced_commit', "
    "'introduced_at', 'introduced_by'"
)

TABLES = """
-- One row for each code base that was ever checked; its issues and checks belong to it.
CREATE TABLE ci_health_repositories (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- What tells it from others wherever it is checked out: the address of its remote, or else its folder.
    identity text NOT NULL UNIQUE CHECK (char_length(identity) BETWEEN 1 AND 1000),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ci_health_checks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repository_id bigint NOT NULL REFERENCES ci_health_repositories (id) ON DELETE CASCADE,
    run_id bigint REFERENCES ci_automation_runs (id) ON DELETE SET NULL,
    check_type text NOT NULL CHECK (check_type IN (
        'full_scan', 'quick_scan', 'security_scan', 'dependency_check', 'performance_test', 'feature_specific',
        'import')),
    status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'completed', 'failed', 'cancelled')),
    actor text NOT NULL DEFAULT ci_actor(),
    commit_sha text CHECK (commit_sha ~ '^[0-9a-f]{40,64}$'),
    branch text,
    -- Whether files differed from the commit.
    dirty boolean NOT NULL DEFAULT false,
    -- What it was limited to; empty: the whole repository.
    paths text[] NOT NULL DEFAULT '{}',
    since_commit text,
    -- Floored; NULL while too little is known.
    overall_health_score integer CHECK (overall_health_score BETWEEN 0 AND 100),
    -- {"security": {"score": 71, "exact": 71.83, "density": 1.2, "capped_by": null, "based_on": 97.4, ...}, ...}
    scores jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(scores) = 'object'),
    -- How much of what was to be looked at was, in per cent.
    confidence numeric(5, 2) CHECK (confidence BETWEEN 0 AND 100),
    -- Change of the overall score since the check before that had one.
    delta integer CHECK (delta BETWEEN -100 AND 100),
    metrics jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metrics) = 'object'),
    thresholds jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(thresholds) = 'object'),
    -- {"new": 1, "open": 20, "resolved": 2, "regressed": 0}
    issues jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(issues) = 'object'),
    by_severity jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(by_severity) = 'object'),
    -- {"passed": false, "reasons": ["..."]}
    gate jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(gate) = 'object'),
    -- Files that are not the team's own: [{"path": "venv", "reason": "...", "files": 460}]
    excluded jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(excluded) = 'array'),
    files integer NOT NULL DEFAULT 0 CHECK (files >= 0),
    lines integer NOT NULL DEFAULT 0 CHECK (lines >= 0),
    error text,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    duration_seconds double precision CHECK (duration_seconds >= 0)
);
CREATE INDEX idx_ci_health_checks_newest ON ci_health_checks (repository_id, id DESC);
CREATE INDEX idx_ci_health_checks_run ON ci_health_checks (run_id) WHERE run_id IS NOT NULL;

-- What one checker did in one check.
CREATE TABLE ci_health_checkers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    check_id bigint NOT NULL REFERENCES ci_health_checks (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,39}$'),
    status text NOT NULL DEFAULT 'waiting' CHECK (status IN (
        'waiting', 'running', 'completed', 'partial', 'failed', 'timed_out', 'missing', 'skipped', 'cancelled')),
    -- Of the tool and its rules; a score is compared across versions with a grain of salt.
    version text NOT NULL DEFAULT '',
    seconds double precision CHECK (seconds >= 0),
    files_expected integer NOT NULL DEFAULT 0 CHECK (files_expected >= 0),
    files_seen integer NOT NULL DEFAULT 0 CHECK (files_seen >= 0),
    findings integer NOT NULL DEFAULT 0 CHECK (findings >= 0),
    error text,
    remedy text,
    -- [{"path": "a.py", "reason": "..."}]
    unseen jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(unseen) = 'array'),
    metrics jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metrics) = 'object'),
    started_at timestamptz,
    ended_at timestamptz,
    UNIQUE (check_id, name)
);

CREATE TABLE ci_health_issues (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repository_id bigint NOT NULL REFERENCES ci_health_repositories (id) ON DELETE CASCADE,
    -- The strongest of its keys when it was first seen, and then for ever: what other tools know it by.
    fingerprint text NOT NULL CHECK (fingerprint ~ '^[0-9a-f]{32}$'),
    -- Its keys as last seen, strongest first: the next check finds it again by them.
    match_keys text[] NOT NULL DEFAULT '{}',
    issue_type text NOT NULL CHECK (issue_type IN (
        'code_quality', 'security', 'bugs', 'dependencies', 'tests', 'performance', 'documentation')),
    checker text NOT NULL CHECK (checker ~ '^[a-z][a-z0-9_]{0,39}$'),
    rule text NOT NULL CHECK (char_length(rule) BETWEEN 1 AND 200),
    severity text NOT NULL CHECK (severity IN ('critical', 'high', 'medium', 'low', 'info')),
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 300),
    message text NOT NULL DEFAULT '',
    -- Both None where it concerns the whole repository, such as a dependency; its subject is in the details then.
    file_path text CHECK (char_length(file_path) BETWEEN 1 AND 4096),
    line_number integer CHECK (line_number >= 1),
    end_line integer CHECK (end_line >= line_number),
    column_number integer CHECK (column_number >= 1),
    -- Class and function around it: "Scanner.scan".
    scope text NOT NULL DEFAULT '',
    snippet text NOT NULL DEFAULT '',
    feature_area text,
    cwe text CHECK (cwe ~ '^CWE-[0-9]{1,5}$'),
    effort_minutes integer CHECK (effort_minutes >= 0),
    auto_fixable boolean NOT NULL DEFAULT false,
    fixer text,
    details jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(details) = 'object'),
    status text NOT NULL DEFAULT 'open' CHECK (status IN (
        'open', 'acknowledged', 'fixing', 'fixed', 'wont_fix', 'false_positive')),
    -- Why somebody acknowledged or dismissed it, who, when, and until when that holds (NULL: for good).
    status_reason text CHECK (char_length(status_reason) <= 2000),
    status_by text,
    status_at timestamptz,
    status_until timestamptz,
    -- Whether it is here again after it was fixed, and how often that happened.
    regressed boolean NOT NULL DEFAULT false,
    regressions integer NOT NULL DEFAULT 0 CHECK (regressions >= 0),
    -- Whether it is gone because a checker changed its mind, and not the code: should it come back, nothing regressed.
    withdrawn boolean NOT NULL DEFAULT false,
    first_detected_at timestamptz NOT NULL DEFAULT now(),
    first_check_id bigint REFERENCES ci_health_checks (id) ON DELETE SET NULL,
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    last_check_id bigint REFERENCES ci_health_checks (id) ON DELETE SET NULL,
    resolved_at timestamptz,
    resolved_check_id bigint REFERENCES ci_health_checks (id) ON DELETE SET NULL,
    -- How many checks saw it.
    occurrence_count integer NOT NULL DEFAULT 1 CHECK (occurrence_count >= 1),
    introduced_commit text,
    introduced_at timestamptz,
    introduced_by text,
    enhancement_id bigint REFERENCES ci_enhancements (id) ON DELETE SET NULL,
    version integer NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (repository_id, fingerprint)
);
CREATE INDEX idx_ci_health_issues_listed ON ci_health_issues (repository_id, status, severity, id DESC);
CREATE INDEX idx_ci_health_issues_rule ON ci_health_issues (repository_id, rule);
CREATE INDEX idx_ci_health_issues_file ON ci_health_issues (repository_id, file_path);
CREATE INDEX idx_ci_health_issues_enhancement ON ci_health_issues (enhancement_id) WHERE enhancement_id IS NOT NULL;
CREATE INDEX idx_ci_health_issues_first_check ON ci_health_issues (first_check_id);
CREATE INDEX idx_ci_health_issues_last_check ON ci_health_issues (last_check_id);
CREATE INDEX idx_ci_health_issues_resolved_check ON ci_health_issues (resolved_check_id)
    WHERE resolved_check_id IS NOT NULL;

-- What a check changed: these explain the change of a score.
CREATE TABLE ci_health_changes (
    check_id bigint NOT NULL REFERENCES ci_health_checks (id) ON DELETE CASCADE,
    issue_id bigint NOT NULL REFERENCES ci_health_issues (id) ON DELETE CASCADE,
    change text NOT NULL CHECK (change IN ('new', 'resolved', 'regressed', 'severity', 'lapsed', 'withdrawn')),
    PRIMARY KEY (check_id, issue_id, change)
);
CREATE INDEX idx_ci_health_changes_issue ON ci_health_changes (issue_id);

-- Each file as the newest check that looked at it left it.
CREATE TABLE ci_health_files (
    repository_id bigint NOT NULL REFERENCES ci_health_repositories (id) ON DELETE CASCADE,
    path text NOT NULL CHECK (char_length(path) BETWEEN 1 AND 4096),
    blob text NOT NULL DEFAULT '',
    lines integer NOT NULL DEFAULT 0 CHECK (lines >= 0),
    score integer CHECK (score BETWEEN 0 AND 100),
    -- Commits that touched it in the last 180 days, and the lines they changed.
    churn_commits integer NOT NULL DEFAULT 0 CHECK (churn_commits >= 0),
    churn_lines integer NOT NULL DEFAULT 0 CHECK (churn_lines >= 0),
    complexity integer CHECK (complexity >= 0),
    coverage_percent numeric(5, 2) CHECK (coverage_percent BETWEEN 0 AND 100),
    documented_percent numeric(5, 2) CHECK (documented_percent BETWEEN 0 AND 100),
    issues integer NOT NULL DEFAULT 0 CHECK (issues >= 0),
    feature_area text,
    check_id bigint REFERENCES ci_health_checks (id) ON DELETE SET NULL,
    PRIMARY KEY (repository_id, path)
);
CREATE INDEX idx_ci_health_files_check ON ci_health_files (check_id);

-- What the agent proposed on the board: one for each rule and area, so that the next check finds it again.
CREATE TABLE ci_health_proposals (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repository_id bigint NOT NULL REFERENCES ci_health_repositories (id) ON DELETE CASCADE,
    rule text NOT NULL CHECK (char_length(rule) BETWEEN 1 AND 200),
    -- The feature area or the package that its issues concern; '*': everywhere, '': nowhere in particular.
    area text NOT NULL DEFAULT '' CHECK (char_length(area) <= 500),
    -- NULL: somebody deleted it, which says as much as a rejection.
    enhancement_id bigint REFERENCES ci_enhancements (id) ON DELETE SET NULL,
    -- What was behind it when it last stood on the board: {"issues": 5, "worst": "high", "solved": false}.
    standing jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(standing) = 'object'),
    -- Of the issues that its text tells of; another one: it is to be written anew.
    told text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (repository_id, rule, area)
);
CREATE INDEX idx_ci_health_proposals_enhancement ON ci_health_proposals (enhancement_id)
    WHERE enhancement_id IS NOT NULL;

-- What a checker found in a file of this content. It can be lost without harm, so that it is not logged.
CREATE UNLOGGED TABLE ci_health_cache (
    checker text NOT NULL,
    version text NOT NULL,
    blob text NOT NULL,
    sightings jsonb NOT NULL,
    used_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (checker, version, blob)
);
CREATE INDEX idx_ci_health_cache_used ON ci_health_cache (used_at);

CREATE FUNCTION ci_touch_health_issue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Only what is decided makes a new version; that it was seen again does not.
    IF (OLD.status, OLD.status_reason, OLD.status_until, OLD.severity, OLD.enhancement_id)
        IS DISTINCT FROM (NEW.status, NEW.status_reason, NEW.status_until, NEW.severity, NEW.enhancement_id)
    THEN
        NEW.version := OLD.version + 1;
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ci_health_issues_touch BEFORE UPDATE ON ci_health_issues
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION ci_touch_health_issue();

CREATE VIEW v_ci_health_trends AS
SELECT r.id AS repository_id, r.name AS repository, c.id AS check_id, c.check_type, c.started_at,
    c.commit_sha, c.overall_health_score, c.delta, c.confidence, c.scores, c.issues, c.by_severity
FROM ci_health_checks c JOIN ci_health_repositories r ON r.id = c.repository_id
WHERE c.status = 'completed' AND c.overall_health_score IS NOT NULL
ORDER BY c.started_at;

CREATE VIEW v_ci_critical_issues AS
SELECT i.id, r.name AS repository, i.issue_type, i.severity, i.rule, i.title, i.file_path, i.line_number, i.status,
    i.regressed, i.first_detected_at, i.last_seen_at, i.enhancement_id
FROM ci_health_issues i JOIN ci_health_repositories r ON r.id = i.repository_id
WHERE i.severity IN ('critical', 'high') AND i.status IN ('open', 'acknowledged', 'fixing')
ORDER BY array_position(ARRAY['critical', 'high'], i.severity), i.first_detected_at;
"""

# Compared one by one, a thousand scores written at once were a million comparisons; as two sets they are a thousand.
TELL_ASSIGNED = """
CREATE OR REPLACE FUNCTION ci_tell_assigned() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS ({changed}) THEN
        RETURN NULL;
    END IF;
    DELETE FROM ci_notifications t USING old_rows o JOIN new_rows n ON n.id = o.id
    WHERE t.enhancement_id = n.id AND t.kind = 'assigned' AND t.read_at IS NULL AND lower(t.person) = lower(o.assignee)
    AND lower(o.assignee) IS DISTINCT FROM lower(n.assignee);
    IF ci_is_undoing() THEN
        RETURN NULL;
    END IF;
    INSERT INTO ci_notifications (person, kind, enhancement_id, summary)
    SELECT n.assignee, 'assigned', n.id, left(format('assigned #%s %s to you', n.id, n.title), 500)
    FROM old_rows o JOIN new_rows n ON n.id = o.id
    WHERE lower(o.assignee) IS DISTINCT FROM lower(n.assignee) AND ci_is_person(n.assignee) AND ci_is_open(n.status)
    AND lower(n.assignee) <> lower(ci_actor()) AND ci_actor() <> 'agent:setup'
    ORDER BY n.id;
    INSERT INTO ci_enhancement_followers (enhancement_id, person)
    SELECT n.id, n.assignee FROM old_rows o JOIN new_rows n ON n.id = o.id
    WHERE lower(o.assignee) IS DISTINCT FROM lower(n.assignee) AND ci_is_person(n.assignee)
    ORDER BY n.id ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
"""
AS_SETS = "SELECT id, lower(assignee) FROM new_rows EXCEPT SELECT id, lower(assignee) FROM old_rows"
ONE_BY_ONE = """SELECT FROM old_rows o JOIN new_rows n ON n.id = o.id
                   WHERE lower(o.assignee) IS DISTINCT FROM lower(n.assignee)"""

DOWN = """
DROP VIEW v_ci_critical_issues;
DROP VIEW v_ci_health_trends;
DROP TABLE ci_health_cache;
DROP TABLE ci_health_proposals;
DROP TABLE ci_health_files;
DROP TABLE ci_health_changes;
DROP TABLE ci_health_issues;
DROP FUNCTION ci_touch_health_issue;
DROP TABLE ci_health_checkers;
DROP TABLE ci_health_checks;
DROP TABLE ci_health_repositories;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(TELL_ASSIGNED.format(changed=AS_SETS))
    # A first check brings thousands of issues: which were new is told by ci_health_changes. What is audited is every
    # later change of what somebody decides about, and that an issue was deleted.
    for name, event in (("audit", "DELETE"), ("audit_update", "UPDATE")):
        op.execute(
            f"CREATE TRIGGER ci_health_issues_{name} AFTER {event} ON ci_health_issues "
            f"FOR EACH ROW EXECUTE FUNCTION ci_write_audit({BOOKKEEPING})"
        )
        op.execute(f"ALTER TABLE ci_health_issues ENABLE ALWAYS TRIGGER ci_health_issues_{name}")
    op.execute(
        "CREATE TRIGGER ci_health_issues_refuse_truncate BEFORE TRUNCATE ON ci_health_issues "
        "FOR EACH STATEMENT EXECUTE FUNCTION ci_refuse_truncate()"
    )
    for table in NOTIFYING:
        op.execute(
            f"CREATE TRIGGER {table}_notify AFTER INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ci_notify_change()"
        )


def downgrade() -> None:
    op.execute(DOWN)
    op.execute(TELL_ASSIGNED.format(changed=ONE_BY_ONE))
