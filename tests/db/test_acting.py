from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from db.engine import act_as


def said(session: Session) -> tuple[Any, ...]:
    session.execute(text("INSERT INTO ci_enhancements (title) VALUES ('x')"))
    newest = text("SELECT actor, reason, undo_of FROM ci_audit_log ORDER BY id DESC LIMIT 1")
    return tuple(session.execute(newest).one())


def test_changes_bear_the_actor_the_reason_and_what_they_take_back(session: Session) -> None:
    act_as(session, "ada", "because", 7)

    assert said(session) == ("ada", "because", 7)


def test_what_is_not_said_again_stays(session: Session) -> None:
    act_as(session, "ada", "because", 7)
    act_as(session, "agent:scorer")

    assert said(session) == ("agent:scorer", "because", 7)


def test_a_savepoint_that_is_rolled_back_takes_the_actor_with_it(session: Session) -> None:
    act_as(session, "ada")
    with pytest.raises(LookupError), session.begin_nested():
        act_as(session, "bob", "no", 1)
        raise LookupError

    assert said(session) == ("ada", None, None)


def test_nobody_acts_without_a_name(session: Session) -> None:
    with pytest.raises(ValueError, match="needs an actor"):
        act_as(session, "  ")
