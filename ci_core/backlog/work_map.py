"""The map of dependencies as it stands: which items are on it, where, what is ready, and what decides the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from ci_core.backlog import dependency_map, plan_queries
from ci_core.backlog.dependency_map import CriticalPath, Link, Place
from ci_core.backlog.estimating import guesses_from, remaining
from ci_core.backlog.lifecycle import OPEN_STATUSES
from ci_core.backlog.plan_queries import WorkItem
from ci_core.settings import Settings
from db.enums import Status


@dataclass(frozen=True, slots=True)
class MapNode:
    """One item on the map.

    Attributes:
        hours: what is left of it, perhaps guessed.
        ready: it is accepted, and nothing that it waits for is open.
        critical: it is on the chain with the most remaining hours.
        aside: it is shown only because something that is looked for is linked with it.
    """

    item: WorkItem
    place: Place
    hours: float
    guessed: bool
    ready: bool
    critical: bool
    aside: bool


@dataclass(frozen=True, slots=True)
class WorkMap:
    """Nodes with blockers first, links (waiting, blocker) between them, and how large the whole is.

    `linked` is how many items depend on each other at all, whatever is shown.
    """

    nodes: tuple[MapNode, ...]
    links: tuple[Link, ...]
    critical: CriticalPath
    layers: int
    rows: float
    linked: int


def read_map(
    session: Session,
    settings: Settings,
    *,
    shown: Callable[[WorkItem], bool] = lambda _: True,
    open_only: bool = True,
    focus: int | None = None,
) -> WorkMap:
    """The map of everything that waits or is waited for.

    Args:
        shown: what is looked for; what is linked directly with it is shown beside it.
        open_only: leave out what is completed, rejected or archived.
        focus: show only this item with everything before and behind it; one that is not on the map shows nothing.
    """
    everything = plan_queries.linked_items(session)
    guesses = guesses_from(plan_queries.known_estimates(session), settings.hours_per_day)
    items = {item.id: item for item in everything if not open_only or item.status in OPEN_STATUSES}
    stored = plan_queries.blocking_links(session)
    links = dependency_map.without_circles(items, stored)
    sought = _sought(items, links, shown, focus)
    beside = {end for link in links if sought & set(link) for end in link} if focus is None else sought
    kept = [item_id for item_id in items if item_id in sought | beside]
    kept_links = tuple(link for link in links if link[0] in beside | sought and link[1] in beside | sought)
    left = {item_id: remaining(items[item_id], guesses) for item_id in kept}
    critical = dependency_map.critical_path(kept, kept_links, {item_id: one.hours for item_id, one in left.items()})
    layout = dependency_map.lay_out(kept, kept_links)
    waits = _waits(everything, stored)
    nodes = tuple(
        MapNode(
            items[item_id],
            layout.places[item_id],
            left[item_id].hours,
            left[item_id].guessed,
            _ready(items[item_id], waits),
            item_id in critical.items,
            item_id not in sought,
        )
        for item_id, _ in dependency_map.chains(kept, kept_links)
    )
    return WorkMap(nodes, kept_links, critical, layout.layers, layout.rows, len(everything))


def _sought(
    items: dict[int, WorkItem], links: tuple[Link, ...], shown: Callable[[WorkItem], bool], focus: int | None
) -> set[int]:
    if focus is not None:
        return dependency_map.related(focus, links) & items.keys()
    return {item_id for item_id, item in items.items() if shown(item)}


def _waits(everything: list[WorkItem], stored: list[Link]) -> dict[int, bool]:
    """For each item that was ever made to wait, whether something that it waits for is open."""
    is_open = {item.id for item in everything if item.status in OPEN_STATUSES}
    waits: dict[int, bool] = {}
    for waiting, blocker in stored:
        waits[waiting] = waits.get(waiting, False) or blocker in is_open
    return waits


def _ready(item: WorkItem, waits: dict[int, bool]) -> bool:
    if item.status is Status.APPROVED:
        return not waits.get(item.id, False)
    # Whoever was put among the blocked because of a link can go on; who is there for another reason is not known to.
    return item.status is Status.BLOCKED and waits.get(item.id) is False
