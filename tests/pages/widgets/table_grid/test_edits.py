"""Edited cells are stored once, against the version that was seen, and what is refused is told with both values."""

from __future__ import annotations

from typing import Any

import pytest

from ci_core.backlog import (
    DEFAULT_POLICY,
    Enhancement,
    NewEnhancement,
    create_enhancement,
    get_enhancement,
    history_of,
    update_enhancement,
)
from db.engine import Database
from db.errors import DatabaseUnavailable
from pages.widgets.table_grid.edits import MOST_PROBLEMS, GridMemory, forget, store_edits, write_mine
from pages.widgets.table_grid.messages import Edit, Message


class Desk:
    """One person's grid beside a colleague, on a database of their own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.memory = GridMemory()
        self.edits: list[Edit] = []

    def make(self, **fields: Any) -> Enhancement:
        with self.database.transaction("ada") as session:
            return create_enhancement(session, NewEnhancement(title="Wish", **fields), actor="ada")

    def read(self, item: Enhancement) -> Enhancement:
        with self.database.reading() as session:
            return get_enhancement(session, item.id)

    def colleague(self, item: Enhancement, **changes: Any) -> None:
        with self.database.transaction("grace") as session:
            update_enhancement(session, item.id, changes, expected_version=None, actor="grace")

    def edit(self, item: Enhancement, key: str, value: Any, version: int | None = None) -> list[int]:
        """Send this edit together with everything before it, as the browser does; gives whose were stored."""
        self.edits.append(Edit(len(self.edits) + 1, item.id, version or item.version, key, value))
        return self.send()

    def send(self) -> list[int]:
        message = Message(tuple(self.edits))
        stored = store_edits(self.database, self.memory, message, actor="ada", policy=DEFAULT_POLICY)
        return [edit.sequence for edit, _ in stored]


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


@pytest.mark.parametrize(
    ("key", "value", "field", "stored"),
    [
        ("title", "New", "title", "New"),
        ("priority", "Critical", "priority", "critical"),
        ("category", "Bug fix", "category", "bug_fix"),
        ("complexity", "Epic", "complexity", "epic"),
        ("area", "Scanner", "feature_area", "Scanner"),
        ("assignee", "ada", "assignee", "ada"),
        ("estimate", 2.5, "estimated_hours", 2.5),
        ("spent", "3", "actual_hours", 3.0),
        ("tags", ["pool"], "tags", ("pool",)),
        ("status", "In progress", "status", "in_progress"),
    ],
)
def test_every_cell_that_can_be_edited_is_stored(desk: Desk, key: str, value: Any, field: str, stored: Any) -> None:
    item = desk.make()

    assert desk.edit(item, key, value) == [1]

    assert getattr(desk.read(item), field) == stored
    assert desk.memory.answers[item.id].problem is None


def test_an_edit_that_comes_again_is_stored_once(desk: Desk) -> None:
    item = desk.make()
    desk.edit(item, "title", "New")
    desk.colleague(item, title="Newer")

    assert desk.send() == []
    assert desk.read(item).title == "Newer"


def test_a_second_edit_of_ones_own_cell_is_no_conflict(desk: Desk) -> None:
    item = desk.make()
    desk.edit(item, "title", "First")

    assert desk.edit(item, "title", "Second", version=item.version) == [2]
    assert desk.read(item).title == "Second"


def test_another_field_changed_meanwhile_is_no_conflict(desk: Desk) -> None:
    item = desk.make()
    desk.colleague(item, priority="low")

    assert desk.edit(item, "title", "Mine") == [1]
    assert (desk.read(item).title, desk.read(item).priority) == ("Mine", "low")


def test_the_same_field_changed_meanwhile_is_told_and_can_be_written_all_the_same(desk: Desk) -> None:
    item = desk.make()
    desk.colleague(item, title="Theirs")

    assert desk.edit(item, "title", "Mine") == []

    (problem,) = desk.memory.problems
    assert "grace changed title" in problem.text
    assert "Stored is “Theirs”, yours was “Mine”." in problem.text
    assert desk.memory.answers[item.id].problem == problem.text
    assert desk.read(item).title == "Theirs"
    assert write_mine(desk.database, desk.memory, problem, actor="ada", policy=DEFAULT_POLICY) is None
    assert desk.read(item).title == "Mine"
    assert (desk.memory.problems, desk.memory.answers[item.id].problem) == ([], None)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("title", "", "must not be empty"),
        ("estimate", -1, "from 0"),
        ("estimate", "much", "number"),
        ("status", "Completed", "Proposed cannot become Completed"),
        ("priority", "Soon", "Allowed are"),
    ],
)
def test_what_cannot_be_stored_is_said_with_its_number(desk: Desk, key: str, value: Any, words: str) -> None:
    item = desk.make()

    assert desk.edit(item, key, value) == []

    assert desk.memory.problems[0].text.startswith(f"#{item.id}: ")
    assert words in desk.memory.problems[0].text
    with desk.database.reading() as session:
        assert len(history_of(session, item.id)) == 1


def test_a_good_edit_takes_the_message_of_its_cell_away(desk: Desk) -> None:
    item = desk.make()
    desk.edit(item, "title", "")

    desk.edit(item, "title", "Good")

    assert desk.memory.problems == []


def test_messages_can_be_dismissed_and_do_not_pile_up(desk: Desk) -> None:
    items = [desk.make() for _ in range(MOST_PROBLEMS + 2)]
    for item in items:
        desk.edit(item, "title", "")
    assert len(desk.memory.problems) == MOST_PROBLEMS

    forget(desk.memory, desk.memory.problems[0])

    assert len(desk.memory.problems) == MOST_PROBLEMS - 1


def test_without_a_database_edits_wait_and_are_stored_afterwards(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    item = desk.make()

    def gone(*_given: Any, **_named: Any) -> None:
        raise DatabaseUnavailable("gone")

    with monkeypatch.context() as broken:
        broken.setattr(desk.database, "transaction", gone)
        assert desk.edit(item, "title", "Later") == []
    assert desk.memory.answers == {}

    assert desk.send() == [1]
    assert desk.read(item).title == "Later"


def test_a_wish_is_fulfilled_once() -> None:
    memory = GridMemory()

    assert [memory.is_new("open", 5), memory.is_new("open", 5), memory.is_new("sort", 3), memory.is_new("open", 6)] == [
        True, False, True, True,
    ]  # fmt: skip
