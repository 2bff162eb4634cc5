"""Who takes part follows, who stopped is left alone, and followers hear of what is said."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from ci_core.backlog import Enhancement, add_comment, edit_comment, merge_duplicate, update_enhancement
from ci_core.backlog.followers import follow, followers_of, follows, unfollow
from ci_core.backlog.history import history_of
from ci_core.backlog.notifications import notifications_for
from ci_core.backlog.people import known_people
from ci_core.errors import InvalidInput, NotAllowed, NotFound
from tests.ci_core.backlog.team import Team

Make = Callable[..., Enhancement]


def heard(session: Session, person: str) -> list[tuple[str, str]]:
    return [(one.kind.value, one.summary) for one in notifications_for(session, person)]


def test_following_is_begun_and_stopped_once(session: Session, make: Make) -> None:
    item = make()
    assert followers_of(session, item.id) == ("tess",)

    assert follow(session, item.id, actor="bob") == ("tess", "bob")
    assert follow(session, item.id, actor="BOB") == ("tess", "bob")
    assert follows(session, item.id, "Bob")
    assert unfollow(session, item.id, actor="Bob") == ("tess",)
    assert unfollow(session, item.id, actor="cleo") == ("tess",)

    assert not follows(session, item.id, "bob")


def test_taking_part_makes_one_follow_unless_one_has_stopped(session: Session, make: Make) -> None:
    item = make()
    unfollow(session, item.id, actor="bob")
    add_comment(session, item.id, "Hello", actor="bob")
    add_comment(session, item.id, "Hello @bob and @tess", actor="cleo")
    update_enhancement(session, item.id, {"assignee": "dora"}, expected_version=None, actor="cleo")

    assert followers_of(session, item.id) == ("tess", "cleo", "dora")
    assert follow(session, item.id, actor="bob") == ("tess", "bob", "cleo", "dora")


def test_followers_hear_of_a_comment_and_the_mentioned_of_their_mention(session: Session, make: Make) -> None:
    item = make("Cache")
    follow(session, item.id, actor="bob")
    follow(session, item.id, actor="cleo")

    add_comment(session, item.id, "What do you think, @bob?\n\nI am for it.", actor="tess")

    said = "“What do you think, @bob? I am for it.”"
    assert heard(session, "bob") == [("mentioned", f"mentioned you on #{item.id} Cache: {said}")]
    assert heard(session, "cleo") == [("commented", f"commented on #{item.id} Cache: {said}")]
    assert heard(session, "tess") == []


def test_a_mention_reaches_whoever_the_backlog_knows_and_makes_them_follow(session: Session, make: Make) -> None:
    item, _ = make(), make(assignee="Grace Hopper")

    add_comment(session, item.id, '@"grace hopper", @nobody and `@tess`', actor="ada")

    assert followers_of(session, item.id) == ("tess", "ada", "Grace Hopper")
    assert [kind for kind, _ in heard(session, "Grace Hopper")] == ["mentioned", "assigned"]
    assert [kind for kind, _ in heard(session, "tess")] == ["commented"]


def test_an_edit_tells_only_those_who_were_not_mentioned_before(session: Session, make: Make) -> None:
    item = make()
    for person in ("bob", "cleo"):
        follow(session, item.id, actor=person)
    comment = add_comment(session, item.id, "@bob", actor="tess")

    edit_comment(session, comment.id, "@bob and @cleo, please", actor="tess")
    edit_comment(session, comment.id, "Please, @bob and @cleo", actor="tess")

    assert [kind for kind, _ in heard(session, "bob")] == ["mentioned"]
    assert [kind for kind, _ in heard(session, "cleo")] == ["mentioned", "commented"]


def test_a_long_comment_with_strange_letters_is_told_in_short(session: Session, make: Make) -> None:
    item = make("T" * 300)
    follow(session, item.id, actor="bob")

    add_comment(session, item.id, "\u202e" + "word " * 500, actor="tess")

    ((_, summary),) = heard(session, "bob")
    assert summary.endswith("…”")
    assert "\u202e" not in summary
    assert len(summary) <= 500


def test_what_cannot_be_followed_is_refused(session: Session, make: Make) -> None:
    item, twin = make(), make()
    merge_duplicate(session, twin.id, item.id, actor="ada")

    with pytest.raises(NotFound):
        follow(session, 2**60, actor="ada")
    with pytest.raises(NotAllowed, match=f"#{item.id}"):
        follow(session, twin.id, actor="ada")
    with pytest.raises(InvalidInput):
        follow(session, item.id, actor="x" * 121)


def test_following_is_undone_like_any_other_change_and_is_no_history(team: Team) -> None:
    item = team.create()
    team.do("bob", follow, item.id)

    assert team.read(lambda session: followers_of(session, item.id)) == ("ada", "bob")
    assert len(team.read(lambda session: history_of(session, item.id))) == 1
    team.undo("bob")

    assert team.read(lambda session: followers_of(session, item.id)) == ("ada",)


def test_known_people_are_named_once_and_machines_never(session: Session, make: Make) -> None:
    make(assignee="Zoe Known"), make(actor="agent:research")
    item = make(actor="zoe known")
    follow(session, item.id, actor="Yan")

    people = known_people(session)

    assert {"Zoe Known", "Yan", "tess"} <= set(people)
    assert "zoe known" not in people
    assert not any(":" in name for name in people)
