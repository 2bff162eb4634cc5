"""Open work as the timeline and the map of dependencies see it, read in one look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from ci_core.backlog import plan_queries
from ci_core.backlog.estimating import guesses_from
from ci_core.backlog.lifecycle import OPEN_STATUSES
from ci_core.backlog.plan_queries import WorkItem
from ci_core.backlog.timeline import PLANNED, Calendar, Timeline, plan_timeline
from ci_core.settings import Settings


@dataclass(frozen=True, slots=True)
class WorkFilter:
    """Which work is looked at; an empty part lets everything through."""

    areas: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()

    def lets_through(self, item: WorkItem) -> bool:
        """Whether `item` is looked at."""
        return (
            (not self.areas or item.area in self.areas)
            and (not self.assignees or item.assignee in self.assignees)
            and (not self.priorities or item.priority in self.priorities)
        )


def calendar_from(settings: Settings, today: date) -> Calendar:
    """The working days and hours that the settings name."""
    return Calendar(settings.hours_per_day, settings.weekdays, today)


def read_timeline(
    session: Session,
    settings: Settings,
    *,
    today: date,
    until: date,
    shown: Callable[[WorkItem], bool] = lambda _: True,
) -> Timeline:
    """Plan all approved and running work, and give the lanes of what is shown.

    The plan itself is always that of everything: whoever waits for hidden work waits for it all the same.
    """
    calendar = calendar_from(settings, today)
    guesses = guesses_from(plan_queries.known_estimates(session), settings.hours_per_day)
    everything = plan_queries.work_items(session, tuple(OPEN_STATUSES))
    timeline = plan_timeline(
        [item for item in everything if item.status in PLANNED],
        plan_queries.blocking_links(session),
        {item.id for item in everything},
        guesses,
        calendar,
        until=until,
        most_running=settings.wip_per_person,
    )
    return only_shown(timeline, shown)


def only_shown(timeline: Timeline, shown: Callable[[WorkItem], bool]) -> Timeline:
    """The same plan, without work that is not shown and lanes that hold none of what is; loads stay those of all."""
    lanes = []
    for lane in timeline.lanes:
        some = tuple(one for one in lane.planned if shown(one.item))
        if some:
            lanes.append(replace(lane, planned=some))
    return Timeline(
        tuple(lanes),
        tuple(one for one in timeline.not_planned if shown(one.item)),
        timeline.calendar,
        timeline.until,
    )
