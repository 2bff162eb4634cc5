"""Add what the research agent needs: sites, scans, corrections, interests, evidence, models, runs, the LLM ledger."""

from alembic import op

revision = "0008_research_agent"
down_revision = "0007_notifications"

# table: derived or bookkeeping columns whose change is none of its own
AUDITED = {
    "ci_research_interests": "",
    "ci_research_corrections": "",
    "ci_enhancement_evidence": "",
    "ci_prompts": "",
}
REAUDITED = {
    "ci_research_sources": (
        "'last_scan_at', 'next_scan_at'",
        "'last_scan_at', 'next_scan_at', 'last_status', 'last_error', 'last_success_at', 'newest_item_at', "
        "'scan_state', 'retry_at', 'failures', 'precision_score'",
    ),
    "ci_research_findings": ("", "'search_vector', 'engagement', 'last_seen_at'"),
}
NOTIFYING = ("ci_research_sources", "ci_research_findings", "ci_research_interests", "ci_automation_runs")

SOURCES = """
ALTER TABLE ci_research_sources
    ADD COLUMN max_results integer NOT NULL DEFAULT 50 CHECK (max_results BETWEEN 1 AND 1000),
    ADD COLUMN last_status text CHECK (last_status IN ('ok', 'degraded', 'failed')),
    ADD COLUMN last_error text CHECK (char_length(last_error) <= 500),
    ADD COLUMN last_success_at timestamptz,
    -- Up to where it has been read; the next scan begins a little before.
    ADD COLUMN newest_item_at timestamptz,
    ADD COLUMN scan_state jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(scan_state) = 'object'),
    -- Not before this, because the site said so or failed too often.
    ADD COLUMN retry_at timestamptz,
    ADD COLUMN failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0);

-- One row for each site: its circuit breaker and its rate limit, shared by every worker on every machine.
CREATE TABLE ci_research_sites (
    site text PRIMARY KEY CHECK (site ~ '^[a-z][a-z0-9_]{0,39}$'),
    circuit text NOT NULL DEFAULT 'closed' CHECK (circuit IN ('closed', 'open', 'half_open')),
    failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    last_error text CHECK (char_length(last_error) <= 500),
    -- While it is open, nobody asks before this.
    retry_at timestamptz,
    -- When the next request may leave, at the rate that the site allows (the "theoretical arrival time" of GCRA).
    next_request_at timestamptz,
    quota_remaining integer,
    quota_resets_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now()
);
"""

FINDINGS = """
ALTER TABLE ci_research_findings
    ADD COLUMN external_id text CHECK (char_length(external_id) BETWEEN 1 AND 500),
    ADD COLUMN canonical_url text,
    ADD COLUMN identities text[] NOT NULL DEFAULT '{}',
    ADD COLUMN text_hash text,
    ADD COLUMN language text CHECK (char_length(language) BETWEEN 2 AND 12),
    ADD COLUMN links text[] NOT NULL DEFAULT '{}',
    ADD COLUMN last_seen_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN duplicate_reason text CHECK (char_length(duplicate_reason) <= 500),
    ADD COLUMN scored_by text CHECK (char_length(scored_by) <= 200),
    ADD COLUMN scored_at timestamptz,
    -- What the score was made of: nearest interest, words, accepted items like it, probability, versions.
    ADD COLUMN score_details jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(score_details) = 'object'),
    ADD COLUMN uncertain boolean NOT NULL DEFAULT false,
    ADD COLUMN decided_by text CHECK (char_length(decided_by) BETWEEN 1 AND 200),
    ADD COLUMN decided_at timestamptz,
    ADD COLUMN decision_reason text CHECK (char_length(decision_reason) BETWEEN 1 AND 500),
    ADD COLUMN snoozed_until timestamptz,
    ADD COLUMN run_id bigint,
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    -- It rewrites the table, in which no agent has stored anything yet.
    -- squawk-ignore adding-field-with-default
    ADD COLUMN search_vector tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', ci_words(ARRAY[left(source_title, 1000)]))
            || to_tsvector('simple', ci_words(ARRAY[left(source_title, 1000)])), 'A')
        || setweight(to_tsvector('english', ci_words(ARRAY[left(coalesce(summary, ''), 4000)])), 'B')
        || setweight(to_tsvector('english', ci_words(ARRAY[left(content, 50000)])), 'C')
    ) STORED;
-- Long columns move out of the row, so that the feed, and a search for a common word, read a fraction of the pages.
ALTER TABLE ci_research_findings SET (toast_tuple_target = 600);
CREATE UNIQUE INDEX uq_ci_research_findings_external ON ci_research_findings (source_type, external_id);
CREATE INDEX idx_ci_research_findings_url ON ci_research_findings (canonical_url) WHERE canonical_url IS NOT NULL;
CREATE INDEX idx_ci_research_findings_identities ON ci_research_findings USING gin (identities);
CREATE INDEX idx_ci_research_findings_text ON ci_research_findings (text_hash) WHERE text_hash IS NOT NULL;
CREATE INDEX idx_ci_research_findings_discovered ON ci_research_findings (discovered_at DESC, id DESC);
CREATE INDEX idx_ci_research_findings_search ON ci_research_findings USING gin (search_vector);
CREATE INDEX idx_ci_research_findings_title ON ci_research_findings USING gin (
    (to_tsvector('english', ci_words(ARRAY[left(source_title, 1000)]))
        || to_tsvector('simple', ci_words(ARRAY[left(source_title, 1000)]))));
-- The feed: what waits for a person, best first.
CREATE INDEX idx_ci_research_findings_waiting ON ci_research_findings (relevance_score DESC NULLS LAST, id DESC)
    WHERE status IN ('new', 'analyzed');
-- What people have decided: it teaches the score.
CREATE INDEX idx_ci_research_findings_decided ON ci_research_findings (decided_at DESC)
    WHERE decided_by IS NOT NULL;
CREATE INDEX idx_ci_research_findings_answered ON ci_research_findings (decided_at DESC)
    WHERE decided_by IS NOT NULL AND decided_by NOT LIKE 'agent:%';

CREATE FUNCTION ci_touch_finding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - '{version,updated_at,search_vector,engagement,last_seen_at}'::text[]
        IS DISTINCT FROM to_jsonb(OLD) - '{version,updated_at,search_vector,engagement,last_seen_at}'::text[] THEN
        NEW.version := OLD.version + 1;
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$$;
DROP TRIGGER ci_research_findings_touch ON ci_research_findings;
CREATE TRIGGER ci_research_findings_touch BEFORE UPDATE ON ci_research_findings
    FOR EACH ROW EXECUTE FUNCTION ci_touch_finding();
"""

