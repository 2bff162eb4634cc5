"""What people say, link and merge is taken back like any other change, and never at somebody else's cost."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from ci_core.backlog import (
    add_comment,
    add_dependency,
    comments_of,
    delete_comment,
    dependencies_of,
    edit_comment,
    merge_duplicate,
    move_enhancement,
    remove_dependency,
    take_apart,
)
from ci_core.errors import UndoRefused
from db.enums import Status
from tests.ci_core.backlog.team import Team, created_by


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
