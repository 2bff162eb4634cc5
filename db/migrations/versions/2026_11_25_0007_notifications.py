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

-- Tells of each item whoever it concerns: its assignee, its followers, and with `creators` also who proposed it and has
-- not stopped to follow. Never the one who acts, and nobody who has not read yet (`unless`) what this takes back. The
-- setup of an installation tells nobody: what it brings in is news to everybody.
CREATE FUNCTION ci_tell(kind text, items bigint[], summaries text[], creators boolean, unless text)
    RETURNS void LANGUAGE sql AS $$
    INSERT INTO ci_notifications (person, kind, enhancement_id, summary)
    SELECT DISTINCT ON (told.place, lower(people.person)) people.person, kind, e.id, left(told.summary, 500)
    FROM unnest(items, summaries) WITH ORDINALITY AS told (item, summary, place)
    JOIN ci_enhancements e ON e.id = told.item
    CROSS JOIN LATERAL (
        SELECT e.assignee
        UNION ALL
        SELECT f.person FROM ci_enhancement_followers f WHERE f.enhancement_id = e.id AND f.following
        UNION ALL
        SELECT e.created_by WHERE creators AND NOT EXISTS (
            SELECT FROM ci_enhancement_followers f
            WHERE f.enhancement_id = e.id AND lower(f.person) = lower(e.created_by) AND NOT f.following)
    ) AS people (person)
    WHERE ci_actor() <> 'agent:setup' AND ci_is_person(people.person) AND lower(people.person) <> lower(ci_actor())
    AND (unless IS NULL OR NOT EXISTS (
        SELECT FROM ci_notifications n WHERE n.enhancement_id = e.id AND n.kind = unless
        AND n.read_at IS NULL AND lower(n.person) = lower(people.person)))
    ORDER BY told.place, lower(people.person)
$$;