TABLES = """
CREATE TABLE ci_research_embeddings (
    finding_id bigint PRIMARY KEY REFERENCES ci_research_findings (id) ON DELETE CASCADE,
    model text NOT NULL,
    embedding vector(384) NOT NULL,
    -- When the finding appeared: candidates for duplicates are read by it, exactly, and not by nearness.
    appeared_at timestamptz NOT NULL
);
CREATE INDEX idx_ci_research_embeddings_appeared ON ci_research_embeddings (model, appeared_at);

-- Findings that speak of the same thing without being the same; duplicates point at their canonical finding.
CREATE TABLE ci_research_relations (
    low_id bigint NOT NULL REFERENCES ci_research_findings (id) ON DELETE CASCADE,
    high_id bigint NOT NULL REFERENCES ci_research_findings (id) ON DELETE CASCADE,
    similarity real NOT NULL CHECK (similarity BETWEEN -1 AND 1),
    reason text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 500),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (low_id, high_id),
    CHECK (low_id < high_id)
);
CREATE INDEX idx_ci_research_relations_high ON ci_research_relations (high_id);

-- What a person said about two findings: the same, related, or different.
CREATE TABLE ci_research_corrections (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    low_id bigint NOT NULL REFERENCES ci_research_findings (id) ON DELETE CASCADE,
    high_id bigint NOT NULL REFERENCES ci_research_findings (id) ON DELETE CASCADE,
    verdict text NOT NULL CHECK (verdict IN ('duplicate', 'related', 'different')),
    -- What the decision had measured of the pair, so that it can learn after the texts have gone.
    measured jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(measured) = 'object'),
    created_by text NOT NULL DEFAULT ci_actor(),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (low_id, high_id),
    CHECK (low_id < high_id)
);
CREATE INDEX idx_ci_research_corrections_high ON ci_research_corrections (high_id);

-- What the team is interested in, in short texts; and the keywords that count.
CREATE TABLE ci_research_interests (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    kind text NOT NULL DEFAULT 'interest' CHECK (kind IN ('interest', 'keyword', 'unwanted')),
    wording text NOT NULL CHECK (char_length(wording) BETWEEN 2 AND 400),
    weight real NOT NULL DEFAULT 1 CHECK (weight BETWEEN 0 AND 5),
    enabled boolean NOT NULL DEFAULT true,
    created_by text NOT NULL DEFAULT ci_actor(),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX uq_ci_research_interests_wording ON ci_research_interests (kind, lower(wording));

-- Which findings a person was shown: what was never seen was not refused.
CREATE TABLE ci_research_exposures (
    finding_id bigint NOT NULL REFERENCES ci_research_findings (id) ON DELETE CASCADE,
    person text NOT NULL CHECK (char_length(person) BETWEEN 1 AND 200),
    position integer NOT NULL CHECK (position >= 0),
    relevance_score numeric(5, 2) CHECK (relevance_score BETWEEN 0 AND 100),
    shown_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (finding_id, person)
);
CREATE INDEX idx_ci_research_exposures_shown ON ci_research_exposures (shown_at);

-- What was learned from clicks and corrections; the newest of a kind is in use.
CREATE TABLE ci_research_models (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('relevance', 'duplicates')),
    trained_at timestamptz NOT NULL DEFAULT now(),
    samples integer NOT NULL CHECK (samples >= 0),
    parameters jsonb NOT NULL CHECK (jsonb_typeof(parameters) = 'object')
);
CREATE INDEX idx_ci_research_models_newest ON ci_research_models (kind, id DESC);

-- Which findings speak for an enhancement, and with which words.
CREATE TABLE ci_enhancement_evidence (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enhancement_id bigint NOT NULL REFERENCES ci_enhancements (id) ON DELETE CASCADE,
    finding_id bigint NOT NULL REFERENCES ci_research_findings (id) ON DELETE CASCADE,
    -- The finding that the enhancement was made from is its origin.
    origin boolean NOT NULL DEFAULT false,
    quote text CHECK (char_length(quote) BETWEEN 1 AND 2000),
    created_by text NOT NULL DEFAULT ci_actor(),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (enhancement_id, finding_id)
);
CREATE INDEX idx_ci_enhancement_evidence_finding ON ci_enhancement_evidence (finding_id);
"""

