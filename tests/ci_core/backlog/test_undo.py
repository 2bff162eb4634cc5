from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import text

from ci_core.backlog import (
    add_comment,
    add_dependency,
    merge_duplicate,
    move_enhancement,
    set_score_override,
    update_enhancement,
)
from ci_core.backlog.board import set_wip_limit, wip_limits
from ci_core.errors import NotFound, UndoRefused
from db.enums import Status
from tests.ci_core.backlog.team import Team, created_by


def test_an_edit_is_taken_back_with_its_score_and_the_undo_is_recorded(team: Team) -> None:
    item = team.create(tags=("a",), estimated_hours=2)
    before = team.state()
    team.edit("ada", item, title="New", priority="critical", tags=["b"], estimated_hours=None, description="x")
    edit = team.last()

    result = team.undo("bob", edit)

    assert team.state() == before
    assert team.now(item).version == 3
    assert (result.undone_transaction_id, result.enhancement_ids) == (edit, (item.id,))
    entry = team.read(lambda s: s.execute(text("SELECT * FROM ci_audit_log ORDER BY id DESC LIMIT 1")).one())
    assert (entry.actor, entry.undo_of is not None, entry.transaction_id) == ("bob", True, result.transaction_id)


def test_an_undo_can_be_undone_and_so_on(team: Team) -> None:
    item = team.create()
    team.edit("ada", item, title="New")
    edit = team.last()

    first = team.undo("ada", edit)
    second = team.undo("ada", first.transaction_id)
    assert team.now(item).title == "New"
    team.undo("ada", second.transaction_id)

    assert team.now(item).title == "Wish"


def test_what_was_undone_is_not_undone_twice(team: Team) -> None:
    item = team.create()
    team.edit("ada", item, title="New")
    edit = team.last()
    redo = team.undo("ada", team.undo("ada", edit).transaction_id)

    team.undo("ada", edit)

    with pytest.raises(UndoRefused, match="undone already"):
        team.undo("ada", edit)
    with pytest.raises(UndoRefused):
        team.undo("ada", redo.transaction_id)


def test_somebody_elses_change_of_the_same_field_stands(team: Team) -> None:
    item = team.create()
    team.edit("ada", item, title="Ada's", priority="high")
    edit = team.last()
    team.edit("bob", item, title="Bob's")

    with pytest.raises(UndoRefused, match=rf"title of #{item.id} was changed by bob"):
        team.undo("ada", edit)

    assert (team.now(item).title, team.now(item).priority) == ("Bob's", "high")


def test_somebody_elses_change_of_another_field_is_no_obstacle_and_stays(team: Team) -> None:
    item = team.create()
    team.edit("ada", item, title="Ada's", category="security")
    edit = team.last()
    team.edit("bob", item, assignee="bob", priority="critical")

    team.undo("ada", edit)

    now = team.now(item)
    assert (now.title, now.category, now.assignee, now.priority) == ("Wish", "enhancement", "bob", "critical")
    fresh = team.create(priority="critical")
    assert now.ai_priority_score == fresh.ai_priority_score


def test_own_later_changes_are_no_obstacle(team: Team) -> None:
    item = team.create()
    team.edit("ada", item, title="First")
    first = team.last()
    team.edit("ada", item, title="Second")

    team.undo("ada", first)

    assert team.now(item).title == "Wish"


def test_a_change_that_somebody_made_and_took_back_is_no_obstacle(team: Team) -> None:
    item = team.create()
    team.edit("ada", item, title="Ada's")
    edit = team.last()
    team.edit("bob", item, title="Bob's")
    team.undo("bob")

    team.undo("ada", edit)

    assert team.now(item).title == "Wish"


def test_scores_given_by_an_agent_since_are_no_obstacle(team: Team) -> None:
    item = team.create()
    team.edit("ada", item, priority="critical")
    edit = team.last()
    with team.database.transaction("agent:scorer") as session:
        session.execute(text("UPDATE ci_enhancements SET ai_priority_score = 1, scored_by = 'other'"))

    team.undo("ada", edit)

    assert team.now(item).priority == "medium"
    assert team.now(item).ai_priority_score == item.ai_priority_score


@pytest.mark.parametrize(
    "way",
    [
        ["approved"],
        ["in_progress"],
        ["approved", "in_progress", "completed"],
        ["approved", "blocked", "in_progress", "blocked"],
        ["deferred", "approved", "deferred"],
        ["rejected", "proposed", "rejected", "archived"],
        ["approved", "completed", "in_progress", "completed", "archived"],
    ],
)
def test_every_step_back_restores_stages_and_completion_exactly(team: Team, way: list[str]) -> None:
    item = team.create()
    states, steps = [team.state()], []
    for status in way:
        team.do("ada", move_enhancement, item.id, status)
        steps.append(team.last())
        states.append(team.state())

    redos = []
    for step, state in zip(reversed(steps), reversed(states[:-1]), strict=True):
        redos.append(team.undo("ada", step).transaction_id)
        assert team.state() == state
    for redo, state in zip(reversed(redos), states[1:], strict=True):
        team.undo("ada", redo)
        assert team.state() == state