-- Takes back what nobody has read yet.
CREATE FUNCTION ci_untell(items bigint[], kinds text[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM ci_notifications n
    WHERE n.enhancement_id = ANY (items) AND n.kind = ANY (kinds) AND n.read_at IS NULL
$$;
"""

# Statement by statement, so that a change of hundreds costs little more than one of a few. Whoever may change an
# enhancement needs no rights of their own on what follows from it.
ASSIGNMENT = """
CREATE FUNCTION ci_tell_new() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF ci_is_undoing() THEN
        RETURN NULL;
    END IF;
    INSERT INTO ci_notifications (person, kind, enhancement_id, summary)
    SELECT n.assignee, 'assigned', n.id, left(format('assigned #%s %s to you', n.id, n.title), 500) FROM new_rows n
    WHERE n.assignee IS NOT NULL AND ci_is_person(n.assignee) AND ci_is_open(n.status)
    AND lower(n.assignee) <> lower(ci_actor()) AND ci_actor() <> 'agent:setup'
    ORDER BY n.id;
    -- An import of hundreds is nobody's proposal.
    INSERT INTO ci_enhancement_followers (enhancement_id, person)
    SELECT n.id, people.person
    FROM new_rows n CROSS JOIN LATERAL (VALUES (1, n.created_by), (2, n.assignee)) AS people (place, person)
    WHERE n.source <> 'wishlist' AND ci_is_person(people.person)
    ORDER BY n.id, people.place ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER ci_enhancements_tell_new AFTER INSERT ON ci_enhancements
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ci_tell_new();

CREATE FUNCTION ci_tell_assigned() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM old_rows o JOIN new_rows n ON n.id = o.id
                   WHERE lower(o.assignee) IS DISTINCT FROM lower(n.assignee)) THEN
        RETURN NULL;
    END IF;
    DELETE FROM ci_notifications t USING old_rows o JOIN new_rows n ON n.id = o.id
    WHERE t.enhancement_id = n.id AND t.kind = 'assigned' AND t.read_at IS NULL AND lower(t.person) = lower(o.assignee)
    AND lower(o.assignee) IS DISTINCT FROM lower(n.assignee);
    IF ci_is_undoing() THEN
        RETURN NULL;
    END IF;
    INSERT INTO ci_notifications (person, kind, enhancement_id, summary)
    SELECT n.assignee, 'assigned', n.id, left(format('assigned #%s %s to you', n.id, n.title), 500)
    FROM old_rows o JOIN new_rows n ON n.id = o.id
    WHERE lower(o.assignee) IS DISTINCT FROM lower(n.assignee) AND ci_is_person(n.assignee) AND ci_is_open(n.status)
    AND lower(n.assignee) <> lower(ci_actor()) AND ci_actor() <> 'agent:setup'
    ORDER BY n.id;
    INSERT INTO ci_enhancement_followers (enhancement_id, person)
    SELECT n.id, n.assignee FROM old_rows o JOIN new_rows n ON n.id = o.id
    WHERE lower(o.assignee) IS DISTINCT FROM lower(n.assignee) AND ci_is_person(n.assignee)
    ORDER BY n.id ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER ci_enhancements_tell_assigned AFTER UPDATE ON ci_enhancements
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ci_tell_assigned();
"""

STATUS = """
-- Whether a step is a decision about a proposal; back to the queue of the approved is none.
CREATE FUNCTION ci_is_decision(was text, status text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT status IN ('completed', 'rejected')
        OR (status = 'approved' AND was IN ('proposed', 'deferred', 'rejected', 'archived'))
$$;

-- What waits for one of these and, with `free`, for nothing else: the items, and how to tell of each by a pattern of
-- status, blocker's id and title, its own id and title.
CREATE FUNCTION ci_waiting(blockers bigint[], free boolean, pattern text, OUT items bigint[], OUT summaries text[])
    LANGUAGE sql STABLE AS $$
    SELECT array_agg(id ORDER BY id), array_agg(format(pattern, status, blocker, its_title, id, title) ORDER BY id)
    FROM (
        SELECT DISTINCT ON (w.id) w.id, w.title, b.id AS blocker, b.title AS its_title, b.status
        FROM ci_enhancement_dependencies d
        JOIN ci_enhancements w ON w.id = d.enhancement_id JOIN ci_enhancements b ON b.id = d.other_id
        WHERE d.other_id = ANY (blockers) AND d.kind = 'blocked_by' AND ci_is_open(w.status)
        AND NOT (free AND EXISTS (
            SELECT FROM ci_enhancement_dependencies o JOIN ci_enhancements x ON x.id = o.other_id
            WHERE o.enhancement_id = w.id AND o.kind = 'blocked_by' AND ci_is_open(x.status)))
        ORDER BY w.id, b.id
    ) AS waiting
$$;

CREATE FUNCTION ci_tell_status() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    items bigint[];
    summaries text[];
    ended bigint[];
    reopened bigint[];
BEGIN
    -- A merge is no decision, and its links move along.
    IF NOT EXISTS (SELECT FROM old_rows o JOIN new_rows n ON n.id = o.id
                   WHERE o.status <> n.status AND o.merged_into_id IS NOT DISTINCT FROM n.merged_into_id) THEN
        RETURN NULL;
    END IF;
    DELETE FROM ci_notifications t USING old_rows o JOIN new_rows n ON n.id = o.id
    WHERE t.enhancement_id = n.id AND t.read_at IS NULL
    AND o.status <> n.status AND o.merged_into_id IS NOT DISTINCT FROM n.merged_into_id
    AND CASE t.kind
        WHEN 'decided' THEN ci_is_decision(o.status, n.status)
            OR o.status IN ('completed', 'rejected') OR n.status IN ('proposed', 'deferred')
        WHEN 'blocked' THEN o.status = 'blocked' OR NOT ci_is_open(n.status)
        WHEN 'unblocked' THEN NOT ci_is_open(n.status)
        ELSE false
    END;
    IF NOT ci_is_undoing() THEN
        SELECT array_agg(n.id ORDER BY n.id), array_agg(format('%s #%s %s%s', n.status, n.id, n.title,
            CASE WHEN n.status = 'rejected' THEN ': ' || n.rejection_reason END) ORDER BY n.id)
        INTO items, summaries FROM old_rows o JOIN new_rows n ON n.id = o.id
        WHERE o.status <> n.status AND o.merged_into_id IS NOT DISTINCT FROM n.merged_into_id
        AND ci_is_decision(o.status, n.status);
        PERFORM ci_tell('decided', items, summaries, true, NULL);
        SELECT array_agg(n.id ORDER BY n.id), array_agg(format('moved #%s %s to Blocked', n.id, n.title) ORDER BY n.id)
        INTO items, summaries FROM old_rows o JOIN new_rows n ON n.id = o.id
        WHERE o.status <> n.status AND n.status = 'blocked';
        PERFORM ci_tell('blocked', items, summaries, false, NULL);
    END IF;
    SELECT array_agg(n.id) FILTER (WHERE NOT ci_is_open(n.status)), array_agg(n.id) FILTER (WHERE ci_is_open(n.status))
    INTO ended, reopened FROM old_rows o JOIN new_rows n ON n.id = o.id
    WHERE ci_is_open(o.status) <> ci_is_open(n.status) AND o.merged_into_id IS NOT DISTINCT FROM n.merged_into_id;
    IF ended IS NOT NULL THEN
        SELECT * INTO items, summaries FROM ci_waiting(ended, true, '%s #%s %s, the last blocker of #%s %s');
        PERFORM ci_untell(items, '{blocked}');
        PERFORM ci_tell('unblocked', items, summaries, false, NULL);
    END IF;
    IF reopened IS NOT NULL THEN
        SELECT * INTO items, summaries
        FROM ci_waiting(reopened, false, 'reopened #%2$s %3$s, which #%4$s %5$s waits for');
        PERFORM ci_tell('blocked', items, summaries, false, 'unblocked');
        PERFORM ci_untell(items, '{unblocked}');
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ci_enhancements_tell_status AFTER UPDATE ON ci_enhancements
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ci_tell_status();
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
        PERFORM ci_tell('blocked', ARRAY[pair.id], ARRAY[format('marked #%s %s as blocked by #%s %s',
            pair.id, pair.title, pair.blocker_id, pair.blocker)], false, 'unblocked');
        PERFORM ci_untell(ARRAY[pair.id], '{unblocked}');
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ci_enhancement_dependencies_tell AFTER INSERT ON ci_enhancement_dependencies
    FOR EACH ROW WHEN (NEW.kind = 'blocked_by') EXECUTE FUNCTION ci_tell_blocker();

CREATE FUNCTION ci_untell_blocker() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM ci_untell(ARRAY[e.id], '{blocked}') FROM ci_enhancements e
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
DROP FUNCTION ci_waiting(bigint[], boolean, text);
DROP FUNCTION ci_is_decision(text, text);
DROP FUNCTION ci_tell_assigned();
DROP FUNCTION ci_tell_new();
DROP FUNCTION ci_untell(bigint[], text[]);
DROP FUNCTION ci_tell(text, bigint[], text[], boolean, text);
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
