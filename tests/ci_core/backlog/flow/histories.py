"""Histories that are short enough to work out by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from ci_core.backlog.flow_events import Journeys, StatusEvents, journeys_of
from db.enums import Status

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
Step = tuple[float, Status | None] | tuple[float, Status | None, bool]


def day(number: float) -> datetime:
    """So many days after Monday, 2 March 2026, 00:00 UTC."""
    return MONDAY + timedelta(days=number)


def events(**steps: Iterable[Step]) -> StatusEvents:
    """Events by item ("i7"): day, status (None: gone), and whether it is an undo; in the order of the days."""
    rows = [
        (int(name[1:]), day(step[0]).timestamp(), step[1], len(step) > 2 and bool(step[2]))
        for name, some in steps.items()
        for step in some
    ]
    return StatusEvents.of(sorted(rows, key=lambda row: row[1]))


def journeys(**steps: Iterable[Step]) -> Journeys:
    """The journeys of these events."""
    return journeys_of(events(**steps))
