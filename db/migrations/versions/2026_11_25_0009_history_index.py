"""Find by an index which comments, links, merges and evidence an enhancement has or once had in the audit log."""

from alembic import op

revision = "0009_history_index"
down_revision = "0008_research_agent"

# `fastupdate` off: what waits for a vacuum would be read through at every look.
UP = """
CREATE INDEX idx_ci_audit_log_belonging ON ci_audit_log
    USING gin (before jsonb_path_ops, after jsonb_path_ops) WITH (fastupdate = off)
    WHERE table_name IN (
        'ci_comments', 'ci_enhancement_dependencies', 'ci_enhancement_evidence', 'ci_enhancement_merges');
"""

DOWN = "DROP INDEX idx_ci_audit_log_belonging;"


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
