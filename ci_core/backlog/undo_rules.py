"""What stands in the way of an undo, and what of it is done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from ci_core.backlog.audit_log import (
    AGENT,
    COMMENTS,
    DEPENDENCIES,
    ENHANCEMENTS,
    FOLLOWERS,
    MERGES,
    REACTIONS,
    Entry,
    later_entries,
)
from ci_core.backlog.queries import SCORER_WRITES, blockers_of
from ci_core.backlog.restoring import STAGES
from ci_core.errors import UndoRefused
from db import tables

DERIVED = frozenset(SCORER_WRITES)
WITH_STATUS = frozenset({*STAGES, "board_rank"})
NAMES = {
    ENHANCEMENTS: "#{}",
    COMMENTS: "comment {}",
    DEPENDENCIES: "dependency {}",
    FOLLOWERS: "follower {}",
    MERGES: "merge {}",
    REACTIONS: "reaction {}",
    "ci_saved_views": "the saved view {}",
    "ci_research_findings": "finding {}",
    "ci_research_corrections": "the correction {}",
    "ci_enhancement_evidence": "the evidence {}",
    "ci_research_interests": "the interest {}",
    "ci_research_sources": "the source {}",
    "ci_schedules": "the schedule {}",
    "ci_health_issues": "the issue {}",
}
# A vote that was taken back since, or a follower who is gone, stands in nobody's way.
MARKS = frozenset({FOLLOWERS, REACTIONS})


@dataclass(slots=True)
class Plan:
    """The entries to reverse, fields to leave as they are by row, enhancements to delete and to score anew.

    `only_scores` says that the transaction did nothing but score.
    """

    entries: list[Entry]
    only_scores: bool = False
    skipped: dict[tuple[str, int], set[str]] = field(default_factory=dict)
    to_delete: set[int] = field(default_factory=set)
    to_rescore: set[int] = field(default_factory=set)


def plan_undo(session: Session, entries: Sequence[Entry], actor: str) -> Plan:
    """What to do to take back the changes `entries` of one transaction; the rows concerned are locked.

    Raises:
        UndoRefused: somebody else's work stands in the way; names whose and where.
    """
    rows: dict[tuple[str, int], list[Entry]] = {}
    for entry in entries:
        rows.setdefault(entry.row, []).append(entry)
    plan = Plan([entry for entry in entries if not _passing(entry, rows[entry.row])])
    plan.only_scores = all(_only_derived(entry) for entry in plan.entries)
    authors = {entry.actor for entry in entries}
    _refuse_others_words(plan.entries, actor)
    cards = {row_id for table, row_id in rows if table == ENHANCEMENTS}
    # With what they wait for, because the undo reaches their scores; all at once, as every other change locks them.
    _lock(session, ENHANCEMENTS, cards | blockers_of(session, cards))
    for table in sorted({table for table, _ in rows}):
        standing = {row_id: row for (name, row_id), row in rows.items() if name == table and row[-1].action != "delete"}
        present = _lock(session, table, standing)
        differing = _differing(session, table, entries) if standing else {}
        for row_id, row in standing.items():
            if row_id not in present and table in MARKS:
                plan.entries = [entry for entry in plan.entries if entry.row != row[0].row]
            elif row_id not in present:
                _refuse(f"{_named(table, row_id)} was deleted", later_entries(session, row[0].row, row[-1].id))
            elif row[0].action == "insert":
                _check_created(session, row, authors, plan)
            else:
                _check_changed(session, row, differing.get(row_id, set()), authors, plan)
    return plan


def _passing(entry: Entry, row: Sequence[Entry]) -> bool:
    """Whether the row came and went within the transaction, or was created by it and only the creation counts."""
    if row[0].action != "insert":
        return False
    return row[-1].action == "delete" or entry is not row[0]


def _check_created(session: Session, row: Sequence[Entry], authors: set[str], plan: Plan) -> None:
    table, row_id = row[0].row
    for later in later_entries(session, row[0].row, row[-1].id):
        if later.actor not in authors and not _only_derived(later):
            _refuse(f"{_named(table, row_id)} was changed", [later])
    if table == ENHANCEMENTS:
        _refuse_deleting_others_work(session, row_id, authors)
        plan.to_delete.add(row_id)


def _check_changed(session: Session, row: Sequence[Entry], differing: set[str], authors: set[str], plan: Plan) -> None:
    table, row_id = row[0].row
    changed = {name for entry in row for name in entry.changed_fields}
    derived: frozenset[str] = frozenset()
    if table == ENHANCEMENTS:
        derived = DERIVED | WITH_STATUS if "status" in changed else DERIVED
    decisive = differing - derived
    if decisive and all(entry.came_up for entry in row):
        # It came up by itself and was moved by hand since: there it stays.
        plan.skipped[row[0].row] = changed
        return
    if decisive:
        for later in later_entries(session, row[0].row, row[-1].id):
            touched = sorted(decisive & set(later.changed_fields))
            if touched and later.actor not in authors:
                fields = " and ".join(name.replace("_", " ") for name in touched)
                _refuse(f"The {fields} of {_named(table, row_id)} was changed", [later])
    if changed <= DERIVED and not plan.only_scores:
        # It was scored because something else changed, which may not concern it any more.
        plan.to_rescore.add(row_id)
    left = differing & DERIVED if table == ENHANCEMENTS else set()
    if left:
        # The scores were computed anew since: leave them all, and compute them from what is restored.
        plan.skipped[row[0].row] = set(DERIVED)
        plan.to_rescore.add(row_id)


def _refuse_others_words(entries: Iterable[Entry], actor: str) -> None:
    for entry in entries:
        speaks = entry.action == "insert" or "body" in entry.changed_fields
        if entry.table_name == COMMENTS and entry.action != "delete" and speaks and entry.actor != actor:
            raise UndoRefused(f"Only {entry.actor} can take back what they said in a comment.")
        if entry.table_name == REACTIONS and entry.action == "insert" and entry.actor != actor:
            raise UndoRefused(f"Only {entry.actor} can take back their vote or reaction.")


def _refuse_deleting_others_work(session: Session, enhancement_id: int, authors: set[str]) -> None:
    card, comment, link, evidence = tables.Enhancement, tables.Comment, tables.Dependency, tables.Evidence
    joined = session.scalars(
        select(card.id).where(
            or_(card.merged_into_id == enhancement_id, (card.id == enhancement_id) & card.merged_into_id.is_not(None))
        )
    ).first()
    if joined is not None:
        raise UndoRefused(f"#{enhancement_id} is part of a merge. Take that apart first.")
    said = select(comment.author).where(comment.enhancement_id == enhancement_id, comment.author.not_in(authors))
    linked = select(link.created_by).where(
        or_(link.enhancement_id == enhancement_id, link.other_id == enhancement_id), link.created_by.not_in(authors)
    )
    supported = select(evidence.created_by).where(
        evidence.enhancement_id == enhancement_id, evidence.created_by.not_in(authors)
    )
    for what, query in (("commented on it", said), ("linked it", linked), ("attached evidence to it", supported)):
        who = session.scalars(query.limit(1)).first()
        if who is not None:
            raise UndoRefused(
                f"#{enhancement_id} would be deleted, but {who} {what} since. Archive it instead, so that it is kept."
            )


def _only_derived(entry: Entry) -> bool:
    return entry.table_name == ENHANCEMENTS and entry.action == "update" and set(entry.changed_fields) <= DERIVED


def _refuse(what: str, by: Sequence[Entry]) -> None:
    if not by:
        raise UndoRefused(f"{what} since, so this cannot be undone any more.")
    actor = by[0].actor
    who = f"the agent {actor.removeprefix(AGENT)}" if actor.startswith(AGENT) else actor
    at = f"{by[0].occurred_at:%Y-%m-%d %H:%M} UTC"
    raise UndoRefused(f"{what} by {who} since ({at}), so this cannot be undone any more. Nothing was overwritten.")


def _named(table: str, row_id: int) -> str:
    return NAMES.get(table, "that row ({})").format(row_id)


def _lock(session: Session, table: str, ids: Iterable[int]) -> set[int]:
    owner = tables.Base.metadata.tables[table]
    found = select(owner.c.id).where(owner.c.id.in_(list(ids))).order_by(owner.c.id).with_for_update()
    return set(session.scalars(found))


def _differing(session: Session, table: str, entries: Sequence[Entry]) -> dict[int, set[str]]:
    """By row, the fields that have another value now than the transaction left in them."""
    ids = [entry.id for entry in entries if entry.table_name == table and entry.action == "update"]
    rows = session.execute(
        text(f"""
            WITH written AS (
                SELECT DISTINCT ON (a.row_id, name) a.row_id, name, a.after -> name AS value
                FROM ci_audit_log a, unnest(a.changed_fields) AS name
                WHERE a.id = ANY (:ids)
                ORDER BY a.row_id, name, a.id DESC
            ), left_behind AS (
                SELECT row_id, jsonb_object_agg(name, value) AS fields FROM written GROUP BY row_id
            )
            SELECT l.row_id, written.field
            FROM left_behind l JOIN {table} now ON now.id = l.row_id,
            LATERAL (SELECT to_jsonb(now) AS present,
                            to_jsonb(jsonb_populate_record(NULL::{table}, l.fields)) AS past) AS versions,
            LATERAL jsonb_object_keys(l.fields) AS written (field)
            WHERE versions.present -> written.field IS DISTINCT FROM versions.past -> written.field
        """),  # noqa: S608 - the name of a table of ours
        {"ids": ids},
    )
    differing: dict[int, set[str]] = {}
    for row_id, name in rows:
        differing.setdefault(row_id, set()).add(name)
    return differing
