"""What the board shows, and browsers' moves carried out exactly once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ci_core.backlog.enhancements import move_enhancements
from ci_core.backlog.operations import Operation, OutcomeKind, carry_out_once
from ci_core.backlog.scoring import DEFAULT_POLICY, ScoringPolicy
from ci_core.errors import InvalidInput
from db import tables
from db.engine import Database, act_as
from db.enums import Status

log = logging.getLogger(__name__)

BOARD_STATUSES = tuple(status for status in Status if status is not Status.ARCHIVED)


@dataclass(frozen=True, slots=True)
class BoardMove:
    """Put cards, in this order, into the column `status`, below `after_id` and above `before_id`.

    `cards` pairs each enhancement's id with the version that the person saw; `sequence` counts a client's operations;
    `also` is a field with the value that it gets along with the move.
    """

    sequence: int
    cards: tuple[tuple[int, int], ...]
    status: Status
    after_id: int | None = None
    before_id: int | None = None
    also: tuple[str, str | None] | None = None


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
    def change(session: Session) -> None:
        move_enhancements(
            session,
            move.cards,
            move.status,
            actor=actor,
            after_id=move.after_id,
            before_id=move.before_id,
            also=dict([move.also]) if move.also else None,
            policy=policy,
        )

    answer = carry_out_once(database, Operation(client_id, move.sequence, _fingerprint(move)), change, actor=actor)
    log.info("board_move kind=%s cards=%d status=%s", answer.kind, len(move.cards), move.status)
    return MoveOutcome(move.sequence, answer.kind, tuple(card_id for card_id, _ in move.cards), answer.message)


def _fingerprint(move: BoardMove) -> dict[str, Any]:
    return {
        "cards": [list(card) for card in move.cards],
        "status": move.status.value,
        "after": move.after_id,
        "before": move.before_id,
    } | ({"also": list(move.also)} if move.also else {})


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
