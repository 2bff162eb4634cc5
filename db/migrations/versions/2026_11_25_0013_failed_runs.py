"""Tell people of a run of the queue that fails for good.

It concerns whoever asked for it; of a scheduled one, its schedule's maker and all who were here in the last 30 days,
when it begins to fail and not each time again.
"""

from alembic import op

revision = "0013_failed_runs"
down_revision = "0012_jobs"

UP = """
CREATE FUNCTION ci_tell_failed_run() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text;
    schedule record;
BEGIN
    SELECT name, created_by INTO schedule FROM ci_schedules WHERE id = NEW.schedule_id;
    IF NEW.trigger = 'scheduled' THEN
        SELECT r.status INTO before FROM ci_automation_runs r
        WHERE r.run_type = NEW.run_type AND r.id < NEW.id AND r.status IN ('completed', 'failed')
        AND coalesce(r.lock_key, r.parameters::text) = coalesce(NEW.lock_key, NEW.parameters::text)
        ORDER BY r.id DESC LIMIT 1;
        IF before = 'failed' THEN
            RETURN NULL;
        END IF;
    END IF;
    INSERT INTO ci_notifications (person, kind, summary, actor)
    SELECT DISTINCT ON (lower(people.person)) people.person, 'run_failed',
        left('failed in run ' || NEW.id || ' (' || coalesce(schedule.name, NEW.run_type) || '): '
            || coalesce(nullif(btrim(regexp_replace(NEW.error, '[[:cntrl:][:space:]]+', ' ', 'g')), ''),
                'it does not say why'), 500),
        CASE WHEN ci_actor() LIKE 'agent:%' THEN ci_actor()
             WHEN NEW.actor LIKE 'agent:%' THEN NEW.actor ELSE 'agent:jobs' END
    FROM (
        SELECT NEW.actor
        UNION ALL
        SELECT schedule.created_by WHERE NEW.trigger = 'scheduled'
        UNION ALL
        SELECT v.person FROM ci_visits v WHERE NEW.trigger = 'scheduled' AND v.active_at > now() - interval '30 days'
    ) AS people (person)
    WHERE ci_is_person(people.person);
    RETURN NULL;
END
$$;
-- Without a job in the queue, whoever started it sits before it and sees how it ends.
CREATE TRIGGER ci_automation_runs_tell_failed AFTER UPDATE OF status ON ci_automation_runs
    FOR EACH ROW WHEN (NEW.status = 'failed' AND OLD.status <> 'failed' AND NEW.job_id IS NOT NULL)
    EXECUTE FUNCTION ci_tell_failed_run();
"""

DOWN = """
DROP TRIGGER ci_automation_runs_tell_failed ON ci_automation_runs;
DROP FUNCTION ci_tell_failed_run;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
