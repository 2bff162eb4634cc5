"""What concerns people reaches them whatever door a change came through; here that is plain SQL."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from db.engine import Database


class Desk:
    """People who write SQL, and what the bell has for them."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def write(self, statement: str, actor: str = "tess", **values: Any) -> None:
        with self.database.transaction(actor, undo_of=values.pop("undo_of", None)) as session:
            session.execute(text(statement), values)

    def add(self, title: str, actor: str = "tess", **fields: Any) -> int:
        names, given = ", ".join(fields), ", ".join(f":{name}" for name in fields)
        comma = ", " if fields else ""
        with self.database.transaction(actor) as session:
            statement = f"INSERT INTO ci_enhancements (title{comma}{names}) VALUES (:title{comma}{given}) RETURNING id"
            return int(session.scalars(text(statement), {"title": title, **fields}).one())

    def wait(self, item: int, blocker: int, actor: str = "tess") -> None:
        self.write(
            "INSERT INTO ci_enhancement_dependencies (enhancement_id, other_id, kind) VALUES (:a, :b, 'blocked_by')",
            actor, a=item, b=blocker,
        )  # fmt: skip

    def move(self, item: int, status: str, actor: str = "tess", **context: Any) -> None:
        self.write(
            "UPDATE ci_enhancements SET status = :status WHERE id = :id", actor, status=status, id=item, **context
        )

    def follow(self, item: int, person: str, following: bool = True) -> None:
        self.write("INSERT INTO ci_enhancement_followers (enhancement_id, person, following) VALUES (:i, :p, :f)",
                   person, i=item, p=person, f=following)  # fmt: skip

    def heard(self, person: str) -> list[tuple[str, str]]:
        """What was told to the person, as kind and what follows the actor's name, oldest first."""
        query = "SELECT kind, actor || ' ' || summary FROM ci_notifications WHERE lower(person) = lower(:p) ORDER BY id"
        with self.database.reading() as session:
            return [tuple(row) for row in session.execute(text(query), {"p": person})]

    def followers(self, item: int) -> list[str]:
        query = "SELECT person FROM ci_enhancement_followers WHERE enhancement_id = :id AND following ORDER BY id"
        with self.database.reading() as session:
            return list(session.scalars(text(query), {"id": item}))


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_an_assignment_by_somebody_else_is_told(desk: Desk) -> None:
    item = desk.add("Cache the chain")
    desk.write("UPDATE ci_enhancements SET assignee = 'Bob'", "ada")
    desk.add("Theirs", "ada", assignee="bob")

    assert desk.heard("bob") == [("assigned", f"ada assigned #{item} Cache the chain to you"),
                                 ("assigned", f"ada assigned #{item + 1} Theirs to you")]  # fmt: skip


def test_what_one_does_oneself_is_no_news(desk: Desk) -> None:
    desk.add("Mine", "BOB", assignee="bob")
    desk.write("UPDATE ci_enhancements SET assignee = NULL")
    desk.write("UPDATE ci_enhancements SET assignee = 'Bob'", "bob")
    desk.write("UPDATE ci_enhancements SET assignee = 'bob'", "ada")  # the same person

    assert desk.heard("bob") == []


def test_an_unread_assignment_goes_when_it_becomes_untrue(desk: Desk) -> None:
    desk.add("Wish", assignee="bob")
    desk.write("UPDATE ci_enhancements SET assignee = 'cleo'", "ada")
    assert (desk.heard("bob"), len(desk.heard("cleo"))) == ([], 1)

    desk.write("UPDATE ci_notifications SET read_at = now()", "cleo")
    desk.write("UPDATE ci_enhancements SET assignee = NULL", "ada")

    assert len(desk.heard("cleo")) == 1


def test_machines_and_the_setup_are_told_and_tell_nothing(desk: Desk) -> None:
    desk.add("For a machine", assignee="agent:fixer")
    desk.add("By the setup", "agent:setup", assignee="bob")
    desk.add("By an agent", "agent:research", assignee="bob")

    assert desk.heard("agent:fixer") == []
    assert [words.split()[0] for _, words in desk.heard("bob")] == ["agent:research"]


def test_what_is_ended_already_is_nobodys_new_work(desk: Desk) -> None:
    desk.add("Done long ago", assignee="bob", status="completed")

    assert desk.heard("bob") == []


def test_blocking_is_told_to_the_assignee_and_the_followers(desk: Desk) -> None:
    item = desk.add("Item", "ada", assignee="bob", status="in_progress")
    desk.follow(item, "cleo")
    blocker = desk.add("Blocker", "ada")
    desk.wait(item, blocker, "dora")
    desk.move(item, "blocked", "dora")

    told = [("blocked", f"dora marked #{item} Item as blocked by #{blocker} Blocker"),
            ("blocked", f"dora moved #{item} Item to Blocked")]  # fmt: skip
    assert desk.heard("cleo") == told
    assert desk.heard("bob")[1:] == told
    assert desk.heard("dora") == []


