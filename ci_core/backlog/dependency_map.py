"""A map of what waits for what: blockers to the left of what they block, few crossings, and the longest chain.

The layout is the layered one of Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System
Structures" (1981): a layer for each item by the longest path to it, and within a layer the order of the barycentres of
its neighbours, swept back and forth. Parts that are not linked with each other are laid out by themselves and packed
on shelves, the tallest first. The critical path is the chain with the most remaining hours.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

SWEEPS = 6
# Shelves are filled to about this ratio of width to height, which suits a screen; a layer is wider than a row is high.
SCREEN_RATIO = 3.4
LAYER_TO_ROW = 4.4

Link = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands: `layer` from the left, `row` from the top; halves are possible."""

    layer: int
    row: float


@dataclass(frozen=True, slots=True)
class MapLayout:
    """The place of every item, and the size of all: `layers` wide, `rows` high."""

    places: Mapping[int, Place]
    layers: int
    rows: float


@dataclass(frozen=True, slots=True)
class CriticalPath:
    """The chain of open items with the most remaining hours, from what comes first to what comes last."""

    items: tuple[int, ...]
    hours: float


def without_circles(items: Collection[int], links: Iterable[Link]) -> tuple[Link, ...]:
    """The links (waiting, blocker) between the items, without those that close a circle; the database has none."""
    known = set(items)
    inside = tuple(link for link in dict.fromkeys(links) if known.issuperset(link) and link[0] != link[1])
    if len(_in_order(items, _neighbours(items, inside))) == len(known):
        return inside
    kept: list[Link] = []
    blockers: dict[int, set[int]] = {item: set() for item in items}
    for waiting, blocker in inside:
        if waiting not in _all(blocker, blockers):
            blockers[waiting].add(blocker)
            kept.append((waiting, blocker))
    return tuple(kept)


def lay_out(items: Sequence[int], links: Sequence[Link]) -> MapLayout:
    """Place the items so that every blocker stands to the left of what it blocks.

    Args:
        items: each once.
        links: (waiting, blocker), without circles.
    """
    parts = [_lay_out_part(part, links_of) for part, links_of in _parts(items, links)]
    parts.sort(key=lambda part: (-_height(part), -_width(part), min(part)))
    return _packed(parts)


def critical_path(items: Collection[int], links: Sequence[Link], hours: Mapping[int, float]) -> CriticalPath:
    """The chain with the most remaining hours; of equals the one whose ids come first. Empty without links."""
    blockers = _neighbours(items, links)
    best: dict[int, tuple[float, int | None]] = {}
    for item in _in_order(items, blockers):
        before = max(((best[blocker][0], -blocker) for blocker in blockers[item]), default=(0.0, 0))
        best[item] = (before[0] + hours.get(item, 0.0), -before[1] if before[1] else None)
    linked = {end for link in links for end in link}
    ends = [(best[item][0], -item) for item in linked]
    if not ends or max(ends)[0] <= 0:
        return CriticalPath((), 0.0)
    total, last = max(ends)
    chain: list[int] = []
    at: int | None = -last
    while at is not None:
        chain.append(at)
        at = best[at][1]
    # What has no hours left is no part of what is still to come.
    open_chain = tuple(item for item in reversed(chain) if hours.get(item, 0.0) > 0)
    return CriticalPath(open_chain, total)


def related(item: int, links: Iterable[Link]) -> set[int]:
    """The item with everything that it waits for and that waits for it, through others too."""
    up: dict[int, set[int]] = {}
    down: dict[int, set[int]] = {}
    for waiting, blocker in links:
        up.setdefault(waiting, set()).add(blocker)
        down.setdefault(blocker, set()).add(waiting)
    return {item} | _all(item, up) | _all(item, down)


def chains(items: Sequence[int], links: Sequence[Link]) -> list[tuple[int, tuple[int, ...]]]:
    """The map in words: each item with what it waits for, blockers before what waits for them."""
    blockers = _neighbours(items, links)
    return [(item, tuple(sorted(blockers[item]))) for item in _in_order(items, blockers)]


def _all(start: int, neighbours: Mapping[int, Collection[int]]) -> set[int]:
    found: set[int] = set()
    left = [start]
    while left:
        for one in neighbours.get(left.pop(), ()):
            if one not in found:
                found.add(one)
                left.append(one)
    return found


