"""Offer the two views of the runbook: what to do first, and what research has brought."""

from alembic import op

revision = "0005_views"
down_revision = "0004_triggers"

UP = """
CREATE VIEW v_ci_top_priorities AS
SELECT e.id, e.title, e.priority, e.status, e.ai_priority_score, e.category, e.feature_area, e.complexity,
       e.estimated_hours, e.assignee,
       ARRAY(SELECT d.other_id FROM ci_enhancement_dependencies d JOIN ci_enhancements b ON b.id = d.other_id
             WHERE d.enhancement_id = e.id AND d.kind = 'blocked_by'
               AND b.status IN ('proposed', 'approved', 'in_progress', 'blocked', 'deferred')
             ORDER BY d.other_id) AS blocked_by,
       e.ai_reasoning, e.source, e.source_url, e.created_at, e.updated_at
FROM ci_enhancements e
WHERE e.status IN ('proposed', 'approved', 'in_progress', 'blocked')
ORDER BY (CASE e.priority WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END),
         e.ai_priority_score DESC NULLS LAST, e.id;

CREATE VIEW v_ci_research_pipeline AS
SELECT f.id, f.source_type, s.source_name, f.source_title, f.source_url, f.status, f.relevance_score,
       f.novelty_score, f.applicability_score, f.difficulty_score, f.summary, f.published_at, f.discovered_at,
       f.canonical_finding_id, f.enhancement_id, e.title AS enhancement_title, e.status AS enhancement_status
FROM ci_research_findings f
LEFT JOIN ci_research_sources s ON s.id = f.source_id
LEFT JOIN ci_enhancements e ON e.id = f.enhancement_id
ORDER BY f.relevance_score DESC NULLS LAST, f.discovered_at DESC, f.id;
"""

DOWN = """
DROP VIEW v_ci_research_pipeline;
DROP VIEW v_ci_top_priorities;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