RUNS = """
CREATE TABLE ci_automation_runs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_type text NOT NULL CHECK (run_type ~ '^[a-z][a-z0-9_]{0,39}$'),
    trigger text NOT NULL DEFAULT 'manual' CHECK (trigger IN ('scheduled', 'manual', 'api_call', 'event')),
    status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', 'failed', 'cancelled')),
    actor text NOT NULL DEFAULT ci_actor(),
    parameters jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(parameters) = 'object'),
    counts jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(counts) = 'object'),
    error text CHECK (char_length(error) <= 2000),
    cost_usd numeric(12, 6) NOT NULL DEFAULT 0 CHECK (cost_usd >= 0),
    progress_percent numeric(5, 2) CHECK (progress_percent BETWEEN 0 AND 100),
    host text,
    version text,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    -- A running one says now and then that it lives; one that has not for long was killed.
    alive_at timestamptz,
    ended_at timestamptz
);
CREATE INDEX idx_ci_automation_runs_newest ON ci_automation_runs (run_type, id DESC);
CREATE INDEX idx_ci_automation_runs_open ON ci_automation_runs (id) WHERE status IN ('queued', 'running');

-- What a run did, step by step; a scan has one step for each source.
CREATE TABLE ci_run_steps (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint NOT NULL REFERENCES ci_automation_runs (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    status text NOT NULL DEFAULT 'running' CHECK (status IN (
        'waiting', 'running', 'completed', 'degraded', 'failed', 'skipped', 'cancelled')),
    source_id bigint REFERENCES ci_research_sources (id) ON DELETE SET NULL,
    counts jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(counts) = 'object'),
    message text CHECK (char_length(message) <= 2000),
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    UNIQUE (run_id, name)
);
CREATE INDEX idx_ci_run_steps_source ON ci_run_steps (source_id, id DESC) WHERE source_id IS NOT NULL;

ALTER TABLE ci_research_findings ADD CONSTRAINT ci_research_findings_run_id_fkey
    FOREIGN KEY (run_id) REFERENCES ci_automation_runs (id) ON DELETE SET NULL NOT VALID;
CREATE INDEX idx_ci_research_findings_run ON ci_research_findings (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE ci_prompts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_.-]{0,79}$'),
    version integer NOT NULL CHECK (version > 0),
    template text NOT NULL CHECK (char_length(template) BETWEEN 1 AND 20000),
    active boolean NOT NULL DEFAULT false,
    created_by text NOT NULL DEFAULT ci_actor(),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (name, version)
);
CREATE UNIQUE INDEX uq_ci_prompts_active ON ci_prompts (name) WHERE active;

-- The cost ledger: a call is entered with the most it can cost before it is made, and with what it did afterwards.
CREATE TABLE ci_llm_calls (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint REFERENCES ci_automation_runs (id) ON DELETE SET NULL,
    prompt_id bigint REFERENCES ci_prompts (id) ON DELETE SET NULL,
    purpose text NOT NULL CHECK (char_length(purpose) BETWEEN 1 AND 80),
    provider text NOT NULL CHECK (char_length(provider) BETWEEN 1 AND 80),
    model text NOT NULL CHECK (char_length(model) BETWEEN 1 AND 200),
    status text NOT NULL DEFAULT 'reserved' CHECK (status IN (
        'reserved', 'completed', 'rate_limited', 'timed_out', 'refused', 'unusable', 'failed')),
    tokens_in integer CHECK (tokens_in >= 0),
    tokens_out integer CHECK (tokens_out >= 0),
    cost_usd numeric(12, 6) NOT NULL DEFAULT 0 CHECK (cost_usd >= 0),
    latency_ms integer CHECK (latency_ms >= 0),
    error text CHECK (char_length(error) <= 500),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_ci_llm_calls_created ON ci_llm_calls (created_at DESC);
CREATE INDEX idx_ci_llm_calls_run ON ci_llm_calls (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX idx_ci_llm_calls_prompt ON ci_llm_calls (prompt_id) WHERE prompt_id IS NOT NULL;
"""

