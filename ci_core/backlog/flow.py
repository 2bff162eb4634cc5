"""How work flows, in figures: cumulative flow, cycle and lead time, throughput, and the age of what is running.

The figures and their names are those of Daniel Vacanti, "Actionable Agile Metrics for Predictability" (2015):
cumulative flow diagrams, and cycle time scatterplots with percentiles; ageing work in progress is from his "When Will
It Be Done?" (2018). Percentiles are observed values: the smallest one that at least so many per cent do not exceed (the
inverse of the empirical distribution, type 1 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996).
Times are elapsed days of 24 hours, weekends included, because that is what the one who waits sees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from ci_core.backlog.flow_events import (
    ARCHIVED,
    BLOCKED,
    COMPLETED,
    GONE,
    IN_PROGRESS,
    STATUSES,
    Flags,
    Journeys,
    Seconds,
    Whole,
)
from ci_core.errors import InvalidInput
from db.enums import Status

DAY_SECONDS = 86_400.0
PERCENTILES = (50, 70, 85, 95)
AGEING_PERCENTILE = 85
# With fewer, one item moves a percentile from one end to the other.
FEWEST_COMPLETED = 5
LONGEST_PERIOD_DAYS = 3_660


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, both ends included, in a time zone."""

    since: date
    until: date
    zone: tzinfo = UTC

    def __post_init__(self) -> None:
        days = (self.until - self.since).days + 1
        if not 1 <= days <= LONGEST_PERIOD_DAYS:
            raise InvalidInput("period", f"A period has 1 to {LONGEST_PERIOD_DAYS:,} days, not {days:,}.")

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of the period."""
        return tuple(self.since + timedelta(days=day) for day in range((self.until - self.since).days + 1))

    def bounds(self) -> Seconds:
        """The first moment of each day and of the one after the last; a day of a clock change is not 24 hours long."""
        days = (*self.days, self.until + timedelta(days=1))
        return np.array([datetime.combine(day, time(), self.zone).timestamp() for day in days])


@dataclass(frozen=True, slots=True)
class TooFew:
    """Why a figure is not given."""

    needed: int
    found: int
    what: str = "completed items"

    def __str__(self) -> str:
        verb = "is" if self.found == 1 else "are"
        return f"needs at least {self.needed} {self.what}; there {verb} {self.found}"


@dataclass(frozen=True, slots=True, eq=False)
class Completions:
    """What was completed and stands, in the order of completion; `cycle_days` is NaN where work was never started."""

    items: Whole
    at: Seconds
    cycle_days: NDArray[np.float64]
    lead_days: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.items)

    def within(self, period: Period) -> Completions:
        """Those of a period."""
        bounds = period.bounds()
        keep = (self.at >= bounds[0]) & (self.at < bounds[-1])
        return Completions(self.items[keep], self.at[keep], self.cycle_days[keep], self.lead_days[keep])


@dataclass(frozen=True, slots=True)
class Spread:
    """How long it took: `days` by percentile, each an observed time, out of `count`; or why that is not given."""

    count: int
    days: Mapping[int, float]
    missing: TooFew | None = None


@dataclass(frozen=True, slots=True)
class DayFlow:
    """How many items stood in each status at the end of each day."""

    days: tuple[date, ...]
    counts: Mapping[Status, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Throughput:
    """Completed items per day, and per week by its Monday; the first and the last week may be cut by the period."""

    days: tuple[date, ...]
    per_day: tuple[int, ...]
    weeks: tuple[date, ...]
    per_week: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AgeingItem:
    """Work that has begun and is not done: its age, and the share of past items (0–100) that were done sooner."""

    id: int
    status: Status
    age_days: float
    sooner_percent: float | None
    over: bool


@dataclass(frozen=True, slots=True)
class Ageing:
    """Work in progress, the oldest first, against the 85th percentile of past cycle times where that is known."""

    items: tuple[AgeingItem, ...]
    limit_days: float | None
    missing: TooFew | None


def cumulative_flow(journeys: Journeys, period: Period, now: datetime) -> DayFlow:
    """How many items stood in each status at the end of each day; of the day that goes on, now."""
    # The first moment of the next day is not of this one; the present moment is.
    ends = np.minimum(period.bounds()[1:], np.nextafter(now.timestamp(), np.inf))
    counts = {}
    for code, status in enumerate(STATUSES):
        mine = journeys.status == code
        entered = np.searchsorted(np.sort(journeys.at[mine]), ends, "left")
        left = np.searchsorted(np.sort(journeys.leaves[mine]), ends, "left")
        counts[status] = tuple((entered - left).tolist())
    return DayFlow(period.days, counts)


def completions(journeys: Journeys) -> Completions:
    """What is completed and stands, with its cycle and lead time.

    Reopened work is not done until it is completed again, and then it has taken until then. What is archived after it
    was completed stays completed. What came in as completed was not done here: it is left out. So are deleted and
    merged items, whose work the original carries.
    """
    rows = np.arange(len(journeys.items))
    starts = np.maximum.accumulate(np.where(journeys.first, rows, 0))
    # Being put away or gone for a while changes nothing about being done.
    tells = (journeys.status != ARCHIVED) & (journeys.status != GONE)
    told = np.maximum.accumulate(np.where(tells, rows, -1))
    done = (told >= starts) & (journeys.status[np.maximum(told, 0)] == COMPLETED)
    began = done & (journeys.first | ~np.roll(done, 1))
    began_at = np.maximum.accumulate(np.where(began, rows, 0))
    last = np.flatnonzero(journeys.last & done & (journeys.status != GONE))
    completed = began_at[last]
    here = completed > starts[last]
    last, completed = last[here], completed[here]
    at = journeys.at[completed]
    started = _first_entry(journeys, journeys.status == IN_PROGRESS)[last]
    started = np.where(started <= at, started, np.nan)
    order = np.argsort(at, kind="stable")
    cycle, lead = (at - started) / DAY_SECONDS, (at - journeys.at[starts[last]]) / DAY_SECONDS
    return Completions(journeys.items[last][order], at[order], cycle[order], lead[order])


def spread(days: NDArray[np.float64], percentiles: Sequence[int] = PERCENTILES) -> Spread:
    """The percentiles of durations, without those that are not known (NaN)."""
    known = days[~np.isnan(days)]
    if len(known) < FEWEST_COMPLETED:
        return Spread(len(known), {}, TooFew(FEWEST_COMPLETED, len(known)))
    values = np.percentile(known, percentiles, method="inverted_cdf").tolist()
    return Spread(len(known), dict(zip(percentiles, values, strict=True)))


def throughput(done: Completions, period: Period) -> Throughput:
    """How many were completed on each day and in each week."""
    per_day = np.diff(np.searchsorted(done.at, period.bounds(), "left"))
    weeks: dict[date, int] = {}
    for day, count in zip(period.days, per_day.tolist(), strict=True):
        monday = day - timedelta(days=day.weekday())
        weeks[monday] = weeks.get(monday, 0) + count
    return Throughput(period.days, tuple(per_day.tolist()), tuple(weeks), tuple(weeks.values()))


def ageing(journeys: Journeys, cycle_days: NDArray[np.float64], now: datetime) -> Ageing:
    """The age of everything that is in progress or blocked, since work on it began, against past cycle times.

    What was blocked before it was ever started counts from then.
    """
    past = np.sort(cycle_days[~np.isnan(cycle_days)])
    missing = TooFew(FEWEST_COMPLETED, len(past)) if len(past) < FEWEST_COMPLETED else None
    limit = None if missing else float(np.percentile(past, AGEING_PERCENTILE, method="inverted_cdf"))
    running = np.flatnonzero(journeys.last & np.isin(journeys.status, (IN_PROGRESS, BLOCKED)))
    started = _first_entry(journeys, journeys.status == IN_PROGRESS)
    began = np.where(np.isnan(started), _first_entry(journeys, journeys.status == BLOCKED), started)[running]
    ages = np.maximum(now.timestamp() - began, 0.0) / DAY_SECONDS
    sooner = np.searchsorted(past, ages, "left") * 100.0 / max(len(past), 1)
    items = [
        AgeingItem(
            int(journeys.items[row]),
            STATUSES[journeys.status[row]],
            float(age),
            None if missing else float(share),
            limit is not None and bool(age > limit),
        )
        for row, age, share in zip(running, ages, sooner, strict=True)
    ]
    items.sort(key=lambda item: (-item.age_days, item.id))
    return Ageing(tuple(items), limit, missing)


def first_day(journeys: Journeys, zone: tzinfo = UTC) -> date | None:
    """The day of the first thing that is known; before it nothing could have been completed here."""
    return datetime.fromtimestamp(float(journeys.at.min()), zone).date() if len(journeys.at) else None


def standing(journeys: Journeys) -> Whole:
    """The ids of items that are neither deleted nor merged."""
    ids: Whole = journeys.items[journeys.last & (journeys.status != GONE)]
    return ids


def _first_entry(journeys: Journeys, entered: Flags) -> Seconds:
    """For each row when its item first entered; NaN where it never did."""
    index = np.cumsum(journeys.first) - 1
    found = np.full(int(index[-1]) + 1 if len(index) else 0, np.inf)
    np.minimum.at(found, index[entered], journeys.at[entered])
    entries: Seconds = np.where(np.isinf(found), np.nan, found)[index]
    return entries
