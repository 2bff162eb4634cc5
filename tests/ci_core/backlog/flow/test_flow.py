"""Every figure of the flow, against histories that are worked out by hand."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ci_core.backlog.flow import (
    Period,
    ageing,
    completions,
    cumulative_flow,
    first_day,
    spread,
    standing,
    throughput,
)
from ci_core.backlog.flow_events import StatusEvents, journeys_of
from ci_core.errors import InvalidInput
from db.enums import Status
from tests.ci_core.backlog.flow.histories import day, journeys

PROPOSED, APPROVED, RUNNING = Status.PROPOSED, Status.APPROVED, Status.IN_PROGRESS
BLOCKED, DONE, ARCHIVED = Status.BLOCKED, Status.COMPLETED, Status.ARCHIVED
WEEK = Period(date(2026, 3, 2), date(2026, 3, 8))


def times(**steps: list) -> tuple[list[int], list[float], list[float]]:
    """Ids, cycle times and lead times of what is completed."""
    found = completions(journeys(**steps))
    return found.items.tolist(), found.cycle_days.tolist(), found.lead_days.tolist()


def test_cycle_time_runs_from_the_first_start_and_lead_time_from_the_creation() -> None:
    assert times(i1=[(0, PROPOSED), (1, APPROVED), (2, RUNNING), (4.5, DONE)]) == ([1], [2.5], [4.5])


def test_reopened_work_counts_once_and_until_it_is_completed_again() -> None:
    reopened = [(0, APPROVED), (1, RUNNING), (2, DONE), (3, RUNNING), (5, DONE)]

    assert times(i1=reopened) == ([1], [4.0], [5.0])
    assert times(i1=reopened[:-1]) == ([], [], [])


def test_what_is_archived_after_its_completion_stays_completed() -> None:
    assert times(i1=[(0, APPROVED), (1, RUNNING), (2, DONE), (9, ARCHIVED)]) == ([1], [1.0], [2.0])


def test_what_is_archived_without_being_completed_is_not() -> None:
    assert times(i1=[(0, APPROVED), (1, RUNNING), (2, ARCHIVED)]) == ([], [], [])


def test_what_is_taken_out_of_the_archive_to_work_on_it_is_open_again() -> None:
    assert times(i1=[(0, RUNNING), (2, DONE), (3, ARCHIVED), (4, APPROVED)]) == ([], [], [])


def test_what_came_in_as_completed_was_not_done_here() -> None:
    assert times(i1=[(0, DONE)], i2=[(0, DONE), (1, ARCHIVED)]) == ([], [], [])


def test_what_came_in_as_completed_counts_when_it_was_reopened_and_done_here() -> None:
    assert times(i1=[(0, DONE), (3, RUNNING), (5, DONE)]) == ([1], [2.0], [5.0])


def test_work_that_was_never_started_has_a_lead_time_only() -> None:
    items, cycle, lead = times(i1=[(0, APPROVED), (3, DONE)])

    assert (items, lead) == ([1], [3.0])
    assert np.isnan(cycle).all()


def test_the_first_start_may_come_after_an_earlier_completion() -> None:
    _, cycle, _ = times(i1=[(0, APPROVED), (3, DONE), (4, RUNNING, False), (4.5, APPROVED), (5, DONE)])

    assert cycle == [1.0]


def test_deleted_and_merged_items_are_no_completion() -> None:
    assert times(i1=[(0, RUNNING), (1, DONE), (2, None)]) == ([], [], [])


def test_a_merge_that_is_taken_apart_leaves_the_completion_where_it_was() -> None:
    assert times(i1=[(0, RUNNING), (1, DONE), (2, None), (3, DONE)]) == ([1], [1.0], [1.0])


def test_an_undone_completion_never_happened() -> None:
    assert times(i1=[(0, APPROVED), (1, RUNNING), (2, DONE), (3, RUNNING, True)]) == ([], [], [])


def test_an_undone_reopening_leaves_the_first_completion() -> None:
    steps = [(0, APPROVED), (1, RUNNING), (2, DONE), (6, RUNNING), (7, DONE, True)]

    assert times(i1=steps) == ([1], [1.0], [2.0])


def test_an_undo_that_is_undone_brings_back_the_move_at_its_own_time() -> None:
    steps = [(0, APPROVED), (1, RUNNING), (2, DONE), (3, RUNNING, True), (9, DONE, True)]

    assert times(i1=steps) == ([1], [1.0], [2.0])


def test_an_undone_start_does_not_begin_the_work() -> None:
    steps = [(0, APPROVED), (1, RUNNING), (2, APPROVED, True), (5, RUNNING), (6, DONE)]

    assert times(i1=steps) == ([1], [1.0], [6.0])


def test_an_undone_creation_and_an_undone_deletion_leave_no_trace() -> None:
    undone = journeys(i1=[(0, APPROVED), (1, None, True)], i2=[(0, RUNNING), (1, DONE), (2, None), (3, DONE, True)])

    assert standing(undone).tolist() == [2]
    assert completions(undone).at.tolist() == [day(1).timestamp()]
    assert 1 not in undone.items


def test_cumulative_flow_counts_each_status_at_the_end_of_each_day() -> None:
    some = journeys(
        i1=[(0.2, PROPOSED), (1.5, APPROVED), (2.5, RUNNING), (4.1, DONE)],
        i2=[(0.4, PROPOSED), (3.5, None)],
        i3=[(5.9, DONE)],
    )

    found = cumulative_flow(some, WEEK, day(30))

    assert found.days[0] == date(2026, 3, 2)
    assert found.counts[PROPOSED] == (2, 1, 1, 0, 0, 0, 0)
    assert found.counts[APPROVED] == (0, 1, 0, 0, 0, 0, 0)
    assert found.counts[RUNNING] == (0, 0, 1, 1, 0, 0, 0)
    assert found.counts[DONE] == (0, 0, 0, 0, 1, 2, 2)


def test_cumulative_flow_knows_what_stood_there_before_the_period() -> None:
    found = cumulative_flow(journeys(i1=[(-40, PROPOSED)]), WEEK, day(30))

    assert found.counts[PROPOSED] == (1,) * 7


def test_the_day_that_goes_on_is_counted_as_it_stands_now() -> None:
    some = journeys(i1=[(0.2, PROPOSED), (0.6, APPROVED)])

    assert cumulative_flow(some, Period(date(2026, 3, 2), date(2026, 3, 2)), day(0.4)).counts[PROPOSED] == (1,)


def test_midnight_belongs_to_the_day_that_begins() -> None:
    some = journeys(i1=[(0, RUNNING), (2, DONE)])
    two_days = Period(date(2026, 3, 2), date(2026, 3, 3))

    assert throughput(completions(some), two_days).per_day == (0, 0)
    assert cumulative_flow(some, two_days, day(30)).counts[DONE] == (0, 0)
    assert throughput(completions(some), WEEK).per_day == (0, 0, 1, 0, 0, 0, 0)


def test_throughput_per_day_and_week() -> None:
    done = completions(
        journeys(**{f"i{n}": [(0, RUNNING), (at, DONE)] for n, at in enumerate((1.1, 1.2, 3, 6.9, 7.0, 8.5))})
    )

    found = throughput(done, Period(date(2026, 3, 2), date(2026, 3, 11)))

    assert found.per_day == (0, 2, 0, 1, 0, 0, 1, 1, 1, 0)
    assert found.weeks == (date(2026, 3, 2), date(2026, 3, 9))
    assert found.per_week == (4, 2)


def test_a_day_begins_at_midnight_of_the_zone() -> None:
    done = completions(journeys(i1=[(0, RUNNING), (1 + 23 / 24, DONE)]))

    utc, tokyo = (throughput(done, Period(WEEK.since, WEEK.until, ZoneInfo(zone))) for zone in ("UTC", "Asia/Tokyo"))

    assert utc.per_day.index(1) == 1
    assert tokyo.per_day.index(1) == 2


def test_the_day_of_a_clock_change_has_23_hours() -> None:
    bounds = Period(date(2026, 3, 29), date(2026, 3, 30), ZoneInfo("Europe/Berlin")).bounds()

    assert np.diff(bounds).tolist() == [23 * 3600, 24 * 3600]


def test_percentiles_are_observed_times() -> None:
    found = spread(np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10]))

    assert found.days == {50: 5.0, 70: 7.0, 85: 9.0, 95: 10.0}
    assert found.count == 10
    assert found.missing is None


def test_too_few_items_are_said_instead_of_a_figure() -> None:
    found = spread(np.array([1.0, 2.0, np.nan]))

    assert found.days == {}
    assert str(found.missing) == "needs at least 5 completed items; there are 2"
    assert str(spread(np.array([1.0])).missing) == "needs at least 5 completed items; there is 1"


def test_the_age_runs_from_the_first_start_also_of_what_is_blocked() -> None:
    some = journeys(
        i1=[(0, APPROVED), (1, RUNNING), (3, BLOCKED)],
        i2=[(0, APPROVED), (4, RUNNING)],
        i3=[(0, APPROVED), (2, BLOCKED)],
        i4=[(0, RUNNING), (1, DONE)],
        i5=[(0, RUNNING), (1, None)],
    )

    found = ageing(some, np.array([1.0, 2, 3, 4, 6]), day(10))

    assert [(item.id, item.status, item.age_days) for item in found.items] == [
        (1, BLOCKED, 9.0),
        (3, BLOCKED, 8.0),
        (2, RUNNING, 6.0),
    ]
    assert found.limit_days == 6.0
    assert [item.over for item in found.items] == [True, True, False]
    assert [item.sooner_percent for item in found.items] == [100.0, 100.0, 80.0]


def test_without_a_past_ages_are_shown_and_nothing_is_judged() -> None:
    found = ageing(journeys(i1=[(0, RUNNING)]), np.array([3.0, np.nan]), day(10))

    assert [(item.age_days, item.over, item.sooner_percent) for item in found.items] == [(10.0, False, None)]
    assert found.limit_days is None
    assert found.missing is not None
    assert found.missing.found == 1


def test_nothing_recorded_gives_nothing() -> None:
    empty = journeys_of(StatusEvents.of([]))

    assert len(completions(empty)) == 0
    assert throughput(completions(empty), WEEK).per_day == (0,) * 7
    assert cumulative_flow(empty, WEEK, day(10)).counts[DONE] == (0,) * 7
    assert ageing(empty, np.array([]), day(1)).items == ()
    assert first_day(empty) is None


def test_the_first_day_is_one_of_the_zone() -> None:
    some = journeys(i1=[(0.01, PROPOSED)])

    assert first_day(some) == date(2026, 3, 2)
    assert first_day(some, ZoneInfo("America/New_York")) == date(2026, 3, 1)


@pytest.mark.parametrize(("since", "until"), [("2026-03-02", "2026-03-01"), ("2010-01-01", "2026-03-01")])
def test_a_period_that_cannot_be_is_refused(since: str, until: str) -> None:
    with pytest.raises(InvalidInput, match="A period has 1 to"):
        Period(datetime.fromisoformat(since).date(), datetime.fromisoformat(until).date())
