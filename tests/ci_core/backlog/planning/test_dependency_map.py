"""The map: blockers to the left, nothing on top of each other, few crossings, and the chain that decides."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ci_core.backlog.dependency_map import (
    Link,
    MapLayout,
    chains,
    critical_path,
    lay_out,
    related,
    without_circles,
)


def crossings(layout: MapLayout, links: list[Link]) -> int:
    """How many pairs of links cross."""
    at = layout.places
    count = 0
    for number, (waiting, blocker) in enumerate(links):
        for other_waiting, other_blocker in links[number + 1 :]:
            if at[blocker].layer == at[other_blocker].layer and at[waiting].layer == at[other_waiting].layer:
                left = at[blocker].row - at[other_blocker].row
                right = at[waiting].row - at[other_waiting].row
                count += left * right < 0
    return count


def test_a_chain_goes_from_left_to_right() -> None:
    found = lay_out([3, 2, 1], [(3, 2), (2, 1)])

    assert [found.places[item].layer for item in (1, 2, 3)] == [0, 1, 2]
    assert {place.row for place in found.places.values()} == {0}
    assert (found.layers, found.rows) == (3, 1)


def test_an_item_stands_behind_its_longest_chain() -> None:
    found = lay_out([1, 2, 3, 4], [(4, 1), (4, 3), (3, 2), (2, 1)])

    assert [found.places[item].layer for item in (1, 2, 3, 4)] == [0, 1, 2, 3]


def test_crossings_that_need_not_be_are_removed() -> None:
    # Two layers, linked in reverse: as given, every pair crosses.
    links = [(10 + n, 5 - n) for n in range(5)] + [(10, 4), (13, 1)]
    items = [*range(1, 6), *range(10, 15)]

    assert crossings(lay_out(items, links), links) == 0


def test_parts_stand_apart_the_tallest_first() -> None:
    found = lay_out([1, 2, 3, 4, 5], [(2, 1), (4, 3), (5, 3)])

    first, second = found.places[3], found.places[1]
    assert (first.layer, first.row) != (second.layer, second.row)
    assert len({(place.layer, place.row) for place in found.places.values()}) == 5


def test_nothing_makes_an_empty_map() -> None:
    assert lay_out([], []) == MapLayout({}, 0, 0.0)
    assert critical_path([], [], {}).items == ()


def test_the_critical_path_is_the_longest_in_hours_not_in_steps() -> None:
    links = [(4, 3), (3, 2), (2, 1), (6, 5)]
    hours = {1: 2.0, 2: 2, 3: 2, 4: 2, 5: 10, 6: 3}

    assert critical_path(hours, links, hours).items == (5, 6)
    assert critical_path(hours, links, hours).hours == 13


def test_what_is_done_is_no_part_of_the_critical_path() -> None:
    found = critical_path([1, 2, 3], [(3, 2), (2, 1)], {1: 0.0, 2: 4, 3: 5})

    assert (found.items, found.hours) == ((2, 3), 9)
    assert critical_path([1, 2], [(2, 1)], {1: 0.0, 2: 0.0}).items == ()


def test_a_lone_item_however_large_is_no_path() -> None:
    assert critical_path([1, 2, 3], [(2, 1)], {1: 1.0, 2: 1, 3: 99}).items == (1, 2)


def test_a_focus_shows_what_is_before_and_behind_and_no_side_ways() -> None:
    links = [(2, 1), (3, 2), (4, 1), (5, 3)]

    assert related(2, links) == {1, 2, 3, 5}
    assert related(4, links) == {1, 4}
    assert related(9, links) == {9}


def test_links_that_close_a_circle_or_lead_outside_are_left_out() -> None:
    assert without_circles([1, 2, 3], [(1, 2), (2, 3), (3, 1), (1, 9), (2, 2), (1, 2)]) == ((1, 2), (2, 3))


def test_the_map_in_words_names_blockers_first() -> None:
    assert chains([3, 2, 1], [(3, 2), (3, 1), (2, 1)]) == [(1, ()), (2, (1,)), (3, (1, 2))]


graphs = st.integers(1, 30).flatmap(
    lambda count: st.tuples(
        st.permutations(range(1, count + 1)),
        st.lists(st.tuples(st.integers(1, count), st.integers(1, count)), max_size=60),
    )
)


@given(graphs)
def test_no_blocker_stands_to_the_right_of_what_it_blocks_and_no_two_share_a_place(graph: tuple) -> None:
    items, pairs = graph
    links = without_circles(items, pairs)

    found = lay_out(items, links)

    assert set(found.places) == set(items)
    for waiting, blocker in links:
        assert found.places[blocker].layer < found.places[waiting].layer
    assert len(set(found.places.values())) == len(items)
    for one in found.places.values():
        assert 0 <= one.layer < found.layers
        assert 0 <= one.row <= found.rows - 1
    rows: dict[int, list[float]] = {}
    for place in found.places.values():
        rows.setdefault(place.layer, []).append(place.row)
    for column in rows.values():
        column.sort()
        assert all(below - above >= 0.5 for above, below in pairwise(column))


@given(graphs, st.data())
def test_the_critical_path_is_a_chain_and_none_is_longer(graph: tuple, data: st.DataObject) -> None:
    items, pairs = graph
    links = without_circles(items, pairs)
    hours = {item: data.draw(st.integers(1, 20)) for item in items}

    found = critical_path(items, links, hours)

    assert found.hours == sum(hours[item] for item in found.items)
    for before, after in pairwise(found.items):
        assert (after, before) in links
    for waiting, blocker in links:
        assert hours[waiting] + hours[blocker] <= found.hours