DOWN = """
DROP TABLE ci_llm_calls;
DROP TABLE ci_prompts;
DROP TABLE ci_run_steps;
DROP TABLE ci_enhancement_evidence;
DROP TABLE ci_research_models;
DROP TABLE ci_research_exposures;
DROP TABLE ci_research_interests;
DROP TABLE ci_research_corrections;
DROP TABLE ci_research_relations;
DROP TABLE ci_research_embeddings;
DROP TABLE ci_research_sites;
DROP TRIGGER ci_research_findings_touch ON ci_research_findings;
DROP FUNCTION ci_touch_finding();
CREATE TRIGGER ci_research_findings_touch BEFORE UPDATE ON ci_research_findings
    FOR EACH ROW EXECUTE FUNCTION ci_touch_updated_at();
DROP INDEX idx_ci_research_findings_answered;
DROP INDEX idx_ci_research_findings_decided;
DROP INDEX idx_ci_research_findings_discovered;
DROP INDEX idx_ci_research_findings_waiting;
DROP INDEX idx_ci_research_findings_title;
ALTER TABLE ci_research_findings RESET (toast_tuple_target);
ALTER TABLE ci_research_findings
    DROP COLUMN search_vector, DROP COLUMN version, DROP COLUMN run_id, DROP COLUMN snoozed_until,
    DROP COLUMN decision_reason, DROP COLUMN decided_at, DROP COLUMN decided_by, DROP COLUMN uncertain,
    DROP COLUMN score_details, DROP COLUMN scored_at, DROP COLUMN scored_by, DROP COLUMN duplicate_reason,
    DROP COLUMN last_seen_at, DROP COLUMN links, DROP COLUMN language, DROP COLUMN text_hash,
    DROP COLUMN identities, DROP COLUMN canonical_url, DROP COLUMN external_id;
DROP TABLE ci_automation_runs;
ALTER TABLE ci_research_sources
    DROP COLUMN failures, DROP COLUMN retry_at, DROP COLUMN scan_state, DROP COLUMN newest_item_at,
    DROP COLUMN last_success_at, DROP COLUMN last_error, DROP COLUMN last_status, DROP COLUMN max_results;
"""


def upgrade() -> None:
    for statements in (SOURCES, FINDINGS, TABLES, RUNS):
        op.execute(statements)
    for table, bookkeeping in AUDITED.items():
        _audit(table, "audit", "INSERT OR UPDATE OR DELETE", bookkeeping)
        op.execute(
            f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ci_refuse_truncate()"
        )
    for table, (_, bookkeeping) in REAUDITED.items():
        _audit_anew(table, bookkeeping)
    for table in NOTIFYING:
        op.execute(
            f"CREATE TRIGGER {table}_notify AFTER INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ci_notify_change()"
        )


def downgrade() -> None:
    for table, (bookkeeping, _) in REAUDITED.items():
        op.execute(f"DROP TRIGGER {table}_notify ON {table}")
        _audit_anew(table, bookkeeping)
    op.execute(DOWN)


def _audit_anew(table: str, bookkeeping: str) -> None:
    for name, event in (("audit", "INSERT OR DELETE"), ("audit_update", "UPDATE")):
        op.execute(f"DROP TRIGGER {table}_{name} ON {table}")
        _audit(table, name, event, bookkeeping)


def _audit(table: str, name: str, event: str, bookkeeping: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_{name} AFTER {event} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION ci_write_audit({bookkeeping})"
    )
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{name}")