def test_the_last_blocker_to_go_unblocks_and_no_other(desk: Desk) -> None:
    item = desk.add("Item", "ada", status="approved")
    first, second = desk.add("First", "ada", status="approved"), desk.add("Second", "ada", status="approved")
    desk.wait(item, first, "ada")
    desk.wait(item, second, "ada")

    desk.move(first, "completed", "bob")
    assert [kind for kind, _ in desk.heard("ada")] == ["decided"]
    desk.move(second, "rejected", "bob")

    assert desk.heard("ada")[-1] == ("unblocked", f"bob rejected #{second} Second, the last blocker of #{item} Item")


def test_a_blocker_that_is_open_again_takes_back_what_nobody_read(desk: Desk) -> None:
    item, blocker = desk.add("Item", "ada", status="approved"), desk.add("Blocker", status="approved")
    desk.follow(item, "cleo")
    desk.wait(item, blocker, "ada")
    desk.move(blocker, "completed", "bob")
    desk.write("UPDATE ci_notifications SET read_at = now() WHERE person = 'cleo'")

    desk.move(blocker, "approved", "bob")

    assert desk.heard("ada") == []
    assert desk.heard("cleo")[-1] == ("blocked", f"bob reopened #{blocker} Blocker, which #{item} Item waits for")


def test_decisions_are_told_to_the_proposer_and_followers_but_not_by_oneself(desk: Desk) -> None:
    item = desk.add("Wish", "ada")
    desk.follow(item, "cleo")
    desk.write("UPDATE ci_enhancements SET status = 'rejected', rejection_reason = 'too dear'", "cleo")

    assert desk.heard("ada") == [("decided", f"cleo rejected #{item} Wish: too dear")]
    assert desk.heard("cleo") == []
    desk.move(item, "proposed", "cleo")
    assert desk.heard("ada") == []
    desk.move(item, "approved", "bob")
    desk.move(item, "in_progress", "bob")
    desk.move(item, "approved", "bob")  # back to the queue is no new decision
    desk.move(item, "completed", "bob")
    assert desk.heard("cleo") == [("decided", f"bob completed #{item} Wish")]


def test_whoever_stopped_to_follow_hears_nothing_more_and_is_not_made_to_follow_again(desk: Desk) -> None:
    item = desk.add("Wish", "ada")
    desk.write("UPDATE ci_enhancement_followers SET following = false", "ada")
    desk.write("INSERT INTO ci_comments (enhancement_id, body) VALUES (:id, 'Still here')", "ada", id=item)

    desk.move(item, "approved", "bob")

    assert desk.followers(item) == []
    assert desk.heard("ada") == []


def test_taking_part_makes_people_follow_once(desk: Desk) -> None:
    item = desk.add("Wish", "ada", assignee="Bob")
    for person in ("cleo", "Cleo", "agent:fixer"):
        desk.write("INSERT INTO ci_comments (enhancement_id, body) VALUES (:id, 'Hello')", person, id=item)
    desk.write("UPDATE ci_enhancements SET assignee = 'dora'", "ada")

    assert desk.followers(item) == ["ada", "Bob", "cleo", "dora"]


def test_an_imported_wish_has_no_follower_for_it(desk: Desk) -> None:
    item = desk.add("Wish", "ada", source="wishlist", assignee="bob")

    assert desk.followers(item) == []


def test_an_undo_tells_nothing_and_makes_nobody_follow(desk: Desk) -> None:
    item = desk.add("Wish", "ada")
    desk.write("DELETE FROM ci_enhancement_followers")

    desk.write("UPDATE ci_enhancements SET assignee = 'bob', status = 'approved'", "cleo", undo_of=1)

    assert (desk.heard("ada"), desk.heard("bob"), desk.followers(item)) == ([], [], [])


def test_what_ends_together_with_its_blocker_is_not_called_unblocked(desk: Desk) -> None:
    item, blocker = desk.add("Item", "ada", status="approved"), desk.add("Blocker", "ada", status="approved")
    desk.wait(item, blocker, "ada")

    with desk.database.transaction("bob") as session:
        for one in (blocker, item):
            session.execute(text("UPDATE ci_enhancements SET status = 'completed' WHERE id = :id"), {"id": one})

    assert [kind for kind, _ in desk.heard("ada")] == ["decided", "decided"]


def test_a_merge_is_no_decision(desk: Desk) -> None:
    original, twin = desk.add("Original", "ada"), desk.add("Twin", "ada")

    desk.write("UPDATE ci_enhancements SET status = 'archived', merged_into_id = :o WHERE id = :t", "bob",
               o=original, t=twin)  # fmt: skip

    assert desk.heard("ada") == []


def test_a_removed_blocker_is_not_announced_any_more(desk: Desk) -> None:
    item, blocker = desk.add("Item", "ada", status="approved"), desk.add("Blocker", "ada")
    desk.wait(item, blocker, "bob")
    assert len(desk.heard("ada")) == 1

    desk.write("DELETE FROM ci_enhancement_dependencies", "bob")

    assert desk.heard("ada") == []
