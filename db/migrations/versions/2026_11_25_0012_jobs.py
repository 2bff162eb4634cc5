"""Let runs follow their jobs in the queue; add schedules, workers, the log of runs and the figures of agents."""

from alembic import op

revision = "0012_jobs"
down_revision = "0011_job_queue"

NOTIFYING = ("ci_schedules", "ci_workers", "ci_run_steps")
# Derived or bookkeeping columns whose change is none of its own.
SCHEDULE_BOOKKEEPING = "'next_due_at', 'computed_at', 'last_due_at', 'last_run_id', 'version', 'updated_at'"

RUNS = """
ALTER TABLE ci_automation_runs
    -- The job of the queue that carries it out; None where the process that entered it does.
    ADD COLUMN job_id bigint,
    ADD COLUMN queue text CHECK (char_length(queue) BETWEEN 1 AND 60),
    ADD COLUMN priority integer NOT NULL DEFAULT 0,
    -- Of one key, at most one run is open.
    ADD COLUMN lock_key text CHECK (char_length(lock_key) BETWEEN 1 AND 200),
    -- Grows whenever somebody begins it; whoever holds an older number may write nothing more.
    ADD COLUMN attempt integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    -- Attempts that ended in an error, and those whose worker died.
    ADD COLUMN failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    ADD COLUMN kills integer NOT NULL DEFAULT 0 CHECK (kills >= 0),
    -- What kind of error ended it, in one word: failures are grouped by it.
    ADD COLUMN error_kind text CHECK (error_kind ~ '^[a-z][a-z_]{0,39}$'),
    -- Not before this moment; for a scheduled run, the moment it was due.
    ADD COLUMN due_at timestamptz,
    ADD COLUMN schedule_id bigint,
    ADD COLUMN retry_of_id bigint,
    ADD COLUMN worker_id bigint,
    ADD COLUMN cancel_requested_at timestamptz,
    ADD COLUMN cancel_requested_by text,
    -- What it made: [{"kind": "finding", "id": 12, "label": "..."}].
    ADD COLUMN links jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(links) = 'array');

ALTER TABLE ci_automation_runs ADD CONSTRAINT ci_automation_runs_schedule_id_fkey
    FOREIGN KEY (schedule_id) REFERENCES ci_schedules (id) ON DELETE SET NULL NOT VALID;
ALTER TABLE ci_automation_runs ADD CONSTRAINT ci_automation_runs_retry_of_id_fkey
    FOREIGN KEY (retry_of_id) REFERENCES ci_automation_runs (id) ON DELETE SET NULL NOT VALID;

CREATE UNIQUE INDEX uq_ci_automation_runs_open_key ON ci_automation_runs (lock_key)
    WHERE status IN ('queued', 'running');
CREATE UNIQUE INDEX uq_ci_automation_runs_job ON ci_automation_runs (job_id);
CREATE INDEX idx_ci_automation_runs_schedule ON ci_automation_runs (schedule_id, id DESC) WHERE schedule_id IS NOT NULL;
CREATE INDEX idx_ci_automation_runs_retry_of ON ci_automation_runs (retry_of_id) WHERE retry_of_id IS NOT NULL;
CREATE INDEX idx_ci_automation_runs_ended ON ci_automation_runs (ended_at DESC) WHERE ended_at IS NOT NULL;

ALTER TABLE ci_run_steps
    -- The attempt that did it last.
    ADD COLUMN attempt integer NOT NULL DEFAULT 0 CHECK (attempt >= 0);

CREATE TABLE ci_run_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint NOT NULL REFERENCES ci_automation_runs (id) ON DELETE CASCADE,
    attempt integer NOT NULL DEFAULT 0,
    logged_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    level text NOT NULL CHECK (level IN ('debug', 'info', 'warning', 'error', 'critical')),
    event text NOT NULL CHECK (char_length(event) BETWEEN 1 AND 2000),
    fields jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(fields) = 'object')
);
CREATE INDEX idx_ci_run_log_run ON ci_run_log (run_id, id);
"""

