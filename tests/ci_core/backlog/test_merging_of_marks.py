"""Votes, reactions, followers and the news of a duplicate go with it, count once, and come back exactly."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from ci_core.backlog import add_comment, merge_duplicate, take_apart
from ci_core.backlog.followers import follow, followers_of, unfollow
from ci_core.backlog.notifications import mark_all_read, notifications_for
from ci_core.backlog.reactions import react, reactions_of, votes_for
from tests.ci_core.backlog.team import Team

MARKS = """
    SELECT to_jsonb(m) FROM (
        SELECT 'reaction' AS what, id, enhancement_id, comment_id, person, kind, created_at FROM ci_reactions
        UNION ALL
        SELECT 'follower', id, enhancement_id, NULL, person, following::text, created_at FROM ci_enhancement_followers
        UNION ALL
        SELECT 'notification', id, enhancement_id, comment_id, person, summary, created_at FROM ci_notifications
    ) AS m ORDER BY what, id
"""


def marks(team: Team) -> list[Any]:
    return list(team.read(lambda session: session.scalars(text(MARKS)).all()))


def both(team: Team) -> tuple[int, int]:
    """An original and its twin with marks of many people; bob voted for both and follows both."""
    original, twin = team.create("tess", "Original").id, team.create("ada", "Twin").id
    comment = team.do("ada", add_comment, twin, "On the twin, @tess").id
    for person, item, comment_id in (
        ("bob", original, None), ("bob", twin, None), ("cleo", twin, None), ("bob", twin, comment),
    ):  # fmt: skip
        team.do(person, react, item, "vote", comment_id=comment_id)
    for person, item in (("bob", original), ("BOB", twin), ("dora", twin)):
        team.do(person, follow, item)
    team.do("emil", unfollow, twin)
    return original, twin


def test_votes_count_once_and_everything_comes_back(team: Team) -> None:
    original, twin = both(team)
    before = marks(team)

    merged = team.do("tess", merge_duplicate, twin, original)

    assert (merged.comments, merged.reactions, merged.followers) == (1, 2, 2)
    assert team.read(lambda session: votes_for(session, [original])) == {original: 2}
    assert team.read(lambda session: followers_of(session, original)) == ("tess", "ada", "bob", "dora")
    assert [one.comment_id is None for one in team.read(lambda session: reactions_of(session, original))] == [
        True,
        False,
    ]
    told = {one.summary: one.enhancement_id for one in team.read(lambda session: notifications_for(session, "tess"))}
    assert set(told.values()) == {original}
    team.do("zoe", take_apart, twin)

    assert marks(team) == before


def test_an_undone_merge_brings_all_back_and_a_redone_one_takes_it_again(team: Team) -> None:
    original, twin = both(team)
    before = marks(team)
    team.do("tess", merge_duplicate, twin, original)
    recorded = [mark for mark in marks(team) if mark["what"] != "notification"]

    undone = team.undo("zoe")
    assert marks(team) == before
    team.undo("zoe", undone.transaction_id)
    assert [mark for mark in marks(team) if mark["what"] != "notification"] == recorded
    assert {mark["enhancement_id"] for mark in marks(team) if mark["what"] == "notification"} == {original}
    team.do("zoe", take_apart, twin)

    assert marks(team) == before


def test_a_vote_taken_back_and_a_follower_gone_since_stand_in_nobodys_way(team: Team) -> None:
    original, twin = both(team)
    team.do("tess", merge_duplicate, twin, original)
    merge = team.last()
    team.do("cleo", react, original, "vote", stands=False)
    team.do("dora", unfollow, original)

    team.undo("tess", merge)

    assert team.read(lambda session: votes_for(session, [original, twin])) == {original: 1, twin: 1}
    assert team.read(lambda session: followers_of(session, original)) == ("tess", "bob")


def test_the_proposer_of_a_duplicate_is_told_until_it_is_taken_apart(team: Team) -> None:
    original, twin = team.create("tess", "Original"), team.create("ada", "Twin")
    team.do("tess", merge_duplicate, twin.id, original.id)

    (news,) = team.read(lambda session: notifications_for(session, "ada"))
    assert news.summary == f"merged #{twin.id} Twin into #{original.id} Original"
    assert news.enhancement_id == original.id
    team.do("tess", take_apart, twin.id)
    assert team.read(lambda session: notifications_for(session, "ada")) == ()
    team.do("tess", merge_duplicate, twin.id, original.id)
    with team.database.transaction("ada") as session:
        mark_all_read(session, "ada")
    team.do("tess", take_apart, twin.id)

    assert len(team.read(lambda session: notifications_for(session, "ada"))) == 1


def test_merges_of_merges_carry_the_marks_along(team: Team) -> None:
    first, second, third = (team.create("ada", title).id for title in ("First", "Second", "Third"))
    team.do("bob", react, first, "vote")
    team.do("cleo", react, second, "vote")
    before = marks(team)

    team.do("ada", merge_duplicate, first, second)
    team.do("ada", merge_duplicate, second, third)
    assert team.read(lambda session: votes_for(session, [third])) == {third: 2}
    team.do("ada", take_apart, second)
    team.do("ada", take_apart, first)

    assert marks(team) == before
