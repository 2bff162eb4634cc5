"""A browser's move is carried out exactly once, and a move that cannot be says why."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog import get_enhancement, update_enhancement
from ci_core.backlog.board import BoardMove, apply_moves, set_wip_limit, wip_limits
from ci_core.backlog.operations import OutcomeKind, forget_old_operations
from ci_core.errors import InvalidInput
from db.engine import Database
from db.enums import Status

CLIENT = "8d0f3c1e-4a52-4b8f-9a52-0f6f6a3d2b11"


def add(database: Database, title: str = "Pool connections") -> int:
    with database.transaction("ann") as session:
        statement = "INSERT INTO ci_enhancements (title) VALUES (:t) RETURNING id"
        return int(session.execute(text(statement), {"t": title}).scalar_one())


def state(database: Database, card_id: int) -> tuple[str, int]:
    with database.reading() as session:
        row = session.execute(text("SELECT status, version FROM ci_enhancements WHERE id = :i"), {"i": card_id}).one()
        return row.status, row.version


def changes(database: Database, card_id: int) -> int:
    with database.reading() as session:
        statement = "SELECT count(*) FROM ci_audit_log WHERE row_id = :i AND action = 'update'"
        return int(session.execute(text(statement), {"i": card_id}).scalar_one())


def move(sequence: int, card_id: int, status: Status, version: int = 1) -> BoardMove:
    return BoardMove(sequence, ((card_id, version),), status)


def test_a_move_is_stored_under_the_name_of_its_actor(database: Database) -> None:
    card_id = add(database)

    (outcome,) = apply_moves(database, CLIENT, [move(1, card_id, Status.APPROVED)], actor="ann")

    assert outcome.kind is OutcomeKind.APPLIED
    assert state(database, card_id) == ("approved", 2)
    with database.reading() as session:
        actor = session.execute(text("SELECT actor FROM ci_audit_log ORDER BY id DESC LIMIT 1")).scalar_one()
    assert actor == "ann"


def test_a_repeated_move_is_answered_and_not_repeated(database: Database) -> None:
    card_id = add(database)
    sent = [move(1, card_id, Status.APPROVED)]
    first = apply_moves(database, CLIENT, sent, actor="ann")

    second = apply_moves(database, CLIENT, sent, actor="ann")

    assert second == first
    assert changes(database, card_id) == 1


def test_the_same_move_from_two_requests_at_once_happens_once(database: Database) -> None:
    card_id = add(database)
    sent = [move(1, card_id, Status.APPROVED)]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: apply_moves(database, CLIENT, sent, actor="ann"), range(4)))

    assert all(answer == answers[0] for answer in answers)
    assert changes(database, card_id) == 1


def test_of_two_people_who_move_one_card_exactly_one_wins(database: Database) -> None:
    card_id = add(database)

    def drag(person: str, status: Status) -> OutcomeKind:
        client = f"8d0f3c1e-4a52-4b8f-9a52-{abs(hash(person)) % 10**12:012d}"
        return apply_moves(database, client, [move(1, card_id, status)], actor=person)[0].kind

    with ThreadPoolExecutor(2) as pool:
        kinds = list(pool.map(drag, ["ann", "bob"], [Status.APPROVED, Status.DEFERRED]))

    assert sorted(kinds) == [OutcomeKind.APPLIED, OutcomeKind.CONFLICT]
    assert changes(database, card_id) == 1


def test_a_conflict_names_who_changed_what(database: Database) -> None:
    card_id = add(database)
    apply_moves(database, CLIENT, [move(1, card_id, Status.APPROVED)], actor="bob")

    (outcome,) = apply_moves(database, CLIENT, [move(2, card_id, Status.DEFERRED)], actor="ann")

    assert outcome.kind is OutcomeKind.CONFLICT
    assert "bob" in (outcome.message or "")
    assert state(database, card_id) == ("approved", 2)


def test_a_forbidden_move_is_refused_and_leaves_no_trace_but_its_answer(database: Database) -> None:
    card_id = add(database)

    (outcome,) = apply_moves(database, CLIENT, [move(1, card_id, Status.COMPLETED)], actor="ann")

    assert outcome.kind is OutcomeKind.REFUSED
    assert outcome.message
    assert changes(database, card_id) == 0


def test_a_refused_move_does_not_stop_the_next(database: Database) -> None:
    one, two = add(database), add(database, "Dark mode")

    outcomes = apply_moves(
        database, CLIENT, [move(1, one, Status.COMPLETED), move(2, two, Status.APPROVED)], actor="ann"
    )

    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.REFUSED, OutcomeKind.APPLIED]


def test_another_move_under_a_used_number_is_not_mistaken_for_it(database: Database) -> None:
    one, two = add(database), add(database, "Dark mode")
    apply_moves(database, CLIENT, [move(1, one, Status.APPROVED)], actor="ann")

    (outcome,) = apply_moves(database, CLIENT, [move(1, two, Status.APPROVED)], actor="ann")

    assert outcome.kind is OutcomeKind.REFUSED
    assert state(database, two) == ("proposed", 1)


def test_old_answers_are_forgotten_and_young_ones_kept(database: Database) -> None:
    card_id = add(database)
    apply_moves(database, CLIENT, [move(1, card_id, Status.APPROVED)], actor="ann")
    apply_moves(database, CLIENT, [move(2, card_id, Status.IN_PROGRESS, version=2)], actor="ann")
    with database.transaction("ann") as session:
        session.execute(
            text("UPDATE ci_board_operations SET applied_at = now() - interval '8 days' WHERE sequence = 1")
        )

    with database.transaction("ann") as session:
        forgotten = forget_old_operations(session)

    assert forgotten == 1
    with database.reading() as session:
        assert session.execute(text("SELECT sequence FROM ci_board_operations")).scalars().all() == [2]


def test_a_column_limit_is_kept_with_who_set_it_and_can_be_lifted(session: Session) -> None:
    set_wip_limit(session, Status.IN_PROGRESS, 3, actor="ann")
    set_wip_limit(session, Status.IN_PROGRESS, 4, actor="bob")

    limit = wip_limits(session)[Status.IN_PROGRESS]
    assert (limit.limit, limit.set_by) == (4, "bob")

    set_wip_limit(session, Status.IN_PROGRESS, None, actor="bob")

    assert wip_limits(session) == {}


@pytest.mark.parametrize("limit", [0, -1, 10_000])
def test_a_limit_that_means_nothing_is_refused(session: Session, limit: int) -> None:
    with pytest.raises(InvalidInput, match="1 to 9,999"):
        set_wip_limit(session, Status.IN_PROGRESS, limit, actor="ann")


def test_a_move_changes_a_field_along_with_the_column_exactly_once(database: Database) -> None:
    card = add(database, "Cache the option chain")
    to_ada = BoardMove(1, ((card, 1),), Status.APPROVED, also=("assignee", "Ada"))

    first = apply_moves(database, CLIENT, [to_ada], actor="ann")
    again = apply_moves(database, CLIENT, [to_ada], actor="ann")
    other = apply_moves(database, CLIENT, [replace(to_ada, also=("assignee", "Bob"))], actor="ann")

    assert [outcome.kind for outcome in (*first, *again, *other)] == ["applied", "applied", "refused"]
    with database.reading() as session:
        stored = get_enhancement(session, card)
    assert (stored.status, stored.assignee, stored.version) == (Status.APPROVED, "Ada", 2)


def test_a_move_into_another_lane_conflicts_when_that_field_was_changed(database: Database) -> None:
    card = add(database, "Cache the option chain")
    with database.transaction("bob") as session:
        update_enhancement(session, card, {"assignee": "Cleo"}, expected_version=None, actor="bob")

    to_ada = BoardMove(1, ((card, 1),), Status.PROPOSED, also=("assignee", "Ada"))
    stays = apply_moves(database, CLIENT, [to_ada], actor="ann")
    moves = apply_moves(database, CLIENT, [move(2, card, Status.APPROVED)], actor="ann")

    assert (stays[0].kind, moves[0].kind) == ("conflict", "applied")
    assert "bob changed assignee" in (stays[0].message or "")
