"""Whatever a browser asks for happens once, and is answered as often as it asks."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog.operations import ATTEMPTS, Answer, Operation, OutcomeKind, answer_to, carry_out_once
from ci_core.errors import EditConflict, InvalidInput, NotAllowed, NotFound
from db.engine import Database
from db.errors import DatabaseBusy

CLIENT = "8d0f3c1e-4a52-4b8f-9a52-0f6f6a3d2b11"


def operation(sequence: int = 1, **fingerprint: object) -> Operation:
    return Operation(CLIENT, sequence, fingerprint or {"what": "add"})


def add(session: Session) -> None:
    session.execute(text("INSERT INTO ci_enhancements (title) VALUES ('Pool connections')"))


def count(database: Database) -> int:
    with database.reading() as session:
        return int(session.execute(text("SELECT count(*) FROM ci_enhancements")).scalar_one())


def test_the_answer_names_the_transaction_that_is_recorded(database: Database) -> None:
    answer = carry_out_once(database, operation(), add, actor="ann")

    with database.reading() as session:
        recorded = session.execute(text("SELECT DISTINCT transaction_id FROM ci_audit_log")).scalar_one()
    assert answer == Answer(OutcomeKind.APPLIED, None, recorded)


def test_a_repeated_operation_is_answered_and_not_repeated(database: Database) -> None:
    first = carry_out_once(database, operation(), add, actor="ann")

    assert carry_out_once(database, operation(), add, actor="ann") == first
    assert count(database) == 1


def test_an_answer_can_be_looked_up_by_its_number(database: Database) -> None:
    answer = carry_out_once(database, operation(7), add, actor="ann")

    with database.reading() as session:
        assert answer_to(session, CLIENT, 7) == answer
        assert answer_to(session, CLIENT, 8) is None


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NotAllowed("no"), OutcomeKind.REFUSED),
        (NotFound("gone"), OutcomeKind.REFUSED),
        (InvalidInput("title", "empty"), OutcomeKind.REFUSED),
        (
            EditConflict(1, yours={"status": "a"}, theirs={"status": "b"}, current_version=2, changed_by="bob"),
            OutcomeKind.CONFLICT,
        ),
    ],
)
def test_what_is_refused_leaves_nothing_but_its_answer(database: Database, error: Exception, kind: OutcomeKind) -> None:
    def half_done(session: Session) -> None:
        add(session)
        raise error

    answer = carry_out_once(database, operation(), half_done, actor="ann")

    assert answer == Answer(kind, str(error))
    assert count(database) == 0
    assert carry_out_once(database, operation(), add, actor="ann") == answer
    assert count(database) == 0


def test_a_failure_nobody_expected_answers_nothing_so_it_can_be_tried_again(database: Database) -> None:
    def broken(session: Session) -> None:
        add(session)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        carry_out_once(database, operation(), broken, actor="ann")

    assert carry_out_once(database, operation(), add, actor="ann").kind is OutcomeKind.APPLIED
    assert count(database) == 1


def test_a_server_that_stays_busy_is_asked_a_few_times_and_then_the_caller_is_told(database: Database) -> None:
    calls = []

    def busy(session: Session) -> None:
        calls.append(1)
        raise DatabaseBusy("a deadlock")

    with pytest.raises(DatabaseBusy):
        carry_out_once(database, operation(), busy, actor="ann")

    assert len(calls) == ATTEMPTS


def test_another_operation_under_a_used_number_is_refused(database: Database) -> None:
    carry_out_once(database, operation(what="add"), add, actor="ann")

    answer = carry_out_once(database, operation(what="add more"), add, actor="ann")

    assert answer.kind is OutcomeKind.REFUSED
    assert "Another tab" in (answer.message or "")
    assert count(database) == 1
