"""Prompts have versions; a person's choice outlives what ships; text from strangers stands behind a fence."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core.backlog.undo import undo_transaction
from ci_core.errors import InvalidInput, NotFound
from ci_core.llm import Fetched, register_prompts
from ci_core.llm.prompts import (
    activate_prompt,
    active_prompt,
    add_prompt,
    check_template,
    list_prompts,
    read_prompt,
    render,
    shipped_prompts,
    versions,
)
from db.engine import Database
from db.tables import AuditEntry

NAME = "research.score"
SETUP = "agent:setup"
SHIPPED = shipped_prompts()[NAME]
FENCED = "[system]\nData stands between ${boundary}.\n[user]\nJudge ${item} for ${team}."


def ship(monkeypatch: pytest.MonkeyPatch, template: str) -> None:
    monkeypatch.setattr(versions, "shipped_prompts", lambda: {NAME: template})


def active(session: Session) -> int:
    found = active_prompt(session, NAME)
    assert found is not None
    return found.version


def test_shipped_prompts_can_all_be_used() -> None:
    assert NAME in shipped_prompts()
    for template in shipped_prompts().values():
        check_template(template)


def test_registering_twice_stores_once(session: Session) -> None:
    assert register_prompts(session, actor=SETUP) == len(shipped_prompts())
    assert register_prompts(session, actor=SETUP) == 0
    assert read_prompt(session, NAME).template == SHIPPED


def test_new_text_that_ships_is_a_new_version_and_active(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    register_prompts(session, actor=SETUP)
    ship(monkeypatch, SHIPPED + "\nBe brief.")

    register_prompts(session, actor=SETUP)

    assert [(item.version, item.active) for item in list_prompts(session, NAME)] == [(2, True), (1, False)]


def test_choice_of_a_person_stays_when_a_new_text_ships(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    register_prompts(session, actor=SETUP)
    mine = add_prompt(session, NAME, SHIPPED + "\nThink of traders.", actor="ann")
    assert (mine.version, mine.active) == (2, False)
    activate_prompt(session, NAME, 2, actor="ann")
    ship(monkeypatch, SHIPPED + "\nBe brief.")

    register_prompts(session, actor=SETUP)

    assert active(session) == 2
    activate_prompt(session, NAME, 3, actor="ann")
    assert active(session) == 3


def test_shipped_version_that_a_person_went_back_to_stays(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    register_prompts(session, actor=SETUP)
    ship(monkeypatch, SHIPPED + "\nBe brief.")
    register_prompts(session, actor=SETUP)
    activate_prompt(session, NAME, 1, actor="ann")
    ship(monkeypatch, SHIPPED + "\nBe briefer.")

    register_prompts(session, actor=SETUP)

    assert active(session) == 1


def test_same_text_is_one_version(session: Session) -> None:
    register_prompts(session, actor=SETUP)

    assert add_prompt(session, NAME, SHIPPED.replace("\n", "\r\n") + "\n", actor="ann").version == 1


def test_every_change_is_in_the_audit_log(session: Session) -> None:
    register_prompts(session, actor=SETUP)
    add_prompt(session, NAME, SHIPPED + "\nX.", actor="ann")
    activate_prompt(session, NAME, 2, actor="ben")

    actors = session.scalars(
        select(AuditEntry.actor).where(AuditEntry.table_name == "ci_prompts").order_by(AuditEntry.id)
    ).all()
    assert actors[-3:] == ["ann", "ben", "ben"]


def test_activation_can_be_undone_and_done_again(database: Database) -> None:
    with database.transaction(SETUP) as session:
        register_prompts(session, actor=SETUP)
    with database.transaction("ann") as session:
        add_prompt(session, NAME, SHIPPED + "\nX.", actor="ann")
    with database.transaction("ann") as session:
        activate_prompt(session, NAME, 2, actor="ann")

    for expected in (1, 2):
        with database.transaction("ann") as session:
            last = session.scalars(select(AuditEntry.transaction_id).order_by(AuditEntry.id.desc()).limit(1)).one()
            undo_transaction(session, last, actor="ann")
        with database.reading() as session:
            assert active(session) == expected


def test_unknown_names_and_versions_are_told(session: Session) -> None:
    register_prompts(session, actor=SETUP)

    with pytest.raises(NotFound, match="no version 9"):
        activate_prompt(session, NAME, 9, actor="ann")
    with pytest.raises(NotFound, match="no version 9"):
        read_prompt(session, NAME, 9)
    with pytest.raises(NotFound, match=re.escape("research.score")):
        add_prompt(session, "research.soup", SHIPPED, actor="ann")


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("Just text with ${boundary}", r"\[system\]"),
        ("[system]\n${boundary}\n", r"\[user\]"),
        ("[system]\n${boundary} costs $5\n[user]\n${item} ${team}", r"\$\$"),
        ("[system]\nNothing of fences.\n[user]\n${item} ${team}", r"leaves out \$\{boundary\}"),
        ("[system]\n${boundary}\n[user]\n${team}", r"leaves out \$\{item\}"),
        ("[system]\n${boundary}\n[user]\n${item} ${team} ${weather}", r"\$\{weather\}, which nobody fills in"),
        ("[system]\nx\n[user]\n${item} ${team} ${boundary}", r"belongs to the \[system\] part"),
        ("x" * 20_001, "20,000"),
    ],
)
def test_text_that_cannot_be_used_is_refused_with_the_reason(template: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        check_template(template, like=FENCED)


def test_variables_are_filled_in_once_and_never_looked_at_again() -> None:
    rendered = render(FENCED, {"item": Fetched("costs $5 and ${team}"), "team": "${item} $$"})

    assert "costs $5 and ${team}" in rendered.user
    assert rendered.user.endswith("for ${item} $$.")


def test_text_from_strangers_never_gets_into_the_system_message() -> None:
    with pytest.raises(InvalidInput, match=r"\$\{team\} holds text from strangers"):
        render("[system]\n${boundary} ${team}\n[user]\n${item}", {"item": "x", "team": Fetched("y")})


def test_missing_variable_is_told() -> None:
    with pytest.raises(InvalidInput, match="team"):
        render(FENCED, {"item": Fetched("x")})
