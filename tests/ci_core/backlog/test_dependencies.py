from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog import (
    Enhancement,
    NewEnhancement,
    add_dependency,
    create_enhancements,
    dependencies_of,
    get_enhancement,
    merge_duplicate,
    move_enhancement,
    open_blockers,
    remove_dependency,
)
from ci_core.errors import DependencyCycle, InvalidInput, NotAllowed, NotFound
from db.engine import Database
from db.enums import DependencyKind

Make = Callable[..., Enhancement]


def ids(linked: tuple[object, ...]) -> list[int]:
    return [item.id for item in linked]  # type: ignore[attr-defined]


def test_a_dependency_is_seen_from_both_ends(session: Session, make: Make) -> None:
    a, b = make("A"), make("B")

    seen = add_dependency(session, a.id, b.id, DependencyKind.BLOCKED_BY, actor="tess")

    assert ids(seen.blocked_by) == [b.id]
    assert (seen.blocked_by[0].title, seen.blocked_by[0].is_open) == ("B", True)
    assert ids(dependencies_of(session, b.id).blocks) == [a.id]


def test_every_kind_has_its_own_place(session: Session, make: Make) -> None:
    a, b, c, d = make("A"), make("B"), make("C"), make("D")
    add_dependency(session, a.id, b.id, "related", actor="tess")
    add_dependency(session, c.id, a.id, "related", actor="tess")
    add_dependency(session, a.id, d.id, "duplicate_of", actor="tess")

    assert ids(dependencies_of(session, a.id).related) == [b.id, c.id]
    assert ids(dependencies_of(session, a.id).duplicate_of) == [d.id]
    assert ids(dependencies_of(session, d.id).duplicates) == [a.id]


@pytest.mark.parametrize("kind", list(DependencyKind))
def test_saying_it_twice_is_once(session: Session, make: Make, kind: DependencyKind) -> None:
    a, b = make("A"), make("B")

    first = add_dependency(session, a.id, b.id, kind, actor="tess")

    assert add_dependency(session, a.id, b.id, kind, actor="ada") == first


def test_related_has_no_direction(session: Session, make: Make) -> None:
    a, b = make("A"), make("B")
    add_dependency(session, a.id, b.id, "related", actor="tess")

    add_dependency(session, b.id, a.id, "related", actor="tess")
    assert (
        session.scalar(
            text("SELECT count(*) FROM ci_enhancement_dependencies WHERE enhancement_id = :id"), {"id": b.id}
        )
        == 0
    )
    remove_dependency(session, b.id, a.id, "related", actor="tess")

    assert dependencies_of(session, a.id).related == ()


def test_a_circle_is_refused_and_named(session: Session, make: Make) -> None:
    a, b, c = make("Alpha"), make("Beta"), make("Gamma")
    add_dependency(session, a.id, b.id, "blocked_by", actor="tess")
    add_dependency(session, b.id, c.id, "blocked_by", actor="tess")

    with pytest.raises(DependencyCycle) as caught:
        add_dependency(session, c.id, a.id, "blocked_by", actor="tess")

    assert caught.value.path == [c.id, a.id, b.id, c.id]
    assert f"#{c.id} Gamma → #{a.id} Alpha → #{b.id} Beta → #{c.id} Gamma" in str(caught.value)
    assert dependencies_of(session, c.id).blocked_by == ()


def test_two_are_not_duplicates_of_each_other(session: Session, make: Make) -> None:
    a, b = make("A"), make("B")
    add_dependency(session, a.id, b.id, "duplicate_of", actor="tess")

    with pytest.raises(NotAllowed, match="already marked"):
        add_dependency(session, b.id, a.id, "duplicate_of", actor="tess")


def test_unusable_dependencies_are_refused(session: Session, make: Make) -> None:
    a = make("A")

    with pytest.raises(InvalidInput, match="itself"):
        add_dependency(session, a.id, a.id, "blocked_by", actor="tess")
    with pytest.raises(InvalidInput, match="Allowed are: blocked_by, related, duplicate_of"):
        add_dependency(session, a.id, a.id + 1, "needs", actor="tess")
    with pytest.raises(NotFound):
        add_dependency(session, a.id, 2**60, "blocked_by", actor="tess")
    with pytest.raises(NotFound):
        remove_dependency(session, a.id, 2**60, "blocked_by", actor="tess")


def test_a_tombstone_gets_no_new_dependencies(session: Session, make: Make) -> None:
    a, b, c = make("A"), make("B"), make("C")
    merge_duplicate(session, a.id, b.id, actor="tess")

    with pytest.raises(NotAllowed, match=f"merged into #{b.id}"):
        add_dependency(session, c.id, a.id, "blocked_by", actor="tess")


def test_open_blockers_are_those_still_to_be_done(session: Session, make: Make) -> None:
    item, todo, done = make("A"), make("B"), make("C", status="in_progress")
    for blocker in (todo, done):
        add_dependency(session, item.id, blocker.id, "blocked_by", actor="tess")

    move_enhancement(session, done.id, "completed", actor="tess")

    assert ids(open_blockers(session, item.id)) == [todo.id]


def test_what_others_wait_for_is_scored_higher_also_through_others(session: Session, make: Make) -> None:
    root, middle, leaf = make("A"), make("A"), make("A")
    scores = [get_enhancement(session, root.id).ai_priority_score]
    add_dependency(session, middle.id, root.id, "blocked_by", actor="tess")
    scores.append(get_enhancement(session, root.id).ai_priority_score)

    add_dependency(session, leaf.id, middle.id, "blocked_by", actor="tess")

    scores.append(get_enhancement(session, root.id).ai_priority_score)
    assert scores == sorted(set(scores), key=float)  # type: ignore[arg-type]
    assert "2 others wait for it" in (get_enhancement(session, root.id).ai_reasoning or "")
    remove_dependency(session, leaf.id, middle.id, "blocked_by", actor="tess")
    assert get_enhancement(session, root.id).ai_priority_score == scores[1]


def test_the_circle_is_refused_even_when_its_halves_are_made_at_once(database: Database) -> None:
    with database.transaction("tess") as session:
        a, b = create_enhancements(session, [NewEnhancement(title="A"), NewEnhancement(title="B")], actor="tess")
    together = Barrier(2)

    def link(pair: tuple[int, int]) -> str:
        together.wait()
        try:
            with database.transaction("ada") as session:
                add_dependency(session, *pair, "blocked_by", actor="ada")
        except DependencyCycle:
            return "circle"
        return "made"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(link, [(a.id, b.id), (b.id, a.id)]))

    assert outcomes == ["circle", "made"]


def test_many_dependencies_at_once_do_not_wait_for_each_other_for_ever(database: Database) -> None:
    with database.transaction("tess") as session:
        made = create_enhancements(session, [NewEnhancement(title=f"W{n}") for n in range(9)], actor="tess")
    together = Barrier(8)

    def link(number: int) -> None:
        together.wait()
        with database.transaction("ada") as session:
            add_dependency(session, made[number + 1].id, made[number].id, "blocked_by", actor="ada")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(link, range(8)))

    with database.reading() as session:
        assert "8 others wait for it" in (get_enhancement(session, made[0].id).ai_reasoning or "")
