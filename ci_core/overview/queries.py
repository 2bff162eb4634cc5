"""The SQL of the overview."""

from __future__ import annotations

from sqlalchemy import text

from ci_core.backlog.audit_log import COLUMNS
from ci_core.backlog.queries import SCORER_WRITES

_OPEN = "('proposed', 'approved', 'in_progress', 'blocked', 'deferred')"
_URGENCY = "CASE e.priority WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END"
# Asleep: the time has not come, or what it is put aside for is not done yet.
_ASLEEP = f"""(coalesce(e.snoozed_until > :now, false) OR EXISTS (
    SELECT 1 FROM ci_enhancements o WHERE o.id = e.snoozed_for_id AND o.status IN {_OPEN}))"""  # noqa: S608 - fixed fragments, no input

TOUCH_VISIT = text("""
    INSERT INTO ci_visits AS v (person, active_at) VALUES (:person, :now)
    ON CONFLICT (person) DO UPDATE SET
        previous_at = CASE WHEN excluded.active_at > v.active_at + :silence THEN v.active_at ELSE v.previous_at END,
        active_at = greatest(v.active_at, excluded.active_at)
    RETURNING previous_at, active_at
""")

# What a person has to do, by place: newly ready, assigned, or waiting for others; the first of each, and how many.
MINE = text(f"""
    WITH mine AS (
        SELECT e.id, e.title, e.status, e.priority, e.ai_priority_score, e.status_entered_at, e.ready_at,
               {_URGENCY} AS urgency, w.blockers
        FROM ci_enhancements e, LATERAL (
            SELECT array_agg('#' || b.id || ' ' || b.title ORDER BY b.id) AS blockers
            FROM ci_enhancement_dependencies d JOIN ci_enhancements b ON b.id = d.other_id
            WHERE d.enhancement_id = e.id AND d.kind = 'blocked_by' AND b.status IN {_OPEN}
        ) AS w
        WHERE lower(e.assignee) = lower(:person) AND e.merged_into_id IS NULL
            AND e.status IN ('proposed', 'approved', 'in_progress', 'blocked')
            AND NOT (e.status = 'proposed' AND {_ASLEEP})
    ), placed AS (
        SELECT *, CASE WHEN status = 'blocked' OR blockers IS NOT NULL THEN 'blocked'
                       WHEN status <> 'in_progress' AND ready_at >= :recently THEN 'ready'
                       ELSE 'assigned' END AS place
        FROM mine
    ), numbered AS (
        SELECT *, count(*) OVER (PARTITION BY place) AS total,
               row_number() OVER (PARTITION BY place ORDER BY
                   CASE WHEN place = 'ready' THEN ready_at END DESC,
                   status = 'in_progress' DESC, urgency, ai_priority_score DESC NULLS LAST, id) AS number
        FROM placed
    )
    SELECT * FROM numbered WHERE number <= :most ORDER BY place, number
""")  # noqa: S608 - fixed fragments, no input

# Proposals whose snooze is over, put aside by this person, that nobody has decided since.
RETURNED = text(f"""
    SELECT e.id, e.title, e.status, e.priority, e.ai_priority_score, e.snoozed_until, o.id AS other_id,
           o.title AS other_title, count(*) OVER () AS total,
           greatest(e.snoozed_until, CASE WHEN o.id IS NOT NULL THEN o.status_entered_at END) AS returned_at
    FROM ci_enhancements e LEFT JOIN ci_enhancements o ON o.id = e.snoozed_for_id,
    LATERAL (
        SELECT a.actor FROM ci_audit_log a
        WHERE a.table_name = 'ci_enhancements' AND a.row_id = e.id
            AND a.changed_fields && '{{snoozed_until,snoozed_for_id}}'
        ORDER BY a.id DESC LIMIT 1
    ) AS snoozed
    WHERE e.status = 'proposed' AND e.merged_into_id IS NULL
        AND (e.snoozed_until IS NOT NULL OR e.snoozed_for_id IS NOT NULL) AND NOT {_ASLEEP}
        AND lower(snoozed.actor) = lower(:person)
    ORDER BY returned_at DESC NULLS LAST, e.id LIMIT :most
""")  # noqa: S608 - fixed fragments, no input

INBOX = text(f"""
    SELECT count(*) AS waiting, count(*) FILTER (WHERE e.created_at >= :since) AS fresh,
           (array_agg(e.id ORDER BY e.created_at, e.id))[1] AS oldest_id, min(e.created_at) AS oldest_at
    FROM ci_enhancements e
    WHERE e.status = 'proposed' AND e.merged_into_id IS NULL AND NOT {_ASLEEP}
""")  # noqa: S608 - fixed fragments, no input

STATUS_COUNTS = text(
    "SELECT status, count(*) AS count FROM ci_enhancements WHERE merged_into_id IS NULL GROUP BY status"
)
TITLES = text("SELECT id, title, status FROM ci_enhancements WHERE id = ANY (:ids)")

# Day 0 is the last 24 hours.
COMPLETED = text("""
    SELECT floor(extract(epoch FROM :now - completed_at) / 86400)::int AS day, count(*) AS count
    FROM ci_enhancements
    WHERE status = 'completed' AND completed_at > :now - interval '14 days' AND completed_at <= :now
    GROUP BY 1
""")
TOP = text("""
    SELECT id, title, status, priority, ai_priority_score, assignee, blocked_by FROM v_ci_top_priorities LIMIT :most
""")
TOP_COUNT = text("""
    SELECT count(*) FROM ci_enhancements WHERE status IN ('proposed', 'approved', 'in_progress', 'blocked')
""")