SCHEDULES = """
CREATE TABLE ci_schedules (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9_.:-]{0,99}$'),
    description text NOT NULL DEFAULT '' CHECK (char_length(description) <= 500),
    -- Which kind of job it starts, with what.
    kind text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_]{0,59}$'),
    parameters jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(parameters) = 'object'),
    -- Either a cron line in a time zone, or every so many seconds.
    cron text CHECK (char_length(cron) BETWEEN 9 AND 200),
    every_seconds integer CHECK (every_seconds BETWEEN 10 AND 366 * 86400),
    time_zone text NOT NULL DEFAULT 'UTC' CHECK (char_length(time_zone) BETWEEN 1 AND 60),
    jitter_seconds integer NOT NULL DEFAULT 0 CHECK (jitter_seconds BETWEEN 0 AND 86400),
    -- What becomes of times that passed while nothing ran: one run for all of them, or none.
    missed text NOT NULL DEFAULT 'once' CHECK (missed IN ('once', 'skip')),
    enabled boolean NOT NULL DEFAULT true,
    priority integer NOT NULL DEFAULT 0 CHECK (priority BETWEEN -100 AND 100),
    -- One that the product brings; it can be changed and switched off, and comes back when deleted.
    built_in boolean NOT NULL DEFAULT false,
    next_due_at timestamptz,
    -- When that was worked out: a moment still to come means that the clock was set back since.
    computed_at timestamptz,
    last_due_at timestamptz,
    last_run_id bigint REFERENCES ci_automation_runs (id) ON DELETE SET NULL,
    version integer NOT NULL DEFAULT 1,
    created_by text NOT NULL DEFAULT ci_actor(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((cron IS NULL) <> (every_seconds IS NULL))
);
CREATE INDEX idx_ci_schedules_due ON ci_schedules (next_due_at) WHERE enabled;
CREATE INDEX idx_ci_schedules_computed ON ci_schedules (computed_at) WHERE enabled;
CREATE INDEX idx_ci_schedules_last_run ON ci_schedules (last_run_id) WHERE last_run_id IS NOT NULL;

-- One row for each living worker process; it goes when the queue forgets the worker.
CREATE TABLE ci_workers (
    worker_id bigint PRIMARY KEY REFERENCES procrastinate_workers (id) ON DELETE CASCADE,
    host text NOT NULL,
    pid integer NOT NULL,
    version text NOT NULL DEFAULT '',
    -- None: all of them.
    queues text[],
    concurrency integer NOT NULL DEFAULT 1 CHECK (concurrency BETWEEN 1 AND 100),
    -- Whether a clock runs in the same process.
    has_clock boolean NOT NULL DEFAULT false,
    state text NOT NULL DEFAULT 'working' CHECK (state IN ('working', 'stopping')),
    started_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ci_agent_performance (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agent text NOT NULL CHECK (agent ~ '^[a-z][a-z0-9_]{0,39}$'),
    period text NOT NULL DEFAULT 'day' CHECK (period IN ('day', 'week', 'month')),
    period_start date NOT NULL,
    runs integer NOT NULL DEFAULT 0 CHECK (runs >= 0),
    completed integer NOT NULL DEFAULT 0 CHECK (completed >= 0),
    failed integer NOT NULL DEFAULT 0 CHECK (failed >= 0),
    cancelled integer NOT NULL DEFAULT 0 CHECK (cancelled >= 0),
    busy_seconds double precision NOT NULL DEFAULT 0 CHECK (busy_seconds >= 0),
    median_seconds double precision CHECK (median_seconds >= 0),
    cost_usd numeric(12, 6) NOT NULL DEFAULT 0,
    -- What the agent did, summed up over its runs: {"new": 12, "duplicate": 3}.
    counts jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(counts) = 'object'),
    -- How often its predictions came true, 0-100; NULL while nothing is known.
    accuracy numeric(5, 2) CHECK (accuracy BETWEEN 0 AND 100),
    samples integer NOT NULL DEFAULT 0 CHECK (samples >= 0),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (agent, period, period_start)
);

CREATE TRIGGER ci_schedules_touch BEFORE UPDATE ON ci_schedules
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION ci_touch_schedule();
"""

