"""A kind of job whose effects can be counted: two steps, each of which must happen once, however often it is begun."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.jobs import Isolation, JobContext, JobKind, Kinds, Retry

INSERT = text("INSERT INTO effects (run_id, step, attempt) VALUES (:run_id, :step, :attempt)")


def two_effects(context: JobContext) -> Mapping[str, Any]:
    """Has one effect, waits a moment, has another one."""
    for step in ("first", "second"):

        def work(session: Session, step: str = step) -> Mapping[str, Any]:
            session.execute(INSERT, {"run_id": context.run_id, "step": step, "attempt": context.attempt})
            return {"done": 1}

        context.once(step, work)
        time.sleep(context.parameters["seconds"])
    return {"effects": 2}


def _kind(name: str, isolation: Isolation) -> JobKind:
    return JobKind(
        name=name,
        agent="faults",
        title="Two effects",
        queue="faults",
        work="tests.faults.kinds:two_effects",
        isolation=isolation,
        # An innocent job is set aside when the third worker dies under it, as it should; no fault here is its own.
        retry=Retry(attempts=3, first_wait_seconds=1, longest_wait_seconds=2),
    )


KINDS = Kinds([_kind("effects", Isolation.THREAD), _kind("effects_apart", Isolation.PROCESS)])
PATH = "tests.faults.kinds:KINDS"
