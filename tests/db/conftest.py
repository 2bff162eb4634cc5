"""A database in which every table holds something."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

EVERY_TABLE = """
SELECT set_config('ci.actor', 'tess', true);
INSERT INTO ci_enhancements (title, description, tags, feature_area, status, priority, ai_priority_score)
SELECT 'Enhancement ' || n, 'What it is about', '{wheel}', 'positions', 'proposed', 'high', 40 + n
FROM generate_series(1, 4) AS n;
INSERT INTO ci_enhancement_dependencies (enhancement_id, other_id, kind) VALUES (1, 2, 'blocked_by');
INSERT INTO ci_comments (enhancement_id, body) VALUES (1, 'Needs the second one');
INSERT INTO ci_enhancement_merges (duplicate_id, original_id, duplicate_status, moved) VALUES (3, 4, 'proposed', '{}');
UPDATE ci_enhancements SET status = 'archived', merged_into_id = 4 WHERE id = 3;
INSERT INTO ci_board_columns (status, wip_limit) VALUES ('in_progress', 3);
INSERT INTO ci_board_operations (client_id, sequence, outcome) VALUES ('browser', 1, '{"ok": true}');
UPDATE ci_enhancement_embeddings
SET embedding = array_fill(0.05, ARRAY[384])::vector, model = 'tiny', stale = false WHERE enhancement_id = 1;
INSERT INTO ci_enhancement_similarities (low_id, high_id, similarity) VALUES (1, 2, 0.9);
INSERT INTO ci_wishlist_items (path, item_key, line, enhancement_id, imported) VALUES ('WISHLIST.md', 'a', 3, 1, '{}');
INSERT INTO ci_research_sources (source_type, source_name) VALUES ('reddit', 'r/options');
INSERT INTO ci_research_findings (source_id, source_type, source_url, source_title, content_hash, enhancement_id)
VALUES (1, 'reddit', 'https://example.org/1', 'A better roll', 'h1', 1);
UPDATE ci_enhancements SET snoozed_until = now() + interval '1 day', snoozed_for_id = 3 WHERE id = 2;
UPDATE ci_enhancements SET rejection_reason = 'out of scope' WHERE id = 3;
INSERT INTO ci_enhancement_followers (enhancement_id, person) VALUES (1, 'Ada');
INSERT INTO ci_reactions (enhancement_id, kind) VALUES (1, 'vote');
INSERT INTO ci_notifications (person, kind, enhancement_id, summary) VALUES ('Ada', 'assigned', 1, 'it is yours now');
INSERT INTO ci_saved_views (name, page, query) VALUES ('Urgent', 'board', 'priority=critical');
INSERT INTO ci_default_views (person, page, view_id) VALUES ('Ada', 'board', 1);
INSERT INTO ci_visits (person) VALUES ('Ada');
INSERT INTO ci_research_findings (source_type, source_url, source_title, content_hash, external_id, identities)
VALUES ('arxiv', 'https://example.org/2', 'Rolling short puts', 'h2', '2401.1', '{arxiv:2401.1}');
INSERT INTO ci_research_sites (site, circuit) VALUES ('reddit', 'open');
INSERT INTO ci_research_embeddings (finding_id, model, embedding, appeared_at)
VALUES (1, 'tiny', array_fill(0.05, ARRAY[384])::vector, now());
INSERT INTO ci_research_relations (low_id, high_id, similarity, reason) VALUES (1, 2, 0.7, 'both roll short puts');
INSERT INTO ci_research_corrections (low_id, high_id, verdict) VALUES (1, 2, 'related');
INSERT INTO ci_research_interests (wording) VALUES ('Rolling short puts');
INSERT INTO ci_research_exposures (finding_id, person, position) VALUES (1, 'Ada', 0);
INSERT INTO ci_research_models (kind, samples, parameters) VALUES ('relevance', 10, '{}');
INSERT INTO ci_enhancement_evidence (enhancement_id, finding_id, quote) VALUES (1, 1, 'A better roll');
INSERT INTO ci_automation_runs (run_type, status) VALUES ('research_scan', 'completed');
INSERT INTO ci_run_steps (run_id, name, source_id) VALUES (1, 'r/options', 1);
UPDATE ci_research_findings SET run_id = 1 WHERE id = 1;
INSERT INTO ci_prompts (name, version, template, active) VALUES ('research.score', 1, 'Score it.', true);
INSERT INTO ci_llm_calls (run_id, prompt_id, purpose, provider, model) VALUES (1, 1, 'score', 'openai', 'small');
INSERT INTO ci_run_log (run_id, level, event) VALUES (1, 'info', 'scan_finished');
INSERT INTO ci_schedules (name, kind, cron) VALUES ('nightly', 'database_upkeep', '0 2 * * *');
INSERT INTO procrastinate_workers DEFAULT VALUES;
INSERT INTO ci_workers (worker_id, host, pid) SELECT id, 'desk', 1 FROM procrastinate_workers;
INSERT INTO procrastinate_jobs (queue_name, task_name, lock) VALUES ('research', 'research_scan', 'research_scan:1');
INSERT INTO ci_automation_runs (run_type, job_id, queue, lock_key, schedule_id)
VALUES ('research_scan', 1, 'research', 'research_scan:1', 1);
UPDATE procrastinate_jobs SET status = 'doing', worker_id = 1;
INSERT INTO ci_agent_performance (agent, period_start) VALUES ('research', current_date);
INSERT INTO ci_health_repositories (identity, name) VALUES ('https://example.org/team/magnus', 'team/magnus');
INSERT INTO ci_health_checks (repository_id, check_type, status, overall_health_score)
    VALUES (1, 'full_scan', 'completed', 71);
INSERT INTO ci_health_checkers (check_id, name, status) VALUES (1, 'ruff', 'completed');
INSERT INTO ci_health_issues (repository_id, fingerprint, issue_type, checker, rule, severity, title, file_path,
    line_number, first_check_id, last_check_id)
    VALUES (1, md5('one'), 'security', 'ruff', 'S608', 'high', 'SQL put together from text', 'a.py', 3, 1, 1);
INSERT INTO ci_health_changes (check_id, issue_id, change) VALUES (1, 1, 'new');
INSERT INTO ci_health_files (repository_id, path, lines, score, check_id) VALUES (1, 'a.py', 10, 40, 1);
INSERT INTO ci_health_proposals (repository_id, rule, area) VALUES (1, 'sql-injection', 'scanner');
INSERT INTO ci_health_cache (checker, version, blob, sightings) VALUES ('ruff', '1', 'abc', '[]');
"""


@pytest.fixture(scope="session")
def fill() -> Callable[[str], None]:
    """Puts rows into every table of a migrated, empty database."""

    def into(url: str) -> None:
        with psycopg.connect(url) as connection:
            connection.execute(EVERY_TABLE)

    return into