TOUCH = """
CREATE FUNCTION ci_touch_schedule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Only what a person can change makes a new version; the clock's own notes do not.
    IF (OLD.name, OLD.description, OLD.kind, OLD.parameters, OLD.cron, OLD.every_seconds, OLD.time_zone,
        OLD.jitter_seconds, OLD.missed, OLD.enabled, OLD.priority)
        IS DISTINCT FROM
       (NEW.name, NEW.description, NEW.kind, NEW.parameters, NEW.cron, NEW.every_seconds, NEW.time_zone,
        NEW.jitter_seconds, NEW.missed, NEW.enabled, NEW.priority)
    THEN
        NEW.version := OLD.version + 1;
        NEW.updated_at := now();
        -- Whoever changed it need not know how to work out the next time: the clock does, at its next tick.
        IF (OLD.cron, OLD.every_seconds, OLD.time_zone, OLD.jitter_seconds, OLD.enabled) IS DISTINCT FROM
           (NEW.cron, NEW.every_seconds, NEW.time_zone, NEW.jitter_seconds, NEW.enabled)
           AND NEW.next_due_at IS NOT DISTINCT FROM OLD.next_due_at
        THEN
            NEW.next_due_at := NULL;
        END IF;
    END IF;
    RETURN NEW;
END
$$;
"""

# A run follows its job: whatever moves the job (a worker, the rescue, Procrastinate's own tools), the run says so.
FOLLOW = """
CREATE FUNCTION ci_follow_job() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    IF NEW.status = 'doing' THEN
        UPDATE ci_automation_runs
        SET status = 'running', attempt = NEW.attempts + 1, worker_id = NEW.worker_id, ended_at = NULL,
            started_at = coalesce(started_at, moment), alive_at = moment,
            host = coalesce((SELECT w.host FROM ci_workers w WHERE w.worker_id = NEW.worker_id), host)
        WHERE job_id = NEW.id AND status = 'queued';
    ELSIF NEW.status = 'todo' THEN
        UPDATE ci_automation_runs
        SET status = 'queued', due_at = coalesce(NEW.scheduled_at, moment), worker_id = NULL, ended_at = NULL
        WHERE job_id = NEW.id AND (status = 'running' OR (status = 'failed' AND OLD.status = 'failed'));
    ELSIF NEW.status IN ('succeeded', 'failed', 'cancelled', 'aborted') THEN
        UPDATE ci_automation_runs r
        SET status = CASE NEW.status WHEN 'succeeded' THEN 'completed' WHEN 'failed' THEN 'failed' ELSE 'cancelled' END,
            ended_at = moment, alive_at = moment,
            progress_percent = CASE WHEN NEW.status = 'succeeded' THEN 100 ELSE progress_percent END,
            -- Those of attempts before one that went well.
            error = CASE WHEN NEW.status = 'succeeded' THEN NULL ELSE error END,
            error_kind = CASE WHEN NEW.status = 'succeeded' THEN NULL ELSE error_kind END,
            cost_usd = coalesce((SELECT sum(c.cost_usd) FROM ci_llm_calls c WHERE c.run_id = r.id), cost_usd)
        WHERE job_id = NEW.id AND status IN ('queued', 'running');
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ci_procrastinate_jobs_follow AFTER UPDATE OF status ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION ci_follow_job();

-- Many jobs that wait behind one lock make every fetch dearer without it. The table was made by the revision before.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX idx_procrastinate_jobs_open_lock ON procrastinate_jobs (lock) WHERE status IN ('todo', 'doing');
"""

