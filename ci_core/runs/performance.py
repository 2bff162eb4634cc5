"""The figures of agents: their runs summed up by day, week and month, kept when the runs themselves are gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from ci_core.runs import performance_queries as queries
from db.enums import Period


@dataclass(frozen=True, slots=True)
class Figures:
    """What an agent did in one day, week (from Monday) or month, in UTC.

    Attributes:
        busy_seconds: how long its runs took, together.
        median_seconds: of the completed runs that needed one attempt; None without such.
        counts: what it did, by name, summed up.
        accuracy: how often its predictions came true, 0–100; None while nothing is known.
        samples: of how many predictions that is known.
    """

    agent: str
    period: Period
    period_start: date
    runs: int
    completed: int
    failed: int
    cancelled: int
    busy_seconds: float
    median_seconds: float | None
    cost_usd: Decimal
    counts: Mapping[str, Any]
    accuracy: Decimal | None
    samples: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What an agent did in the last 30 days.

    Attributes:
        success_percent: how many of the runs that ended by themselves are completed, 0–100; None where none did.
        accuracy: how often its predictions came true, 0–100; None while nothing is known.
        newest: the last day with a run.
    """

    agent: str
    runs: int
    completed: int
    failed: int
    cancelled: int
    success_percent: float | None
    busy_seconds: float
    cost_usd: Decimal
    accuracy: float | None
    samples: int
    newest: date


def roll_up(session: Session, *, agents: Mapping[str, str], now: datetime, since: datetime | None = None) -> int:
    """Sum up the runs that ended since the last time; gives how many figures changed. Twice is as good as once.

    Args:
        agents: who carries out each type of run; the name of another type stands for its agent.
        since: sum up anew from here on; None for where it was left.
    """
    began = since or _left_at(session)
    if began is None:
        return 0
    values = {"since": began, "now": now, "types": list(agents), "agents": list(agents.values())}
    return sum(len(session.execute(queries.ROLL_UP, {**values, "period": period.value}).all()) for period in Period)


def figures(
    session: Session, *, period: Period = Period.DAY, since: date, agent: str | None = None
) -> tuple[Figures, ...]:
    """The figures of the periods that begin on this day or later, agent by agent in the order of time."""
    values = {"period": period.value, "since": since, "agent": agent}
    return tuple(
        Figures(**{**row._mapping, "period": Period(row.period)}) for row in session.execute(queries.FIGURES, values)
    )


def summaries(session: Session) -> tuple[Summary, ...]:
    """What each agent did in the last 30 days."""
    return tuple(Summary(**row._mapping) for row in session.execute(queries.SUMMARIES))


def _left_at(session: Session) -> datetime | None:
    day: date | None = session.execute(queries.ROLLED_UP_TO).scalar_one()
    if day is not None:
        return datetime.combine(day, time(), UTC)
    first: datetime | None = session.execute(queries.FIRST).scalar_one()
    return first
