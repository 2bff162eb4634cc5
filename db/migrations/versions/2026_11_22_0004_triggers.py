"""Keep versions, stage times, audit, notifications and the freedom from circles in the database, for every client."""

from alembic import op

revision = "0004_triggers"
down_revision = "0003_research"

AUDITED = {
    # table: derived or bookkeeping columns that are no change of their own
    "ci_enhancements": "'search_vector', 'board_position', 'changed_xid'",
    "ci_enhancement_dependencies": "",
    "ci_comments": "",
    "ci_enhancement_merges": "",
    "ci_board_columns": "",
    "ci_research_sources": "'last_scan_at', 'next_scan_at'",
    "ci_research_findings": "",
}
NOTIFYING = (
    "ci_enhancements",
    "ci_enhancement_dependencies",
    "ci_enhancement_similarities",
    "ci_board_columns",
    "ci_comments",
    "ci_enhancement_embeddings",
)

TOUCH = r"""
-- A moved line anchor ("WISHLIST.md#L40" → "#L41") is bookkeeping of the import and no edit.
CREATE FUNCTION ci_enhancement_content(item ci_enhancements) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT to_jsonb(item) - '{version,updated_at,search_vector,board_position,changed_xid,source_url}'::text[]
        || jsonb_build_object('source_url', regexp_replace(item.source_url, '#L\d+$', ''))
$$;

CREATE FUNCTION ci_touch_enhancement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entered boolean := TG_OP = 'INSERT' OR NEW.status IS DISTINCT FROM OLD.status;
    stamp timestamptz := now();
BEGIN
    NEW.changed_xid := pg_current_xact_id()::text::bigint;
    IF entered THEN
        -- A value that the writer states (an import, an undo) wins over the clock.
        IF TG_OP = 'UPDATE' THEN
            IF NEW.status_entered_at = OLD.status_entered_at THEN NEW.status_entered_at := stamp; END IF;
            -- Work that is taken up again is not done; putting finished work away leaves it finished.
            IF OLD.completed_at IS NOT NULL AND NEW.status NOT IN ('completed', 'archived') THEN
                IF NEW.completed_at IS NOT DISTINCT FROM OLD.completed_at THEN NEW.completed_at := NULL; END IF;
                IF NEW.completion_percentage = OLD.completion_percentage THEN NEW.completion_percentage := 0; END IF;
            END IF;
        END IF;
        CASE NEW.status
            WHEN 'approved' THEN
                IF TG_OP = 'INSERT' OR NEW.approved_at IS NOT DISTINCT FROM OLD.approved_at THEN
                    NEW.approved_at := coalesce(NEW.approved_at, stamp); END IF;
            WHEN 'in_progress' THEN
                IF TG_OP = 'INSERT' OR NEW.started_at IS NOT DISTINCT FROM OLD.started_at THEN
                    NEW.started_at := coalesce(NEW.started_at, stamp); END IF;
            WHEN 'blocked' THEN
                IF TG_OP = 'INSERT' OR NEW.blocked_at IS NOT DISTINCT FROM OLD.blocked_at THEN
                    NEW.blocked_at := stamp; END IF;
            WHEN 'completed' THEN
                NEW.completed_at := coalesce(NEW.completed_at, stamp);
                NEW.completion_percentage := 100;
            WHEN 'deferred' THEN
                IF TG_OP = 'INSERT' OR NEW.deferred_at IS NOT DISTINCT FROM OLD.deferred_at THEN
                    NEW.deferred_at := stamp; END IF;
            WHEN 'rejected' THEN
                IF TG_OP = 'INSERT' OR NEW.rejected_at IS NOT DISTINCT FROM OLD.rejected_at THEN
                    NEW.rejected_at := stamp; END IF;
            WHEN 'archived' THEN
                IF TG_OP = 'INSERT' OR NEW.archived_at IS NOT DISTINCT FROM OLD.archived_at THEN
                    NEW.archived_at := stamp; END IF;
            ELSE
                NULL;
        END CASE;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF ci_enhancement_content(NEW) IS DISTINCT FROM ci_enhancement_content(OLD) THEN
            NEW.version := OLD.version + 1;
            NEW.updated_at := stamp;
        ELSE
            NEW.version := OLD.version;
            NEW.updated_at := OLD.updated_at;
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ci_enhancements_touch BEFORE INSERT OR UPDATE ON ci_enhancements
    FOR EACH ROW EXECUTE FUNCTION ci_touch_enhancement();
-- The audit of an update looks at the version, so this one cannot be switched off either.
ALTER TABLE ci_enhancements ENABLE ALWAYS TRIGGER ci_enhancements_touch;

CREATE FUNCTION ci_touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;
CREATE TRIGGER ci_research_sources_touch BEFORE UPDATE ON ci_research_sources
    FOR EACH ROW EXECUTE FUNCTION ci_touch_updated_at();
CREATE TRIGGER ci_research_findings_touch BEFORE UPDATE ON ci_research_findings
    FOR EACH ROW EXECUTE FUNCTION ci_touch_updated_at();

CREATE FUNCTION ci_request_embedding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ci_enhancement_embeddings (enhancement_id) VALUES (NEW.id)
    ON CONFLICT (enhancement_id) DO UPDATE
        SET stale = true, revision = ci_enhancement_embeddings.revision + 1;
    RETURN NULL;
END
$$;
CREATE TRIGGER ci_enhancements_embed_new AFTER INSERT ON ci_enhancements
    FOR EACH ROW EXECUTE FUNCTION ci_request_embedding();
CREATE TRIGGER ci_enhancements_embed_changed AFTER UPDATE OF title, description ON ci_enhancements
    FOR EACH ROW WHEN (OLD.title <> NEW.title OR OLD.description <> NEW.description)
    EXECUTE FUNCTION ci_request_embedding();
"""

