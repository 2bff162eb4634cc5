"""The SQL of schedules: reading them with their last run, and who changed one."""

from __future__ import annotations

from sqlalchemy import text

SCHEDULES = text("""
    SELECT s.*, r.status AS last_status, r.ended_at AS last_ended_at
    FROM ci_schedules s LEFT JOIN ci_automation_runs r ON r.id = s.last_run_id
    WHERE (CAST(:id AS bigint) IS NULL OR s.id = :id) AND (CAST(:name AS text) IS NULL OR s.name = :name)
    ORDER BY s.name
""")
LOCK = text("""
    SELECT id FROM ci_schedules
    WHERE (CAST(:id AS bigint) IS NULL OR id = :id) AND (CAST(:name AS text) IS NULL OR name = :name)
    FOR NO KEY UPDATE
""")
NAMES = text("SELECT name FROM ci_schedules")
BY_NAME = text("SELECT id FROM ci_schedules WHERE name = :name")
LAST_CHANGE = text("""
    SELECT actor, changed_fields FROM ci_audit_log
    WHERE table_name = 'ci_schedules' AND row_id = :id ORDER BY id DESC LIMIT 1
""")
ADD_DEFAULT = text("""
    INSERT INTO ci_schedules (name, kind, description, parameters, cron, every_seconds, time_zone, jitter_seconds,
                              missed, priority, built_in)
    VALUES (:name, :kind, :description, CAST(:parameters AS jsonb), :cron, :every_seconds, :time_zone,
            :jitter_seconds, :missed, :priority, true)
    ON CONFLICT (name) DO NOTHING
    RETURNING id
""")
SOURCES_DUE = text("""
    SELECT id, source_type, source_name, scan_frequency_hours,
           greatest(coalesce(next_scan_at, :now), coalesce(retry_at, :now), :now) AS due_at
    FROM ci_research_sources WHERE enabled ORDER BY source_name, id
""")