NEWEST = text("""
    SELECT coalesce((SELECT max(id) FROM ci_audit_log), 0),
           coalesce((SELECT max(id) FROM ci_notifications), 0),
           (SELECT count(*) FROM ci_notifications WHERE lower(person) = lower(:person) AND read_at IS NULL),
           (SELECT count(*) FROM ci_research_findings),
           (SELECT coalesce(extract(epoch FROM max(ended_at)), 0)::bigint FROM ci_automation_runs
            WHERE ended_at IS NOT NULL),
           coalesce((SELECT max(id) FROM ci_health_checks WHERE status <> 'running'), 0),
           coalesce((SELECT extract(epoch FROM previous_at)::bigint FROM ci_visits WHERE person = :person), 0)
""")

# The log has no index by time, but ids rise with time: twenty looks find the first of a million entries.
FIRST_SINCE = text("""
    WITH RECURSIVE looks (low, high) AS (
        SELECT coalesce(min(id), 0), coalesce(max(id), -1) + 1 FROM ci_audit_log
        UNION ALL
        SELECT CASE WHEN found.occurred_at < :since THEN found.id + 1 ELSE low END,
               CASE WHEN found.occurred_at < :since THEN high ELSE (low + high) / 2 END
        FROM looks, LATERAL (
            SELECT id, occurred_at FROM ci_audit_log WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1
        ) AS found
        WHERE low < high
    )
    SELECT low FROM looks WHERE low >= high
""")

# Tables whose entries belong to an enhancement, by the column that says to which.
_BELONGING = (
    ("ci_comments", "enhancement_id"),
    ("ci_enhancement_dependencies", "enhancement_id"),
    ("ci_enhancement_merges", "original_id"),
    ("ci_enhancement_merges", "duplicate_id"),
)


def _news(about: str) -> str:
    """Entries since a moment with the enhancement that each is about; `about` narrows the largest part of them."""
    belonging = " UNION ALL ".join(
        f"""SELECT a.id, a.actor, 'update', coalesce((a.after ->> '{column}')::bigint,
                   (a.before ->> '{column}')::bigint, b.{column}), false
            FROM ci_audit_log a LEFT JOIN {table} b ON b.id = a.row_id
            WHERE a.id >= :first AND a.occurred_at >= :since AND a.table_name = '{table}'"""  # noqa: S608 - our own names
        for table, column in _BELONGING
    )
    return f"""
        SELECT id, actor, action, row_id AS item,
               action = 'update' AND changed_fields <@ CAST(:derived AS text[]) AS scored
        FROM ci_audit_log
        WHERE id >= :first AND occurred_at >= :since AND table_name = 'ci_enhancements' {about}
        UNION ALL {belonging}"""  # noqa: S608 - fixed fragments, no input


# A new score follows from somebody's other change: it is news only where an agent did nothing else.
_TOLD = "item IS NOT NULL AND actor <> :person AND (starts_with(actor, 'agent:') OR NOT scored)"

# The newest items by people and by agents, then the rest in numbers, by who changed each of them last.
CHANGED_ITEMS = text(f"""
    WITH news AS ({_news("")}), items AS (
        SELECT item, starts_with(actor, 'agent:') AS by_agent, max(id) AS last_id, bool_or(action = 'insert') AS added,
               bool_or(action = 'delete') AS deleted, bool_and(scored) AS scored
        FROM news WHERE {_TOLD} GROUP BY item, by_agent
    ), numbered AS (
        SELECT *, row_number() OVER (PARTITION BY by_agent ORDER BY last_id DESC)
                  <= CASE WHEN by_agent THEN CAST(:agents AS int) ELSE CAST(:people AS int) END AS shown
        FROM items
    )
    SELECT by_agent, item, last_id, NULL AS actor, 1 AS items, 0 AS added, 0 AS deleted, 0 AS scored
    FROM numbered WHERE shown
    UNION ALL
    SELECT n.by_agent, NULL, max(n.last_id), l.actor, count(*), count(*) FILTER (WHERE n.added),
           count(*) FILTER (WHERE n.deleted AND NOT n.added), count(*) FILTER (WHERE n.scored)
    FROM numbered n JOIN ci_audit_log l ON l.id = n.last_id
    WHERE NOT n.shown GROUP BY n.by_agent, l.actor
    ORDER BY 1, 3 DESC
""")  # noqa: S608 - fixed fragments, no input

# The newest entries about each of some items, people's and agents' apart, and how many there are.
ENTRIES = text(f"""
    WITH news AS ({_news("AND row_id = ANY (:items)")}), numbered AS (
        SELECT id, item, starts_with(actor, 'agent:') AS by_agent,
               row_number() OVER (PARTITION BY item, starts_with(actor, 'agent:') ORDER BY id DESC) AS number
        FROM news WHERE item = ANY (:items) AND {_TOLD}
    )
    SELECT n.item, n.by_agent, {", ".join(f"a.{column.key}" for column in COLUMNS)}
    FROM numbered n JOIN ci_audit_log a ON a.id = n.id
    WHERE n.number <= :most ORDER BY a.id
""")  # noqa: S608 - fixed fragments, no input
DERIVED = list(SCORER_WRITES)
