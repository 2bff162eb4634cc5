from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog import (
    Enhancement,
    NewEnhancement,
    add_dependency,
    create_enhancement,
    create_enhancements,
    get_enhancement,
    merge_duplicate,
    move_enhancement,
    move_enhancements,
    update_enhancement,
)
from ci_core.errors import InvalidInput, NotAllowed, NotFound
from db.enums import Category, Complexity, DependencyKind, Priority, Source, Status

Make = Callable[..., Enhancement]
LONG_AGO = datetime(2024, 2, 29, 12, 30, tzinfo=UTC)


def edit(session: Session, item: Enhancement, actor: str = "tess", **changes: Any) -> Enhancement:
    return update_enhancement(session, item.id, changes, expected_version=item.version, actor=actor)


def audit(session: Session, item: Enhancement) -> list[Any]:
    query = "SELECT * FROM ci_audit_log WHERE table_name = 'ci_enhancements' AND row_id = :id ORDER BY id"
    return list(session.execute(text(query), {"id": item.id}).all())


def test_a_new_enhancement_has_the_usual_values_and_a_score(session: Session) -> None:
    made = create_enhancement(session, NewEnhancement(title="  Cache the option chain "), actor="tess")

    assert made.title == "Cache the option chain"
    assert (made.status, made.priority, made.category) == (Status.PROPOSED, Priority.MEDIUM, Category.ENHANCEMENT)
    assert (made.source, made.created_by, made.version, made.tags) == (Source.MANUAL, "tess", 1, ())
    assert made.ai_priority_score is not None
    assert 0 < made.ai_priority_score < 100
    assert made.ai_reasoning
    assert made.scored_by == "local-1"
    assert get_enhancement(session, made.id) == made


def test_every_field_that_is_given_is_stored(session: Session) -> None:
    new = NewEnhancement(
        title="Encrypt the keys",
        description="# Why\n\nThey lie about.",
        feature_area="Security",
        category="security",
        priority=Priority.CRITICAL,
        complexity="complex",
        status="approved",
        completion_percentage=10,
        estimated_hours=12.5,
        actual_hours=1,
        source="wishlist",
        source_url="docs/WISHLIST.md#L7",
        assignee="ada",
        branch="keys",
        pull_request_url="https://example.com/pull/1",
        predicted_impact={"health": 3},
        actual_impact={"health": 2.5},
        tags=("Keys", "vault"),
    )

    made = create_enhancement(session, new, actor="tess")

    assert (made.category, made.complexity, made.source) == (Category.SECURITY, Complexity.COMPLEX, Source.WISHLIST)
    assert (made.estimated_hours, made.actual_hours, made.completion_percentage) == (12.5, 1.0, 10)
    assert (made.predicted_impact, made.actual_impact) == ({"health": 3}, {"health": 2.5})
    assert made.tags == ("keys", "vault")
    assert made.approved_at is not None


def test_many_are_created_in_their_order(session: Session) -> None:
    titles = [f"Wish {number}" for number in range(150)]

    made = create_enhancements(session, [NewEnhancement(title=title) for title in titles], actor="tess")

    assert [item.title for item in made] == titles
    assert [item.id for item in made] == sorted(item.id for item in made)
    assert create_enhancements(session, [], actor="tess") == ()


def test_completed_work_is_imported_with_its_own_time(session: Session) -> None:
    new = NewEnhancement(title="Done", status=Status.COMPLETED, completed_at=LONG_AGO)

    made = create_enhancement(session, new, actor="tess")

    assert (made.completed_at, made.completion_percentage) == (LONG_AGO, 100)


@pytest.mark.parametrize(
    "new",
    [
        NewEnhancement(title="Open", completed_at=LONG_AGO),
        NewEnhancement(title="Done", status="completed", completed_at=LONG_AGO.replace(tzinfo=None)),
        NewEnhancement(title=""),
        NewEnhancement(title="x", priority="urgent"),
    ],
)
def test_one_unusable_value_creates_none_of_them(session: Session, new: NewEnhancement) -> None:
    before = session.scalar(text("SELECT count(*) FROM ci_enhancements"))

    with pytest.raises(InvalidInput):
        create_enhancements(session, [NewEnhancement(title="Fine"), new], actor="tess")

    assert session.scalar(text("SELECT count(*) FROM ci_enhancements")) == before


