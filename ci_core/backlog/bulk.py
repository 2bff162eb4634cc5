"""Change many enhancements at once: one transaction, one entry in each history, and what cannot be done is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from ci_core.backlog import queries
from ci_core.backlog.bulk_changes import BulkChange, checked_change
from ci_core.backlog.conflicts import SinceThen, changed_since_all, check_version, mine_of, refuse_conflicts
from ci_core.backlog.dependencies import lock_dependencies
from ci_core.backlog.merging import merge_duplicate
from ci_core.backlog.queries import Stored
from ci_core.backlog.scoring import DEFAULT_POLICY, ScoringPolicy
from ci_core.backlog.writing import Planned, checked_reason, refusals, write_unread
from ci_core.errors import CiError, InvalidInput, NotAllowed, NotFound
from db.engine import act_as
from db.enums import Status

MOST_CARDS = 1_000
Card = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class BulkProblem:
    """Why one enhancement was left as it is."""

    id: int
    message: str

    @property
    def line(self) -> str:
        """The message with the number that it is about."""
        return self.message if self.message.startswith("#") else f"#{self.id}: {self.message}"


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of each enhancement, by id, in the order given.

    `transaction_id` is what `undo_transaction` takes to bring everything back; None when nothing was changed.
    """

    changed: tuple[int, ...]
    unchanged: tuple[int, ...]
    problems: tuple[BulkProblem, ...]
    transaction_id: int | None


def change_many(
    session: Session,
    cards: Sequence[Card],
    changes: Mapping[str, Any],
    *,
    actor: str,
    reason: str | None = None,
    policy: ScoringPolicy = DEFAULT_POLICY,
) -> BulkResult:
    """Write the same changes into many enhancements, as `update_enhancement` would into each.

    What would be refused or conflicts is left as it is and named in the result; the rest is written. Those that are
    completed together do not stand in each other's way.

    Args:
        cards: pairs of id and the version that the person saw (None: whatever has happened since), at most 1,000.
        changes: any field that `update_enhancement` takes, and also `add_tags` and `remove_tags` (which go well with
            whatever others did to the tags), `snoozed_until`, `snoozed_for_id` and `rejection_reason`.
        reason: why, recorded in the audit log; needed to complete what still waits for others.

    Raises:
        InvalidInput: a field cannot be written, or not with this value, or a card is given twice; nothing was changed.
    """
    ids = checked_ids(cards)
    change = checked_change(session, changes)
    act_as(session, actor, checked_reason(reason))
    rows = queries.present_rows(session, ids, with_blockers="status" in change.values, explained=False)
    since = changed_since_all(session, _stale(cards, rows))
    problems: dict[int, str] = {}
    planned: list[Planned] = []
    for item, version in cards:
        try:
            real = _real_change(_existing(rows, item), change, version, since.get(item, {}))
        except CiError as problem:
            problems[item] = str(problem)
        else:
            if real:
                planned.append((rows[item], real))
    problems |= refusals(session, planned)
    allowed = [(row, real) for row, real in planned if row["id"] not in problems]
    write_unread(session, allowed, policy)
    return _result(session, ids, {row["id"] for row, _ in allowed}, problems)


def merge_many(
    session: Session,
    cards: Sequence[Card],
    original_id: int,
    *,
    actor: str,
    reason: str | None = None,
    policy: ScoringPolicy = DEFAULT_POLICY,
) -> BulkResult:
    """Merge many duplicates into one original, as `merge_duplicate` does each; the original itself is left out.

    Args:
        cards: as for `change_many`; who moved or merged one of them since the version seen is a conflict.

    Raises:
        InvalidInput: a card is given twice, or there are too many; nothing was changed.
        NotFound: there is no such original.
    """
    ids = checked_ids(cards)
    act_as(session, actor, checked_reason(reason))
    lock_dependencies(session)
    # All at once and in the order of ids, so that two who merge the same ones cannot wait for each other.
    rows = queries.present_rows(session, {*ids, queries.usable_id(original_id)}, with_blockers=True)
    if original_id not in rows:
        raise NotFound(f"There is no enhancement #{original_id}.")
    since = changed_since_all(session, _stale(cards, rows))
    problems: dict[int, str] = {}
    merged: set[int] = set()
    for item, version in cards:
        if item == original_id:
            continue
        try:
            row = _existing(rows, item)
            check_version(row["version"], version)
            if row["merged_into_id"] is None:
                refuse_conflicts(item, row, {"status": Status.ARCHIVED.value}, since.get(item, {}))
            with session.begin_nested():
                merge_duplicate(session, item, original_id, actor=actor, policy=policy)
        except CiError as problem:
            problems[item] = str(problem)
        else:
            merged.add(item)
    return _result(session, ids, merged, problems)


def checked_ids(cards: Sequence[Card]) -> list[int]:
    """The ids of the cards.

    Raises:
        InvalidInput: one is given twice, or there are too many.
    """
    ids = [item for item, _ in cards]
    if len(ids) > MOST_CARDS:
        raise InvalidInput("cards", f"{len(ids):,} are too many at once; {MOST_CARDS:,} are allowed.")
    if len(set(ids)) < len(ids):
        raise InvalidInput("cards", "An enhancement can be changed only once at a time.")
    return ids


def _existing(rows: Mapping[int, Stored], item: int) -> Stored:
    if item not in rows:
        raise NotFound(f"There is no enhancement #{item} (any more).")
    return rows[item]


def _stale(cards: Sequence[Card], rows: Mapping[int, Stored]) -> dict[int, int]:
    return {
        item: version
        for item, version in cards
        if version is not None and item in rows and 1 <= version < rows[item]["version"]
    }


def _real_change(
    row: Stored, change: BulkChange, version: int | None, since: Mapping[str, SinceThen]
) -> dict[str, Any]:
    check_version(row["version"], version)
    other = change.values.get("snoozed_for_id")
    if other == row["id"]:
        raise NotAllowed(f"#{other} cannot wait for itself.")
    if row["id"] in change.waited_for:
        raise NotAllowed(f"#{other} itself waits for #{row['id']}; neither would ever come back.")
    wanted = {name: value for name, value in change.values.items() if value != row[name]}
    real = mine_of(row, wanted, since)
    if change.changes_tags:
        tags = change.tags_of(real["tags"] if "tags" in real else row["tags"])
        if tags != row["tags"]:
            real["tags"] = tags
    if "status" in real:
        real.setdefault("board_rank", None)
    return real


def _result(session: Session, ids: Sequence[int], changed: set[int], problems: Mapping[int, str]) -> BulkResult:
    return BulkResult(
        tuple(item for item in ids if item in changed),
        tuple(item for item in ids if item not in changed and item not in problems),
        tuple(BulkProblem(item, problems[item]) for item in ids if item in problems),
        session.scalars(queries.THIS_TRANSACTION).one() if changed else None,
    )
