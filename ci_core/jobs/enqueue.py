"""Ask for a job, cancel one, try one again: from a page, a command, the clock or another agent."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ci_core import runs
from ci_core.errors import CiError
from ci_core.jobs import queries
from ci_core.jobs.kinds import CLICKED, Kinds
from ci_core.jobs.registry import KINDS
from db.enums import RunStatus, RunTrigger

LONGEST_KEY = 200


class NotOpen(CiError):
    """The run has ended, so that there is nothing to cancel; or it has not, so that nothing can be tried again."""


@dataclass(frozen=True, slots=True)
class Enqueued:
    """The run that was asked for.

    Attributes:
        created: False where one of the same key was waiting or running already; `run_id` is that one then.
    """

    run_id: int
    created: bool


def enqueue(
    session: Session,
    kind: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    trigger: RunTrigger,
    actor: str,
    now: datetime,
    due_at: datetime | None = None,
    priority: int | None = None,
    schedule_id: int | None = None,
    retry_of_id: int | None = None,
    kinds: Kinds = KINDS,
) -> Enqueued:
    """Enter a run of this kind and its job in the queue, in the caller's transaction: both exist, or neither.

    Args:
        parameters: what the work function is called with; plain JSON, without secrets.
        actor: who asked for it.
        due_at: not before this moment; None for at once.
        priority: None for the kind's own, and before all that the clock started where a person asked.

    Raises:
        NotFound: there is no such kind.
    """
    wanted = kinds[kind]
    values = dict(parameters or {})
    key = wanted.key(values)
    before_others = CLICKED if trigger is not RunTrigger.SCHEDULED else 0
    row = {
        "kind": wanted.name,
        "trigger": trigger,
        "actor": actor,
        "parameters": json.dumps(values),
        "version": f"python {platform.python_version()}",
        "queue": wanted.queue,
        "priority": wanted.priority + before_others if priority is None else priority,
        "lock_key": key[:LONGEST_KEY] if key else None,
        "due_at": due_at,
        "schedule_id": schedule_id,
        "retry_of_id": retry_of_id,
        "now": now,
    }
    while True:
        run_id = session.execute(queries.ENTER, row).scalar_one_or_none()
        if run_id is not None:
            session.execute(queries.DEFER, {**row, "id": run_id})
            return Enqueued(int(run_id), created=True)
        present = session.execute(queries.OPEN_OF_KEY, row).scalar_one_or_none()
        if present is not None:
            return Enqueued(int(present), created=False)
        # It ended between the two statements: now there is room for ours.


def cancel_run(session: Session, run_id: int, *, actor: str, now: datetime) -> RunStatus:
    """Cancel a run: one that waits at once; one that runs is told to end, which takes it seconds. Gives where it stood.

    Raises:
        NotFound: there is no such run.
        NotOpen: it has ended.
    """
    session.execute(queries.LOCK_JOB_OF_RUN, {"id": run_id})
    row = session.execute(queries.RUN_TO_CANCEL, {"id": run_id}).one_or_none()
    if row is None:
        raise runs.no_such_run(run_id)
    status = RunStatus(row.status)
    if status not in (RunStatus.QUEUED, RunStatus.RUNNING):
        raise NotOpen(f"Run {run_id} has ended already ({status}); there is nothing to cancel.")
    session.execute(queries.ASK_TO_CANCEL, {"id": run_id, "actor": actor, "now": now})
    if row.job_id is not None:
        session.execute(queries.CANCEL_JOB, {"job_id": row.job_id})
    else:
        session.execute(queries.CANCEL_RUN, {"id": run_id, "now": now})
    return status


def retry_run(session: Session, run_id: int, *, actor: str, now: datetime, kinds: Kinds = KINDS) -> Enqueued:
    """Enter a new run with the kind and the parameters of one that has ended; it says which run it repeats.

    Raises:
        NotFound: there is no such run, or none of its kind can be carried out by jobs.
        NotOpen: it has not ended yet.
    """
    run = runs.run_with_steps(session, run_id).run
    if run.status in (RunStatus.QUEUED, RunStatus.RUNNING):
        raise NotOpen(f"Run {run_id} has not ended yet ({run.status}). Cancel it first, or wait.")
    return enqueue(
        session,
        run.run_type,
        run.parameters,
        trigger=RunTrigger.MANUAL,
        actor=actor,
        now=now,
        retry_of_id=run_id,
        kinds=kinds,
    )
