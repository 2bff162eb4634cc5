"""Which change an undo means: one's last, a whole transaction, and never one that is not one's own to take back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text

from ci_core.backlog import (
    move_enhancement,
    move_enhancements,
    rescore_all,
    undo_last,
    undo_transaction,
    update_enhancement,
)
from ci_core.errors import NotFound, UndoRefused
from db.enums import Status
from tests.ci_core.backlog.team import Team


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
