"""Take changes back by making the opposite change, which is recorded like any other and can be taken back itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ci_core.backlog import audit_log, queries
from ci_core.backlog.audit_log import COMMENTS, DEPENDENCIES, ENHANCEMENTS, FOLLOWERS, MERGES, REACTIONS, Entry
from ci_core.backlog.dependencies import circle_error, lock_dependencies
from ci_core.backlog.issue_queries import ISSUES, enhancements_of
from ci_core.backlog.merging import follow_merge
from ci_core.backlog.restoring import insert_row, restorable, restore_rows
from ci_core.backlog.scoring import DEFAULT_POLICY, ScoringPolicy, rescore
from ci_core.backlog.undo_rules import Plan, plan_undo
from ci_core.errors import NotAllowed, NotFound, UndoRefused
from db import tables
from db.engine import act_as

DELETED_ENHANCEMENT = ("delete", ENHANCEMENTS)
WHOLE_BEFORE = text("SELECT before::text FROM ci_audit_log WHERE id = :id")
AT_TOMBSTONE = {
    COMMENTS: text("""
        SELECT e.id, e.merged_into_id FROM ci_comments c JOIN ci_enhancements e ON e.id = c.enhancement_id
        WHERE c.id = ANY (:ids) AND e.merged_into_id IS NOT NULL
    """),
    REACTIONS: text("""
        SELECT e.id, e.merged_into_id FROM ci_reactions r JOIN ci_enhancements e ON e.id = r.enhancement_id
        WHERE r.id = ANY (:ids) AND e.merged_into_id IS NOT NULL
    """),
    FOLLOWERS: text("""
        SELECT e.id, e.merged_into_id
        FROM ci_enhancement_followers f JOIN ci_enhancements e ON e.id = f.enhancement_id
        WHERE f.id = ANY (:ids) AND f.following AND e.merged_into_id IS NOT NULL
    """),
    DEPENDENCIES: text("""
        SELECT e.id, e.merged_into_id
        FROM ci_enhancement_dependencies d JOIN ci_enhancements e ON e.id IN (d.enhancement_id, d.other_id)
        WHERE d.id = ANY (:ids) AND e.merged_into_id IS NOT NULL
        AND NOT (d.kind = 'duplicate_of' AND d.enhancement_id = e.id)
    """),
}
# The import forgets the enhancement of an item when it is deleted; its anchor tells which one it was.
RECALL_ORIGIN = text("""
    UPDATE ci_wishlist_items o SET enhancement_id = e.id FROM ci_enhancements e
    WHERE e.id = :id AND o.enhancement_id IS NULL AND e.source_url = o.path || '#L' || o.line
