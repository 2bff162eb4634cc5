"""What browsers ask for, carried out exactly once: claimed, carried out, answered, and answered again when repeated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ci_core.backlog import queries
from ci_core.errors import EditConflict, InvalidInput, NotAllowed, NotFound
from db import tables
from db.engine import Database
from db.errors import DatabaseBusy

# A browser repeats an operation within seconds, or after a night's sleep; a week is more than either.
KEEP_OPERATIONS_DAYS = 7
ATTEMPTS = 3


class OutcomeKind(StrEnum):
    """What became of a browser's operation."""

    APPLIED = "applied"
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a browser asks for.

    `sequence` counts a client's operations; the two together name it for ever. `fingerprint` holds, as plain values,
    all that makes it this operation and no other one.
    """

    client_id: str
    sequence: int
    fingerprint: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What a change gives when its answer should tell more than that it was applied: plain values for JSON."""

    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one operation: why it was not applied (`message`), or under which transaction it is recorded.

    `value` is what the change gave as its `Result`, also when the operation is repeated.
    """

    kind: OutcomeKind
    message: str | None = None
    transaction_id: int | None = None
    value: Mapping[str, Any] | None = None


def carry_out_once(
    database: Database, operation: Operation, change: Callable[[Session], object], *, actor: str
) -> Answer:
    """Run `change` in a transaction of its own, unless this operation was answered before.

    A repeated operation (the same client and sequence) gets the stored answer again, so a browser may send whatever it
    has no answer for as often as it likes, also after this process was killed. A change that is refused leaves nothing
    behind but its answer.

    Raises:
        db.errors.DatabaseError: the database cannot be reached; an operation not answered yet was not carried out.
    """
    for left in reversed(range(ATTEMPTS)):
        try:
            with database.transaction(actor) as session:
                return _answer(session, operation, change)
        except DatabaseBusy:
            # Two people's changes waited for each other and the server gave this one up; nothing of it was stored.
            if not left:
                raise
    raise AssertionError("the last attempt answers or raises")


def answer_to(session: Session, client_id: str, sequence: int) -> Answer | None:
    """What an earlier operation of a client was answered; None when there was none, or too long ago."""
    row = tables.BoardOperation
    stored = session.scalar(select(row.outcome).where(row.client_id == client_id, row.sequence == sequence))
    return _from_stored(stored) if stored else None


def forget_old_operations(session: Session) -> int:
    """Delete answers that no browser will ask for again; gives how many."""
    age = func.make_interval(0, 0, 0, KEEP_OPERATIONS_DAYS)
    result = session.execute(
        delete(tables.BoardOperation)
        .where(tables.BoardOperation.applied_at < func.now() - age)
        .returning(tables.BoardOperation.sequence)
    )
    return len(result.all())


def _answer(session: Session, operation: Operation, change: Callable[[Session], object]) -> Answer:
    row, fingerprint = tables.BoardOperation, dict(operation.fingerprint)
    # The row comes first: a second request with the same operation waits here until the first has committed.
    claimed = session.execute(
        insert(row)
        .values(client_id=operation.client_id, sequence=operation.sequence, outcome={})
        .on_conflict_do_nothing()
        .returning(row.sequence)
    ).first()
    key = (row.client_id == operation.client_id, row.sequence == operation.sequence)
    if claimed is None:
        stored = session.execute(select(row.outcome).where(*key)).scalar_one()
        if stored.get("operation") != fingerprint:
            # A duplicated browser tab counts on from the same number: its own operation must not pass for the other's.
            return Answer(
                OutcomeKind.REFUSED,
                "Another tab used the same operation number. Reload this tab and do it again.",
            )
        return _from_stored(stored)
    answer = _carry_out(session, change)
    kept: dict[str, Any] = {
        "kind": answer.kind.value,
        "message": answer.message,
        "transaction": answer.transaction_id,
        "operation": fingerprint,
    }
    if answer.value is not None:
        kept["value"] = dict(answer.value)
    session.execute(update(row).where(*key).values(outcome=kept))
    return answer


def _carry_out(session: Session, change: Callable[[Session], object]) -> Answer:
    try:
        with session.begin_nested():
            result = change(session)
    except EditConflict as conflict:
        return Answer(OutcomeKind.CONFLICT, str(conflict))
    except (NotAllowed, NotFound, InvalidInput) as refusal:
        return Answer(OutcomeKind.REFUSED, str(refusal))
    transaction_id = session.scalars(queries.THIS_TRANSACTION).one()
    return Answer(OutcomeKind.APPLIED, None, transaction_id, result.value if isinstance(result, Result) else None)


def _from_stored(stored: Mapping[str, Any]) -> Answer:
    return Answer(OutcomeKind(stored["kind"]), stored.get("message"), stored.get("transaction"), stored.get("value"))
