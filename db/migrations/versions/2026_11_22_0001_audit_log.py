"""Create the append-only audit log and the function that every audited table's trigger calls."""

from alembic import op

revision = "0001_audit_log"
down_revision = None

UP = """
CREATE EXTENSION IF NOT EXISTS vector;

CREATE FUNCTION ci_actor() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('ci.actor', true), ''), 'sql:' || session_user)
$$;

CREATE TABLE ci_audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    action text NOT NULL CHECK (action IN ('insert', 'update', 'delete')),
    table_name text NOT NULL,
    row_id bigint,
    row_version integer,
    changed_fields text[] NOT NULL,
    before jsonb,
    after jsonb,
    reason text,
    undo_of bigint,
    transaction_id bigint NOT NULL,
    application_name text
);

CREATE INDEX idx_ci_audit_log_row ON ci_audit_log (table_name, row_id, id DESC);
CREATE INDEX idx_ci_audit_log_transaction ON ci_audit_log (transaction_id);
CREATE INDEX idx_ci_audit_log_actor ON ci_audit_log (actor, id DESC);
CREATE INDEX idx_ci_audit_log_undo_of ON ci_audit_log (undo_of) WHERE undo_of IS NOT NULL;

-- An entry comes from the trigger of an audited table (depth 2), never from a statement of somebody (depth 1).
CREATE FUNCTION ci_audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND pg_trigger_depth() > 1 THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'ci_audit_log is append-only: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'History is never rewritten; make a new change instead.';
END
$$;

CREATE TRIGGER ci_audit_log_refuse_change
    BEFORE INSERT OR UPDATE OR DELETE ON ci_audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION ci_audit_log_is_append_only();
CREATE TRIGGER ci_audit_log_refuse_truncate
    BEFORE TRUNCATE ON ci_audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION ci_audit_log_is_append_only();
ALTER TABLE ci_audit_log ENABLE ALWAYS TRIGGER ci_audit_log_refuse_change;
ALTER TABLE ci_audit_log ENABLE ALWAYS TRIGGER ci_audit_log_refuse_truncate;

-- Arguments of the trigger: columns that are derived or bookkeeping and therefore no change of their own.
CREATE FUNCTION ci_write_audit() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    quiet text[] := coalesce(TG_ARGV::text[], '{}') || '{version,updated_at}'::text[];
    row_before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - quiet END;
    row_after jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - quiet END;
    whole jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
    fields text[];
BEGIN
    SELECT coalesce(array_agg(key ORDER BY key), '{}') INTO fields
    FROM jsonb_object_keys(coalesce(row_after, row_before)) AS key
    WHERE row_before -> key IS DISTINCT FROM row_after -> key;
    IF TG_OP = 'UPDATE' THEN
        IF cardinality(fields) = 0 THEN
            RETURN NULL;
        END IF;
        SELECT jsonb_object_agg(key, row_before -> key), jsonb_object_agg(key, row_after -> key)
        INTO row_before, row_after FROM unnest(fields) AS key;
    END IF;
    INSERT INTO public.ci_audit_log (actor, action, table_name, row_id, row_version, changed_fields, before, after,
                                     reason, undo_of, transaction_id, application_name)
    VALUES (public.ci_actor(), lower(TG_OP), TG_TABLE_NAME, (whole ->> 'id')::bigint,
            (whole ->> 'version')::integer, fields, row_before, row_after,
            nullif(current_setting('ci.reason', true), ''),
            nullif(current_setting('ci.undo_of', true), '')::bigint,
            pg_current_xact_id()::text::bigint, current_setting('application_name', true));
    RETURN NULL;
END
$$;
"""

DOWN = """
DROP FUNCTION ci_write_audit();
DROP TABLE ci_audit_log;
DROP FUNCTION ci_audit_log_is_append_only();
DROP FUNCTION ci_actor();
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