""")


@dataclass(frozen=True, slots=True)
class UndoResult:
    """What was taken back: the old transaction, the new one that did it, and the enhancements that it touched."""

    undone_transaction_id: int
    transaction_id: int
    enhancement_ids: tuple[int, ...]
    changes: int


def undo_transaction(
    session: Session, transaction_id: int, *, actor: str, policy: ScoringPolicy = DEFAULT_POLICY
) -> UndoResult:
    """Take back everything that one transaction changed. Taking back an undo does the change again.

    Scores that were computed anew since are no obstacle: they are computed once more. What a transaction created is
    deleted, which only goes while nobody else has touched it, because their work would go with it.

    Raises:
        NotFound: no change bears this transaction id.
        UndoRefused: it was undone already, or somebody else changed the same field since; names who and what.
    """
    # One undo at a time: two people may press the button together.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("ci_undo"))))
    entries = audit_log.entries_of(session, transaction_id)
    if not entries:
        raise NotFound(f"No change is recorded under transaction {transaction_id}.")
    if audit_log.undone_transactions(session, [transaction_id]):
        raise UndoRefused("This change was undone already.")
    lock_dependencies(session)
    plan = plan_undo(session, entries, actor)
    try:
        with session.begin_nested():
            act_as(session, actor, undo_of=entries[0].id)
            _apply(session, plan, policy)
    except IntegrityError as error:
        raise _refusal(session, error) from error
    session.execute(select(func.set_config("ci.undo_of", "", True)))
    return _result(session, entries)


def present_transaction(session: Session) -> int:
    """The transaction that is under way, as `undo_transaction` takes it once it is committed."""
    return int(session.scalars(queries.THIS_TRANSACTION).one())


def undo_last(
    session: Session, *, actor: str, enhancement_id: int | None = None, policy: ScoringPolicy = DEFAULT_POLICY
) -> UndoResult:
    """Take back the newest change of `actor` that still stands and is no undo itself.

    Args:
        enhancement_id: look only at changes of this enhancement, its comments, dependencies and merges.

    Raises:
        UndoRefused: there is nothing to undo, or as `undo_transaction`.
    """
    for transaction_id in audit_log.transactions_by(session, actor, enhancement_id):
        if not audit_log.undone_transactions(session, [transaction_id]):
            return undo_transaction(session, transaction_id, actor=actor, policy=policy)
    place = f" on #{enhancement_id}" if enhancement_id is not None else ""
    raise UndoRefused(f"There is no change by {actor}{place} left to undo.")


def _apply(session: Session, plan: Plan, policy: ScoringPolicy) -> None:
    reach = set(plan.to_rescore) | _reached(session, plan)
    # Deleted enhancements come back first: the log has what was deleted along with them after them.
    backwards = list(reversed(plan.entries))
    backwards.sort(key=lambda entry: (entry.action, entry.table_name) != DELETED_ENHANCEMENT)
    for some in _together(backwards):
        if some[0].action == "update":
            _restore(session, plan, some)
        else:
            _bring_back_or_delete(session, some[0])
    for entry in plan.entries:
        if entry.table_name == MERGES:
            reach |= _follow_merge(session, entry)
    _refuse_links_of_tombstones(session, plan)
    rescore(session, (reach | _reached(session, plan)) - plan.to_delete, policy=policy)


def _together(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """The entries in their order, neighbours in one list where they update different rows of one table."""
    some: list[Entry] = []
    rows: set[int] = set()
    for entry in entries:
        joins = some and entry.action == some[0].action == "update" and entry.table_name == some[0].table_name
        if some and (not joins or entry.row_id in rows):
            yield some
            some, rows = [], set()
        some.append(entry)
        rows.add(entry.row_id)
    if some:
        yield some


def _restore(session: Session, plan: Plan, entries: Sequence[Entry]) -> None:
    table = entries[0].table_name
    alike: dict[frozenset[str], dict[int, int]] = {}
    for entry in entries:
        columns = (frozenset(entry.changed_fields) & restorable(table)) - plan.skipped.get(entry.row, set())
        alike.setdefault(columns, {})[entry.id] = entry.row_id
    for columns, rows in alike.items():
        restore_rows(session, table, rows, columns)


def _bring_back_or_delete(session: Session, entry: Entry) -> None:
    table = entry.table_name
    if entry.action == "insert":
        owner = tables.Base.metadata.tables[table]
        session.execute(delete(owner).where(owner.c.id == entry.row_id))
        return
    version = None if table != ENHANCEMENTS else (entry.row_version or 0) + 1
    insert_row(session, table, session.scalars(WHOLE_BEFORE, {"id": entry.id}).one(), version)
    if table == ENHANCEMENTS:
        session.execute(RECALL_ORIGIN, {"id": entry.row_id})


def _refuse_links_of_tombstones(session: Session, plan: Plan) -> None:
    for table in AT_TOMBSTONE:
        restored = [entry.row_id for entry in plan.entries if entry.row[0] == table and entry.action == "delete"]
        row = session.execute(AT_TOMBSTONE[table], {"ids": restored}).first()
        if row is not None:
            raise UndoRefused(f"#{row.id} was merged into #{row.merged_into_id} since. Take that merge apart first.")


def _reached(session: Session, plan: Plan) -> set[int]:
    """Whose score depends on what waits for it or is behind it, as far as the undo changes that; as it stands now."""
    changed: set[int] = set()
    linked: set[int] = set()
    issues: set[int] = set()
    behind: set[int] = set()
    for entry in plan.entries:
        if entry.table_name == ENHANCEMENTS and (entry.action != "update" or "status" in entry.changed_fields):
            changed.add(entry.row_id)
        elif entry.table_name == DEPENDENCIES:
            sides = (entry.before or {}, entry.after or {})
            linked.update(side[end] for side in sides for end in ("enhancement_id", "other_id") if end in side)
        elif entry.table_name == ISSUES:
            sides = (entry.before or {}, entry.after or {})
            behind.update(side["enhancement_id"] for side in sides if side.get("enhancement_id") is not None)
            issues.add(entry.row_id)
    if issues:
        behind |= enhancements_of(session, issues)
    return linked | behind | queries.blockers_of(session, changed | linked)


def _follow_merge(session: Session, entry: Entry) -> set[int]:
    merge = (entry.before or {}) | (entry.after or {})
    if "moved" not in merge:
        stored = session.get_one(tables.Merge, entry.row_id)
        merge = {"moved": stored.moved, "duplicate_id": stored.duplicate_id, "original_id": stored.original_id}
    return follow_merge(session, entry.row_id, merge["moved"], merge["duplicate_id"], merge["original_id"])


def _refusal(session: Session, error: IntegrityError) -> UndoRefused:
    circle = circle_error(session, error)
    if isinstance(circle, NotAllowed):
        return UndoRefused(f"This cannot be undone any more. {circle}")
    return UndoRefused("This cannot be undone any more: what it refers to is gone, or something else took its place.")


def _result(session: Session, entries: Sequence[Entry]) -> UndoResult:
    current = present_transaction(session)
    done = [entry for entry in audit_log.entries_of(session, current) if entry.undo_of == entries[0].id]
    if not done:
        raise UndoRefused("Nothing of this change is left to undo.")
    touched = {entry.row_id for entry in done if entry.table_name == ENHANCEMENTS}
    return UndoResult(entries[0].transaction_id, current, tuple(sorted(touched)), len(done))
