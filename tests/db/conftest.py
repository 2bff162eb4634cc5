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
UPDATE ci_enhancements SET snoozed_until = now() + interval '1 day', snoozed_for_id = 1 WHERE id = 2;
UPDATE ci_enhancements SET rejection_reason = 'out of scope' WHERE id = 3;
INSERT INTO ci_enhancement_followers (enhancement_id, person) VALUES (1, 'Ada');
INSERT INTO ci_reactions (enhancement_id, kind) VALUES (1, 'vote');
INSERT INTO ci_notifications (person, kind, enhancement_id, summary) VALUES ('Ada', 'assigned', 1, 'it is yours now');
INSERT INTO ci_saved_views (name, page, query) VALUES ('Urgent', 'board', 'priority=critical');
INSERT INTO ci_default_views (person, page, view_id) VALUES ('Ada', 'board', 1);
INSERT INTO ci_visits (person) VALUES ('Ada');
"""


@pytest.fixture(scope="session")
def fill() -> Callable[[str], None]:
    """Puts rows into every table of a migrated, empty database."""

    def into(url: str) -> None:
        with psycopg.connect(url) as connection:
            connection.execute(EVERY_TABLE)

    return into
