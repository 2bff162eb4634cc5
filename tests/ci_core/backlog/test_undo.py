from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog import (
    Enhancement,
    NewEnhancement,
    UndoResult,
    add_comment,
    add_dependency,
    comments_of,
    create_enhancement,
    delete_comment,
    dependencies_of,
    edit_comment,
    get_enhancement,
    merge_duplicate,
    move_enhancement,
    move_enhancements,
    remove_dependency,
    rescore_all,
    set_score_override,
    take_apart,
    undo_last,
    undo_transaction,
    update_enhancement,
)
from ci_core.backlog.board import set_wip_limit, wip_limits
from ci_core.errors import NotFound, UndoRefused
from db.engine import Database
from db.enums import Status

STATE = """
    SELECT to_jsonb(e) - '{version,updated_at,changed_xid,search_vector}'::text[] FROM ci_enhancements e ORDER BY id
"""


class Team:
    """People at the product's doors: each call is one committed transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def do(self, actor: str, action: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        with self.database.transaction(actor) as session:
            return action(session, *arguments, actor=actor, **named)

    def create(self, actor: str = "ada", title: str = "Wish", **fields: Any) -> Enhancement:
        made: Enhancement = self.do(actor, create_enhancement, NewEnhancement(title=title, **fields))
        return made

    def edit(self, actor: str, item: Enhancement, **changes: Any) -> Enhancement:
        edited: Enhancement = self.do(actor, update_enhancement, item.id, changes, expected_version=None)
        return edited

    def undo(self, actor: str, transaction: int | None = None) -> UndoResult:
        transaction = self.last() if transaction is None else transaction
        result: UndoResult = self.do(actor, undo_transaction, transaction)
        return result

    def last(self) -> int:
        """The newest recorded transaction."""
        return int(
            self.read(lambda s: s.scalar(text("SELECT transaction_id FROM ci_audit_log ORDER BY id DESC LIMIT 1")))
        )

    def read(self, question: Callable[[Session], Any]) -> Any:
        with self.database.reading() as session:
            return question(session)

    def now(self, item: Enhancement) -> Enhancement:
        found: Enhancement = self.read(lambda session: get_enhancement(session, item.id))
        return found

    def state(self) -> list[Any]:
        """Everything about every enhancement, but versions and the times of the last change."""
        return list(self.read(lambda session: session.scalars(text(STATE)).all()))


@pytest.fixture
def team(database: Database) -> Team:
    return Team(database)


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


def test_a_block_of_moved_cards_comes_back_together_or_not_at_all(team: Team) -> None:
    items = [team.create() for _ in range(3)]
    before = team.state()
    team.do("ada", move_enhancements, [(item.id, None) for item in items], "approved")
    move = team.last()
    team.do("bob", move_enhancement, items[1].id, "in_progress")

    with pytest.raises(UndoRefused, match=rf"status of #{items[1].id} was changed by bob"):
        team.undo("ada", move)
    assert {team.now(item).status for item in items} == {Status.APPROVED, Status.IN_PROGRESS}
    team.undo("bob")
    team.undo("ada", move)

    assert team.state() == before


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


def test_comments_and_links_go_and_come_back_with_what_was_created(team: Team) -> None:
    blocker = team.create()
    alone = team.now(blocker).ai_priority_score
    item = team.create()
    created = team.last()
    team.do("ada", add_comment, item.id, "Mine")
    team.do("ada", add_dependency, item.id, blocker.id, "blocked_by")
    before = team.state()

    undone = team.undo("ada", created)
    assert team.now(blocker).ai_priority_score == alone
    team.undo("ada", undone.transaction_id)

    assert team.state() == before
    assert [comment.body for comment in team.read(lambda s: comments_of(s, item.id))] == ["Mine"]
    assert len(team.read(lambda s: dependencies_of(s, item.id)).blocked_by) == 1


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


def created_by(team: Team, item: Enhancement) -> int:
    query = """
        SELECT transaction_id FROM ci_audit_log
        WHERE action = 'insert' AND row_id = :id AND table_name = 'ci_enhancements'
    """
    return int(team.read(lambda s: s.scalars(text(query), {"id": item.id}).one()))


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


def test_comments_are_taken_back_by_their_authors(team: Team) -> None:
    item = team.create()
    comment = team.do("ada", add_comment, item.id, "First")
    said = team.last()
    team.do("ada", edit_comment, comment.id, "Second")
    edited = team.last()

    with pytest.raises(UndoRefused, match="Only ada"):
        team.undo("bob", said)
    with pytest.raises(UndoRefused, match="Only ada"):
        team.undo("bob", edited)
    team.undo("ada", edited)
    assert [(c.body, c.edited_at) for c in team.read(lambda s: comments_of(s, item.id))] == [("First", None)]
    team.do("ada", delete_comment, comment.id)
    team.undo("ada")

    assert team.read(lambda s: comments_of(s, item.id)) == (comment,)


def test_dependencies_come_and_go(team: Team) -> None:
    a, b = team.create(title="A"), team.create(title="B")
    before = team.state()
    team.do("ada", add_dependency, a.id, b.id, "blocked_by")
    added, linked = team.last(), team.state()

    team.undo("ada", added)
    assert team.state() == before
    team.do("ada", add_dependency, a.id, b.id, "blocked_by")
    team.do("ada", remove_dependency, a.id, b.id, "blocked_by")
    team.undo("ada")

    assert team.state() == linked
    assert len(team.read(lambda s: dependencies_of(s, a.id)).blocked_by) == 1


def test_a_dependency_that_would_close_a_circle_by_now_does_not_come_back(team: Team) -> None:
    a, b = team.create(title="A"), team.create(title="B")
    team.do("ada", add_dependency, a.id, b.id, "blocked_by")
    team.do("ada", remove_dependency, a.id, b.id, "blocked_by")
    removed = team.last()
    team.do("bob", add_dependency, b.id, a.id, "blocked_by")

    with pytest.raises(UndoRefused, match="circle"):
        team.undo("ada", removed)


def test_a_dependency_that_somebody_made_again_is_not_made_twice(team: Team) -> None:
    a, b = team.create(title="A"), team.create(title="B")
    team.do("ada", add_dependency, a.id, b.id, "blocked_by")
    team.do("ada", remove_dependency, a.id, b.id, "blocked_by")
    removed = team.last()
    team.do("bob", add_dependency, a.id, b.id, "blocked_by")

    with pytest.raises(UndoRefused):
        team.undo("ada", removed)


def test_undoing_a_merge_takes_it_apart_and_redoing_it_merges_again(team: Team) -> None:
    original, twin, blocker = team.create(), team.create(status="approved"), team.create()
    team.do("ada", add_comment, twin.id, "On the twin")
    team.do("ada", add_dependency, twin.id, blocker.id, "blocked_by")
    with team.database.transaction("ada") as session:
        session.execute(
            text(
                "INSERT INTO ci_wishlist_items (path, item_key, line, enhancement_id, imported) "
                "VALUES ('W', 'k', 1, :id, '{}')"
            ),
            {"id": twin.id},
        )
    apart = team.state()
    team.do("ada", merge_duplicate, twin.id, original.id)
    merge, together = team.last(), team.state()
    team.do("bob", add_comment, original.id, "After")

    def origin() -> int:
        return int(team.read(lambda s: s.scalars(text("SELECT enhancement_id FROM ci_wishlist_items")).one()))

    undone = team.undo("bob", merge)
    assert team.state() == apart
    assert origin() == twin.id
    assert len(team.read(lambda s: comments_of(s, twin.id))) == 1
    assert [c.body for c in team.read(lambda s: comments_of(s, original.id))] == ["After"]
    team.undo("bob", undone.transaction_id)
    assert team.state() == together
    assert origin() == original.id
    team.do("ada", take_apart, twin.id)
    assert team.state() == apart
    team.undo("ada")

    assert team.state() == together
    assert origin() == original.id


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


def test_the_last_change_of_a_person_is_found(team: Team) -> None:
    item, other = team.create("ada"), team.create("ada")
    team.edit("ada", item, title="One")
    team.edit("ada", other, title="Other")
    team.edit("bob", item, priority="high")

    team.do("ada", undo_last, enhancement_id=item.id)
    assert (team.now(item).title, team.now(other).title) == ("Wish", "Other")
    team.do("ada", undo_last)
    assert team.now(other).title == "Wish"
    team.do("bob", undo_last)

    assert team.now(item).priority == "medium"


def test_undoing_the_last_change_again_and_again_goes_back_to_the_beginning(team: Team) -> None:
    item = team.create("tess")
    for title in ("One", "Two", "Three"):
        team.edit("ada", item, title=title)

    for expected in ("Two", "One", "Wish"):
        team.do("ada", undo_last)
        assert team.now(item).title == expected
    with pytest.raises(UndoRefused, match="no change by ada"):
        team.do("ada", undo_last)
    with pytest.raises(UndoRefused, match=f"on #{item.id}"):
        team.do("cleo", undo_last, enhancement_id=item.id)


def test_a_transaction_that_never_was_is_not_found(team: Team) -> None:
    with pytest.raises(NotFound):
        team.undo("ada", 1)


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
    team.edit("ada", item, assignee="x")
    edit = team.last()
    team.edit("ada", item, assignee=None)

    with pytest.raises(UndoRefused, match="left to undo"):
        team.undo("ada", edit)


def test_changes_after_an_undo_in_the_same_transaction_are_no_undo(team: Team) -> None:
    item = team.create()
    team.edit("ada", item, title="New")
    edit = team.last()

    with team.database.transaction("ada") as session:
        undo_transaction(session, edit, actor="ada")
        update_enhancement(session, item.id, {"assignee": "x"}, expected_version=None, actor="ada")

    newest = team.read(lambda s: s.execute(text("SELECT undo_of FROM ci_audit_log ORDER BY id DESC LIMIT 1")).one())
    assert newest.undo_of is None


def test_of_two_who_press_undo_together_one_is_told(team: Team) -> None:
    item = team.create()
    team.edit("ada", item, title="New")
    edit, together = team.last(), Barrier(2)

    def press(actor: str) -> str:
        together.wait()
        try:
            team.undo(actor, edit)
        except UndoRefused:
            return "told"
        return "undone"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, ["ada", "bob"])) == ["told", "undone"]
    assert team.now(item).title == "Wish"


def test_a_scoring_of_everything_can_be_taken_back(team: Team) -> None:
    for _ in range(3):
        team.create()
    before = team.state()
    with team.database.transaction("ada") as session:
        session.execute(text("UPDATE ci_enhancements SET ai_priority_score = 1"))
    team.do("ada", rescore_all)

    team.undo("ada")
    team.do("ada", undo_last)

    assert team.state() == before


def test_an_imported_enhancement_that_comes_back_is_known_to_the_import_again(team: Team) -> None:
    item = team.create(source="wishlist", source_url="docs/WISHLIST.md#L40")
    with team.database.transaction("ada") as session:
        session.execute(
            text(
                "INSERT INTO ci_wishlist_items (path, item_key, line, enhancement_id, imported) "
                "VALUES ('docs/WISHLIST.md', 'k', 40, :id, '{}'), ('docs/WISHLIST.md', 'gone', 4, NULL, '{}')"
            ),
            {"id": item.id},
        )

    undone = team.undo("ada", created_by(team, item))
    team.undo("ada", undone.transaction_id)

    owners = team.read(lambda s: s.scalars(text("SELECT enhancement_id FROM ci_wishlist_items ORDER BY line")).all())
    assert owners == [None, item.id]


def test_a_transaction_of_another_servers_past_with_the_same_number_is_left_alone(team: Team) -> None:
    item = team.create()
    team.edit("ada", item, title="New")
    edit = team.last()
    with team.database.transaction("ada") as session:
        session.execute(text("ALTER TABLE ci_audit_log DISABLE TRIGGER USER"))
        session.execute(
            text(
                "INSERT INTO ci_audit_log (id, occurred_at, actor, action, table_name, row_id, changed_fields, "
                "before, after, transaction_id) OVERRIDING SYSTEM VALUE "
                "VALUES (-5, now() - interval '1 year', 'old', 'update', 'ci_enhancements', :id, '{assignee}', "
                """'{"assignee": "past"}', '{"assignee": null}', :transaction)"""
            ),
            {"id": item.id, "transaction": edit},
        )
        session.execute(text("ALTER TABLE ci_audit_log ENABLE ALWAYS TRIGGER ci_audit_log_refuse_change"))

    team.undo("ada", edit)

    assert (team.now(item).title, team.now(item).assignee) == ("Wish", None)


def test_what_came_to_a_duplicate_while_it_stood_alone_moves_when_the_merge_is_done_again(team: Team) -> None:
    original, twin, friend = team.create(), team.create(), team.create()
    team.do("ada", merge_duplicate, twin.id, original.id)
    apart = team.undo("ada")
    team.do("bob", add_comment, twin.id, "In between")
    team.do("bob", add_dependency, twin.id, friend.id, "blocked_by")
    alone = team.state()

    team.undo("ada", apart.transaction_id)

    assert [c.body for c in team.read(lambda s: comments_of(s, original.id))] == ["In between"]
    assert [item.id for item in team.read(lambda s: dependencies_of(s, original.id)).blocked_by] == [friend.id]
    team.do("ada", take_apart, twin.id)
    assert team.state() == alone
    assert [c.body for c in team.read(lambda s: comments_of(s, twin.id))] == ["In between"]


def test_a_merge_is_not_done_again_when_its_original_was_merged_since(team: Team) -> None:
    original, twin, third = team.create(), team.create(), team.create()
    team.do("ada", merge_duplicate, twin.id, original.id)
    apart = team.undo("ada")
    team.do("bob", merge_duplicate, original.id, third.id)

    with pytest.raises(UndoRefused, match=f"merged into #{third.id}"):
        team.undo("ada", apart.transaction_id)


def test_scores_follow_what_waits_again_after_an_undone_merge(team: Team) -> None:
    blocker, original, twin = team.create(), team.create(status="approved"), team.create()
    team.do("ada", add_dependency, twin.id, blocker.id, "blocked_by")
    waited_for = team.now(blocker).ai_priority_score
    team.do("ada", merge_duplicate, twin.id, original.id)
    merge = team.last()
    team.do("bob", move_enhancement, original.id, "completed", reason="done")
    assert team.now(blocker).ai_priority_score == blocker.ai_priority_score

    team.undo("ada", merge)

    assert team.now(blocker).ai_priority_score == waited_for


def test_a_link_of_what_was_merged_since_does_not_come_back_to_the_tombstone(team: Team) -> None:
    original, twin, blocker = team.create(), team.create(), team.create()
    team.do("ada", add_dependency, twin.id, blocker.id, "blocked_by")
    team.do("ada", remove_dependency, twin.id, blocker.id, "blocked_by")
    removed = team.last()
    comment = team.do("ada", add_comment, twin.id, "Hello")
    team.do("ada", delete_comment, comment.id)
    deleted = team.last()
    team.do("bob", merge_duplicate, twin.id, original.id)

    for transaction in (removed, deleted):
        with pytest.raises(UndoRefused, match=f"#{twin.id} was merged into #{original.id}"):
            team.undo("ada", transaction)


def test_the_score_of_a_former_blocker_does_not_come_back(team: Team) -> None:
    blocker, item = team.create(), team.create()
    team.do("ada", add_dependency, item.id, blocker.id, "blocked_by")
    team.do("ada", move_enhancement, item.id, "archived")
    archived = team.last()
    team.do("bob", remove_dependency, item.id, blocker.id, "blocked_by")

    team.undo("ada", archived)

    assert team.now(item).status is Status.PROPOSED
    assert team.now(blocker).ai_priority_score == blocker.ai_priority_score
