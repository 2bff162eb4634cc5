"""When work will be done: by hand, and for every backlog."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_core.backlog.estimating import Guesses, guesses_from, remaining
from ci_core.backlog.timeline import Calendar
from tests.ci_core.backlog.planning.work import CALENDAR, WEEKDAYS, item, plan, planned, times


def test_a_lane_works_one_after_the_other_what_runs_first_then_by_the_board() -> None:
    found = plan([item(1, 4), item(2, 6), item(3, 2, status="in_progress"), item(4, 1, status="blocked")])

    assert times(found) == {3: (0, 2), 4: (2, 3), 1: (3, 7), 2: (7, 13)}


def test_people_work_side_by_side_and_nobodys_work_stands_last() -> None:
    found = plan([item(1, 4, "zoe"), item(2, 5, "Ada"), item(3, 1, None)])

    assert [lane.assignee for lane in found.lanes] == ["Ada", "zoe", None]
    assert times(found) == {1: (0, 4), 2: (0, 5), 3: (0, 1)}


def test_what_waits_starts_when_its_blocker_is_done_and_the_lane_does_something_else_meanwhile() -> None:
    found = plan([item(1, 2), item(2, 3), item(3, 8, "bob")], [(1, 3)])

    assert times(found) == {3: (0, 8), 2: (0, 3), 1: (8, 10)}


def test_a_done_blocker_holds_nobody_up() -> None:
    found = plan([item(1, 2)], [(1, 99)], open_ids={1})

    assert times(found) == {1: (0, 2)}


def test_work_that_waits_for_what_nobody_approved_is_named_and_not_planned() -> None:
    found = plan([item(1, 2), item(2, 2)], [(1, 99), (2, 1)], open_ids={1, 2, 99})

    assert times(found) == {}
    assert [(one.item.id, one.waits_for) for one in found.not_planned] == [(1, (99,)), (2, (1,))]


def test_a_circle_is_left_out_and_the_rest_is_planned() -> None:
    found = plan([item(1), item(2), item(3, 5)], [(1, 2), (2, 1)])

    assert times(found) == {3: (0, 5)}
    assert {one.item.id for one in found.not_planned} == {1, 2}


def test_only_what_is_left_counts() -> None:
    found = plan([item(1, 10, completion=75, status="in_progress")])

    assert times(found) == {1: (0, 2.5)}


def test_an_unknown_estimate_is_guessed_from_its_complexity_then_from_all() -> None:
    guesses = guesses_from([("simple", 2.0), ("simple", 4.0), ("epic", 40.0), (None, 6.0)], default=5.0)

    def guess(complexity: str | None) -> tuple[float, bool]:
        left = remaining(item(1, None, complexity=complexity), guesses)
        return left.hours, left.guessed

    assert guess("simple") == (3.0, True)
    assert guess("moderate") == (5.0, True)
    assert guess(None) == (5.0, True)
    assert remaining(item(1, 7.0), guesses).guessed is False
    assert remaining(item(1, 7.0, status="completed"), guesses).hours == 0
    assert Guesses({}, None, 5.0).hours("epic") == 5.0


def test_more_work_than_fits_before_the_horizon_is_an_overload_in_hours() -> None:
    # Two weeks of five days of 6 hours are 60 hours.
    found = plan([item(1, 50), item(2, 14.5), item(3, 60, "bob"), item(4, 99, None)])

    assert [(lane.assignee, lane.hours_over, lane.overloaded) for lane in found.lanes] == [
        ("ada", 4.5, True),
        ("bob", 0, False),
        (None, 0, False),
    ]


def test_too_much_at_once_is_an_overload_too() -> None:
    found = plan([item(n, 1, status="in_progress") for n in range(4)], most_running=3)

    assert (found.lanes[0].running, found.lanes[0].too_many, found.lanes[0].overloaded) == (4, True, True)
    assert not plan([item(n, 1, status="in_progress") for n in range(3)], most_running=3).lanes[0].overloaded


def test_hours_become_days_of_work_over_weekends() -> None:
    assert CALENDAR.start(0) == datetime.fromisoformat("2026-03-02")
    assert CALENDAR.end(6) == datetime.fromisoformat("2026-03-03")
    assert CALENDAR.start(6) == datetime.fromisoformat("2026-03-03")
    assert CALENDAR.end(9) == datetime.fromisoformat("2026-03-03T12:00")
    assert CALENDAR.end(30) == datetime.fromisoformat("2026-03-07")
    assert CALENDAR.start(30) == datetime.fromisoformat("2026-03-09")


def test_a_plan_made_on_a_free_day_begins_on_the_next_day_of_work() -> None:
    saturday = Calendar(6.0, WEEKDAYS, date(2026, 3, 7))

    assert saturday.start(0) == datetime.fromisoformat("2026-03-09")
    assert saturday.day(5) == date(2026, 3, 16)
    assert saturday.capacity(date(2026, 3, 9)) == 6.0


@pytest.mark.parametrize("weekdays", [{0}, {5, 6}, {0, 2, 4}, set(range(7))])
def test_every_working_day_is_one_and_none_is_left_out(weekdays: set[int]) -> None:
    some = Calendar(6.0, frozenset(weekdays), date(2026, 3, 4))

    days = [some.day(number) for number in range(30)]

    assert {day.weekday() for day in days} == weekdays
    assert days == sorted(set(days))
    assert some.capacity(days[-1]) == 6.0 * 30


backlogs = st.lists(
    st.tuples(
        st.floats(0, 40).map(lambda hours: round(hours, 1)),
        st.sampled_from(["ada", "bob", None]),
        st.sampled_from(["approved", "in_progress", "blocked"]),
    ),
    max_size=25,
)
pairs = st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)), max_size=40)


@given(backlogs, pairs)
def test_a_plan_keeps_every_order_and_nobody_does_two_things_at_once(work: list, links: list) -> None:
    items = [item(number, *one) for number, one in enumerate(work)]
    links = [(left, right) for left, right in links if left != right and max(left, right) < len(items)]

    found = plan(items, links)

    at = times(found)
    left_out = {one.item.id for one in found.not_planned}
    assert at.keys() | left_out == {one.id for one in items}
    assert not at.keys() & left_out
    for waiting, blocker in links:
        if waiting in at:
            assert at[blocker][1] <= at[waiting][0]
        else:
            assert any(one.item.id == waiting and one.waits_for for one in found.not_planned)
    for lane in found.lanes:
        for before, after in zip(lane.planned, lane.planned[1:], strict=False):
            assert before.end <= after.start


@given(backlogs, pairs)
def test_no_lane_idles_while_something_of_its_could_start(work: list, links: list) -> None:
    items = [item(number, *one) for number, one in enumerate(work)]
    links = [(max(pair), min(pair)) for pair in links if pair[0] != pair[1] and max(pair) < len(items)]

    found = plan(items, links)

    ends = {one.item.id: one.end for one in planned(found)}
    for lane in found.lanes:
        for place, one in enumerate(lane.planned):
            free = lane.planned[place - 1].end if place else 0.0
            ready = max((ends[blocker] for blocker in one.blockers), default=0.0)
            assert one.start == max(free, ready)
    assert found.not_planned == ()
