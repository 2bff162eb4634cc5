"""Short ways to say what there is to do."""

from __future__ import annotations

from datetime import date
from typing import Any

from ci_core.backlog.estimating import Guesses
from ci_core.backlog.plan_queries import WorkItem
from ci_core.backlog.timeline import Calendar, Planned, Timeline, plan_timeline
from db.enums import Status

MONDAY = date(2026, 3, 2)
WEEKDAYS = frozenset(range(5))
CALENDAR = Calendar(6.0, WEEKDAYS, MONDAY)
NO_GUESS = Guesses({}, None, 6.0)


def item(
    item_id: int, hours: float | None = 6.0, assignee: str | None = "ada", status: str = "approved", **more: Any
) -> WorkItem:
    """One piece of work; without more it is approved, of 6 hours, and Ada's."""
    fields = {"priority": "medium", "area": None, "complexity": None, "completion": 0, **more}
    return WorkItem(
        id=item_id, title=f"Item {item_id}", status=Status(status), assignee=assignee, hours=hours, **fields
    )


def plan(items: list[WorkItem], links: list[tuple[int, int]] = [], **named: Any) -> Timeline:  # noqa: B006 - not changed
    """The timeline of these items over two weeks."""
    settings: dict[str, Any] = {
        "open_ids": {one.id for one in items},
        "guesses": NO_GUESS,
        "calendar": CALENDAR,
        "until": date(2026, 3, 13),
        "most_running": 3,
        **named,
    }
    return plan_timeline(
        items, links, settings.pop("open_ids"), settings.pop("guesses"), settings.pop("calendar"), **settings
    )


def times(timeline: Timeline) -> dict[int, tuple[float, float]]:
    """Start and end of each planned item in hours of work."""
    return {one.item.id: (one.start, one.end) for one in planned(timeline)}


def planned(timeline: Timeline) -> list[Planned]:
    """Everything that has a time."""
    return [one for lane in timeline.lanes for one in lane.planned]
