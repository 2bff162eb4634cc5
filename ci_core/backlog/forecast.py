"""When so many will be done, and how many by then: thousands of possible futures drawn from the past.

The method is the one of Troy Magennis, "Forecasting and Simulating Software Development Projects" (2011), and of Daniel
Vacanti, "Actionable Agile Metrics for Predictability" (2015): each run draws, day by day, one of
the past days and takes over what was completed on it. No distribution is assumed, and days without work count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

import numpy as np
from numpy.typing import NDArray

from ci_core.errors import InvalidInput

RUNS = 10_000
SEED = 20_261_125
CERTAINTIES = (50, 85, 95)
# Later than this is said to be later than this: nobody plans ten years from last month's pace.
FARTHEST_DAYS = 3_650
MOST_ITEMS = 10_000
_SMALLEST_STEP, _LARGEST_STEP = 16, 512


@dataclass(frozen=True, slots=True)
class DoneBy:
    """With `certainty` per cent all are done `days` from today, on `on`; None: not within ten years."""

    certainty: int
    days: int | None
    on: date | None


@dataclass(frozen=True, slots=True)
class DoneUntil:
    """With `certainty` per cent at least `count` are done by the date."""

    certainty: int
    count: int


def when_done(
    throughput: Sequence[int], count: int, *, today: date, runs: int = RUNS, seed: int = SEED
) -> tuple[DoneBy, ...]:
    """When `count` more will be completed, at each of the `CERTAINTIES`; the first day that counts is tomorrow.

    Args:
        throughput: completed items on each past day, days without any included.
        count: 1–10,000.
        runs: simulated futures.
        seed: the same seed gives the same answer.

    Raises:
        InvalidInput: the count is out of range, or there is no past day.
    """
    check_count(count)
    days = _days_until(_past(throughput), count, runs, np.random.default_rng(seed))
    found = []
    for certainty in CERTAINTIES:
        # The day by which that share of the runs is done: an observed one, not one between two.
        needed = float(np.percentile(days, certainty, method="inverted_cdf"))
        later = needed > FARTHEST_DAYS
        found.append(DoneBy(certainty, None, None) if later else _on(certainty, int(needed), today))
    return tuple(found)


def how_many(throughput: Sequence[int], days: int, *, runs: int = RUNS, seed: int = SEED) -> tuple[DoneUntil, ...]:
    """How many will be completed within `days` from tomorrow on, at least, at each of the `CERTAINTIES`.

    Args:
        days: 0–3,650.

    Raises:
        InvalidInput: the days are out of range, or there is no past day.
    """
    check_horizon(days)
    values, seen = np.unique(_past(throughput), return_counts=True)
    # How often each kind of day is drawn is all that matters for a sum, so no day is drawn by itself.
    drawn = np.random.default_rng(seed).multinomial(days, seen / seen.sum(), size=runs)
    sums = drawn @ values
    return tuple(
        DoneUntil(certainty, int(np.percentile(sums, 100 - certainty, method="inverted_cdf")))
        for certainty in CERTAINTIES
    )


def check_count(count: int) -> None:
    """Accept a number of items that a forecast is made for.

    Raises:
        InvalidInput: it is none, or too many.
    """
    if not 1 <= count <= MOST_ITEMS:
        raise InvalidInput("count", f"A forecast is made for 1 to {MOST_ITEMS:,} items, not for {count:,}.")


def check_horizon(days: int) -> None:
    """Accept so many days from today.

    Raises:
        InvalidInput: they lie in the past, or farther than ten years away.
    """
    if not 0 <= days <= FARTHEST_DAYS:
        raise InvalidInput("until", "A forecast reaches from today to ten years from now. Choose a date between.")


def _past(throughput: Sequence[int]) -> NDArray[np.int64]:
    past = np.asarray(throughput, np.int64)
    if not len(past):
        raise InvalidInput("throughput", "There is no past day to draw from. Choose a longer period.")
    return past


def _on(certainty: int, days: int, today: date) -> DoneBy:
    return DoneBy(certainty, days, today + timedelta(days=days))


def _days_until(past: NDArray[np.int64], count: int, runs: int, random: np.random.Generator) -> NDArray[np.float64]:
    """For each run the number of days until `count` are done; infinity for later than `FARTHEST_DAYS`."""
    days = np.full(runs, np.inf)
    if not past.any():
        return days
    step = min(max(ceil(1.3 * count / past.mean()), _SMALLEST_STEP), _LARGEST_STEP)
    waiting, done = np.arange(runs), np.zeros(runs, np.int64)
    for start in range(0, FARTHEST_DAYS, step):
        sums = done[:, None] + random.choice(past, size=(len(waiting), step)).cumsum(axis=1)
        reached = sums[:, -1] >= count
        days[waiting[reached]] = start + 1 + (sums[reached] >= count).argmax(axis=1)
        waiting, done = waiting[~reached], sums[~reached, -1]
        if not len(waiting):
            break
    days[days > FARTHEST_DAYS] = np.inf
    return days
