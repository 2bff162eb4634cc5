"""Enter many runs and their jobs at once: what the clock found due."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.errors import CiError, InvalidInput
from ci_core.jobs.enqueue import LONGEST_KEY, Enqueued
from ci_core.jobs.kinds import CLICKED, JobKind, Kinds, Parameters
from ci_core.jobs.registry import KINDS
from db.enums import RunTrigger

LARGEST_PARAMETERS = 10_000

ENTER_ALL = text("""
    INSERT INTO ci_automation_runs (run_type, trigger, status, actor, parameters, version, queue, priority, lock_key,
                                    due_at, schedule_id, created_at)
    SELECT w.kind, :trigger, 'queued', :actor, w.parameters, :version, w.queue, w.priority, w.lock_key,
           w.due_at, w.schedule_id, :now
    FROM jsonb_to_recordset(CAST(:wanted AS jsonb)) AS w (
        place integer, kind text, parameters jsonb, queue text, priority integer, lock_key text, due_at timestamptz,
        schedule_id bigint)
    ORDER BY w.place
    ON CONFLICT (lock_key) WHERE status IN ('queued', 'running') DO NOTHING
    RETURNING id, lock_key
""")
DEFER_ALL = text("""
    SELECT procrastinate_defer_jobs_v1(array_agg(ROW(
        CAST(queue AS varchar), CAST(run_type AS varchar), priority, lock_key, NULL::text,
        jsonb_build_object('run_id', id), due_at
    )::procrastinate_job_to_defer_v1 ORDER BY id))
    FROM ci_automation_runs WHERE id = ANY (:ids)
""")
JOIN_ALL = text("""
    UPDATE ci_automation_runs r SET job_id = j.id FROM procrastinate_jobs j
    WHERE j.id = ANY (:job_ids) AND r.id = CAST(j.args ->> 'run_id' AS bigint)
""")
OPEN_OF_KEYS = text("""
    SELECT lock_key, id FROM ci_automation_runs WHERE lock_key = ANY (:keys) AND status IN ('queued', 'running')
""")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run to enter; `priority` is added to that of its kind, and `due_at` is None for at once."""

    kind: str
    parameters: Parameters
    due_at: datetime | None = None
    priority: int = 0
    schedule_id: int | None = None


def enqueue_all(
    session: Session,
    wanted: Sequence[Wanted],
    *,
    trigger: RunTrigger,
    actor: str,
    now: datetime,
    kinds: Kinds = KINDS,
) -> list[Enqueued | None]:
    """Enter these runs as `enqueue` does, in few statements; gives what came of each, in order.

    None stands where one of the same key was open, and has ended before it could be looked up.

    Raises:
        NotFound: there is no such kind.
        InvalidInput: a kind cannot use its parameters.
    """
    if not wanted:
        return []
    rows = [_row(one, place, kinds, trigger) for place, one in enumerate(wanted)]
    given = {
        "wanted": json.dumps(rows),
        "trigger": trigger,
        "actor": actor,
        "version": f"python {platform.python_version()}",
        "now": now,
    }
    entered = session.execute(ENTER_ALL, given).all()
    if entered:
        job_ids = session.execute(DEFER_ALL, {"ids": [row.id for row in entered]}).scalar_one()
        session.execute(JOIN_ALL, {"job_ids": job_ids})
    by_key = {row.lock_key: row.id for row in entered if row.lock_key is not None}
    # Numbers were given in the order of the rows.
    without_key = iter(sorted(row.id for row in entered if row.lock_key is None))
    others = [row["lock_key"] for row in rows if row["lock_key"] is not None and row["lock_key"] not in by_key]
    present = session.execute(OPEN_OF_KEYS, {"keys": others}).all() if others else []
    open_ones = {row.lock_key: int(row.id) for row in present}
    found: list[Enqueued | None] = []
    first = set(by_key)
    for row in rows:
        key = row["lock_key"]
        if key is None:
            found.append(Enqueued(next(without_key), created=True))
        elif key in by_key:
            found.append(Enqueued(by_key[key], created=key in first))
            first.discard(key)
        else:
            found.append(Enqueued(open_ones[key], created=False) if key in open_ones else None)
    return found


def checked_parameters(kind: JobKind, parameters: object) -> dict[str, Any]:
    """Parameters that can be stored and that the kind can use.

    Raises:
        InvalidInput: they are no object of plain JSON, too large, or the kind needs one that is not among them.
    """
    if not isinstance(parameters, Mapping) or not all(isinstance(name, str) for name in parameters):
        raise InvalidInput("parameters", 'Parameters are an object, such as {"source_id": 3}.')
    try:
        stored = json.dumps(dict(parameters), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidInput("parameters", f"Parameters must be plain JSON: {error}.") from None
    if len(stored) > LARGEST_PARAMETERS or "\\u0000" in stored:
        raise InvalidInput(
            "parameters", f"Parameters have at most {LARGEST_PARAMETERS:,} characters, none of them NUL."
        )
    key_of(kind, parameters)
    return dict(json.loads(stored))


def key_of(kind: JobKind, parameters: Parameters) -> str | None:
    """The key of a job; None where any number of its kind may be open.

    Raises:
        InvalidInput: a parameter that the key is made of is missing, or is no such thing.
    """
    try:
        key = kind.key(parameters)
    except KeyError as error:
        raise InvalidInput("parameters", f"“{kind.title}” needs the parameter {error.args[0]}.") from None
    except CiError:
        raise
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("parameters", f"“{kind.title}” cannot use these parameters: {error}.") from None
    return key[:LONGEST_KEY] if key else None


def _row(wanted: Wanted, place: int, kinds: Kinds, trigger: RunTrigger) -> dict[str, Any]:
    kind = kinds[wanted.kind]
    before_others = CLICKED if trigger is not RunTrigger.SCHEDULED else 0
    return {
        "place": place,
        "kind": kind.name,
        "parameters": dict(wanted.parameters),
        "queue": kind.queue,
        "priority": kind.priority + before_others + wanted.priority,
        "lock_key": key_of(kind, wanted.parameters),
        "due_at": wanted.due_at.isoformat() if wanted.due_at else None,
        "schedule_id": wanted.schedule_id,
    }