@pytest.mark.parametrize("missing", [0, -1, 2**62, 2**63, 10**30])
def test_an_id_that_nothing_has_is_not_found(session: Session, missing: int) -> None:
    with pytest.raises(NotFound, match=str(missing)):
        get_enhancement(session, missing)
    with pytest.raises(NotFound):
        update_enhancement(session, missing, {"title": "x"}, expected_version=1, actor="tess")
    with pytest.raises(NotFound):
        move_enhancement(session, missing, Status.APPROVED, actor="tess")


def test_an_edit_is_recorded_with_its_actor_and_reason(session: Session, make: Make) -> None:
    item = make()

    update_enhancement(
        session, item.id, {"title": "New"}, expected_version=1, actor="ada", reason=" clearer ",
    )  # fmt: skip

    entry = audit(session, item)[-1]
    assert (entry.actor, entry.reason, entry.row_version) == ("ada", "clearer", 2)
    assert (entry.before["title"], entry.after["title"]) == ("Cache the option chain", "New")


def test_writing_what_is_there_already_changes_nothing(session: Session, make: Make) -> None:
    item = make(tags=("a",), estimated_hours=2)

    same = edit(session, item, title=" Cache the option chain", tags=["A"], estimated_hours=2.0, priority="medium")

    assert same == item
    assert len(audit(session, item)) == 1


def test_an_emptied_field_becomes_empty(session: Session, make: Make) -> None:
    item = make(assignee="ada", estimated_hours=3)

    emptied = edit(session, item, assignee="", estimated_hours=None)

    assert (emptied.assignee, emptied.estimated_hours) == (None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Security risk: data loss on crash"},
        {"description": "A crash loses orders."},
        {"category": "security"},
        {"priority": "critical"},
        {"complexity": "epic"},
        {"estimated_hours": 400},
    ],
)
def test_a_change_of_what_the_score_depends_on_scores_anew(
    session: Session, make: Make, changes: dict[str, Any]
) -> None:
    item = make()

    edited = edit(session, item, **changes)

    assert edited.ai_priority_score != item.ai_priority_score
    assert edited.version == 2


def test_a_change_of_something_else_leaves_the_score(session: Session, make: Make) -> None:
    item = make()

    assert edit(session, item, assignee="ada").ai_reasoning == item.ai_reasoning


def test_the_stages_are_stamped_and_completion_follows(session: Session, make: Make) -> None:
    item = make()

    moved = [
        move_enhancement(session, item.id, step, actor="tess") for step in ("approved", "in_progress", "completed")
    ]

    assert moved[0].approved_at is not None
    assert moved[1].started_at is not None
    assert (moved[2].completed_at is not None, moved[2].completion_percentage) == (True, 100)
    reopened = move_enhancement(session, item.id, "in_progress", actor="tess")
    assert (reopened.completed_at, reopened.completion_percentage) == (None, 0)


def test_finished_work_that_is_put_away_stays_finished(session: Session, make: Make) -> None:
    item = make("Done", status=Status.COMPLETED)

    archived = move_enhancement(session, item.id, Status.ARCHIVED, actor="tess")

    assert archived.completed_at == item.completed_at
    assert archived.completion_percentage == 100


def test_put_away_work_that_is_taken_up_again_is_not_finished(session: Session, make: Make) -> None:
    item = make("Done", status=Status.COMPLETED)
    move_enhancement(session, item.id, Status.ARCHIVED, actor="tess")

    reopened = move_enhancement(session, item.id, Status.APPROVED, actor="tess")

    assert (reopened.completed_at, reopened.completion_percentage) == (None, 0)


def test_a_step_that_the_lifecycle_forbids_is_refused_by_moving_and_by_editing(session: Session, make: Make) -> None:
    item = make()

    with pytest.raises(NotAllowed, match="Proposed cannot become Completed"):
        move_enhancement(session, item.id, "completed", actor="tess")
    with pytest.raises(NotAllowed, match="Proposed cannot become Completed"):
        edit(session, item, status="completed")
    with pytest.raises(InvalidInput):
        move_enhancement(session, item.id, "done", actor="tess")


