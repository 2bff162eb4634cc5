from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from ci_core.backlog import (
    Enhancement,
    FieldChange,
    HistoryEntry,
    NewEnhancement,
    add_comment,
    add_dependency,
    audit_log,
    create_enhancement,
    delete_comment,
    edit_comment,
    history_of,
    merge_duplicate,
    move_enhancement,
    remove_dependency,
    set_score_override,
    take_apart,
    undo_last,
    undo_transaction,
    update_enhancement,
)
from ci_core.backlog.history import newest_of
from ci_core.errors import UndoRefused
from db.engine import Database


class Story:
    """Committed changes of one database, and what is told about them."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def do(self, actor: str, action: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        with self.database.transaction(actor) as session:
            return action(session, *arguments, actor=actor, **named)

    def create(self, title: str = "Wish", **fields: Any) -> Enhancement:
        made: Enhancement = self.do("ada", create_enhancement, NewEnhancement(title=title, **fields))
        return made

    def edit(self, item: Enhancement, **changes: Any) -> str:
        self.do("ada", update_enhancement, item.id, changes, expected_version=None)
        return self.told(item)[0].summary

    def told(self, item: Enhancement, limit: int = 100) -> tuple[HistoryEntry, ...]:
        with self.database.reading() as session:
            return history_of(session, item.id, limit)

    def summaries(self, item: Enhancement) -> list[str]:
        return [entry.summary for entry in self.told(item)]


@pytest.fixture
def story(database: Database) -> Story:
    return Story(database)


def test_every_kind_of_edit_has_its_words(story: Story) -> None:
    item = story.create()

    assert story.edit(item, priority="high") == "changed priority from medium to high"
    assert story.edit(item, category="bug_fix") == "changed category from enhancement to bug fix"
    assert story.edit(item, complexity="simple") == "set complexity to simple"
    assert story.edit(item, complexity=None) == "removed complexity"
    assert story.edit(item, estimated_hours=3) == "set the estimate to 3 h"
    assert story.edit(item, estimated_hours=4.5) == "changed the estimate from 3 h to 4.5 h"
    assert story.edit(item, estimated_hours=None) == "removed the estimate"
    assert story.edit(item, title="Better") == "changed the title from “Wish” to “Better”"
    assert story.edit(item, description="Long text") == "edited the description"
    assert story.edit(item, tags=["a", "b"]) == "added the tags a, b"
    assert story.edit(item, tags=["b", "c"]) == "added the tag c and removed the tag a"
    assert story.edit(item, tags=["c", "b"]) == "put the tags in another order"
    assert story.edit(item, assignee="bob") == "assigned it to bob"
    assert story.edit(item, assignee="cleo") == "handed it from bob to cleo"
    assert story.edit(item, assignee="") == "took it from cleo"
    assert story.edit(item, completion_percentage=40) == "set completion to 40 %"
    assert story.edit(item, feature_area="Risk") == "set the area to “Risk”"
    assert story.edit(item, pull_request_url="https://e.com/1") == "set the pull request to “https://e.com/1”"
    assert story.edit(item, predicted_impact={"x": 1}) == "recorded the predicted impact"
    assert story.edit(item, predicted_impact=None) == "removed the predicted impact"
    assert story.edit(item, priority="low", assignee="bob") == "assigned it to bob, changed priority from high to low"
    assert story.summaries(item)[-1] == "added it to Proposed"


def test_moves_and_ranks_are_told(story: Story) -> None:
    item, other = story.create(), story.create(status="approved")

    story.do("ada", move_enhancement, item.id, "approved", reason="Wanted by all")
    story.do("ada", move_enhancement, item.id, "approved", after_id=other.id)
    story.do("ada", move_enhancement, item.id, "completed")

    assert story.summaries(item)[:3] == [
        "moved from Approved to Completed",
        "changed its place in the column",
        "moved from Proposed to Approved",
    ]
    assert story.told(item)[2].reason == "Wanted by all"


def test_scores_are_told_apart_by_who_gave_them(story: Story) -> None:
    item = story.create()
    story.do("ada", set_score_override, item.id, "user_impact", 80)
    story.do("ada", set_score_override, item.id, "user_impact", None)
    with story.database.transaction("agent:scorer") as session:
        session.execute(text("UPDATE ci_enhancements SET ai_priority_score = 12.5"))

    newest = story.told(item)[0]

    assert newest.is_agent
    assert newest.summary.startswith("scored it 12.5 instead of ")
    assert story.summaries(item)[1:3] == ["gave user impact back to the scorer", "set user impact to 80 by hand"]
    assert not story.told(item)[1].is_agent


def test_comments_are_told(story: Story) -> None:
    item = story.create()
    comment = story.do("bob", add_comment, item.id, "First\nline " + "x" * 100)
    story.do("bob", edit_comment, comment.id, "Second")
    story.do("bob", delete_comment, comment.id)

    told = story.told(item)

    assert [entry.summary for entry in told][:2] == ["deleted the comment “Second”", "edited a comment"]
    assert told[2].summary == f"commented: “First line {'x' * 68}…”"
    assert {entry.actor for entry in told[:3]} == {"bob"}


def test_links_are_told_from_both_ends(story: Story) -> None:
    item, other = story.create("Item"), story.create("Other")
    story.do("ada", add_dependency, item.id, other.id, "blocked_by")
    story.do("ada", remove_dependency, item.id, other.id, "blocked_by")
    story.do("ada", add_dependency, other.id, item.id, "related")

    assert story.summaries(item)[:3] == [
        f"marked it as related to #{other.id} Other",
        f"unmarked it as blocked by #{other.id} Other",
        f"marked it as blocked by #{other.id} Other",
    ]
    links = [words for words in story.summaries(other) if "marked" in words]
    assert links[1:] == [f"unmarked it as blocking #{item.id} Item", f"marked it as blocking #{item.id} Item"]


def test_a_merge_is_told_once_at_each_end(story: Story) -> None:
    original, twin = story.create("Original"), story.create("Twin")
    story.do("bob", add_comment, twin.id, "Hello")
    story.do("ada", merge_duplicate, twin.id, original.id)
    assert story.summaries(original)[0] == f"merged #{twin.id} Twin into it"
    assert story.summaries(twin)[0] == f"merged it into #{original.id} Original"

    story.do("ada", take_apart, twin.id)

    assert story.summaries(original)[0] == "took a merge apart again"
    assert story.summaries(twin)[0] == f"took it and #{original.id} Original apart again"


def test_an_undo_is_marked_and_names_what_it_took_back(story: Story) -> None:
    item = story.create()
    story.edit(item, priority="high")
    story.do("ada", undo_last)

    undo, edit, _created = story.told(item)

    assert undo.summary == "changed priority from high to medium (undo)"
    assert undo.undo_of == edit.audit_id
    assert (undo.undoable, edit.undoable) == (True, False)


def test_a_change_lists_its_fields_before_and_after(story: Story) -> None:
    item = story.create()
    story.edit(item, title="New", assignee="bob")

    assert story.told(item)[0].changes == (
        FieldChange("assignee", None, "bob"),
        FieldChange("title", "Wish", "New"),
    )


def test_the_newest_come_first_and_no_more_than_asked_for(story: Story) -> None:
    item = story.create()
    for number in range(5):
        story.edit(item, title=f"Title {number}")

    told = story.told(item, limit=3)

    assert len(told) == 3
    assert [entry.audit_id for entry in told] == sorted((entry.audit_id for entry in told), reverse=True)
    assert story.told(item.__class__(**{**as_dict(item), "id": item.id + 999})) == ()


def as_dict(item: Enhancement) -> dict[str, Any]:
    return {name: getattr(item, name) for name in item.__slots__}


def test_whether_a_change_can_be_undone_agrees_with_the_undo(story: Story) -> None:
    item = story.create()
    story.do("ada", update_enhancement, item.id, {"title": "Ada's", "priority": "high"}, expected_version=None)
    story.do("ada", update_enhancement, item.id, {"assignee": "ada"}, expected_version=None)
    story.do("bob", update_enhancement, item.id, {"title": "Bob's"}, expected_version=None)
    story.do("bob", move_enhancement, item.id, "approved")
    story.do("cleo", move_enhancement, item.id, "in_progress")
    story.do("cleo", move_enhancement, item.id, "approved")
    story.do("ada", add_comment, item.id, "Hello")

    for entry in story.told(item):
        try:
            with story.database.transaction(entry.actor) as session:
                undo_transaction(session, entry.transaction_id, actor=entry.actor)
                raise LookupError
        except LookupError:
            possible = True
        except UndoRefused:
            possible = False
        assert entry.undoable is possible, entry.summary


def test_a_deleted_enhancement_still_has_its_history(story: Story) -> None:
    item = story.create()
    story.do("ada", undo_last)

    assert story.summaries(item) == ["deleted it (undo)", "added it to Proposed"]


def test_the_newest_changes_of_several_are_told_shortly(story: Story) -> None:
    item, other, quiet = story.create("Wish"), story.create("Other"), story.create("Quiet")
    story.do("grace", add_comment, item.id, "Please")
    story.do("grace", add_dependency, item.id, other.id, "blocked_by")
    story.edit(item, priority="high")

    with story.database.reading() as session:
        newest = newest_of(session, [item.id, other.id, quiet.id, 2**40], limit=2)

    assert [told.summary for told in newest[item.id]] == [
        "changed priority from medium to high",
        f"marked it as blocked by #{other.id} Other",
    ]
    assert newest[other.id][0].actor == "grace"
    assert [told.summary for told in newest[quiet.id]] == ["added it to Proposed"]
    assert newest[2**40] == ()


def test_what_belongs_to_an_enhancement_is_found_without_reading_the_whole_log(story: Story) -> None:
    item, other = story.create(), story.create()
    comment = story.do("ada", add_comment, item.id, "Once mine")
    story.do("ada", delete_comment, comment.id)
    many = "INSERT INTO ci_comments (enhancement_id, body) SELECT :id, 'Noise' FROM generate_series(1, 1500)"
    with story.database.transaction("bob") as session:
        session.execute(text(many), {"id": other.id})
        session.execute(text("ANALYZE ci_audit_log"))
    statement = str(audit_log._rows_about(audit_log.COMMENTS, audit_log.BELONGING[audit_log.COMMENTS]))

    with story.database.reading() as session:
        found = list(session.scalars(text(statement), {"id": item.id}))
        plan = "\n".join(session.scalars(text(f"EXPLAIN {statement}"), {"id": item.id}))

    assert found == [comment.id]
    assert plan.count("Bitmap Index Scan on idx_ci_audit_log_belonging") == 2  # what it was, and what it became
