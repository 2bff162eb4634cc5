"""Schedules as people see and change them; the clock works out from them when what is due."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, insert, update
from sqlalchemy.orm import Session

from ci_core.backlog.validation import line
from ci_core.errors import CiError, InvalidInput, NotAllowed, NotFound
from ci_core.jobs import schedule_queries as queries
from ci_core.jobs.due_times import Plan
from ci_core.jobs.enqueue import Enqueued, enqueue
from ci_core.jobs.entering import checked_parameters, key_of
from ci_core.jobs.kinds import Kinds
from ci_core.jobs.plain_times import times_in_words
from ci_core.jobs.recurrence import checked_cron, checked_interval, checked_zone
from ci_core.jobs.registry import KINDS
from ci_core.jobs.ticking import plan_of
from db import tables
from db.engine import act_as
from db.enums import MissedRuns, RunStatus, RunTrigger

NAME = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,99}")
LONGEST_DESCRIPTION = 500
LONGEST_JITTER = 86_400
MOST_PRIORITY = 100
# With another answer to one of these, what stood in the way of its runs may be gone.
DECISIVE = ("kind", "parameters")


class ScheduleChanged(CiError):
    """Somebody else changed the schedule after the version that a person saw; the text names who, and what."""

    def __init__(self, name: str, *, changed_by: str, changed: tuple[str, ...], current_version: int) -> None:
        self.changed_by = changed_by
        self.changed = changed
        self.current_version = current_version
        what = " and ".join(one.replace("_", " ") for one in changed) or "it"
        super().__init__(
            f"“{name}”: {changed_by} changed {what} in the meantime; nothing was overwritten. Look at it again, and "
            f"save with version {current_version}."
        )


@dataclass(frozen=True, slots=True)
class NewSchedule:
    """A schedule that is to be made: either a cron line in a time zone, or every so many seconds.

    Attributes:
        name: lower-case letters, digits and _ . : -, for example "nightly-upkeep".
        kind: of the jobs that it starts, with `parameters`.
        cron: five fields, read on the wall clock of `time_zone`.
        every_seconds: 10 s to 366 days.
        jitter_seconds: it comes up to so much later, always the same for one slot; 0–86,400.
        missed: what becomes of times that pass while nothing runs: one run for all of them, or none.
        priority: added to that of the kind, −100 to 100; higher goes first.
    """

    name: str
    kind: str
    cron: str | None = None
    every_seconds: int | None = None
    time_zone: str = "UTC"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""
    jitter_seconds: int = 0
    missed: MissedRuns = MissedRuns.ONCE
    enabled: bool = True
    priority: int = 0


EDITABLE = tuple(one.name for one in fields(NewSchedule))


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule as it is stored.

    Attributes:
        when: its times in words, such as "every day at 02:00"; a cron line that has none is quoted.
        built_in: whether the product brought it.
        next_due_at: None while it is off, or where `problem` stands in the way.
        last_due_at: the last of its times that ran, or was passed over.
        last_run_id: its last run, with `last_status`; None where it has not run, or the run was cleared away.
        problem: why it cannot run, with the remedy; None where nothing stands in the way.
    """

    id: int
    name: str
    description: str
    kind: str
    title: str
    parameters: Mapping[str, Any]
    cron: str | None
    every_seconds: int | None
    time_zone: str
    when: str
    jitter_seconds: int
    missed: MissedRuns
    enabled: bool
    priority: int
    built_in: bool
    next_due_at: datetime | None
    last_due_at: datetime | None
    last_run_id: int | None
    last_status: RunStatus | None
    last_ended_at: datetime | None
    problem: str | None
    version: int
    created_by: str
    created_at: datetime
    updated_at: datetime

    @property
    def plan(self) -> Plan:
        """What it says about its times."""
        return plan_of(self)


def schedules(session: Session, *, kinds: Kinds = KINDS) -> tuple[Schedule, ...]:
    """All schedules by name."""
    return tuple(_schedule(row, kinds) for row in session.execute(queries.SCHEDULES, {"id": None, "name": None}))


def find_schedule(session: Session, named: int | str, *, kinds: Kinds = KINDS) -> Schedule:
    """The schedule of this number or name.

    Raises:
        NotFound: there is none.
    """
    return _schedule(_row(session, named), kinds)


