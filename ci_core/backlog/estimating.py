"""How many hours are left of a piece of work, and a guess where nobody has estimated it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from ci_core.backlog.lifecycle import OPEN_STATUSES
from ci_core.backlog.plan_queries import WorkItem


@dataclass(frozen=True, slots=True)
class Guesses:
    """Typical hours by complexity, and of all; `default` where nothing was ever estimated."""

    by_complexity: Mapping[str, float]
    overall: float | None
    default: float

    def hours(self, complexity: str | None) -> float:
        """The median of the same complexity, else of all, else the default."""
        known = self.by_complexity.get(complexity) if complexity else None
        return next(guess for guess in (known, self.overall, self.default) if guess is not None)


@dataclass(frozen=True, slots=True)
class Remaining:
    """Hours that are left, and whether they come from a guess."""

    hours: float
    guessed: bool


def guesses_from(estimates: Iterable[tuple[str | None, float]], default: float) -> Guesses:
    """Typical hours from what people have estimated: (complexity, hours)."""
    by_complexity: dict[str, list[float]] = {}
    everything = []
    for complexity, hours in estimates:
        everything.append(hours)
        if complexity:
            by_complexity.setdefault(complexity, []).append(hours)
    typical = {complexity: median(hours) for complexity, hours in by_complexity.items()}
    return Guesses(typical, median(everything) if everything else None, default)


def remaining(item: WorkItem, guesses: Guesses) -> Remaining:
    """Estimate × (1 − completion); nothing is left of what is closed."""
    if item.status not in OPEN_STATUSES:
        return Remaining(0.0, guessed=False)
    hours = guesses.hours(item.complexity) if item.hours is None else item.hours
    return Remaining(hours * (100 - item.completion) / 100, guessed=item.hours is None)
