"""Add what triage needs: snoozing, reasons of a rejection, votes, followers, notifications, saved views, visits."""

from alembic import op

revision = "0006_triage"
down_revision = "0005_views"

AUDITED = ("ci_enhancement_followers", "ci_reactions", "ci_saved_views", "ci_default_views")
NOTIFYING = ("ci_enhancement_followers", "ci_reactions", "ci_notifications", "ci_saved_views")

DECISIONS = """
ALTER TABLE ci_enhancements
    ADD COLUMN rejection_reason text CHECK (char_length(rejection_reason) BETWEEN 1 AND 500),
    ADD COLUMN snoozed_until timestamptz,
    ADD COLUMN snoozed_for_id bigint CHECK (snoozed_for_id <> id),
    ADD COLUMN ready_at timestamptz;
-- It need not be validated: the column is new, and empty in every row.
ALTER TABLE ci_enhancements ADD CONSTRAINT ci_enhancements_snoozed_for_id_fkey
    FOREIGN KEY (snoozed_for_id) REFERENCES ci_enhancements (id) ON DELETE SET NULL NOT VALID;
CREATE INDEX idx_ci_enhancements_snoozed_for ON ci_enhancements (snoozed_for_id) WHERE snoozed_for_id IS NOT NULL;

-- A decision ends the snooze, and a rejection that is taken back loses its reason; what the writer states wins.
CREATE FUNCTION ci_settle_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> 'proposed' THEN
        IF NEW.snoozed_until IS NOT DISTINCT FROM OLD.snoozed_until THEN NEW.snoozed_until := NULL; END IF;
        IF NEW.snoozed_for_id IS NOT DISTINCT FROM OLD.snoozed_for_id THEN NEW.snoozed_for_id := NULL; END IF;
    END IF;
    IF NEW.status NOT IN ('rejected', 'archived')
        AND NEW.rejection_reason IS NOT DISTINCT FROM OLD.rejection_reason THEN
        NEW.rejection_reason := NULL;
    END IF;
    RETURN NEW;
END
$$;
-- Its name comes before ci_enhancements_touch, which looks at the row as it will be stored.
CREATE TRIGGER ci_enhancements_settle BEFORE UPDATE OF status ON ci_enhancements
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION ci_settle_decision();

-- How work flowed is read from the log: this finds every change of a status without a look at anything else.
CREATE INDEX idx_ci_audit_log_status ON ci_audit_log (id)
    WHERE table_name = 'ci_enhancements' AND (action <> 'update' OR changed_fields @> '{status}');
"""

