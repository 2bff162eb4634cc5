"""What comes in the next days: the times of schedules, and the scans of sources as they are expected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count, islice, takewhile

from sqlalchemy.orm import Session

from ci_core.jobs import schedule_queries
from ci_core.jobs.kinds import Kinds
from ci_core.jobs.registry import KINDS
from ci_core.jobs.schedules import Schedule, schedules
from ci_core.jobs.ticking import SCAN

# Of what comes every few seconds, so many times are named.
MOST_EACH = 50


@dataclass(frozen=True, slots=True)
class Coming:
    """One time at which something is due.

    Attributes:
        name: of the schedule, or of the source.
        title: what is done.
        schedule_id, source_id: one of the two.
        expected: whether it depends on how the one before goes: a source is scanned so long after its last scan.
    """

    due_at: datetime
    name: str
    kind: str
    title: str
    schedule_id: int | None = None
    source_id: int | None = None
    expected: bool = False


@dataclass(frozen=True, slots=True)
class Calendar:
    """What comes, the soonest first. `cut` names what comes more often than is named here."""

    entries: tuple[Coming, ...]
    cut: tuple[str, ...]


def calendar(
    session: Session, *, now: datetime, until: datetime, kinds: Kinds = KINDS, most_each: int = MOST_EACH
) -> Calendar:
    """What is due from now until then, of what is switched on and can run.

    Args:
        most_each: of each schedule and source, at most so many times.
    """
    entries: list[Coming] = []
    cut: list[str] = []
    for coming in (_of_schedules(session, kinds), _of_sources(session, now, kinds)):
        for times in coming:
            found = list(islice(takewhile(lambda entry: entry.due_at <= until, times), most_each + 1))
            cut += [entry.name for entry in found[most_each:]]
            entries += found[:most_each]
    return Calendar(tuple(sorted(entries, key=lambda entry: (entry.due_at, entry.name))), tuple(cut))


def _of_schedules(session: Session, kinds: Kinds) -> Iterator[Iterator[Coming]]:
    for schedule in schedules(session, kinds=kinds):
        if schedule.next_due_at is not None:
            yield _times_of(schedule)


def _times_of(schedule: Schedule) -> Iterator[Coming]:
    moment = schedule.next_due_at
    while moment is not None:
        yield Coming(moment, schedule.name, schedule.kind, schedule.title, schedule_id=schedule.id)
        moment = schedule.plan.after(moment)


def _of_sources(session: Session, now: datetime, kinds: Kinds) -> Iterator[Iterator[Coming]]:
    if SCAN not in kinds:
        return
    kind = kinds[SCAN]
    for row in session.execute(schedule_queries.SOURCES_DUE, {"now": now}):
        first = Coming(row.due_at, row.source_name, kind.name, kind.title, source_id=row.id)
        every = timedelta(hours=row.scan_frequency_hours)
        yield (replace(first, due_at=first.due_at + n * every, expected=n > 0) for n in count())
