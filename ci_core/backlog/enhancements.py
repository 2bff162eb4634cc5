"""Create, read, change and move enhancements; every rule about them is asked here, whatever door they come through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from ci_core.backlog import queries
from ci_core.backlog.conflicts import changed_since, check_version, fields_to_write, refuse_conflicts
from ci_core.backlog.queries import Stored
from ci_core.backlog.ranking import lock_column, ranks_beside
from ci_core.backlog.scoring import DEFAULT_POLICY, ScoringPolicy, score_columns
from ci_core.backlog.validation import checked_fields
from ci_core.backlog.values import Enhancement, NewEnhancement, enhancement_from
from ci_core.backlog.writing import check_rules, checked_reason, write
from ci_core.errors import InvalidInput
from ci_core.logs import get_logger
from db.engine import act_as
from db.enums import Status

log = get_logger(__name__)
BATCH = 500
MOST_NAMED = 20
Card = tuple[int, int | None]


def create_enhancement(
    session: Session, new: NewEnhancement, *, actor: str, policy: ScoringPolicy = DEFAULT_POLICY
) -> Enhancement:
    """Add one enhancement to the backlog, scored.

    Raises:
        InvalidInput: a field has a value that cannot be stored.
    """
    return create_enhancements(session, [new], actor=actor, policy=policy)[0]


def create_enhancements(
    session: Session, news: Sequence[NewEnhancement], *, actor: str, policy: ScoringPolicy = DEFAULT_POLICY
) -> tuple[Enhancement, ...]:
    """Add enhancements to the backlog, scored, in few statements; gives them in the same order.

    Raises:
        InvalidInput: a field of one of them has a value that cannot be stored; none was added.
    """
    rows = [_row_of(new) for new in news]
    if not rows:
        return ()
    act_as(session, actor)
    scored = [row | score_columns(policy, row, overrides={}, unblocks=0, issues=None) for row in rows]
    added = tuple(
        made
        for start in range(0, len(scored), BATCH)
        for made in queries.insert_rows(session, scored[start : start + BATCH])
    )
    log.info("enhancements_created", count=len(added), ids=[one.id for one in added[:MOST_NAMED]], actor=actor)
    return added


def _row_of(new: NewEnhancement) -> dict[str, Any]:
    given = {field.name: getattr(new, field.name) for field in fields(new)}
    completed_at = given.pop("completed_at")
    row = checked_fields(given)
    if completed_at is not None and (not isinstance(completed_at, datetime) or completed_at.tzinfo is None):
        raise InvalidInput("completed_at", "The time of completion needs a time zone.")
    if completed_at is not None and row["status"] != Status.COMPLETED:
        raise InvalidInput("completed_at", "Only completed work has a time of completion.")
    return row | {"completed_at": completed_at}


def get_enhancement(session: Session, enhancement_id: int) -> Enhancement:
    """The enhancement with this id.

    Raises:
        NotFound: there is none.
    """
    return enhancement_from(queries.stored_row(session, enhancement_id))


def update_enhancement(
    session: Session,
    enhancement_id: int,
    changes: Mapping[str, Any],
    *,
    expected_version: int | None,
    actor: str,
    reason: str | None = None,
    policy: ScoringPolicy = DEFAULT_POLICY,
) -> Enhancement:
    """Write the fields in `changes`; those that equal what is stored are no change.

    Args:
        expected_version: the version that the person saw; None to write whatever has happened since.
        reason: why, recorded in the audit log; needed to complete what still waits for others.

    Raises:
        InvalidInput: a field cannot be written, or not with this value, or the version does not exist.
        EditConflict: somebody else changed one of these fields to another value since.
        NotAllowed: the lifecycle forbids the new status.
        NotFound: there is no such enhancement.
    """
    wanted = checked_fields(changes)
    act_as(session, actor, checked_reason(reason))
    row = queries.locked_rows(session, [enhancement_id], with_blockers="status" in wanted)[enhancement_id]
    real = fields_to_write(session, row, wanted, expected_version)
    if not real:
        return enhancement_from(row)
    if "status" in real:
        real.setdefault("board_rank", None)
    check_rules(session, [(row, real)])
    return write(session, [(row, real)], policy)[0]


def move_enhancement(
    session: Session,
    enhancement_id: int,
    status: Status | str,
    *,
    actor: str,
    expected_version: int | None = None,
    after_id: int | None = None,
    before_id: int | None = None,
    reason: str | None = None,
    policy: ScoringPolicy = DEFAULT_POLICY,
) -> Enhancement:
    """Move one enhancement; see `move_enhancements`."""
    return move_enhancements(
        session,
        [(enhancement_id, expected_version)],
        status,
        actor=actor,
        after_id=after_id,
        before_id=before_id,
        reason=reason,
        policy=policy,
    )[0]


def move_enhancements(
    session: Session,
    cards: Sequence[Card],
    status: Status | str,
    *,
    actor: str,
    after_id: int | None = None,
    before_id: int | None = None,
    also: Mapping[str, Any] | None = None,
    reason: str | None = None,
    policy: ScoringPolicy = DEFAULT_POLICY,
) -> tuple[Enhancement, ...]:
    """Move enhancements as one block, in the order given, into the column `status`: all of them or none.

    They land right below `after_id`, or else right above `before_id`, wherever these stand now. Without a neighbour
    (or when both have left the column) the score decides the place in a new column, and in the same one nothing moves.

    Args:
        cards: pairs of id and the version that the person saw (None: whatever has happened since).
        also: fields to change along with the move, as `update_enhancement` takes them; not the status.
        reason: why, recorded in the audit log; needed to complete what still waits for others.

    Raises:
        EditConflict: somebody else moved one of them (or changed one of these fields) since; names the first.
        NotAllowed: the lifecycle forbids the step, or open blockers stand in the way and no reason is given.
        NotFound: one of them does not exist.
        InvalidInput: a card is given twice, or a version does not exist, or the status is unknown.
    """
    values = checked_fields({**(also or {}), "status": status})
    target = Status(values["status"])
    ids = [card_id for card_id, _ in cards]
    if len(set(ids)) < len(ids):
        raise InvalidInput("cards", "A card can be moved only once at a time.")
    if not cards:
        return ()
    act_as(session, actor, checked_reason(reason))
    lock_column(session, target)
    rows = queries.locked_rows(session, ids, with_blockers=True)
    ranks = ranks_beside(session, target, ids, after_id, before_id)
    planned = {}
    for place, (card_id, expected_version) in enumerate(cards):
        rank = ranks[place] if ranks else None
        planned[card_id] = (rows[card_id], _step(session, rows[card_id], values, rank, expected_version))
    check_rules(session, planned.values())
    moved = [planned[card_id] for card_id in ids if planned[card_id][1]]
    written = dict(zip((row["id"] for row, _ in moved), write(session, moved, policy), strict=True))
    return tuple(written.get(card_id) or enhancement_from(rows[card_id]) for card_id in ids)


def _step(
    session: Session, row: Stored, values: Mapping[str, Any], rank: Decimal | None, expected_version: int | None
) -> dict[str, Any]:
    check_version(row["version"], expected_version)
    wanted = {name: value for name, value in values.items() if value != row[name]}
    if "status" in wanted or (rank is not None and rank != row["board_rank"]):
        wanted["board_rank"] = rank
    if wanted and expected_version not in (None, row["version"]):
        # A rank counts inside a column only: what matters of a step to another column is the column.
        decisive = {name: value for name, value in wanted.items() if name != "board_rank" or "status" not in wanted}
        refuse_conflicts(row["id"], row, decisive, changed_since(session, row["id"], expected_version))
    return wanted
