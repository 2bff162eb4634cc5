"""Votes and small marks: one of a kind per person, whatever happens at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy.orm import Session

from ci_core.backlog import Enhancement, add_comment, delete_comment, merge_duplicate
from ci_core.backlog.history import history_of
from ci_core.backlog.listing import Sort, list_enhancements
from ci_core.backlog.query_syntax import parse_query
from ci_core.backlog.reactions import Reactions, react, reactions_of, votes_for
from ci_core.errors import InvalidInput, NotAllowed, NotFound, UndoRefused
from db.enums import ReactionKind
from tests.ci_core.backlog.team import Team

Make = Callable[..., Enhancement]
VOTE, HEART = ReactionKind.VOTE, ReactionKind.HEART


def test_a_vote_is_given_and_taken_back(session: Session, make: Make) -> None:
    item, other = make(), make()

    assert react(session, item.id, "vote", actor="ada")
    assert react(session, item.id, VOTE, actor="bob")
    assert votes_for(session, [item.id, other.id]) == {item.id: 2}
    assert react(session, item.id, VOTE, actor="ADA", stands=False)

    assert reactions_of(session, item.id) == (Reactions(VOTE, None, ("bob",)),)


def test_twice_is_once(session: Session, make: Make) -> None:
    item = make()

    assert react(session, item.id, VOTE, actor="ada")
    assert not react(session, item.id, VOTE, actor="Ada")
    assert react(session, item.id, VOTE, actor="ada", stands=False)
    assert not react(session, item.id, VOTE, actor="ada", stands=False)


def test_marks_on_comments_are_told_apart_from_votes(session: Session, make: Make) -> None:
    item = make()
    comment = add_comment(session, item.id, "Hello", actor="ada")
    react(session, item.id, HEART, comment_id=comment.id, actor="bob")
    react(session, item.id, VOTE, comment_id=comment.id, actor="bob")
    react(session, item.id, VOTE, actor="bob")

    assert votes_for(session, [item.id]) == {item.id: 1}
    assert [(one.kind, one.comment_id, one.count) for one in reactions_of(session, item.id)] == [
        (VOTE, None, 1),
        (VOTE, comment.id, 1),
        (HEART, comment.id, 1),
    ]
    delete_comment(session, comment.id, actor="ada")
    assert len(reactions_of(session, item.id)) == 1


def test_what_cannot_be_is_refused(session: Session, make: Make) -> None:
    item, twin = make(), make()
    comment = add_comment(session, item.id, "Hello", actor="ada")

    with pytest.raises(InvalidInput, match="Allowed are: vote"):
        react(session, item.id, "applause", actor="ada")
    with pytest.raises(NotFound, match="no comment"):
        react(session, twin.id, HEART, comment_id=comment.id, actor="ada")
    with pytest.raises(NotFound):
        react(session, 2**60, VOTE, actor="ada")
    merge_duplicate(session, twin.id, item.id, actor="ada")
    with pytest.raises(NotAllowed, match=f"#{item.id}"):
        react(session, twin.id, VOTE, actor="ada")


def test_two_clicks_at_once_leave_one_vote(team: Team) -> None:
    item = team.create()
    together = Barrier(2)

    def click(_: int) -> Any:
        together.wait()
        return team.do("bob", react, item.id, VOTE)

    with ThreadPoolExecutor(2) as pool:
        changed = list(pool.map(click, range(2)))

    assert sorted(changed) == [False, True]
    assert team.read(lambda session: votes_for(session, [item.id])) == {item.id: 1}


def test_a_vote_is_undone_by_its_owner_and_is_no_history(team: Team) -> None:
    item = team.create()
    team.do("bob", react, item.id, VOTE)
    voted = team.last()

    assert len(team.read(lambda session: history_of(session, item.id))) == 1
    with pytest.raises(UndoRefused, match="Only bob"):
        team.undo("ada", voted)
    undone = team.undo("bob", voted)
    assert team.read(lambda session: votes_for(session, [item.id])) == {}
    team.undo("bob", undone.transaction_id)

    assert team.read(lambda session: votes_for(session, [item.id])) == {item.id: 1}


def test_a_vote_taken_back_on_what_was_merged_since_does_not_come_back_to_the_tombstone(team: Team) -> None:
    original, twin = team.create(), team.create()
    team.do("bob", react, twin.id, VOTE)
    team.do("bob", react, twin.id, VOTE, stands=False)
    removed = team.last()
    team.do("ada", merge_duplicate, twin.id, original.id)

    with pytest.raises(UndoRefused, match=f"merged into #{original.id}"):
        team.undo("bob", removed)


def test_votes_order_a_list_and_are_searched_for(session: Session, make: Make) -> None:
    none, one, two = make(tags=("voted",)), make(tags=("voted",)), make(tags=("voted",))
    for item, people in ((one, ["ada"]), (two, ["ada", "bob"])):
        for person in people:
            react(session, item.id, VOTE, actor=person)
    react(session, none.id, HEART, actor="ada")

    def found(query: str) -> list[int]:
        page = list_enhancements(session, parse_query(f"tag:voted {query}"), sort=Sort.VOTES)
        return [item.id for item in page.enhancements]

    assert found("") == [two.id, one.id, none.id]
    assert found("votes:>=1") == [two.id, one.id]
    assert found("votes:0") == [none.id]
    assert found("-votes:2") == [one.id, none.id]
