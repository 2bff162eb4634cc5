"""The SQL of an export: the check that it tells of, where its repository comes from, and its files."""

from __future__ import annotations

from sqlalchemy import text

# The check that the issues are as of: the newest that came to its end.
NEWEST = text("""
    SELECT c.id, c.check_type, c.status, c.error, c.started_at, c.ended_at, c.commit_sha, c.branch, p.identity
    FROM ci_health_checks c JOIN ci_health_repositories p ON p.id = c.repository_id
    WHERE c.repository_id = :repository AND c.status = 'completed' AND c.check_type <> 'import'
    ORDER BY c.id DESC LIMIT 1
""")
CHECKERS = text("""
    SELECT name, status, version, error, unseen FROM ci_health_checkers WHERE check_id = :check ORDER BY name
""")
FILES = text("SELECT path FROM ci_health_files WHERE repository_id = :repository ORDER BY path")
