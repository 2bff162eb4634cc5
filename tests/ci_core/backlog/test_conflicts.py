from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog import (
    Enhancement,
    NewEnhancement,
    create_enhancement,
    get_enhancement,
    move_enhancement,
    rescore_all,
    set_score_override,
    update_enhancement,
)
from ci_core.errors import EditConflict, InvalidInput
from db.engine import Database

Make = Callable[..., Enhancement]


def edit(session: Session, item: Enhancement, actor: str, **changes: Any) -> Enhancement:
    """An edit by somebody who saw the enhancement as `item`."""
    return update_enhancement(session, item.id, changes, expected_version=item.version, actor=actor)


def test_a_stale_write_on_another_field_succeeds(session: Session, make: Make) -> None:
    seen = make()
    edit(session, seen, "ada", title="Ada's title")

    edited = edit(session, seen, "bob", priority="high", assignee="bob")

    assert (edited.title, edited.priority, edited.assignee, edited.version) == ("Ada's title", "high", "bob", 3)


def test_a_stale_write_on_the_same_field_is_a_conflict_that_carries_both_versions(session: Session, make: Make) -> None:
    seen = make()
    edit(session, seen, "ada", title="Ada's title")
    edit(session, seen, "cleo", assignee="cleo")

    with pytest.raises(EditConflict) as caught:
        edit(session, seen, "bob", title="Bob's title", priority="high")

    conflict = caught.value
    assert (conflict.enhancement_id, conflict.fields, conflict.changed_by) == (seen.id, ["title"], "ada")
    assert (conflict.yours, conflict.theirs) == ({"title": "Bob's title"}, {"title": "Ada's title"})
    assert conflict.current_version == 3
    assert get_enhancement(session, seen.id).priority == "medium"


def test_the_next_attempt_with_the_current_version_succeeds(session: Session, make: Make) -> None:
    seen = make()
    edit(session, seen, "ada", title="Ada's title")
    with pytest.raises(EditConflict) as caught:
        edit(session, seen, "bob", title="Bob's title")

    again = update_enhancement(
        session, seen.id, {"title": "Bob's title"}, expected_version=caught.value.current_version, actor="bob"
    )

    assert again.title == "Bob's title"


def test_writing_the_same_value_as_the_other_one_is_no_conflict(session: Session, make: Make) -> None:
    seen = make()
    edit(session, seen, "ada", title="Same", tags=["b"], estimated_hours=2.5)

    edited = edit(session, seen, "bob", title="Same", tags=["b"], estimated_hours=2.5)

    assert edited.version == 2


def test_a_form_that_sends_every_field_changes_only_those_that_its_person_changed(session: Session, make: Make) -> None:
    seen = make(tags=("a",), estimated_hours=1.25, predicted_impact={"x": 1})
    edit(
        session,
        seen,
        "ada",
        title="Ada's",
        tags=["a", "b"],
        estimated_hours=8,
        predicted_impact={"x": 2},
        priority="low",
    )

    edited = edit(
        session,
        seen,
        "bob",
        title=seen.title,
        description="Bob's",
        tags=list(seen.tags),
        estimated_hours=seen.estimated_hours,
        predicted_impact=seen.predicted_impact,
        priority=seen.priority,
        complexity=seen.complexity,
    )

    assert (edited.title, edited.description, edited.tags) == ("Ada's", "Bob's", ("a", "b"))
    assert (edited.estimated_hours, edited.predicted_impact, edited.priority) == (8.0, {"x": 2}, "low")


def test_a_field_that_was_changed_and_changed_back_is_compared_with_what_was_seen(session: Session, make: Make) -> None:
    seen = make()
    there = edit(session, seen, "ada", title="There")
    edit(session, there, "ada", title=seen.title)

    with pytest.raises(EditConflict):
        edit(session, seen, "bob", title="Bob's")


def test_an_edit_and_a_move_do_not_conflict(session: Session, make: Make) -> None:
    seen, other = make(), make(status="approved")
    move_enhancement(session, seen.id, "approved", actor="ada", expected_version=1, after_id=other.id)

    edited = edit(session, seen, "bob", title="Bob's", priority="high")
    moved = move_enhancement(session, seen.id, "in_progress", actor="cleo", expected_version=2)

    assert (edited.status, moved.title, moved.status) == ("approved", "Bob's", "in_progress")


def test_scores_and_stamps_never_conflict(session: Session, make: Make) -> None:
    seen = make(status="in_progress")
    edit(session, seen, "ada", category="security")
    rescore_all(session, actor="agent:scorer")
    session.execute(
        text("UPDATE ci_enhancements SET ai_priority_score = 1, ai_reasoning = 'x' WHERE id = :id"), {"id": seen.id}
    )

    assert edit(session, seen, "bob", priority="high").priority == "high"
    assert move_enhancement(session, seen.id, "completed", actor="bob", expected_version=1).status == "completed"


def test_completion_set_by_a_move_does_not_stop_an_edit_of_something_else(session: Session, make: Make) -> None:
    seen = make(status="in_progress")
    move_enhancement(session, seen.id, "completed", actor="ada", expected_version=1)

    assert edit(session, seen, "bob", title="Bob's", completion_percentage=0).completion_percentage == 100


def test_two_moves_of_one_card_conflict(session: Session, make: Make) -> None:
    seen = make()
    move_enhancement(session, seen.id, "approved", actor="ada", expected_version=1)

    with pytest.raises(EditConflict) as caught:
        move_enhancement(session, seen.id, "rejected", actor="bob", expected_version=1)

    assert (caught.value.yours, caught.value.theirs) == ({"status": "rejected"}, {"status": "approved"})


