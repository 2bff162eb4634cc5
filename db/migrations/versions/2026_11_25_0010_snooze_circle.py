"""Let no snooze close a circle with what waits for what: neither of the two would ever come back."""

from alembic import op

revision = "0010_snooze_circle"
down_revision = "0009_history_index"

# The way round is looked for only where there is one: the number of ways may be very large.
UP = """
CREATE FUNCTION ci_waited_for(item bigint) RETURNS TABLE (id bigint) LANGUAGE sql STABLE AS $$
    SELECT other_id FROM ci_enhancement_dependencies WHERE enhancement_id = item AND kind = 'blocked_by'
    UNION ALL
    SELECT snoozed_for_id FROM ci_enhancements e WHERE e.id = item AND snoozed_for_id IS NOT NULL
$$;

CREATE FUNCTION ci_refuse_waiting_circle(item bigint, other bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    circle bigint[];
BEGIN
    -- Two transactions could each add one half of a circle: one at a time.
    PERFORM pg_advisory_xact_lock(hashtext('ci_enhancement_dependencies'));
    PERFORM FROM (
        WITH RECURSIVE waits (id) AS (
            SELECT other UNION SELECT next.id FROM waits, ci_waited_for(waits.id) AS next
        )
        SELECT id FROM waits
    ) AS reached WHERE reached.id = item;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    WITH RECURSIVE walk (id, path) AS (
        SELECT other, ARRAY[item, other]
        UNION ALL
        SELECT next.id, walk.path || next.id
        FROM walk, ci_waited_for(walk.id) AS next WHERE next.id = item OR next.id <> ALL (walk.path)
    )
    SELECT path INTO circle FROM walk WHERE id = item LIMIT 1;
    RAISE EXCEPTION 'this would close a circle of waiting: %', array_to_string(circle, ' -> ')
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ci_no_dependency_circle',
              DETAIL = array_to_string(circle, ',');
END
$$;

CREATE OR REPLACE FUNCTION ci_refuse_dependency_circle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'blocked_by' THEN
        PERFORM ci_refuse_waiting_circle(NEW.enhancement_id, NEW.other_id);
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION ci_refuse_snooze_circle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ci_refuse_waiting_circle(NEW.id, NEW.snoozed_for_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER ci_no_snooze_circle AFTER INSERT OR UPDATE OF snoozed_for_id ON ci_enhancements
    FOR EACH ROW WHEN (NEW.snoozed_for_id IS NOT NULL) EXECUTE FUNCTION ci_refuse_snooze_circle();
"""

DOWN = """
DROP TRIGGER ci_no_snooze_circle ON ci_enhancements;
DROP FUNCTION ci_refuse_snooze_circle();
CREATE OR REPLACE FUNCTION ci_refuse_dependency_circle() RETURNS trigger LANGUAGE plpgsql AS $$
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
DROP FUNCTION ci_refuse_waiting_circle(bigint, bigint);
DROP FUNCTION ci_waited_for(bigint);
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
