"""What must hold of the flow for every history."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ci_core.backlog.flow import PERCENTILES, Period, completions, cumulative_flow, spread, throughput
from ci_core.backlog.flow_events import GONE, StatusEvents, journeys_of
from db.enums import Status
from tests.ci_core.backlog.flow.histories import MONDAY, day

PERIOD = Period(date(2026, 2, 20), date(2026, 3, 31))
moments = st.floats(0, 25, allow_nan=False)
moves = st.tuples(st.integers(1, 6), moments, st.sampled_from([*Status, None]), st.booleans())


def history(rows: list[tuple[int, float, Status | None, bool]]) -> StatusEvents:
    rows = sorted(rows, key=lambda row: row[1])
    return StatusEvents.of([(item, day(at).timestamp(), status, undo) for item, at, status, undo in rows])


@given(st.lists(moves, max_size=60))
def test_the_bands_of_the_cumulative_flow_add_up_to_the_items_alive(rows: list) -> None:
    some = journeys_of(history(rows))

    found = cumulative_flow(some, PERIOD, day(60))

    for place, last in enumerate(found.days):
        end = (MONDAY + timedelta(days=(last - MONDAY.date()).days + 1)).timestamp()
        alive = set()
        for item in np.unique(some.items):
            before = np.flatnonzero((some.items == item) & (some.at < end))
            if len(before) and some.status[before[-1]] != GONE:
                alive.add(int(item))
        assert sum(counts[place] for counts in found.counts.values()) == len(alive)
        assert all(counts[place] >= 0 for counts in found.counts.values())


@given(st.lists(moves, max_size=60))
def test_every_completion_is_an_item_that_stands_done_and_times_are_in_order(rows: list) -> None:
    some = journeys_of(history(rows))

    done = completions(some)

    ends = {int(item): int(code) for item, code in zip(some.items[some.last], some.status[some.last], strict=True)}
    closed = {list(Status).index(Status.COMPLETED), list(Status).index(Status.ARCHIVED)}
    assert all(ends[item] in closed for item in done.items.tolist())
    assert len(set(done.items.tolist())) == len(done)
    known = ~np.isnan(done.cycle_days)
    assert (done.cycle_days[known] >= 0).all()
    assert (done.cycle_days[known] <= done.lead_days[known]).all()
    assert (np.diff(done.at) >= 0).all()
    assert sum(throughput(done, PERIOD).per_day) == sum(throughput(done, PERIOD).per_week) == len(done)


@given(st.lists(moves, max_size=30), st.integers(1, 6))
def test_a_move_that_is_undone_at_once_changes_nothing(rows: list, item: int) -> None:
    before = journeys_of(history(rows))
    mine = np.flatnonzero((before.items == item) & before.last)
    was = None if not len(mine) or before.status[mine[0]] == GONE else list(Status)[before.status[mine[0]]]
    target = Status.APPROVED if was is not Status.APPROVED else Status.DEFERRED

    after = journeys_of(history([*rows, (item, 30.0, target, False), (item, 31.0, was, True)]))

    assert after.items.tolist() == before.items.tolist()
    assert after.status.tolist() == before.status.tolist()
    assert after.at.tolist() == before.at.tolist()


@given(st.lists(st.floats(0, 1000, allow_nan=False), min_size=5, max_size=80))
def test_percentiles_rise_and_were_observed(days: list[float]) -> None:
    found = spread(np.array(days)).days

    values = [found[percentile] for percentile in PERCENTILES]
    assert values == sorted(values)
    assert set(values) <= set(days)
    for percentile, value in found.items():
        assert sum(one <= value for one in days) * 100 >= percentile * len(days)
