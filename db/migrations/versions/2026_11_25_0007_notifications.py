"""Tell people what concerns them, and let those who take part follow, whatever door a change comes through.

A notification that is not read yet is taken back when what it says has become untrue: an assignment that went to
somebody else, a decision that was taken back, a blocker that is open again. Summaries follow the actor's name in a
sentence ("assigned #12 Cache the chain to you").
"""

from alembic import op

revision = "0007_notifications"
down_revision = "0006_triage"

PEOPLE = """
-- Whether the name is a person's: agents, tokens and plain SQL sessions read no notifications.
CREATE FUNCTION ci_is_person(name text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(name !~ '^(agent|api|sql):' AND char_length(name) BETWEEN 1 AND 120, false)
$$;

CREATE FUNCTION ci_is_open(status text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT status IN ('proposed', 'approved', 'in_progress', 'blocked', 'deferred')
$$;

-- An undo puts back what was, and makes nobody follow or hear of it anew.
CREATE FUNCTION ci_is_undoing() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('ci.undo_of', true), '') <> ''
$$;

-- Once stopped, following is not begun again: the row that says so stands in the way.
CREATE FUNCTION ci_follow(item bigint, name text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO ci_enhancement_followers (enhancement_id, person)
    SELECT item, name WHERE ci_is_person(name) ON CONFLICT DO NOTHING
$$;

-- Whose item it is: the assignee's and its followers', and with `creator` also that of who proposed it and has not
-- stopped to follow it. Never the one's who acts.
CREATE FUNCTION ci_concerned(item bigint, creator boolean) RETURNS SETOF text LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (lower(person)) person
    FROM (
        SELECT e.assignee FROM ci_enhancements e WHERE e.id = item
        UNION ALL
        SELECT f.person FROM ci_enhancement_followers f WHERE f.enhancement_id = item AND f.following
        UNION ALL
        SELECT e.created_by FROM ci_enhancements e
        WHERE e.id = item AND creator AND NOT EXISTS (
            SELECT FROM ci_enhancement_followers f
            WHERE f.enhancement_id = item AND lower(f.person) = lower(e.created_by) AND NOT f.following)
    ) AS people (person)
    WHERE ci_is_person(person) AND lower(person) <> lower(ci_actor())
$$;

-- The setup of an installation tells nobody: what it brings in is news to everybody.
CREATE FUNCTION ci_tell(kind text, item bigint, summary text, creator boolean, except_for text[])
    RETURNS void LANGUAGE sql AS $$
    INSERT INTO ci_notifications (person, kind, enhancement_id, summary)
    SELECT person, kind, item, left(summary, 500)
    FROM ci_concerned(item, creator) AS person
    WHERE ci_actor() <> 'agent:setup' AND lower(person) <> ALL (except_for)
$$;

-- Takes back what nobody has read yet; gives the names, in small letters, of those who will not hear of it.
CREATE FUNCTION ci_untell(item bigint, kinds text[]) RETURNS text[] LANGUAGE sql AS $$
    WITH gone AS (
        DELETE FROM ci_notifications n
        WHERE n.enhancement_id = item AND n.kind = ANY (kinds) AND n.read_at IS NULL
        RETURNING lower(n.person) AS person
    )
    SELECT coalesce(array_agg(DISTINCT person), '{}') FROM gone
$$;
"""