def test_two_moves_to_the_same_column_agree(session: Session, make: Make) -> None:
    seen = make()
    move_enhancement(session, seen.id, "approved", actor="ada", expected_version=1)

    assert move_enhancement(session, seen.id, "approved", actor="bob", expected_version=1).version == 2


def test_placing_a_card_that_has_left_the_column_is_a_conflict(session: Session, make: Make) -> None:
    seen, other = make(status="approved"), make(status="approved")
    move_enhancement(session, seen.id, "in_progress", actor="ada", expected_version=1)

    with pytest.raises(EditConflict):
        move_enhancement(session, seen.id, "approved", actor="bob", expected_version=1, after_id=other.id)


def test_two_places_for_one_card_conflict(session: Session, make: Make) -> None:
    seen, a, b = (make(status="approved") for _ in range(3))
    move_enhancement(session, seen.id, "approved", actor="ada", expected_version=1, after_id=a.id)

    with pytest.raises(EditConflict, match="board rank"):
        move_enhancement(session, seen.id, "approved", actor="bob", expected_version=1, after_id=b.id)


@pytest.mark.parametrize("version", [0, -1, 2, 99])
def test_a_version_that_never_was_is_refused(session: Session, make: Make, version: int) -> None:
    item = make()

    with pytest.raises(InvalidInput, match="Version"):
        update_enhancement(session, item.id, {"title": "x"}, expected_version=version, actor="tess")
    with pytest.raises(InvalidInput):
        move_enhancement(session, item.id, "approved", actor="tess", expected_version=version)
    with pytest.raises(InvalidInput):
        set_score_override(session, item.id, "total", 1, actor="tess", expected_version=version)


def test_a_change_by_plain_sql_is_seen_too(session: Session, make: Make) -> None:
    seen = make()
    session.execute(text("SELECT set_config('ci.actor', '', true)"))
    session.execute(text("UPDATE ci_enhancements SET title = 'SQL' WHERE id = :id"), {"id": seen.id})

    with pytest.raises(EditConflict, match=r"sql:\w+ changed title"):
        edit(session, seen, "bob", title="Bob's")


def test_without_a_version_the_last_one_wins(session: Session, make: Make) -> None:
    seen = make()
    edit(session, seen, "ada", title="Ada's")

    assert update_enhancement(session, seen.id, {"title": "B"}, expected_version=None, actor="bob").title == "B"


def test_overrides_of_different_scores_do_not_conflict_but_of_the_same_do(session: Session, make: Make) -> None:
    seen = make()
    set_score_override(session, seen.id, "user_impact", 90, actor="ada", expected_version=1)

    both = set_score_override(session, seen.id, "business_value", 10, actor="bob", expected_version=1)
    with pytest.raises(EditConflict) as caught:
        set_score_override(session, seen.id, "user_impact", 20, actor="bob", expected_version=1)

    assert set(both.score_overrides) == {"user_impact", "business_value"}
    assert (caught.value.yours, caught.value.theirs) == ({"user_impact": 20.0}, {"user_impact": 90.0})


def test_of_many_at_once_exactly_one_wins_and_nothing_is_lost(database: Database) -> None:
    with database.transaction("tess") as session:
        item = create_enhancement(session, NewEnhancement(title="Start"), actor="tess")
    everybody = 8
    together = Barrier(everybody)

    def write(number: int) -> str:
        together.wait()
        try:
            with database.transaction(f"user{number}") as session:
                edit(session, item, f"user{number}", title=f"Title {number}")
        except EditConflict as conflict:
            return conflict.changed_by
        return "won"

    with ThreadPoolExecutor(everybody) as pool:
        outcomes = list(pool.map(write, range(everybody)))

    assert outcomes.count("won") == 1
    winner = f"user{outcomes.index('won')}"
    assert {outcome for outcome in outcomes if outcome != "won"} == {winner}


def test_many_who_write_different_fields_at_once_all_win(database: Database) -> None:
    with database.transaction("tess") as session:
        item = create_enhancement(session, NewEnhancement(title="Start"), actor="tess")
    changes = [
        {"title": "T"},
        {"description": "D"},
        {"priority": "low"},
        {"assignee": "ada"},
        {"tags": ["x"]},
        {"status": "approved"},
    ]
    together = Barrier(len(changes))

    def write(change: dict[str, Any]) -> None:
        together.wait()
        with database.transaction("ada") as session:
            edit(session, item, "ada", **change)

    with ThreadPoolExecutor(len(changes)) as pool:
        list(pool.map(write, changes))

    with database.reading() as session:
        final = get_enhancement(session, item.id)
    assert (final.title, final.description, final.priority) == ("T", "D", "low")
    assert (final.assignee, final.tags, final.status, final.version) == ("ada", ("x",), "approved", 7)


def test_many_who_place_cards_at_one_spot_at_once_all_get_a_place_of_their_own(database: Database) -> None:
    with database.transaction("tess") as session:
        items = [
            create_enhancement(session, NewEnhancement(title=f"W{number}", status="approved"), actor="tess")
            for number in range(10)
        ]
    together = Barrier(8)

    def place(item: Enhancement) -> None:
        together.wait()
        with database.transaction("ada") as session:
            move_enhancement(session, item.id, "approved", actor="ada", after_id=items[0].id, before_id=items[1].id)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(place, items[2:]))

    with database.reading() as session:
        order = list(session.execute(text("SELECT id, board_position FROM ci_enhancements ORDER BY 2, 1")))
    assert (order[0].id, order[-1].id) == (items[0].id, items[1].id)
    assert len({row.board_position for row in order}) == 10
