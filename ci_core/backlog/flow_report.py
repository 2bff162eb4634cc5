"""All figures of the flow of a part of the backlog in a period: what the page, the command and later doors show."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from ci_core.backlog import flow, forecast
from ci_core.backlog.flow_queries import FlowItem
from ci_core.backlog.flow_store import FlowHistory

DEFAULT_DAYS = 90
DEFAULT_COUNT = 20
DEFAULT_HORIZON_DAYS = 30


@dataclass(frozen=True, slots=True)
class FlowFilter:
    """Which items count, by what they are now; an empty part lets everything through."""

    areas: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether everything counts, also what is deleted by now."""
        return not (self.areas or self.categories or self.assignees or self.priorities)

    def lets_through(self, item: FlowItem) -> bool:
        """Whether `item` counts."""
        return (
            (not self.areas or item.area in self.areas)
            and (not self.categories or item.category in self.categories)
            and (not self.assignees or item.assignee in self.assignees)
            and (not self.priorities or item.priority in self.priorities)
        )


@dataclass(frozen=True, slots=True)
class Forecast:
    """When `count` more will be done, and how many by `until`; or why that is not said.

    `past_days` is the number of days drawn from: whole days of the period since the first thing was recorded.
    """

    count: int
    until: date
    past_days: int
    done_by: tuple[forecast.DoneBy, ...]
    done_until: tuple[forecast.DoneUntil, ...]
    missing: flow.TooFew | None


@dataclass(frozen=True, slots=True, eq=False)
class FlowReport:
    """What the figures say of a period; `never_started` completed items were never in progress: no cycle time."""

    period: flow.Period
    items: int
    cumulative: flow.DayFlow
    completed: flow.Completions
    never_started: int
    cycle: flow.Spread
    lead: flow.Spread
    throughput: flow.Throughput
    ageing: flow.Ageing
    forecast: Forecast


def period_of_days(days: int, now: datetime, zone: tzinfo = UTC) -> flow.Period:
    """The last `days` days with today.

    Raises:
        InvalidInput: there are less than one, or more than ten years.
    """
    today = now.astimezone(zone).date()
    days = min(max(days, 0), flow.LONGEST_PERIOD_DAYS + 1)
    return flow.Period(today - timedelta(days=days - 1), today, zone)


def flow_report(
    history: FlowHistory,
    period: flow.Period,
    *,
    now: datetime,
    ids: Collection[int] | None = None,
    count: int = DEFAULT_COUNT,
    until: date | None = None,
) -> FlowReport:
    """All figures of the items `ids` (None: of all) in a period.

    Args:
        now: the moment at which ages are measured; days after it show nothing.
        count: for "when will so many be done", 1–10,000.
        until: for "how many by then", today to ten years from now; None for in 30 days.

    Raises:
        InvalidInput: the count or the date is out of range.
    """
    journeys = history.journeys if ids is None else history.journeys.only(ids)
    done = flow.completions(journeys)
    within = done.within(period)
    cycle = flow.spread(within.cycle_days)
    return FlowReport(
        period=period,
        items=len(flow.standing(journeys)),
        cumulative=flow.cumulative_flow(journeys, period, now),
        completed=within,
        never_started=len(within) - cycle.count,
        cycle=cycle,
        lead=flow.spread(within.lead_days),
        throughput=flow.throughput(within, period),
        ageing=flow.ageing(journeys, within.cycle_days, now),
        forecast=_forecast(done, flow.first_day(journeys, period.zone), period, now, count, until),
    )


def chosen_ids(history: FlowHistory, wanted: Callable[[FlowItem], bool]) -> list[int]:
    """The ids of the wanted items, without those that are deleted or merged by now."""
    return [
        item_id
        for item_id in flow.standing(history.journeys).tolist()
        if (item := history.items.get(item_id)) is not None and wanted(item)
    ]


def _forecast(
    done: flow.Completions, first: date | None, period: flow.Period, now: datetime, count: int, until: date | None
) -> Forecast:
    today = now.astimezone(period.zone).date()
    until = until or today + timedelta(days=DEFAULT_HORIZON_DAYS)
    forecast.check_count(count)
    forecast.check_horizon((until - today).days)
    # A day that is not over yet, or on which nothing was recorded here at all, says nothing about a whole day.
    begin = max(period.since, first) if first else period.since
    end = min(period.until, today - timedelta(days=1))
    past: tuple[int, ...] = ()
    if begin <= end:
        past = flow.throughput(done, flow.Period(begin, end, period.zone)).per_day
    found = sum(past)
    if found < flow.FEWEST_COMPLETED:
        whole_days = flow.TooFew(flow.FEWEST_COMPLETED, found, "items completed before today")
        return Forecast(count, until, len(past), (), (), whole_days)
    return Forecast(
        count,
        until,
        len(past),
        forecast.when_done(past, count, today=today),
        forecast.how_many(past, (until - today).days),
        None,
    )
