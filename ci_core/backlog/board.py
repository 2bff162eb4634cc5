"""What the board shows, and browsers' moves carried out exactly once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ci_core.backlog.enhancements import move_enhancements
from ci_core.backlog.scoring import DEFAULT_POLICY, ScoringPolicy
from ci_core.errors import EditConflict, InvalidInput, NotAllowed, NotFound
from db import tables
from db.engine import Database, act_as
from db.enums import Status
from db.errors import DatabaseBusy

log = logging.getLogger(__name__)

# A browser repeats an operation within seconds, or after a night's sleep; a week is more than either.
KEEP_OPERATIONS_DAYS = 7
ATTEMPTS = 3
BOARD_STATUSES = tuple(status for status in Status if status is not Status.ARCHIVED)


class OutcomeKind(StrEnum):
    """What became of a browser's operation."""

    APPLIED = "applied"
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class BoardMove:
    """Put cards, in this order, into the column `status`, below `after_id` and above `before_id`.

    `cards` pairs each enhancement's id with the version that the person saw; `sequence` counts a client's operations.
    """

    sequence: int
    cards: tuple[tuple[int, int], ...]
    status: Status
    after_id: int | None = None
    before_id: int | None = None


@dataclass(frozen=True, slots=True)
class MoveOutcome:
    """What became of one move; `message` says why it was not applied."""

    sequence: int
    kind: OutcomeKind
    card_ids: tuple[int, ...]
    message: str | None = None


@dataclass(frozen=True, slots=True)
class WipLimit:
    """The soft limit of a column and who decided it."""

    status: Status
    limit: int
    set_by: str


def apply_moves(
    database: Database,
    client_id: str,
    moves: Sequence[BoardMove],
    *,
    actor: str,
    policy: ScoringPolicy = DEFAULT_POLICY,
) -> list[MoveOutcome]:
    """Carry out a browser's moves in order, each in a transaction of its own, and each exactly once.

    A move that was answered before (the same client and sequence) gets the stored answer again, so a browser may
    send whatever it has no answer for as often as it likes, also after this process was killed.

    Raises:
        db.errors.DatabaseError: the database cannot be reached; moves not answered yet were not carried out.
    """
    return [_apply(database, client_id, move, actor, policy) for move in moves]


def _apply(database: Database, client_id: str, move: BoardMove, actor: str, policy: ScoringPolicy) -> MoveOutcome:
    for left in reversed(range(ATTEMPTS)):
        try:
            with database.transaction(actor) as session:
                return _answer(session, client_id, move, actor, policy)
        except DatabaseBusy:
            # Two people's changes waited for each other and the server gave this one up; nothing of it was stored.
            if not left:
                raise
    raise AssertionError("the last attempt answers or raises")


def _answer(session: Session, client_id: str, move: BoardMove, actor: str, policy: ScoringPolicy) -> MoveOutcome:
    # The row comes first: a second request with the same operation waits here until the first has committed.
    claimed = session.execute(
        insert(tables.BoardOperation)
        .values(client_id=client_id, sequence=move.sequence, outcome={})
        .on_conflict_do_nothing()
        .returning(tables.BoardOperation.sequence)
    ).first()
    key = (tables.BoardOperation.client_id == client_id, tables.BoardOperation.sequence == move.sequence)
    if claimed is None:
        stored = session.execute(select(tables.BoardOperation.outcome).where(*key)).scalar_one()
        return _from_stored(move, stored)
    outcome = _carry_out(session, move, actor, policy)
    stored = {"kind": outcome.kind.value, "message": outcome.message, "operation": _fingerprint(move)}
    session.execute(update(tables.BoardOperation).where(*key).values(outcome=stored))
    log.info("board_move kind=%s cards=%d status=%s", outcome.kind, len(move.cards), move.status)
    return outcome


def _carry_out(session: Session, move: BoardMove, actor: str, policy: ScoringPolicy) -> MoveOutcome:
    ids = tuple(card_id for card_id, _ in move.cards)
    try:
        with session.begin_nested():
            move_enhancements(
                session,
                move.cards,
                move.status,
                actor=actor,
                after_id=move.after_id,
                before_id=move.before_id,
                policy=policy,
            )
    except EditConflict as conflict:
        return MoveOutcome(move.sequence, OutcomeKind.CONFLICT, ids, str(conflict))
    except (NotAllowed, NotFound, InvalidInput) as refusal:
        return MoveOutcome(move.sequence, OutcomeKind.REFUSED, ids, str(refusal))
    return MoveOutcome(move.sequence, OutcomeKind.APPLIED, ids)


def _from_stored(move: BoardMove, stored: dict[str, Any]) -> MoveOutcome:
    ids = tuple(card_id for card_id, _ in move.cards)
    if stored.get("operation") != _fingerprint(move):
        # A duplicated browser tab counts on from the same number: its own move must not pass for the other's.
        return MoveOutcome(
            move.sequence,
            OutcomeKind.REFUSED,
            ids,
            "Another tab used the same operation number. Reload this tab and move the card again.",
        )
    return MoveOutcome(move.sequence, OutcomeKind(stored["kind"]), ids, stored.get("message"))


def _fingerprint(move: BoardMove) -> dict[str, Any]:
    return {
        "cards": [list(card) for card in move.cards],
        "status": move.status.value,
        "after": move.after_id,
        "before": move.before_id,
    }


def forget_old_operations(session: Session) -> int:
    """Delete answers that no browser will ask for again; gives how many."""
    age = func.make_interval(0, 0, 0, KEEP_OPERATIONS_DAYS)
    result = session.execute(
        delete(tables.BoardOperation)
        .where(tables.BoardOperation.applied_at < func.now() - age)
        .returning(tables.BoardOperation.sequence)
    )
    return len(result.all())


def wip_limits(session: Session) -> dict[Status, WipLimit]:
    """The soft limits of work in progress that people have set, by column."""
    rows = session.execute(select(tables.BoardColumn).where(tables.BoardColumn.wip_limit.is_not(None))).scalars()
    return {
        Status(row.status): WipLimit(Status(row.status), row.wip_limit or 0, row.wip_limit_set_by or "") for row in rows
    }


def set_wip_limit(session: Session, status: Status, limit: int | None, *, actor: str) -> None:
    """Set (or with None lift) the soft limit of a column.

    Raises:
        InvalidInput: the limit is not a whole number from 1 to 9,999.
    """
    if limit is not None and not 1 <= limit <= 9999:
        raise InvalidInput("wip_limit", "A limit is a whole number from 1 to 9,999; leave it empty for none.")
    values = {"wip_limit": limit, "wip_limit_set_by": actor if limit is not None else None}
    act_as(session, actor)
    session.execute(
        insert(tables.BoardColumn)
        .values(status=status.value, **values)
        .on_conflict_do_update(index_elements=[tables.BoardColumn.status], set_=values)
    )