def add_schedule(session: Session, new: NewSchedule, *, actor: str, kinds: Kinds = KINDS) -> Schedule:
    """Store a schedule; the clock takes it up at its next look.

    Raises:
        InvalidInput: something of it cannot be used, or the name is taken; `field` names what.
        NotFound: there is no such kind of job.
    """
    checked = checked_schedule(new, kinds)
    act_as(session, actor)
    if session.execute(queries.BY_NAME, {"name": checked.name}).first() is not None:
        raise _taken(checked.name)
    added = session.scalar(insert(tables.Schedule).values(**asdict(checked)).returning(tables.Schedule.id))
    return find_schedule(session, int(added or 0), kinds=kinds)


def edit_schedule(
    session: Session,
    named: int | str,
    changes: Mapping[str, Any],
    *,
    actor: str,
    expected_version: int | None = None,
    kinds: Kinds = KINDS,
) -> Schedule:
    """Change fields of a schedule; what is not named stays. A cron line replaces an interval, and the other way round.

    Args:
        changes: by the names of `NewSchedule`.
        expected_version: the version that was seen; None for whatever is there.

    Raises:
        NotFound: there is no such schedule, or no such kind of job.
        InvalidInput: something cannot be used.
        ScheduleChanged: somebody else changed it after that version.
    """
    if unknown := sorted(set(changes) - set(EDITABLE)):
        raise InvalidInput(unknown[0], f"A schedule has no {unknown[0]} that can be changed.")
    act_as(session, actor)
    before = _schedule(_row(session, named, lock=True), kinds)
    _check_version(session, before, expected_version)
    wanted = dict(changes)
    if wanted.get("cron") and "every_seconds" not in wanted:
        wanted["every_seconds"] = None
    if wanted.get("every_seconds") and "cron" not in wanted:
        wanted["cron"] = None
    present = NewSchedule(**{name: getattr(before, name) for name in EDITABLE})
    after = checked_schedule(replace(present, **wanted), kinds)
    if after == present:
        return before
    other = session.execute(queries.BY_NAME, {"name": after.name}).scalar_one_or_none()
    if other not in (None, before.id):
        raise _taken(after.name)
    values = asdict(after)
    if before.problem is not None and any(values[name] != getattr(present, name) for name in DECISIVE):
        values["next_due_at"] = None
    session.execute(update(tables.Schedule).where(tables.Schedule.id == before.id).values(**values))
    return find_schedule(session, before.id, kinds=kinds)


def set_enabled(
    session: Session,
    named: int | str,
    enabled: bool,
    *,
    actor: str,
    expected_version: int | None = None,
    kinds: Kinds = KINDS,
) -> Schedule:
    """Let a schedule run, or pause it. Times that pass while it is paused are not made up for.

    Raises:
        NotFound: there is no such schedule.
        InvalidInput: it cannot be used as it is, and is to run.
        ScheduleChanged: somebody else changed it after the version that was seen.
    """
    if enabled:
        return edit_schedule(
            session, named, {"enabled": True}, actor=actor, expected_version=expected_version, kinds=kinds
        )
    act_as(session, actor)
    before = _schedule(_row(session, named, lock=True), kinds)  # whatever is wrong with it, it can be paused
    _check_version(session, before, expected_version)
    session.execute(update(tables.Schedule).where(tables.Schedule.id == before.id).values(enabled=False))
    return find_schedule(session, before.id, kinds=kinds)


def delete_schedule(session: Session, named: int | str, *, actor: str, expected_version: int | None = None) -> None:
    """Forget a schedule; an undo brings it back, and its runs stay.

    Raises:
        NotFound: there is none.
        NotAllowed: the product brought it, and would bring it again.
        ScheduleChanged: somebody else changed it after the version that was seen.
    """
    act_as(session, actor)
    before = _schedule(_row(session, named, lock=True), KINDS)
    _check_version(session, before, expected_version)
    if before.built_in:
        raise NotAllowed(f"“{before.name}” belongs to the product and would come back. Pause it instead.")
    session.execute(delete(tables.Schedule).where(tables.Schedule.id == before.id))


def run_now(session: Session, named: int | str, *, actor: str, now: datetime, kinds: Kinds = KINDS) -> Enqueued:
    """Enter a run of the schedule at once, before all that the clock entered; its own times stay as they are.

    Raises:
        NotFound: there is no such schedule, or no such kind of job.
        InvalidInput: the kind cannot use its parameters.
    """
    row = _row(session, named, lock=True)
    key_of(kinds[row.kind], row.parameters)
    asked = enqueue(
        session,
        row.kind,
        row.parameters,
        trigger=RunTrigger.MANUAL,
        actor=actor,
        now=now,
        schedule_id=row.id,
        kinds=kinds,
    )
    session.execute(update(tables.Schedule).where(tables.Schedule.id == row.id).values(last_run_id=asked.run_id))
    return asked