def _neighbours(items: Collection[int], links: Iterable[Link]) -> dict[int, list[int]]:
    blockers: dict[int, list[int]] = {item: [] for item in items}
    for waiting, blocker in links:
        blockers[waiting].append(blocker)
    return blockers


def _in_order(items: Collection[int], blockers: Mapping[int, Collection[int]]) -> list[int]:
    """Blockers before what they block, else as given (Kahn's algorithm)."""
    waits = {item: len(blockers[item]) for item in items}
    waiting: dict[int, list[int]] = {}
    for item, some in blockers.items():
        for blocker in some:
            waiting.setdefault(blocker, []).append(item)
    order = [item for item in items if not waits[item]]
    for item in order:
        for next_item in waiting.get(item, ()):
            waits[next_item] -= 1
            if not waits[next_item]:
                order.append(next_item)
    return order


def _parts(items: Sequence[int], links: Sequence[Link]) -> list[tuple[list[int], list[Link]]]:
    """The items that are linked with each other, part by part."""
    both: dict[int, list[int]] = {item: [] for item in items}
    for waiting, blocker in links:
        both[waiting].append(blocker)
        both[blocker].append(waiting)
    part_of: dict[int, int] = {}
    parts: list[tuple[list[int], list[Link]]] = []
    for item in items:
        if item not in part_of:
            members = {item} | _all(item, both)
            part_of.update(dict.fromkeys(members, len(parts)))
            parts.append(([one for one in items if one in members], []))
    for link in links:
        parts[part_of[link[0]]][1].append(link)
    return parts


def _lay_out_part(items: Sequence[int], links: Sequence[Link]) -> dict[int, Place]:
    blockers = _neighbours(items, links)
    layer: dict[int, int] = {}
    for item in _in_order(items, blockers):
        layer[item] = 1 + max((layer[blocker] for blocker in blockers[item]), default=-1)
    layers: list[list[int]] = [[] for _ in range(max(layer.values()) + 1)]
    for item in items:
        layers[layer[item]].append(item)
    waiting: dict[int, list[int]] = {item: [] for item in items}
    for one, blocker in links:
        waiting[blocker].append(one)
    rows = _centred(layers)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for column in layers if forward else reversed(layers):
            beside = blockers if forward else waiting
            column.sort(key=lambda item: (_barycentre(item, beside, rows), rows[item], item))
            rows.update(_spread(column, max(map(len, layers))))
    return {item: Place(layer[item], rows[item]) for item in items}


def _centred(layers: Sequence[Sequence[int]]) -> dict[int, float]:
    tallest = max(map(len, layers))
    return {item: row for column in layers for item, row in _spread(column, tallest).items()}


def _spread(column: Sequence[int], tallest: int) -> dict[int, float]:
    """One row for each, in the middle of the height."""
    above = (tallest - len(column)) / 2
    return {item: above + row for row, item in enumerate(column)}


def _barycentre(item: int, beside: Mapping[int, Sequence[int]], rows: Mapping[int, float]) -> float:
    neighbours = beside[item]
    return sum(rows[one] for one in neighbours) / len(neighbours) if neighbours else rows[item]


def _height(part: Mapping[int, Place]) -> float:
    return max(place.row for place in part.values()) + 1


def _width(part: Mapping[int, Place]) -> int:
    return max(place.layer for place in part.values()) + 1


def _packed(parts: Sequence[Mapping[int, Place]]) -> MapLayout:
    if not parts:
        return MapLayout({}, 0, 0.0)
    area = sum(_height(part) * _width(part) * LAYER_TO_ROW for part in parts)
    widest = max(max(map(_width, parts)), round((area * SCREEN_RATIO) ** 0.5 / LAYER_TO_ROW))
    places: dict[int, Place] = {}
    left, top, shelf = 0, 0.0, 0.0
    for part in parts:
        if left and left + _width(part) > widest:
            left, top, shelf = 0, top + shelf, 0.0
        for item, place in part.items():
            places[item] = Place(left + place.layer, top + place.row)
        left += _width(part)
        shelf = max(shelf, _height(part))
    return MapLayout(places, max(place.layer for place in places.values()) + 1, top + shelf)