# Whoever may change an enhancement needs no rights of their own on what follows from it.
ASSIGNMENT = """
CREATE FUNCTION ci_tell_assignment() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM ci_notifications
        WHERE enhancement_id = NEW.id AND kind = 'assigned' AND read_at IS NULL AND lower(person) = lower(OLD.assignee);
    END IF;
    IF ci_is_undoing() THEN
        RETURN NULL;
    END IF;
    IF ci_is_person(NEW.assignee) AND ci_is_open(NEW.status) AND lower(NEW.assignee) <> lower(ci_actor())
        AND ci_actor() <> 'agent:setup' THEN
        INSERT INTO ci_notifications (person, kind, enhancement_id, summary)
        VALUES (NEW.assignee, 'assigned', NEW.id, format('assigned #%s %s to you', NEW.id, NEW.title));
    END IF;
    -- An import of hundreds is nobody's proposal.
    IF TG_OP = 'UPDATE' THEN
        PERFORM ci_follow(NEW.id, NEW.assignee);
    ELSIF NEW.source <> 'wishlist' THEN
        PERFORM ci_follow(NEW.id, NEW.created_by), ci_follow(NEW.id, NEW.assignee);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ci_enhancements_tell_new AFTER INSERT ON ci_enhancements
    FOR EACH ROW EXECUTE FUNCTION ci_tell_assignment();
CREATE TRIGGER ci_enhancements_tell_assigned AFTER UPDATE ON ci_enhancements
    FOR EACH ROW WHEN (lower(OLD.assignee) IS DISTINCT FROM lower(NEW.assignee))
    EXECUTE FUNCTION ci_tell_assignment();
"""

STATUS = """
CREATE FUNCTION ci_tell_decision(was text, item ci_enhancements) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    decided boolean := item.status IN ('completed', 'rejected')
        OR (item.status = 'approved' AND was IN ('proposed', 'deferred', 'rejected', 'archived'));
BEGIN
    IF decided OR was IN ('completed', 'rejected') OR item.status IN ('proposed', 'deferred') THEN
        PERFORM ci_untell(item.id, '{decided}');
    END IF;
    IF was = 'blocked' OR NOT ci_is_open(item.status) THEN
        PERFORM ci_untell(item.id, '{blocked}');
    END IF;
    IF NOT ci_is_open(item.status) THEN
        PERFORM ci_untell(item.id, '{unblocked}');
    END IF;
    IF ci_is_undoing() THEN
        RETURN;
    END IF;
    IF decided THEN
        PERFORM ci_tell('decided', item.id, format('%s #%s %s%s', item.status, item.id, item.title,
            CASE WHEN item.status = 'rejected' THEN ': ' || item.rejection_reason END), true, '{}');
    ELSIF item.status = 'blocked' THEN
        PERFORM ci_tell('blocked', item.id, format('moved #%s %s to Blocked', item.id, item.title), false, '{}');
    END IF;
END
$$;

CREATE FUNCTION ci_tell_waiting(item ci_enhancements) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    waiting record;
    unaware text[];
BEGIN
    FOR waiting IN
        SELECT w.id, w.title FROM ci_enhancement_dependencies d JOIN ci_enhancements w ON w.id = d.enhancement_id
        WHERE d.other_id = item.id AND d.kind = 'blocked_by' AND ci_is_open(w.status)
        AND (ci_is_open(item.status) OR NOT EXISTS (
            SELECT FROM ci_enhancement_dependencies o JOIN ci_enhancements b ON b.id = o.other_id
            WHERE o.enhancement_id = w.id AND o.kind = 'blocked_by' AND ci_is_open(b.status)))
    LOOP
        IF ci_is_open(item.status) THEN
            unaware := ci_untell(waiting.id, '{unblocked}');
            PERFORM ci_tell('blocked', waiting.id, format('reopened #%s %s, which #%s %s waits for', item.id,
                item.title, waiting.id, waiting.title), false, unaware);
        ELSE
            PERFORM ci_untell(waiting.id, '{blocked}');
            PERFORM ci_tell('unblocked', waiting.id, format('%s #%s %s, the last blocker of #%s %s', item.status,
                item.id, item.title, waiting.id, waiting.title), false, '{}');
        END IF;
    END LOOP;
END
$$;

CREATE FUNCTION ci_tell_status() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- A merge is no decision, and its links move along.
    IF NEW.merged_into_id IS NOT DISTINCT FROM OLD.merged_into_id THEN
        PERFORM ci_tell_decision(OLD.status, NEW);
        IF ci_is_open(OLD.status) <> ci_is_open(NEW.status) THEN
            PERFORM ci_tell_waiting(NEW);
        END IF;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ci_enhancements_tell_status AFTER UPDATE ON ci_enhancements
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION ci_tell_status();
"""

