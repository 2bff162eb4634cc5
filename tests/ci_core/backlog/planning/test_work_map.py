"""The map of what stands in the database: what is on it, what is ready, and what decides the end."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy.orm import Session

from ci_core.backlog import Enhancement, add_dependency, merge_duplicate, move_enhancement
from ci_core.backlog.planning import WorkFilter
from ci_core.backlog.work_map import MapNode, WorkMap, read_map
from ci_core.settings import Settings
from tests.ci_core.backlog.conftest import Make


@pytest.fixture
def chain(session: Session, make: Make) -> list[Enhancement]:
    """Four approved items in a row; the second is Bob's, and of another area."""
    items = [
        make(f"Step {n}", status="approved", estimated_hours=n + 1, assignee="bob" if n == 1 else "ada",
             feature_area="Risk" if n == 1 else "Scanner")
        for n in range(4)
    ]  # fmt: skip
    for blocker, waiting in pairwise(items):
        add_dependency(session, waiting.id, blocker.id, "blocked_by", actor="tess")
    return items


def read(session: Session, **named: Any) -> WorkMap:
    return read_map(session, Settings(_env_file=None), **named)  # type: ignore[call-arg]


def by_id(work: WorkMap) -> dict[int, MapNode]:
    return {node.item.id: node for node in work.nodes}


def test_only_what_is_linked_is_on_the_map(session: Session, make: Make, chain: list[Enhancement]) -> None:
    lone, related = make(), make()
    add_dependency(session, lone.id, related.id, "related", actor="tess")

    found = read(session)

    assert [node.item.id for node in found.nodes] == [item.id for item in chain]
    assert [node.place.layer for node in found.nodes] == [0, 1, 2, 3]
    assert found.linked == 4


def test_the_first_of_a_chain_is_ready_and_the_next_when_it_is_done(session: Session, chain: list[Enhancement]) -> None:
    assert [node.ready for node in read(session).nodes] == [True, False, False, False]

    move_enhancement(session, chain[0].id, "completed", actor="tess")

    found = by_id(read(session))
    assert chain[0].id not in found
    assert [found[item.id].ready for item in chain[1:]] == [True, False, False]


def test_what_is_in_the_blocked_column_without_an_open_blocker_can_go_on(
    session: Session, make: Make, chain: list[Enhancement]
) -> None:
    move_enhancement(session, chain[1].id, "blocked", actor="tess")
    assert not by_id(read(session))[chain[1].id].ready

    move_enhancement(session, chain[0].id, "completed", actor="tess")

    assert by_id(read(session))[chain[1].id].ready


def test_the_critical_path_counts_what_is_left(session: Session, make: Make, chain: list[Enhancement]) -> None:
    huge = make(status="approved", estimated_hours=50)
    add_dependency(session, chain[3].id, huge.id, "blocked_by", actor="tess")

    found = read(session)

    assert found.critical.items == (huge.id, chain[3].id)
    assert found.critical.hours == 54
    assert [node.item.id for node in found.nodes if node.critical] == [huge.id, chain[3].id]


def test_done_items_are_shown_when_asked_for_and_have_no_hours(session: Session, chain: list[Enhancement]) -> None:
    move_enhancement(session, chain[0].id, "completed", actor="tess")

    found = by_id(read(session, open_only=False))

    assert found[chain[0].id].hours == 0
    assert not found[chain[0].id].critical
    assert len(found) == 4


def test_a_focus_shows_what_is_before_and_behind(session: Session, make: Make, chain: list[Enhancement]) -> None:
    side = make(status="approved")
    add_dependency(session, side.id, chain[0].id, "blocked_by", actor="tess")

    assert by_id(read(session, focus=chain[1].id)).keys() == {item.id for item in chain}
    assert by_id(read(session, focus=side.id)).keys() == {chain[0].id, side.id}
    assert read(session, focus=2**31 - 1).nodes == ()


def test_a_filter_shows_its_neighbours_beside_it(session: Session, chain: list[Enhancement]) -> None:
    found = by_id(read(session, shown=WorkFilter(assignees=("bob",)).lets_through))

    assert {item_id: node.aside for item_id, node in found.items()} == {
        chain[0].id: True,
        chain[1].id: False,
        chain[2].id: True,
    }
    assert by_id(read(session, shown=WorkFilter(areas=("Nowhere",)).lets_through)) == {}


def test_a_merged_duplicate_is_not_on_the_map(session: Session, make: Make, chain: list[Enhancement]) -> None:
    duplicate = make(status="approved")
    add_dependency(session, duplicate.id, chain[0].id, "blocked_by", actor="tess")
    merge_duplicate(session, duplicate.id, chain[2].id, actor="tess")

    found = read(session)

    assert duplicate.id not in by_id(found)
    assert (chain[2].id, chain[0].id) in found.links