def test_an_edit_may_change_the_status_too(session: Session, make: Make) -> None:
    item = make()

    assert edit(session, item, status="approved", title="Better").status is Status.APPROVED


def test_completed_work_stays_at_100_per_cent(session: Session, make: Make) -> None:
    item = make(status="completed")

    with pytest.raises(NotAllowed, match="100"):
        edit(session, item, completion_percentage=50)


def test_what_still_waits_for_others_is_not_completed_without_a_reason(session: Session, make: Make) -> None:
    blocker = make("Upgrade the pool")
    item = make(status="in_progress")
    add_dependency(session, item.id, blocker.id, DependencyKind.BLOCKED_BY, actor="tess")

    with pytest.raises(NotAllowed, match=f"#{item.id} still waits for #{blocker.id} Upgrade the pool"):
        move_enhancement(session, item.id, "completed", actor="tess")
    with pytest.raises(NotAllowed):
        update_enhancement(session, item.id, {"status": "completed"}, expected_version=None, actor="t", reason="  ")
    done = move_enhancement(session, item.id, "completed", actor="tess", reason="It was not needed.")

    assert done.status is Status.COMPLETED
    assert audit(session, item)[-1].reason == "It was not needed."


@pytest.mark.parametrize("closed", ["completed", "rejected", "archived"])
def test_a_closed_blocker_does_not_stand_in_the_way(session: Session, make: Make, closed: str) -> None:
    blocker = make("Upgrade the pool", status=closed)
    item = make(status="in_progress")
    add_dependency(session, item.id, blocker.id, "blocked_by", actor="tess")

    assert move_enhancement(session, item.id, "completed", actor="tess").status is Status.COMPLETED


def test_a_blocker_and_what_waits_for_it_are_completed_together(session: Session, make: Make) -> None:
    blocker, item = make("Upgrade", status="in_progress"), make(status="in_progress")
    add_dependency(session, item.id, blocker.id, "blocked_by", actor="tess")

    moved = move_enhancements(session, [(item.id, None), (blocker.id, None)], "completed", actor="tess")

    assert [card.id for card in moved] == [item.id, blocker.id]
    assert {card.status for card in moved} == {Status.COMPLETED}


def test_completing_what_waited_lowers_what_it_waited_for(session: Session, make: Make) -> None:
    blocker, item = make("Upgrade", status="approved"), make(status="approved")
    add_dependency(session, item.id, blocker.id, "blocked_by", actor="tess")
    raised = get_enhancement(session, blocker.id)

    move_enhancement(session, item.id, "archived", actor="tess")

    assert (raised.ai_priority_score or 0) > (blocker.ai_priority_score or 0)
    assert get_enhancement(session, blocker.id).ai_priority_score == blocker.ai_priority_score


def test_a_tombstone_is_not_moved(session: Session, make: Make) -> None:
    original, twin = make(), make()
    merge_duplicate(session, twin.id, original.id, actor="tess")

    with pytest.raises(NotAllowed, match=f"merged into #{original.id}"):
        move_enhancement(session, twin.id, "proposed", actor="tess")


def test_several_cards_move_all_or_none(session: Session, make: Make) -> None:
    free, done = make(status="approved"), make(status="rejected")

    with pytest.raises(NotAllowed):
        move_enhancements(session, [(free.id, 1), (done.id, 1)], "in_progress", actor="tess")

    assert get_enhancement(session, free.id) == free
    assert move_enhancements(session, [], "approved", actor="tess") == ()


def test_a_card_is_not_moved_twice_at_once(session: Session, make: Make) -> None:
    item = make()

    with pytest.raises(InvalidInput):
        move_enhancements(session, [(item.id, 1), (item.id, 1)], "approved", actor="tess")


def test_a_reason_that_cannot_be_stored_is_refused(session: Session, make: Make) -> None:
    item = make()

    with pytest.raises(InvalidInput, match="Reason"):
        move_enhancement(session, item.id, "approved", actor="tess", reason="x" * 2001)


def test_markup_in_a_title_is_kept_as_text(session: Session, make: Make) -> None:
    assert make("<img src=x onerror=alert(1)>").title == "<img src=x onerror=alert(1)>"
    assert make("'; DROP TABLE ci_enhancements; --").title == "'; DROP TABLE ci_enhancements; --"
