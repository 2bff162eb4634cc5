"""One look of the clock: a run is entered for each slot that is due, and its schedule moved on, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ci_core.errors import CiError
from ci_core.jobs import clock_queries
from ci_core.jobs.due_times import Decision, Plan, Standing, decide
from ci_core.jobs.enqueue import Enqueued
from ci_core.jobs.entering import Wanted, enqueue_all, key_of
from ci_core.jobs.kinds import Kinds
from ci_core.jobs.recurrence import Recurrence
from ci_core.jobs.registry import KINDS
from db.engine import Database, expected_failure
from db.enums import MissedRuns, RunTrigger

ACTOR = "agent:clock"
SCAN = "research_scan"
# So many are moved on by one transaction: what else waits, waits for no more than that.
MOST = 100
LONGEST_HOLD_SECONDS = 4.0
# A schedule that cannot be used is looked at again after this; whoever corrects it makes that at once.
UNUSABLE_FOR = timedelta(hours=1)
# Sources that are due together are scanned one after another, within this at the latest.
BETWEEN_SOURCES = timedelta(seconds=30)
SPREAD = timedelta(minutes=10)


@dataclass(slots=True)
class Tick:
    """What one look found.

    Attributes:
        now: the database's time.
        entered: runs that it entered, for schedules and sources.
        overlapping: names of schedules whose run of before was still open, so that none was entered.
        skipped: names of schedules of which slots have passed that no run is entered for.
        unusable: names of schedules that cannot be used, with the reason.
        more: whether more was due than one look takes.
    """

    now: datetime
    entered: int = 0
    overlapping: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    unusable: dict[str, str] = field(default_factory=dict)
    more: bool = False


@dataclass(frozen=True, slots=True)
class _Due:
    """A schedule, and what is to be done about it."""

    row: Row[Any]
    decision: Decision

    @property
    def wanted(self) -> Wanted:
        """The run to enter."""
        row = self.row
        return Wanted(row.kind, row.parameters, self.decision.run_for, row.priority, row.id)


def tick(database: Database, now: datetime | None = None, *, kinds: Kinds = KINDS, most: int = MOST) -> Tick:
    """Enter a run for every slot that is due, exactly once however many clocks look at the same time.

    Args:
        now: None for the database's own time, which is the one that all hosts share.

    Raises:
        DatabaseError: the database cannot be used; nothing was entered.
    """
    with database.transaction(ACTOR) as session:
        given = {"now": now, "most_milliseconds": str(int(LONGEST_HOLD_SECONDS * 1000))}
        found = Tick(session.execute(clock_queries.BEGIN, given).one().now)
        _tick_schedules(session, found, kinds, most)
        if SCAN in kinds:
            _tick_sources(session, found, kinds, most)
    return found


def plan_of(row: Any) -> Plan:
    """What a row of ci_schedules says about its slots."""
    recurrence = Recurrence(row.cron, row.every_seconds, row.time_zone, row.created_at)
    return Plan(row.id, recurrence, row.jitter_seconds, MissedRuns(row.missed))


def _tick_schedules(session: Session, found: Tick, kinds: Kinds, most: int) -> None:
    given = {"now": found.now, "kinds": list(kinds), "most": most}
    rows = session.execute(clock_queries.DUE_SCHEDULES, given).all()
    if not rows:
        return
    found.more = len(rows) == most
    due = [one for row in rows if (one := _decided(row, found, kinds)) is not None]
    try:
        with session.begin_nested():
            _carry_out(session, due, found, kinds)
    except DBAPIError as error:
        if expected_failure(error) is not None:
            raise
        for one in due:  # one of them is at fault, and the others shall not wait for it
            _carry_out_alone(session, one, found, kinds)
    _postpone(session, [row for row in rows if row.name in found.unusable], found.now)


def _decided(row: Row[Any], found: Tick, kinds: Kinds) -> _Due | None:
    standing = Standing(row.next_due_at, row.last_due_at, row.computed_at, row.updated_at)
    try:
        key_of(kinds[row.kind], row.parameters)
        decision = decide(plan_of(row), standing, found.now)
    except CiError as error:
        found.unusable[row.name] = str(error)
        return None
    if decision.next_due_at is None:
        found.unusable[row.name] = "It never comes round again. Change its cron line."
        return None
    if decision.skipped:
        found.skipped.append(row.name)
    return _Due(row, decision)


def _carry_out(session: Session, due: Sequence[_Due], found: Tick, kinds: Kinds) -> None:
    to_run = [one for one in due if one.decision.run_for is not None]
    entered = enqueue_all(
        session,
        [one.wanted for one in to_run],
        trigger=RunTrigger.SCHEDULED,
        actor=ACTOR,
        now=found.now,
        kinds=kinds,
    )
    runs = {one.row.id: run for one, run in zip(to_run, entered, strict=True)}
    moved = [_moved(one, runs.get(one.row.id)) for one in due]
    session.execute(clock_queries.MOVE_SCHEDULES, {"moved": json.dumps(moved), "now": found.now})
    found.entered += sum(run is not None and run.created for run in entered)
    found.overlapping += [
        one.row.name for one, run in zip(to_run, entered, strict=True) if run is None or not run.created
    ]


def _carry_out_alone(session: Session, one: _Due, found: Tick, kinds: Kinds) -> None:
    try:
        with session.begin_nested():
            _carry_out(session, [one], found, kinds)
    except DBAPIError as error:
        if expected_failure(error) is not None:
            raise
        found.unusable[one.row.name] = f"PostgreSQL refuses its run: {str(error.orig).splitlines()[0]}"


def _moved(one: _Due, run: Enqueued | None) -> dict[str, Any]:
    decision = one.decision
    return {
        "id": one.row.id,
        "next_due_at": _iso(decision.next_due_at),
        "last_due_at": _iso(decision.last_due_at),
        "run_id": None if run is None else run.run_id,
    }


def _postpone(session: Session, rows: Sequence[Row[Any]], now: datetime) -> None:
    later = _iso(now + UNUSABLE_FOR)
    moved = [{"id": row.id, "next_due_at": later, "last_due_at": _iso(row.last_due_at), "run_id": None} for row in rows]
    if moved:
        session.execute(clock_queries.MOVE_SCHEDULES, {"moved": json.dumps(moved), "now": now})


def _tick_sources(session: Session, found: Tick, kinds: Kinds, most: int) -> None:
    rows = session.execute(clock_queries.DUE_SOURCES, {"now": found.now, "most": most}).all()
    if not rows:
        return
    first = enqueue_all(
        session,
        [Wanted(SCAN, {"source_id": rows[0].id}, found.now)],
        trigger=RunTrigger.SCHEDULED,
        actor=ACTOR,
        now=found.now,
        kinds=kinds,
    )
    found.entered += sum(run is not None and run.created for run in first)
    pause = min(BETWEEN_SOURCES, SPREAD / len(rows))
    moved = [{"id": rows[0].id, "next_scan_at": _iso(found.now + timedelta(hours=rows[0].scan_frequency_hours))}]
    moved += [{"id": row.id, "next_scan_at": _iso(found.now + n * pause)} for n, row in enumerate(rows[1:], start=1)]
    session.execute(clock_queries.MOVE_SOURCES, {"moved": json.dumps(moved), "now": found.now})


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