NO_CIRCLE = """
CREATE FUNCTION ci_refuse_dependency_circle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    circle bigint[];
BEGIN
    IF NEW.kind <> 'blocked_by' THEN
        RETURN NEW;
    END IF;
    -- Two transactions could each add one half of a circle: one at a time.
    PERFORM pg_advisory_xact_lock(hashtext('ci_enhancement_dependencies'));
    WITH RECURSIVE walk(id, path) AS (
        SELECT NEW.other_id, ARRAY[NEW.enhancement_id, NEW.other_id]
        UNION ALL
        SELECT d.other_id, walk.path || d.other_id
        FROM walk JOIN ci_enhancement_dependencies d ON d.enhancement_id = walk.id AND d.kind = 'blocked_by'
        WHERE d.other_id = NEW.enhancement_id OR d.other_id <> ALL (walk.path)
    )
    SELECT path INTO circle FROM walk WHERE id = NEW.enhancement_id LIMIT 1;
    IF circle IS NOT NULL THEN
        RAISE EXCEPTION 'this dependency would close a circle: %', array_to_string(circle, ' -> ')
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ci_no_dependency_circle',
                  DETAIL = array_to_string(circle, ',');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ci_no_dependency_circle BEFORE INSERT OR UPDATE ON ci_enhancement_dependencies
    FOR EACH ROW EXECUTE FUNCTION ci_refuse_dependency_circle();
"""

SHARED = """
CREATE FUNCTION ci_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'TRUNCATE % is refused because it would bypass the audit log', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'Use DELETE, which is recorded row by row.';
END
$$;

CREATE FUNCTION ci_notify_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('ci_changes', TG_TABLE_NAME || ':' || lower(TG_OP));
    RETURN NULL;
END
$$;
"""


def upgrade() -> None:
    op.execute(TOUCH)
    op.execute(NO_CIRCLE)
    op.execute(SHARED)
    for table, quiet in AUDITED.items():
        # Only a new version of an enhancement is an edit: a moved line anchor is not.
        edited = "WHEN (OLD.version <> NEW.version)" if table == "ci_enhancements" else ""
        for name, event, when in (("audit", "INSERT OR DELETE", ""), ("audit_update", "UPDATE", edited)):
            op.execute(
                f"CREATE TRIGGER {table}_{name} AFTER {event} ON {table} "
                f"FOR EACH ROW {when} EXECUTE FUNCTION ci_write_audit({quiet})"
            )
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{name}")
        op.execute(
            f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ci_refuse_truncate()"
        )
    for table in NOTIFYING:
        op.execute(
            f"CREATE TRIGGER {table}_notify AFTER INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ci_notify_change()"
        )


def downgrade() -> None:
    for table in NOTIFYING:
        op.execute(f"DROP TRIGGER {table}_notify ON {table}")
    for table in AUDITED:
        op.execute(f"DROP TRIGGER {table}_refuse_truncate ON {table}")
        op.execute(f"DROP TRIGGER {table}_audit_update ON {table}")
        op.execute(f"DROP TRIGGER {table}_audit ON {table}")
    op.execute("""
        DROP TRIGGER ci_no_dependency_circle ON ci_enhancement_dependencies;
        DROP TRIGGER ci_enhancements_embed_changed ON ci_enhancements;
        DROP TRIGGER ci_enhancements_embed_new ON ci_enhancements;
        DROP TRIGGER ci_research_findings_touch ON ci_research_findings;
        DROP TRIGGER ci_research_sources_touch ON ci_research_sources;
        DROP TRIGGER ci_enhancements_touch ON ci_enhancements;
        DROP FUNCTION ci_notify_change();
        DROP FUNCTION ci_refuse_truncate();
        DROP FUNCTION ci_refuse_dependency_circle();
        DROP FUNCTION ci_request_embedding();
        DROP FUNCTION ci_touch_updated_at();
        DROP FUNCTION ci_touch_enhancement();
        DROP FUNCTION ci_enhancement_content(ci_enhancements);
    """)
