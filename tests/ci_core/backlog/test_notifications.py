"""The bell: newest first, floods told as one, read by the one whom it concerns."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog import NewEnhancement, create_enhancements, undo_transaction, update_enhancement
from ci_core.backlog.notifications import (
    Notification,
    forget_old_notifications,
    mark_all_read,
    mark_read,
    notifications_for,
    notify,
    unread_count,
)
from ci_core.errors import InvalidInput
from db.engine import act_as
from db.enums import NotificationKind
from tests.ci_core.backlog.team import Team


def bell(team: Team, person: str = "bob", limit: int = 50) -> tuple[Notification, ...]:
    found: tuple[Notification, ...] = team.read(lambda session: notifications_for(session, person, limit))
    return found


def assign(team: Team, count: int, actor: str = "ada") -> list[Any]:
    news = [NewEnhancement(title=f"Wish {number}", assignee="Bob") for number in range(count)]
    return list(team.do(actor, create_enhancements, news))


def test_the_newest_stands_first_and_reads_as_a_sentence(team: Team) -> None:
    first, second = team.create(title="First", assignee="bob"), team.create(title="Second", assignee="BOB")

    told = bell(team)

    assert [(one.actor, one.summary, one.enhancement_id) for one in told] == [
        ("ada", f"assigned #{second.id} Second to you", second.id),
        ("ada", f"assigned #{first.id} First to you", first.id),
    ]
    assert {(one.kind, one.read_at, one.items) for one in told} == {(NotificationKind.ASSIGNED, None, 1)}
    assert bell(team, "cleo") == ()
    assert bell(team, limit=1) == told[:1]


def test_a_flood_is_told_as_one_and_a_few_one_by_one(team: Team) -> None:
    assign(team, 5)
    assert len(bell(team)) == 5
    assign(team, 12)

    newest = bell(team)[0]

    assert (newest.summary, newest.items, newest.enhancement_id) == ("assigned 12 enhancements to you", 12, None)
    assert team.read(lambda session: unread_count(session, "bob")) == 6
    with team.database.transaction("bob") as session:
        assert mark_read(session, [newest.id], "bob") == 12
    assert team.read(lambda session: unread_count(session, "bob")) == 5
    assert bell(team)[0].read_at is not None


def test_undoing_an_assignment_of_many_takes_all_of_it_back(team: Team) -> None:
    assign(team, 12)

    team.undo("ada")

    assert bell(team) == ()


def test_reading_is_each_persons_own(team: Team) -> None:
    team.create(assignee="bob")
    team.create(assignee="bob")
    newest = bell(team)[0]

    with team.database.transaction("cleo") as session:
        assert mark_read(session, [newest.id, 2**62], "cleo") == 0
        assert mark_all_read(session, "cleo") == 0
    with team.database.transaction("bob") as session:
        assert mark_read(session, [newest.id], "Bob") == 1
        assert mark_read(session, [newest.id], "Bob") == 0
        assert unread_count(session, "bob") == 1
        assert mark_all_read(session, "bob") == 1

    assert team.read(lambda session: unread_count(session, "bob")) == 0
    assert len(bell(team)) == 2


def test_an_undone_assignment_is_heard_of_only_by_who_has_read_it(team: Team) -> None:
    item = team.create()
    team.edit("ada", item, assignee="bob")
    team.undo("ada")
    assert bell(team) == ()

    team.edit("ada", item, assignee="bob")
    with team.database.transaction("bob") as session:
        mark_all_read(session, "bob")
    team.undo("ada")

    assert len(bell(team)) == 1


def test_redoing_an_assignment_leads_to_the_same_followers(team: Team) -> None:
    item = team.create()
    before = followers(team)
    team.edit("ada", item, assignee="bob")
    after = followers(team)

    undone = team.undo("ada")
    assert followers(team) == before
    team.do("ada", undo_transaction, undone.transaction_id)

    assert followers(team) == after


def followers(team: Team) -> list[Any]:
    query = text("SELECT to_jsonb(f) FROM ci_enhancement_followers f ORDER BY id")
    return list(team.read(lambda session: session.scalars(query).all()))


def test_the_library_tells_people_and_nobody_else(session: Session) -> None:
    act_as(session, "ada")

    assert notify(session, "bob", "mentioned", "mentioned\nyou\u202e here")
    assert not notify(session, "ADA", NotificationKind.MENTIONED, "mentioned you")
    assert not notify(session, "agent:research", NotificationKind.MENTIONED, "mentioned you")
    assert notify(session, "bob", NotificationKind.COMMENTED, "x" * 900)

    long, short = notifications_for(session, "bob")
    assert (short.summary, short.kind, short.actor) == ("mentioned you here", NotificationKind.MENTIONED, "ada")
    assert (len(long.summary), long.summary[-1]) == (500, "…")


def test_impossible_requests_are_refused(session: Session) -> None:
    with pytest.raises(InvalidInput):
        notify(session, "bob", "mentioned", " \n ")
    for limit in (-1, 501):
        with pytest.raises(InvalidInput):
            notifications_for(session, "bob", limit)


def test_what_was_read_long_ago_is_forgotten(team: Team) -> None:
    for title in ("Old", "New", "Unread"):
        team.create(title=title, assignee="bob")
    with team.database.transaction("bob") as session:
        session.execute(
            text("UPDATE ci_notifications SET read_at = now() - make_interval(days => :days) WHERE summary LIKE :name"),
            [{"days": 91, "name": "%Old%"}, {"days": 89, "name": "%New%"}],
        )
        session.execute(text("UPDATE ci_notifications SET created_at = now() - interval '1 year'"))

        assert forget_old_notifications(session) == 1

    assert [one.summary.split()[2] for one in bell(team)] == ["Unread", "New"]


def test_editing_without_a_new_assignee_tells_nothing(team: Team) -> None:
    item = team.create(assignee="bob")
    team.do("ada", update_enhancement, item.id, {"title": "Better"}, expected_version=None)

    assert len(bell(team)) == 1
