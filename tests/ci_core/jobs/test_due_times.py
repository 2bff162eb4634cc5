"""Slots over a simulated year: clocks that change, a laptop that sleeps, a clock that is set, several at once."""

from __future__ import annotations

import random
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci_core.jobs.due_times import DISAGREEMENT, GRACE, Plan, Standing, decide
from ci_core.jobs.recurrence import Recurrence
from db.enums import MissedRuns
from tests.ci_core.jobs.test_recurrence import LINES, ZONES, moments, recurrences

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2027, 1, 1, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
HOURLY = Recurrence(every_seconds=3600, anchor=START)


@dataclass
class World:
    """A schedule with its row, and what ran for it; it is looked at whenever a test says so."""

    plan: Plan
    now: datetime = START
    standing: Standing = field(init=False)
    ran: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.standing = Standing(None, None, None, self.now)

    def look(self, now: datetime) -> bool:
        """Whether a run was entered."""
        self.now = now
        decision = decide(self.plan, self.standing, now)
        if decision.run_for is not None:
            self.ran.append(decision.run_for)
        self.standing = replace(
            self.standing,
            next_due_at=decision.next_due_at,
            last_due_at=decision.last_due_at,
            computed_at=now,
        )
        return decision.run_for is not None

    def go(self, until: datetime) -> None:
        """Look whenever a slot is due, as a clock does that never sleeps, and a little later."""
        self.look(self.now)
        late = random.Random(1)  # noqa: S311 - always the same
        while self.standing.next_due_at is not None and self.standing.next_due_at < until:
            self.look(self.standing.next_due_at + late.random() * SECOND)
        self.look(until)


def slots(plan: Plan, start: datetime, end: datetime) -> list[datetime]:
    found, moment = [], start
    while (later := plan.after(moment)) is not None and later <= end:
        found.append(moment := later)
    return found


plans = st.builds(
    Plan,
    number=st.integers(1, 10_000),
    recurrence=recurrences,
    jitter_seconds=st.sampled_from([0, 1, 59, 600, 3_600, 86_400]),
    missed=st.sampled_from(list(MissedRuns)),
)


def test_two_in_the_morning_stays_two_in_the_morning_for_a_year() -> None:
    world = World(Plan(1, Recurrence(cron="0 2 * * *", time_zone="Europe/Berlin")))

    world.go(END)

    local = [slot.astimezone(BERLIN) for slot in world.ran]
    assert len({slot.date() for slot in local}) == len(local) == 365
    late = [slot for slot in local if (slot.hour, slot.minute) != (2, 0)]
    assert [f"{slot:%m-%d %H:%M}" for slot in late] == ["03-29 03:00"]


def test_an_hourly_one_runs_each_hour_of_a_year_that_there_is() -> None:
    for recurrence in (HOURLY, Recurrence(cron="0 * * * *", time_zone="Europe/Berlin")):
        world = World(Plan(1, recurrence))

        world.go(END)

        assert world.ran == [START + n * HOUR for n in range(1, 8_761)]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("line", [line for line in LINES if line not in {"*/20 * * * *", "0 6 29 2 *"}])
def test_jitter_keeps_order_and_loses_no_slot(line: str, zone: str) -> None:
    """Through the changes of spring: each slot comes after its own time, before the next one's, by an hour at most."""
    plain = Plan(7, Recurrence(cron=line, time_zone=zone))
    start, end = datetime(2026, 3, 25, tzinfo=UTC), datetime(2026, 4, 9, tzinfo=UTC)
    base = slots(plain, start - 32 * DAY, end)

    moved = slots(replace(plain, jitter_seconds=3_600), start, end)

    places = [bisect_right(base, slot) - 1 for slot in moved]
    assert places == list(range(places[0], places[0] + len(places)))
    assert all(slot - base[place] <= HOUR for slot, place in zip(moved, places, strict=True))


@settings(max_examples=200, deadline=None)
@given(plans, moments)
def test_slots_are_the_same_from_wherever_a_clock_looks(plan: Plan, moment: datetime) -> None:
    first = plan.after(moment)
    assert first is not None
    second = plan.after(first)
    assert second is not None

    assert moment < first < second
    assert plan.after(moment + (first - moment) / 3) == first
    assert plan.after(second - timedelta(microseconds=1)) == second
    assert plan.latest(second - timedelta(microseconds=1), not_before=moment) == first