LINKS = """
CREATE FUNCTION ci_tell_blocker() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    pair record;
BEGIN
    SELECT w.id, w.title, b.id AS blocker_id, b.title AS blocker INTO pair
    FROM ci_enhancements w, ci_enhancements b
    WHERE w.id = NEW.enhancement_id AND b.id = NEW.other_id AND ci_is_open(w.status) AND ci_is_open(b.status);
    IF FOUND AND NOT ci_is_undoing() THEN
        PERFORM ci_untell(pair.id, '{unblocked}');
        PERFORM ci_tell('blocked', pair.id, format(
            'marked #%s %s as blocked by #%s %s', pair.id, pair.title, pair.blocker_id, pair.blocker), false, '{}');
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ci_enhancement_dependencies_tell AFTER INSERT ON ci_enhancement_dependencies
    FOR EACH ROW WHEN (NEW.kind = 'blocked_by') EXECUTE FUNCTION ci_tell_blocker();

CREATE FUNCTION ci_untell_blocker() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM ci_untell(e.id, '{blocked}') FROM ci_enhancements e
    WHERE e.id = OLD.enhancement_id AND e.status <> 'blocked' AND NOT EXISTS (
        SELECT FROM ci_enhancement_dependencies o JOIN ci_enhancements b ON b.id = o.other_id
        WHERE o.enhancement_id = e.id AND o.kind = 'blocked_by' AND ci_is_open(b.status));
    RETURN NULL;
END
$$;
CREATE TRIGGER ci_enhancement_dependencies_untell AFTER DELETE ON ci_enhancement_dependencies
    FOR EACH ROW WHEN (OLD.kind = 'blocked_by') EXECUTE FUNCTION ci_untell_blocker();

CREATE FUNCTION ci_follow_talk() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT ci_is_undoing() THEN
        PERFORM ci_follow(NEW.enhancement_id, NEW.author);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ci_comments_follow AFTER INSERT ON ci_comments FOR EACH ROW EXECUTE FUNCTION ci_follow_talk();
"""

DOWN = """
DROP TRIGGER ci_comments_follow ON ci_comments;
DROP TRIGGER ci_enhancement_dependencies_untell ON ci_enhancement_dependencies;
DROP TRIGGER ci_enhancement_dependencies_tell ON ci_enhancement_dependencies;
DROP TRIGGER ci_enhancements_tell_status ON ci_enhancements;
DROP TRIGGER ci_enhancements_tell_assigned ON ci_enhancements;
DROP TRIGGER ci_enhancements_tell_new ON ci_enhancements;
DROP FUNCTION ci_follow_talk();
DROP FUNCTION ci_untell_blocker();
DROP FUNCTION ci_tell_blocker();
DROP FUNCTION ci_tell_status();
DROP FUNCTION ci_tell_waiting(ci_enhancements);
DROP FUNCTION ci_tell_decision(text, ci_enhancements);
DROP FUNCTION ci_tell_assignment();
DROP FUNCTION ci_untell(bigint, text[]);
DROP FUNCTION ci_tell(text, bigint, text, boolean, text[]);
DROP FUNCTION ci_concerned(bigint, boolean);
DROP FUNCTION ci_follow(bigint, text);
DROP FUNCTION ci_is_undoing();
DROP FUNCTION ci_is_open(text);
DROP FUNCTION ci_is_person(text);
"""


def upgrade() -> None:
    for statements in (PEOPLE, ASSIGNMENT, STATUS, LINKS):
        op.execute(statements)


def downgrade() -> None:
    op.execute(DOWN)