TABLES = """
CREATE TABLE ci_enhancement_followers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enhancement_id bigint NOT NULL REFERENCES ci_enhancements (id) ON DELETE CASCADE,
    person text NOT NULL CHECK (char_length(person) BETWEEN 1 AND 120),
    -- Whoever stopped to follow is not made to follow again by taking part.
    following boolean NOT NULL DEFAULT true,
    created_by text NOT NULL DEFAULT ci_actor(),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX uq_ci_enhancement_followers_person ON ci_enhancement_followers (enhancement_id, lower(person));
CREATE INDEX idx_ci_enhancement_followers_person ON ci_enhancement_followers (lower(person));

CREATE TABLE ci_reactions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enhancement_id bigint NOT NULL REFERENCES ci_enhancements (id) ON DELETE CASCADE,
    -- Without a comment it is about the enhancement itself; a 'vote' there is a vote for it.
    comment_id bigint REFERENCES ci_comments (id) ON DELETE CASCADE,
    person text NOT NULL DEFAULT ci_actor() CHECK (char_length(person) BETWEEN 1 AND 200),
    kind text NOT NULL CHECK (kind IN ('vote', 'against', 'heart', 'hooray', 'eyes', 'confused')),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX uq_ci_reactions_person
    ON ci_reactions (enhancement_id, coalesce(comment_id, 0), lower(person), kind);
CREATE INDEX idx_ci_reactions_comment ON ci_reactions (comment_id) WHERE comment_id IS NOT NULL;

CREATE TABLE ci_notifications (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person text NOT NULL CHECK (char_length(person) BETWEEN 1 AND 120),
    kind text NOT NULL CHECK (kind IN (
        'assigned', 'mentioned', 'commented', 'blocked', 'unblocked', 'decided', 'approval_waits', 'run_failed')),
    enhancement_id bigint REFERENCES ci_enhancements (id) ON DELETE CASCADE,
    comment_id bigint REFERENCES ci_comments (id) ON DELETE CASCADE,
    summary text NOT NULL CHECK (char_length(summary) BETWEEN 1 AND 500),
    actor text NOT NULL DEFAULT ci_actor(),
    created_at timestamptz NOT NULL DEFAULT now(),
    read_at timestamptz
);
CREATE INDEX idx_ci_notifications_unread ON ci_notifications (lower(person), id DESC) WHERE read_at IS NULL;
CREATE INDEX idx_ci_notifications_person ON ci_notifications (lower(person), id DESC);
CREATE INDEX idx_ci_notifications_enhancement ON ci_notifications (enhancement_id) WHERE enhancement_id IS NOT NULL;
CREATE INDEX idx_ci_notifications_comment ON ci_notifications (comment_id) WHERE comment_id IS NOT NULL;

CREATE TABLE ci_saved_views (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 80),
    page text NOT NULL CHECK (page ~ '^[a-z][a-z0-9_-]{0,39}$'),
    -- The query string of the page's address, without the question mark.
    query text NOT NULL DEFAULT '' CHECK (char_length(query) <= 4000),
    owner text NOT NULL DEFAULT ci_actor() CHECK (char_length(owner) BETWEEN 1 AND 200),
    shared boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX uq_ci_saved_views_name ON ci_saved_views (page, lower(owner), lower(name));

CREATE TABLE ci_default_views (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person text NOT NULL CHECK (char_length(person) BETWEEN 1 AND 200),
    page text NOT NULL,
    view_id bigint NOT NULL REFERENCES ci_saved_views (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_ci_default_views_page ON ci_default_views (lower(person), page);
CREATE INDEX idx_ci_default_views_view ON ci_default_views (view_id);

CREATE TABLE ci_visits (
    person text PRIMARY KEY CHECK (char_length(person) BETWEEN 1 AND 200),
    -- When the person was last seen before the visit that goes on now; NULL at the first one.
    previous_at timestamptz,
    active_at timestamptz NOT NULL DEFAULT now()
);
"""

DOWN = """
DROP TABLE ci_visits;
DROP TABLE ci_default_views;
DROP TABLE ci_saved_views;
DROP TABLE ci_notifications;
DROP TABLE ci_reactions;
DROP TABLE ci_enhancement_followers;
DROP INDEX idx_ci_audit_log_status;
DROP TRIGGER ci_enhancements_settle ON ci_enhancements;
DROP FUNCTION ci_settle_decision();
ALTER TABLE ci_enhancements
    DROP COLUMN ready_at, DROP COLUMN snoozed_for_id, DROP COLUMN snoozed_until, DROP COLUMN rejection_reason;
"""


def upgrade() -> None:
    op.execute(DECISIONS)
    op.execute(TABLES)
    for table in AUDITED:
        op.execute(
            f"CREATE TRIGGER {table}_audit AFTER INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION ci_write_audit()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_audit")
        op.execute(
            f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ci_refuse_truncate()"
        )
    op.execute(
        "CREATE TRIGGER ci_saved_views_touch BEFORE UPDATE ON ci_saved_views "
        "FOR EACH ROW EXECUTE FUNCTION ci_touch_updated_at()"
    )
    for table in NOTIFYING:
        op.execute(
            f"CREATE TRIGGER {table}_notify AFTER INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ci_notify_change()"
        )


def downgrade() -> None:
    op.execute(DOWN)