# How an attempt ends: in one round trip, and only by whoever still holds it.
ENDING = """
CREATE FUNCTION ci_end_attempt(
    _job_id bigint, _attempts integer, _end text, _counts jsonb, _error text, _error_kind text,
    _wait_seconds double precision, _failures integer, _kills integer
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    outcome text := _end;
    abort boolean;
    ended text;
    run bigint;
    queue text;
BEGIN
    IF _end = 'succeeded' AND _counts IS NULL THEN
        -- The most frequent end, with nothing to say: one update, and the run follows.
        UPDATE procrastinate_jobs j
        SET status = CASE (SELECT r.status FROM ci_automation_runs r WHERE r.job_id = j.id)
                         WHEN 'failed' THEN 'failed'::procrastinate_job_status
                         WHEN 'cancelled' THEN 'aborted' ELSE 'succeeded' END,
            abort_requested = false, attempts = attempts + 1
        WHERE id = _job_id AND status = 'doing' AND attempts = _attempts
        RETURNING j.status::text INTO outcome;
        RETURN CASE WHEN FOUND THEN outcome END;
    END IF;
    -- The number of attempts grows whenever the job is given back: another number means that somebody else has it.
    SELECT abort_requested, queue_name INTO abort, queue FROM procrastinate_jobs
    WHERE id = _job_id AND status = 'doing' AND attempts = _attempts FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT id, status INTO run, ended FROM ci_automation_runs WHERE job_id = _job_id FOR UPDATE;
    IF ended IN ('completed', 'failed', 'cancelled') THEN
        -- It said its end itself; the job follows.
        outcome := CASE ended WHEN 'completed' THEN 'succeeded' WHEN 'failed' THEN 'failed' ELSE 'aborted' END;
    ELSE
        IF outcome = 'again' AND abort THEN
            outcome := 'aborted';
        END IF;
        UPDATE ci_automation_runs
        SET status = CASE outcome WHEN 'succeeded' THEN 'completed' WHEN 'failed' THEN 'failed'
                                  WHEN 'aborted' THEN 'cancelled' ELSE status END,
            counts = coalesce(_counts, counts),
            error = CASE WHEN outcome = 'aborted' THEN coalesce(_error, cancel_requested_by || ' cancelled it.')
                         ELSE _error END,
            error_kind = CASE WHEN outcome = 'aborted' THEN 'cancelled' ELSE _error_kind END,
            failures = failures + _failures, kills = kills + _kills, alive_at = moment,
            ended_at = CASE WHEN outcome <> 'again' THEN moment END,
            progress_percent = CASE WHEN outcome = 'succeeded' THEN 100 ELSE progress_percent END,
            cost_usd = (SELECT coalesce(sum(c.cost_usd), 0) FROM ci_llm_calls c WHERE c.run_id = run)
        WHERE id = run;
        IF outcome <> 'succeeded' THEN
            UPDATE ci_run_steps
            SET status = CASE outcome WHEN 'failed' THEN 'failed' ELSE 'cancelled' END, message = _error,
                ended_at = moment
            WHERE run_id = run AND status IN ('waiting', 'running');
        END IF;
    END IF;
    IF outcome = 'again' THEN
        PERFORM procrastinate_retry_job_v2(
            _job_id, moment + make_interval(secs => coalesce(_wait_seconds, 0)), NULL, NULL, NULL);
        IF coalesce(_wait_seconds, 0) <= 0 THEN
            -- The queue tells workers of new jobs only.
            PERFORM pg_notify(channel, json_build_object('type', 'job_inserted', 'job_id', _job_id)::text)
            FROM unnest(ARRAY['procrastinate_any_queue_v1', 'procrastinate_queue_v1#' || queue]) channel;
        END IF;
    ELSE
        PERFORM procrastinate_finish_job_v1(_job_id, outcome::procrastinate_job_status, false);
    END IF;
    RETURN outcome;
END
$$;

-- Whether one more of a kind may run. Where not, the job waits again, without having begun: its attempt is not counted.
CREATE FUNCTION ci_admit_attempt(_job_id bigint, _attempts integer, _kind text, _most integer)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    waiting integer;
BEGIN
    -- One after the other: whoever is sent away does not count against the next one.
    PERFORM pg_advisory_xact_lock(hashtextextended('ci_kind:' || _kind, 0));
    IF (SELECT count(*) FROM procrastinate_jobs
        WHERE status = 'doing' AND worker_id IS NOT NULL AND task_name = _kind) <= _most
    THEN
        RETURN true;
    END IF;
    SELECT count(*) INTO waiting FROM procrastinate_jobs WHERE status = 'todo' AND task_name = _kind;
    -- The more of them wait, the less often each of them asks.
    UPDATE procrastinate_jobs
    SET status = 'todo', scheduled_at = clock_timestamp()
        + make_interval(secs => (0.75 + random() / 2) * least(15, greatest(1, waiting / 20.0)))
    WHERE id = _job_id AND status = 'doing' AND attempts = _attempts;
    RETURN false;
END
$$;
"""

SUMMARY = """
CREATE VIEW v_ci_agent_summary AS
SELECT agent, sum(runs)::bigint AS runs, sum(completed)::bigint AS completed, sum(failed)::bigint AS failed,
    sum(cancelled)::bigint AS cancelled,
    round(100.0 * sum(completed) / nullif(sum(completed) + sum(failed), 0), 2) AS success_percent,
    sum(busy_seconds) AS busy_seconds, sum(cost_usd) AS cost_usd,
    round(sum(accuracy * samples) / nullif(sum(samples) FILTER (WHERE accuracy IS NOT NULL), 0), 2) AS accuracy,
    sum(samples)::bigint AS samples, max(period_start) AS newest
FROM ci_agent_performance
WHERE period = 'day' AND period_start > current_date - 30
GROUP BY agent;
"""

