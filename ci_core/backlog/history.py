"""What happened to an enhancement, in words, from the audit log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core.backlog import queries
from ci_core.backlog.audit_log import (
    AGENT,
    COLUMNS,
    COMMENTS,
    DEPENDENCIES,
    ENHANCEMENTS,
    MERGES,
    Entry,
    about,
    undone_transactions,
)
from ci_core.backlog.history_words import describe, mentioned
from ci_core.backlog.triage_queries import newest_changes
from ci_core.backlog.undo_rules import DERIVED, WITH_STATUS
from db import tables

LENGTHY = frozenset({"score_breakdown", "ai_reasoning"})


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, as plain values; times and enums as text."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One recorded change.

    `summary` follows the actor's name in a sentence ("moved from Proposed to Approved"). `undoable` says that
    nothing in this history stands in the way; whether the whole transaction can be undone, the undo itself decides.
    `undo_of` is the audit entry that this change took back.
    """

    audit_id: int
    transaction_id: int
    occurred_at: datetime
    actor: str
    is_agent: bool
    action: str
    summary: str
    changes: tuple[FieldChange, ...]
    reason: str | None
    undoable: bool
    undo_of: int | None


@dataclass(frozen=True, slots=True)
class Told:
    """One recorded change in a few words, which follow the actor's name."""

    occurred_at: datetime
    actor: str
    summary: str
    reason: str | None


def newest_of(session: Session, ids: Sequence[int], limit: int = 5) -> dict[int, tuple[Told, ...]]:
    """The newest changes of these enhancements, told shortly; much faster than the whole history of each.

    Leaves out what once belonged to an enhancement and does not any more.
    """
    places = newest_changes(session, ids, limit)
    wanted = [audit_id for audit_ids in places.values() for audit_id in audit_ids]
    rows = session.execute(select(*COLUMNS).where(tables.AuditEntry.id.in_(wanted)))
    entries = {row.id: Entry(*row) for row in rows}
    titles = _titles(session, mentioned(entries.values()))

    def told(enhancement_id: int, entry: Entry) -> Told:
        return Told(entry.occurred_at, entry.actor, describe(entry, enhancement_id, titles), entry.reason)

    return {item: tuple(told(item, entries[audit_id]) for audit_id in places.get(item, ())) for item in ids}


def history_of(session: Session, enhancement_id: int, limit: int = 100) -> tuple[HistoryEntry, ...]:
    """The newest changes of an enhancement, its comments, dependencies and merges, newest first; at most `limit`.

    A deleted enhancement has a history too; one that never was has none.
    """
    entry = tables.AuditEntry
    found = session.execute(
        select(*COLUMNS).where(about(session, queries.usable_id(enhancement_id))).order_by(entry.id.desc()).limit(limit)
    )
    entries = [Entry(*row) for row in found]
    titles = _titles(session, mentioned(entries))
    undone = undone_transactions(session, {item.transaction_id for item in entries})
    standing = _undoable(entries, enhancement_id)
    return tuple(
        HistoryEntry(
            audit_id=item.id,
            transaction_id=item.transaction_id,
            occurred_at=item.occurred_at,
            actor=item.actor,
            is_agent=item.actor.startswith(AGENT),
            action=item.action,
            summary=describe(item, enhancement_id, titles),
            changes=_changes(item),
            reason=item.reason,
            undoable=item.id in standing and not item.came_up and item.transaction_id not in undone,
            undo_of=item.undo_of,
        )
        for item in told(entries, enhancement_id)
    )


def told(entries: Sequence[Entry], enhancement_id: int) -> Iterable[Entry]:
    """Without what only accompanies a merge: the merge is told once."""
    merging = {item.transaction_id for item in entries if item.table_name == MERGES}
    for item in entries:
        if item.table_name == MERGES and _merged_away(item, enhancement_id, entries):
            continue
        if item.table_name in {COMMENTS, DEPENDENCIES} and (
            item.transaction_id in merging or (item.action == "update" and "enhancement_id" in item.changed_fields)
        ):
            continue
        yield item


def _merged_away(item: Entry, enhancement_id: int, entries: Sequence[Entry]) -> bool:
    return any(
        other.table_name == ENHANCEMENTS
        and other.transaction_id == item.transaction_id
        and other.row_id == enhancement_id
        and "merged_into_id" in other.changed_fields
        for other in entries
    )


def _undoable(entries: Sequence[Entry], enhancement_id: int) -> set[int]:
    """Entries, newest first, whose fields still hold what they wrote, or were changed since by the same actor only."""
    newest: dict[tuple[str, int, str], Any] = {}
    writers: dict[tuple[str, int, str], set[str]] = {}
    others: set[str] = set()
    standing = set()
    for item in entries:
        decisive = set(item.changed_fields) if item.action == "update" else set()
        if item.table_name == ENHANCEMENTS:
            decisive -= DERIVED | (WITH_STATUS if "status" in decisive else frozenset())
        keys = {name: (*item.row, name) for name in decisive}
        blocked = any(
            newest.get(key, (item.after or {}).get(name)) != (item.after or {}).get(name)
            and writers[key] - {item.actor}
            for name, key in keys.items()
        )
        created = item.table_name == ENHANCEMENTS and item.action == "insert" and item.row_id == enhancement_id
        if not blocked and not (created and others - {item.actor}):
            standing.add(item.id)
        for name, key in keys.items():
            newest.setdefault(key, (item.after or {}).get(name))
            writers.setdefault(key, set()).add(item.actor)
        if decisive or item.action != "update":
            others.add(item.actor)
    return standing


def _changes(item: Entry) -> tuple[FieldChange, ...]:
    if item.action != "update":
        return ()
    before, after = item.before or {}, item.after or {}
    return tuple(
        FieldChange(name, before.get(name), after.get(name)) for name in item.changed_fields if name not in LENGTHY
    )


def _titles(session: Session, ids: Iterable[int]) -> Mapping[int, str]:
    card = tables.Enhancement
    return {row.id: row.title for row in session.execute(select(card.id, card.title).where(card.id.in_(list(ids))))}
