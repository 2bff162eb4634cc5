"""When approved and running work will be done if everybody works off their own, one after the other.

A lane is one person's work. In it what runs already comes first, then the order of the board. A piece starts when its
person is free and everything that it waits for is done; while it waits, the next one that can start is taken (serial
list scheduling: Kolisch and Hartmann, "Heuristic Algorithms for Solving the Resource-Constrained Project Scheduling
Problem", 1999). The plan is counted in hours of work from now on, which a calendar of working days turns into dates.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from heapq import heappop, heappush

from ci_core.backlog.estimating import Guesses, remaining
from ci_core.backlog.plan_queries import WorkItem
from db.enums import Status

PLANNED = (Status.APPROVED, Status.IN_PROGRESS, Status.BLOCKED)
RUNNING = (Status.IN_PROGRESS, Status.BLOCKED)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Hours of work per working day, and which days those are (0 is Monday)."""

    hours_per_day: float
    weekdays: frozenset[int]
    today: date

    def day(self, number: int) -> date:
        """The working day `number`; 0 is today, or the next one where today is none."""
        weeks, rest = divmod(number, len(self.weekdays))
        at = self.today + timedelta(weeks=weeks)
        while at.weekday() not in self.weekdays:
            at += timedelta(days=1)
        for _ in range(rest):
            at += timedelta(days=1)
            while at.weekday() not in self.weekdays:
                at += timedelta(days=1)
        return at

    def start(self, hours: float) -> datetime:
        """When so many hours of work from now are begun; a day of work fills its day on the picture."""
        number, rest = divmod(hours, self.hours_per_day)
        return self._moment(int(number), rest / self.hours_per_day)

    def end(self, hours: float) -> datetime:
        """When so many hours of work from now are over: what fills a day ends with it, and not on the next one."""
        number, rest = divmod(hours, self.hours_per_day)
        if rest == 0 and number > 0:
            return self._moment(int(number) - 1, 1.0)
        return self._moment(int(number), rest / self.hours_per_day)

    def capacity(self, until: date) -> float:
        """Hours of work from today to `until`, both included."""
        days = (until - self.today).days + 1
        return self.hours_per_day * sum(
            (self.today + timedelta(days=day)).weekday() in self.weekdays for day in range(days)
        )

    def _moment(self, number: int, share: float) -> datetime:
        return datetime.combine(self.day(number), time()) + timedelta(days=share)


@dataclass(frozen=True, slots=True)
class Planned:
    """One piece of work in its lane: `start` and `end` in hours of work from now."""

    item: WorkItem
    hours: float
    guessed: bool
    start: float
    end: float
    blockers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NotPlanned:
    """Work that cannot be given a time, because it waits for what nobody has approved, or for itself in a circle."""

    item: WorkItem
    waits_for: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """The work of one person (None: of nobody yet), in the order of its start.

    `hours` is all that is left, `hours_over` what does not fit before the horizon, `running` how many are in progress
    at once, `too_many` whether these are more than allowed. A lane of nobody is never overloaded.
    """

    assignee: str | None
    planned: tuple[Planned, ...]
    hours: float
    hours_over: float
    running: int
    too_many: bool

    @property
    def overloaded(self) -> bool:
        """Whether there is more than fits."""
        return self.hours_over > 0 or self.too_many


@dataclass(frozen=True, slots=True)
class Timeline:
    """All lanes, people by name and nobody's last, and what could not be planned."""

    lanes: tuple[Lane, ...]
    not_planned: tuple[NotPlanned, ...]
    calendar: Calendar
    until: date


def plan_timeline(
    items: Sequence[WorkItem],
    links: Iterable[tuple[int, int]],
    open_ids: Collection[int],
    guesses: Guesses,
    calendar: Calendar,
    *,
    until: date,
    most_running: int,
) -> Timeline:
    """Plan the items of one backlog.

    Args:
        items: approved and running work in the order of the board.
        links: (waiting, blocker).
        open_ids: what is still to be done, also beyond `items`; other blockers are done.
        until: the horizon within which a lane's work should fit.
        most_running: how many pieces of work one person may have in progress at once.
    """
    by_id = {item.id: item for item in items}
    blockers: dict[int, list[int]] = {item.id: [] for item in items}
    for waiting, blocker in links:
        if waiting in by_id and blocker in open_ids:
            blockers[waiting].append(blocker)
    planned = _schedule(items, blockers, guesses)
    left_out = tuple(
        NotPlanned(item, tuple(blocker for blocker in blockers[item.id] if blocker not in planned))
        for item in items
        if item.id not in planned
    )
    names = sorted({item.assignee for item in items if item.assignee}, key=lambda name: (name.casefold(), name))
    lanes = []
    for name in (*names, None):
        mine = sorted((one for one in planned.values() if (one.item.assignee or None) == name), key=_by_start)
        running = sum(item.status is Status.IN_PROGRESS for item in items if (item.assignee or None) == name)
        if mine or running or any((item.assignee or None) == name for item in items):
            lanes.append(_lane(name, mine, running, calendar.capacity(until), most_running))
    return Timeline(tuple(lanes), left_out, calendar, until)


def _by_start(one: Planned) -> tuple[float, float, int]:
    return one.start, one.end, one.item.id


def _lane(name: str | None, mine: Sequence[Planned], running: int, capacity: float, most_running: int) -> Lane:
    hours = sum(one.hours for one in mine)
    over = max(hours - capacity, 0.0) if name else 0.0
    return Lane(name, tuple(mine), hours, over, running, bool(name) and running > most_running)


def _schedule(items: Sequence[WorkItem], blockers: dict[int, list[int]], guesses: Guesses) -> dict[int, Planned]:
    """Start whatever can start as early as it can; what never can is missing."""
    rank = {item.id: place for place, item in enumerate(sorted(items, key=lambda item: item.status not in RUNNING))}
    by_id = {item.id: item for item in items}
    waits = {item_id: len(some) for item_id, some in blockers.items()}
    waiting: dict[int, list[int]] = {}
    for item_id, some in blockers.items():
        for blocker in some:
            waiting.setdefault(blocker, []).append(item_id)
    ready: dict[str | None, list[tuple[int, int]]] = {}
    planned: dict[int, Planned] = {}
    ends: list[tuple[float, int, int]] = []
    free: set[str | None] = {item.assignee or None for item in items}

    def queue(item_id: int) -> str | None:
        lane = by_id[item_id].assignee or None
        heappush(ready.setdefault(lane, []), (rank[item_id], item_id))
        return lane

    def start_next(lane: str | None, now: float) -> None:
        if lane not in free or not ready.get(lane):
            return
        free.discard(lane)
        _, item_id = heappop(ready[lane])
        left = remaining(by_id[item_id], guesses)
        planned[item_id] = Planned(
            by_id[item_id], left.hours, left.guessed, now, now + left.hours, tuple(blockers[item_id])
        )
        heappush(ends, (now + left.hours, rank[item_id], item_id))

    for item_id, count in waits.items():
        if not count:
            queue(item_id)
    for lane in list(free):
        start_next(lane, 0.0)
    while ends:
        now = ends[0][0]
        touched: set[str | None] = set()
        # All that ends at this moment frees its people before anybody chooses.
        while ends and ends[0][0] == now:
            _, _, item_id = heappop(ends)
            lane = by_id[item_id].assignee or None
            free.add(lane)
            touched.add(lane)
            for next_id in waiting.get(item_id, ()):
                waits[next_id] -= 1
                if not waits[next_id]:
                    touched.add(queue(next_id))
        for lane in touched:
            start_next(lane, now)
    return planned