# One kind of notification more: digests. The new rule takes the place of the old one at the same moment, and the table
# is small, because what was read long ago is deleted.
KINDS = """
-- squawk-ignore ban-drop-constraint
ALTER TABLE ci_notifications DROP CONSTRAINT ci_notifications_kind_check;
ALTER TABLE ci_notifications ADD CONSTRAINT ci_notifications_kind_check CHECK (kind IN (
    'assigned', 'mentioned', 'commented', 'blocked', 'unblocked', 'decided', 'approval_waits', 'run_failed', 'digest'
)) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE ci_notifications VALIDATE CONSTRAINT ci_notifications_kind_check;
"""

DOWN = """
DELETE FROM ci_notifications WHERE kind = 'digest';
-- squawk-ignore ban-drop-constraint
ALTER TABLE ci_notifications DROP CONSTRAINT ci_notifications_kind_check;
ALTER TABLE ci_notifications ADD CONSTRAINT ci_notifications_kind_check CHECK (kind IN (
    'assigned', 'mentioned', 'commented', 'blocked', 'unblocked', 'decided', 'approval_waits', 'run_failed'
)) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE ci_notifications VALIDATE CONSTRAINT ci_notifications_kind_check;
DROP VIEW v_ci_agent_summary;
DROP FUNCTION ci_admit_attempt;
DROP FUNCTION ci_end_attempt;
DROP INDEX idx_procrastinate_jobs_open_lock;
DROP TRIGGER ci_procrastinate_jobs_follow ON procrastinate_jobs;
DROP FUNCTION ci_follow_job;
DROP TRIGGER ci_run_steps_notify ON ci_run_steps;
DROP INDEX idx_ci_automation_runs_ended;
ALTER TABLE ci_automation_runs DROP COLUMN schedule_id;
DROP TABLE ci_agent_performance;
DROP TABLE ci_workers;
DROP TABLE ci_schedules;
DROP FUNCTION ci_touch_schedule;
DROP TABLE ci_run_log;
ALTER TABLE ci_run_steps DROP COLUMN attempt;
ALTER TABLE ci_automation_runs
    DROP COLUMN links, DROP COLUMN cancel_requested_by, DROP COLUMN cancel_requested_at, DROP COLUMN worker_id,
    DROP COLUMN retry_of_id, DROP COLUMN due_at, DROP COLUMN error_kind, DROP COLUMN kills,
    DROP COLUMN failures, DROP COLUMN attempt, DROP COLUMN lock_key, DROP COLUMN priority, DROP COLUMN queue,
    DROP COLUMN job_id;
"""

# Workers move many runs a second and tell of them together, a few times a second: each notification by itself would
# make all commits of the server queue up behind one lock.
QUIET = """
DROP TRIGGER ci_automation_runs_notify ON ci_automation_runs;
CREATE TRIGGER ci_automation_runs_notify AFTER INSERT OR UPDATE OR DELETE ON ci_automation_runs
    FOR EACH STATEMENT WHEN (current_setting('ci.quiet', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION ci_notify_change();
"""
LOUD = """
DROP TRIGGER ci_automation_runs_notify ON ci_automation_runs;
CREATE TRIGGER ci_automation_runs_notify AFTER INSERT OR UPDATE OR DELETE ON ci_automation_runs
    FOR EACH STATEMENT EXECUTE FUNCTION ci_notify_change();
"""


def upgrade() -> None:
    for statements in (TOUCH, SCHEDULES, RUNS, FOLLOW, ENDING, SUMMARY, KINDS, QUIET):
        op.execute(statements)
    for name, event in (("audit", "INSERT OR DELETE"), ("audit_update", "UPDATE")):
        op.execute(
            f"CREATE TRIGGER ci_schedules_{name} AFTER {event} ON ci_schedules "
            f"FOR EACH ROW EXECUTE FUNCTION ci_write_audit({SCHEDULE_BOOKKEEPING})"
        )
        op.execute(f"ALTER TABLE ci_schedules ENABLE ALWAYS TRIGGER ci_schedules_{name}")
    op.execute(
        "CREATE TRIGGER ci_schedules_refuse_truncate BEFORE TRUNCATE ON ci_schedules "
        "FOR EACH STATEMENT EXECUTE FUNCTION ci_refuse_truncate()"
    )
    for table in NOTIFYING:
        op.execute(
            f"CREATE TRIGGER {table}_notify AFTER INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ci_notify_change()"
        )


def downgrade() -> None:
    op.execute(LOUD)
    op.execute(DOWN)