def test_jitter_spreads_schedules_and_days() -> None:
    daily = Recurrence(cron="0 2 * * *")
    of_schedules = [Plan(number, daily, 3_600).after(START) for number in range(200)]
    of_days = [slot - slot.replace(hour=2, minute=0, second=0) for slot in slots(Plan(1, daily, 3_600), START, END)]

    for offsets in ([slot - START - 2 * HOUR for slot in of_schedules if slot], of_days):
        quarters = [int(offset / (15 * MINUTE)) for offset in offsets]
        assert all(0.15 < quarters.count(quarter) / len(quarters) < 0.35 for quarter in range(4))


@settings(max_examples=150, deadline=None)
@given(plans, st.lists(st.floats(0.1, 200_000), min_size=1, max_size=60))
def test_whenever_it_is_looked_at_each_slot_runs_at_most_once_and_none_is_lost(plan: Plan, pauses: list[float]) -> None:
    """A laptop that sleeps: after each look, every slot until then has run, or is part of a run, or was skipped."""
    world = World(plan)
    world.look(START)
    for pause in pauses:
        before, now = world.now, world.now + timedelta(seconds=pause)
        passed = slots(plan, before, now) if pause < 4_000 else [plan.latest(now, not_before=before + SECOND / 1e6)]
        came = bool(passed) and passed[-1] is not None

        entered = world.look(now)

        missed = came and plan.missed is MissedRuns.SKIP and now - passed[-1] > GRACE  # type: ignore[operator]
        assert entered is (came and not missed)
        if entered:
            assert world.ran[-1] == passed[-1]
    assert len(set(world.ran)) == len(world.ran)
    assert all(earlier < later for earlier, later in pairwise(world.ran))


@settings(max_examples=150, deadline=None)
@given(plans, st.lists(st.floats(-80_000, 80_000), min_size=1, max_size=60))
def test_a_clock_that_is_set_to_and_fro_runs_nothing_twice(plan: Plan, steps: list[float]) -> None:
    """By less than a day: whatever ran does not run again."""
    world = World(plan)
    highest = START
    for step in steps:
        now = max(world.now + timedelta(seconds=step), highest - 0.9 * DAY)
        highest = max(highest, now)
        world.look(now)

    assert len(set(world.ran)) == len(world.ran)


@settings(max_examples=100, deadline=None)
@given(plans, st.floats(2, 4_000), st.floats(0, 40))
def test_after_a_clock_was_wrong_by_days_everything_runs_as_before(plan: Plan, days: float, later: float) -> None:
    world = World(plan)
    world.look(START)
    world.look(START + timedelta(days=days))
    right = START + timedelta(hours=later)

    world.look(right)

    expected = plan.after(right)
    if world.standing.last_due_at is not None and world.standing.last_due_at > right:  # by less than a day
        expected = plan.after(world.standing.last_due_at)
    assert world.standing.next_due_at == expected
    assert expected is not None
    assert world.look(expected)


def test_hosts_that_disagree_by_a_little_change_nothing() -> None:
    world = World(Plan(1, HOURLY))
    world.look(START)
    world.look(START + HOUR)

    for offset in (-DISAGREEMENT / 2, DISAGREEMENT / 2, -DISAGREEMENT * 2, timedelta()):
        assert not world.look(START + HOUR + offset)

    assert world.standing.next_due_at == START + 2 * HOUR
    assert world.look(START + 2 * HOUR)


def test_one_run_stands_for_all_that_passed() -> None:
    world = World(Plan(1, HOURLY))
    world.look(START)

    assert world.look(START + 10 * DAY + MINUTE)

    assert world.ran == [START + 10 * DAY]
    assert world.standing.next_due_at == START + 10 * DAY + HOUR


def test_missed_ones_are_skipped_but_not_those_that_are_a_little_late() -> None:
    plan = Plan(1, HOURLY, missed=MissedRuns.SKIP)
    late, little_late = World(plan), World(plan)
    late.look(START)
    little_late.look(START)

    assert not late.look(START + HOUR + GRACE + SECOND)
    assert little_late.look(START + HOUR + GRACE)

    assert late.standing.last_due_at == little_late.standing.last_due_at == START + HOUR
    assert late.standing.next_due_at == little_late.standing.next_due_at == START + 2 * HOUR


def test_what_was_changed_long_ago_is_made_up_for() -> None:
    """A schedule that nobody looked at since it was changed: its slots count from the change."""
    world = World(Plan(1, HOURLY))

    assert world.look(START + 3 * DAY + MINUTE)

    assert world.ran == [START + 3 * DAY]


def test_a_year_of_sleep_takes_no_time_to_make_up_for() -> None:
    world = World(Plan(1, Recurrence(cron="* * * * *"), jitter_seconds=30))
    world.look(START)

    assert world.look(END)

    assert END - 2 * MINUTE < world.ran[-1] <= END