def checked_schedule(new: NewSchedule, kinds: Kinds = KINDS) -> NewSchedule:
    """The schedule with its texts trimmed.

    Raises:
        InvalidInput: something of it cannot be used; `field` names what, the text what is allowed.
        NotFound: there is no such kind of job.
    """
    kind = kinds[new.kind]
    if (new.cron is None) == (new.every_seconds is None):
        raise InvalidInput("cron", "A schedule has either a cron line, such as 0 2 * * *, or an interval. Name one.")
    if not isinstance(new.enabled, bool):
        raise InvalidInput("enabled", "Enabled is true or false.")
    return NewSchedule(
        name=_checked_name(new.name),
        kind=kind.name,
        cron=None if new.cron is None else checked_cron(new.cron),
        every_seconds=None if new.every_seconds is None else checked_interval(new.every_seconds),
        time_zone=checked_zone(new.time_zone),
        parameters=checked_parameters(kind, new.parameters),
        description=line("description", new.description, LONGEST_DESCRIPTION) if new.description.strip() else "",
        jitter_seconds=_checked_number("jitter_seconds", new.jitter_seconds, 0, LONGEST_JITTER),
        missed=_checked_missed(new.missed),
        enabled=new.enabled,
        priority=_checked_number("priority", new.priority, -MOST_PRIORITY, MOST_PRIORITY),
    )


def _checked_name(name: str) -> str:
    name = name.strip()
    if not NAME.fullmatch(name) or name.isdecimal():
        raise InvalidInput(
            "name",
            "A name begins with a lower-case letter or digit, goes on with those and _ . : -, has at most 100 "
            "characters and is no mere number: nightly-upkeep",
        )
    return name


def _checked_number(name: str, value: object, least: int, most: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    words = name.replace("_", " ").capitalize()
    raise InvalidInput(name, f"{words} must be a whole number from {least:,} to {most:,}.")


def _checked_missed(value: str | StrEnum) -> MissedRuns:
    try:
        return MissedRuns(value)
    except ValueError:
        raise InvalidInput("missed", "Missed runs are made up for once, or skipped: write once or skip.") from None


def _taken(name: str) -> InvalidInput:
    return InvalidInput("name", f"There is a schedule “{name}” already. Choose another name, or edit that one.")


def _check_version(session: Session, before: Schedule, expected: int | None) -> None:
    if expected is None or expected == before.version:
        return
    last = session.execute(queries.LAST_CHANGE, {"id": before.id}).first()
    raise ScheduleChanged(
        before.name,
        changed_by=last.actor if last else "somebody",
        changed=tuple(last.changed_fields or ()) if last else (),
        current_version=before.version,
    )


def _row(session: Session, named: int | str, *, lock: bool = False) -> Row[Any]:
    number = int(named) if isinstance(named, int) or named.strip().isdecimal() else None
    given = {"id": number, "name": None if number is not None else str(named).strip()}
    usable = number is None or 0 < number < 2**63
    if lock and usable:
        session.execute(queries.LOCK, given)
    row = session.execute(queries.SCHEDULES, given).first() if usable else None
    if row is None:
        called = f"“{str(named).strip()}”" if number is None else number
        raise NotFound(f"There is no schedule {called}. List them: ci schedules list")
    return row


def _schedule(row: Row[Any], kinds: Kinds) -> Schedule:
    next_due_at, problem = row.next_due_at, None
    try:
        key_of(kinds[row.kind], row.parameters)
        following = plan_of(row).after(row.updated_at)
        # Where somebody changed when it runs, the clock has not looked at it since.
        next_due_at = next_due_at or following
    except CiError as error:
        problem, next_due_at = str(error), None
    return Schedule(
        id=row.id,
        name=row.name,
        description=row.description,
        kind=row.kind,
        title=kinds[row.kind].title if row.kind in kinds else row.kind,
        parameters=row.parameters,
        cron=row.cron,
        every_seconds=row.every_seconds,
        time_zone=row.time_zone,
        when=times_in_words(row.cron, row.every_seconds),
        jitter_seconds=row.jitter_seconds,
        missed=MissedRuns(row.missed),
        enabled=row.enabled,
        priority=row.priority,
        built_in=row.built_in,
        next_due_at=next_due_at if row.enabled else None,
        last_due_at=row.last_due_at,
        last_run_id=row.last_run_id,
        last_status=RunStatus(row.last_status) if row.last_status else None,
        last_ended_at=row.last_ended_at,
        problem=problem,
        version=row.version,
        created_by=row.created_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