def test_completion_below_100_comes_back_when_completion_is_undone(team: Team) -> None:
    item = team.create(status="in_progress", completion_percentage=40)
    team.do("ada", move_enhancement, item.id, "completed")

    team.undo("ada")

    assert (team.now(item).completion_percentage, team.now(item).completed_at) == (40, None)


def test_a_rank_comes_back_with_every_digit(team: Team) -> None:
    a, b = team.create(status="approved"), team.create(status="approved")
    rank = "0." + "123456789" * 40
    with team.database.transaction("ada") as session:
        session.execute(
            text("UPDATE ci_enhancements SET board_rank = :rank WHERE id = :id"), {"rank": Decimal(rank), "id": a.id}
        )
    team.do("ada", move_enhancement, a.id, "approved", after_id=b.id)

    team.undo("ada")

    assert (
        team.read(lambda s: s.scalar(text("SELECT board_rank::text FROM ci_enhancements WHERE id = :id"), {"id": a.id}))
        == rank
    )


def test_a_card_that_somebody_only_placed_elsewhere_still_goes_back(team: Team) -> None:
    item, other = team.create(), team.create(status="approved")
    team.do("ada", move_enhancement, item.id, "approved")
    move = team.last()
    team.do("bob", move_enhancement, item.id, "approved", after_id=other.id)

    team.undo("ada", move)

    assert team.now(item).status is Status.PROPOSED


def test_what_was_created_is_deleted_and_comes_back_whole(team: Team) -> None:
    item = team.create(tags=("a", "b"), predicted_impact={"x": 1.5}, status="approved")
    created, before = team.last(), team.state()
    team.edit("ada", item, title="Mine still")
    edited = team.state()

    undone = team.undo("ada", created)
    with pytest.raises(NotFound):
        team.now(item)
    team.undo("ada", undone.transaction_id)

    assert team.state() == edited != before
    assert team.now(item).version > 2


def test_what_others_worked_on_is_not_deleted(team: Team) -> None:
    edited, commented, linked, merged = (team.create() for _ in range(4))
    team.edit("bob", edited, title="Bob's")
    team.do("bob", add_comment, commented.id, "Bob was here")
    team.do("bob", add_dependency, linked.id, edited.id, "related")
    team.do("bob", merge_duplicate, merged.id, edited.id)

    for item, reason in ((edited, "changed by bob"), (commented, "bob commented"), (linked, "bob linked")):
        with pytest.raises(UndoRefused, match=reason):
            team.undo("ada", created_by(team, item))
        team.now(item)
    with pytest.raises(UndoRefused):
        team.undo("ada", created_by(team, merged))


def test_an_agents_scoring_does_not_keep_what_was_created(team: Team) -> None:
    item = team.create()
    created = team.last()
    with team.database.transaction("agent:scorer") as session:
        session.execute(text("UPDATE ci_enhancements SET ai_priority_score = 1, scored_by = 'other'"))

    team.undo("ada", created)

    with pytest.raises(NotFound):
        team.now(item)


def test_the_version_of_a_restored_enhancement_is_new(team: Team) -> None:
    item = team.create()
    team.edit("ada", item, title="Two")
    team.edit("ada", item, title="Three")
    undone = team.undo("ada", created_by(team, item))
    team.undo("ada", undone.transaction_id)

    restored = team.now(item)

    assert restored.version == 4
    assert team.do("bob", update_enhancement, item.id, {"title": "B"}, expected_version=4).version == 5


def test_an_override_is_taken_back(team: Team) -> None:
    item = team.create()
    before = team.state()
    team.do("ada", set_score_override, item.id, "total", 99)

    team.undo("ada")

    assert team.state() == before


def test_other_settings_of_the_board_are_taken_back_too(team: Team) -> None:
    team.do("ada", set_wip_limit, Status.IN_PROGRESS, 3)
    team.do("ada", set_wip_limit, Status.IN_PROGRESS, 5)

    team.undo("ada")

    assert team.read(wip_limits)[Status.IN_PROGRESS].limit == 3


def test_a_change_of_what_was_deleted_is_not_undone(team: Team) -> None:
    item = team.create()
    team.edit("ada", item, title="New")
    edit = team.last()
    with team.database.transaction("bob") as session:
        session.execute(text("DELETE FROM ci_enhancements WHERE id = :id"), {"id": item.id})

    with pytest.raises(UndoRefused, match=f"#{item.id} was deleted by bob"):
        team.undo("ada", edit)


def test_a_change_that_was_set_back_by_hand_leaves_nothing_to_undo(team: Team) -> None:
    item = team.create()
    team.edit("ada", item, branch="x")
    edit = team.last()
    team.edit("ada", item, branch=None)

    with pytest.raises(UndoRefused, match="left to undo"):
        team.undo("ada", edit)
