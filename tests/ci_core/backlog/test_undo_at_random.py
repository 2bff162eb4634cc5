"""Whatever a person does, undoing it all the way back and doing it again leads through the very same states."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import text

from ci_core.backlog import (
    NewEnhancement,
    add_comment,
    add_dependency,
    comments_of,
    create_enhancement,
    create_enhancements,
    merge_duplicate,
    move_enhancement,
    remove_dependency,
    set_score_override,
    take_apart,
    undo_last,
    undo_transaction,
    update_enhancement,
)
from ci_core.backlog.followers import follow, unfollow
from ci_core.backlog.reactions import react
from ci_core.errors import CiError
from db.engine import Database

STATE = """
    SELECT jsonb_build_object(
        'cards', (SELECT jsonb_agg(to_jsonb(e) - '{version,updated_at,changed_xid,search_vector}'::text[]
                                   || jsonb_build_object('board_position', board_position::text) ORDER BY id)
                  FROM ci_enhancements e WHERE created_by = :actor),
        'links', (SELECT jsonb_agg(to_jsonb(d) ORDER BY d.id) FROM ci_enhancement_dependencies d
                  WHERE created_by = :actor),
        'comments', (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.id) FROM ci_comments c WHERE author = :actor),
        'followers', (SELECT jsonb_agg(to_jsonb(f) ORDER BY f.id) FROM ci_enhancement_followers f
                      WHERE created_by = :actor),
        'reactions', (SELECT jsonb_agg(to_jsonb(r) ORDER BY r.id) FROM ci_reactions r WHERE person = :actor))::text
"""
changes = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["Crash", "Data loss", "Speed"]),
        "description": st.sampled_from(["", "It crashes."]),
        "priority": st.sampled_from(["critical", "medium", "low"]),
        "tags": st.lists(st.sampled_from("abc"), max_size=3),
        "estimated_hours": st.sampled_from([None, 0.25, 1000]),
        "assignee": st.sampled_from([None, "bob", "cleo"]),
        "completion_percentage": st.sampled_from([0, 50, 100]),
        "predicted_impact": st.sampled_from([None, {"a": [1, 2.5, None]}]),
    },
)
statuses = st.sampled_from(["proposed", "approved", "in_progress", "blocked", "completed", "deferred", "archived"])
cards = st.integers(0, 2)


class Undoing(RuleBasedStateMachine):
    """One person's changes as a list of states; `undone` holds the undos that can be undone again."""

    serial = 0

    def __init__(self, database: Database) -> None:
        super().__init__()
        Undoing.serial += 1
        self.actor = f"person {Undoing.serial}"
        self.database = database
        with database.transaction(self.actor) as session:
            made = create_enhancements(session, [NewEnhancement(title=f"W{n}") for n in range(3)], actor=self.actor)
        self.ids = [item.id for item in made]
        self.states = [self.state()]
        self.undone: list[tuple[int, Any]] = []

    def state(self) -> Any:
        with self.database.reading() as session:
            return json.loads(session.scalars(text(STATE), {"actor": self.actor}).one())

    def do(self, action: Callable[..., Any], *arguments: Any, **named: Any) -> None:
        try:
            with self.database.transaction(self.actor) as session:
                action(session, *arguments, actor=self.actor, **named)
        except CiError:
            return
        state = self.state()
        if state != self.states[-1]:
            self.states.append(state)
            self.undone.clear()

    @rule(card=cards, changes=changes)
    def edit(self, card: int, changes: dict[str, Any]) -> None:
        self.do(update_enhancement, self.ids[card], changes, expected_version=None)

    @rule(card=cards, status=statuses, beside=cards)
    def move(self, card: int, status: str, beside: int) -> None:
        self.do(move_enhancement, self.ids[card], status, after_id=self.ids[beside], reason="at random")

    @rule(card=cards, other=cards, kind=st.sampled_from(["blocked_by", "related"]))
    def link(self, card: int, other: int, kind: str) -> None:
        self.do(add_dependency, self.ids[card], self.ids[other], kind)

    @rule(card=cards, other=cards)
    def unlink(self, card: int, other: int) -> None:
        self.do(remove_dependency, self.ids[card], self.ids[other], "blocked_by")

    @rule(card=cards)
    def comment(self, card: int) -> None:
        self.do(add_comment, self.ids[card], "Hello")

    @rule(card=cards, kind=st.sampled_from(["vote", "heart"]), on_comment=st.booleans(), stands=st.booleans())
    def react(self, card: int, kind: str, on_comment: bool, stands: bool) -> None:
        with self.database.reading() as session:
            said = comments_of(session, self.ids[card])
        comment_id = said[0].id if said and on_comment else None
        self.do(react, self.ids[card], kind, comment_id=comment_id, stands=stands)

    @rule(card=cards, following=st.booleans())
    def follow(self, card: int, following: bool) -> None:
        self.do(follow if following else unfollow, self.ids[card])

    @rule(card=cards, value=st.sampled_from([None, 0, 100]))
    def override(self, card: int, value: float | None) -> None:
        self.do(set_score_override, self.ids[card], "total", value)

    @rule(card=cards, other=cards)
    def merge(self, card: int, other: int) -> None:
        self.do(merge_duplicate, self.ids[card], self.ids[other])

    @rule(card=cards)
    def apart(self, card: int) -> None:
        self.do(take_apart, self.ids[card])

    @rule()
    def create(self) -> None:
        self.do(create_enhancement, NewEnhancement(title="Another"))

    @precondition(lambda self: len(self.states) > 1)
    @rule()
    def undo(self) -> None:
        with self.database.transaction(self.actor) as session:
            result = undo_last(session, actor=self.actor)
        self.undone.append((result.transaction_id, self.states.pop()))

    @precondition(lambda self: self.undone)
    @rule()
    def redo(self) -> None:
        transaction, state = self.undone.pop()
        with self.database.transaction(self.actor) as session:
            undo_transaction(session, transaction, actor=self.actor)
        self.states.append(state)

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        assert self.state() == self.states[-1]

    def teardown(self) -> None:
        while len(self.states) > 1:
            self.undo()
            self.everything_is_as_the_model_says()


def test_undo_and_redo_lead_through_the_same_states(database: Database) -> None:
    run_state_machine_as_test(
        lambda: Undoing(database), settings=settings(max_examples=30, stateful_step_count=15, deadline=None)
    )
