"""What others wait for comes before them, and a person's word is the last one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_core.backlog.priority.order import order_of_work


def ids(scores: dict[int, float], blocked_by: dict[int, list[int]], decided: tuple[int, ...] = ()) -> list[int]:
    return [place.id for place in order_of_work(scores, blocked_by, decided)]


def test_without_dependencies_the_score_decides() -> None:
    assert ids({1: 20, 2: 80, 3: 50}, {}) == [2, 3, 1]


def test_what_is_waited_for_is_as_urgent_as_what_waits() -> None:
    order = order_of_work({1: 10, 2: 80, 3: 50}, {2: [1]})

    assert [(place.id, place.urgency, place.lifted_by) for place in order] == [(1, 80, 2), (2, 80, None), (3, 50, None)]


def test_urgency_reaches_through_a_chain_and_names_its_end() -> None:
    order = order_of_work({1: 5, 2: 6, 3: 90, 4: 50}, {3: [2], 2: [1]})

    assert [place.id for place in order] == [1, 2, 3, 4]
    assert {place.id: place.lifted_by for place in order} == {1: 3, 2: 3, 3: None, 4: None}


def test_of_two_that_are_equally_urgent_what_unblocks_more_comes_first() -> None:
    assert ids({1: 50, 2: 50, 3: 10, 4: 10, 5: 10}, {3: [2], 4: [2], 5: [1]})[:2] == [2, 1]


def test_a_score_that_a_person_set_is_not_lifted_and_nothing_that_waits_for_it_overtakes_it() -> None:
    order = order_of_work({1: 5, 2: 90, 3: 50, 4: 80}, {2: [1], 4: [2]}, decided={1})

    assert [place.id for place in order] == [3, 1, 2, 4]
    assert {place.id: place.held_by for place in order} == {3: None, 1: None, 2: 1, 4: 1}


def test_what_is_not_open_any_more_holds_nothing_up() -> None:
    assert ids({1: 10, 2: 80}, {2: [99]}) == [2, 1]


def test_a_circle_has_no_order() -> None:
    with pytest.raises(ValueError, match="#1, #2 wait for each other"):
        order_of_work({1: 1, 2: 2, 3: 3}, {1: [2], 2: [1]})


def test_ten_thousand_in_one_chain_are_no_deep_recursion() -> None:
    scores = dict.fromkeys(range(10_000), 50.0)

    assert ids(scores, {one: [one - 1] for one in range(1, 10_000)}) == list(range(10_000))


@st.composite
def backlogs(draw: st.DrawFn) -> tuple[dict[int, float], dict[int, list[int]], list[int]]:
    count = draw(st.integers(1, 12))
    scores = {one: float(draw(st.integers(0, 5))) for one in range(count)}
    # Links go from a higher to a lower number of a shuffled order, so that there is no circle.
    shuffled = draw(st.permutations(range(count)))
    links = {
        shuffled[place]: [shuffled[other] for other in draw(st.sets(st.integers(0, place - 1), max_size=3))]
        for place in range(1, count)
    }
    return scores, links, draw(st.lists(st.sampled_from(range(count)), unique=True))


@given(backlogs())
def test_nothing_ever_comes_before_what_it_waits_for(
    backlog: tuple[dict[int, float], dict[int, list[int]], list[int]],
) -> None:
    scores, links, decided = backlog

    order = order_of_work(scores, links, decided)

    rank = {place.id: place.rank for place in order}
    assert sorted(rank.values()) == list(range(1, len(scores) + 1))
    assert all(rank[other] < rank[one] for one, others in links.items() for other in others)
    assert all(place.urgency <= scores[place.id] for place in order if place.id in decided)
    assert [place.urgency for place in order] == sorted((place.urgency for place in order), reverse=True)
