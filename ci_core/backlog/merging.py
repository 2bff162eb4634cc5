"""Merge a duplicate into its original, so that nothing said or linked is lost, and take the two apart again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, exists, func, insert, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from ci_core.backlog import queries
from ci_core.backlog.dependencies import circle_error, lock_dependencies
from ci_core.backlog.lifecycle import OPEN_STATUSES
from ci_core.backlog.readiness import bring_up_after_merge
from ci_core.backlog.restoring import STAGES, insert_row, restore_columns
from ci_core.backlog.scoring import DEFAULT_POLICY, ScoringPolicy, rescore
from ci_core.backlog.values import Enhancement, enhancement_from
from ci_core.errors import InvalidInput, NotAllowed, UndoRefused
from db import tables
from db.engine import act_as
from db.enums import DependencyKind, Status

# What belongs to an enhancement and goes with it: talk, votes, evidence, and where it came from.
BELONGINGS: dict[str, Any] = {
    "comments": tables.Comment,
    "reactions": tables.Reaction,
    "followers": tables.Follower,
    "findings": tables.ResearchFinding,
    "evidence": tables.Evidence,
    "health_issues": tables.HealthIssue,
    "wishlist_items": tables.WishlistOrigin,
    "notifications": tables.Notification,
}
# These are not in the audit log, so an undo moves them by itself.
UNRECORDED = ("wishlist_items", "notifications")
TELL = text("SELECT ci_tell('decided', ARRAY[CAST(:item AS bigint)], ARRAY[CAST(:summary AS text)], true, NULL)")
SNAPSHOT = text("""
    SELECT (SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(e)) WHERE key = ANY (:columns))
        || jsonb_build_object('board_rank', board_rank::text)
    FROM ci_enhancements e WHERE id = :id
""")
LINKS = text("""
    SELECT id, enhancement_id, other_id, kind, to_jsonb(d)::text AS whole FROM ci_enhancement_dependencies d
    WHERE enhancement_id = :id OR other_id = :id ORDER BY id
""")


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did: the tombstone, the original, how much moved, and which links were dropped and why.

    The vote of somebody who had voted for both stays with the tombstone, so that it counts once; so do followers.
    """

    duplicate: Enhancement
    original: Enhancement
    comments: int
    reactions: int
    followers: int
    findings: int
    evidence: int
    health_issues: int
    wishlist_items: int
    notifications: int
    dependencies: int
    dropped: tuple[str, ...]


@dataclass(slots=True)
class _Links:
    moved: list[dict[str, Any]] = field(default_factory=list)
    dropped: list[dict[str, Any]] = field(default_factory=list)


def merge_duplicate(
    session: Session, duplicate_id: int, original_id: int, *, actor: str, policy: ScoringPolicy = DEFAULT_POLICY
) -> Merged:
    """Archive the duplicate as a tombstone that points to the original, and move what belongs to it there.

    An original that was itself merged stands for the one it was merged into. A link that would then point to itself,
    exist twice, or close a circle of blockers is dropped; all is recorded, so that `take_apart` can put it back.

    Raises:
        InvalidInput: both are the same.
        NotAllowed: the duplicate was merged already, or the original was merged into the duplicate.
        NotFound: one of them does not exist.
    """
    if duplicate_id == original_id:
        raise InvalidInput("original_id", f"#{duplicate_id} cannot be merged into itself. Choose another original.")
    act_as(session, actor)
    lock_dependencies(session)
    final_id = _final_original(session, original_id)
    if final_id == duplicate_id:
        raise NotAllowed(f"#{original_id} was merged into #{duplicate_id}. Take that merge apart first.")
    rows = queries.locked_rows(session, [duplicate_id, final_id], with_blockers=True)
    duplicate = rows[duplicate_id]
    if duplicate["merged_into_id"] is not None:
        raise NotAllowed(f"#{duplicate_id} was merged into #{duplicate['merged_into_id']} already.")
    reach = {final_id, duplicate_id} | queries.blockers_of(session, [duplicate_id])
    waiting = queries.waiting_for(session, [duplicate_id])
    session.execute(TELL, {"item": duplicate_id, "summary": _told(rows[duplicate_id], rows[final_id])})
    snapshot = session.scalar(SNAPSHOT, {"id": duplicate_id, "columns": ["status", *STAGES]})
    moved = {name: _move(session, owner, duplicate_id, final_id) for name, owner in BELONGINGS.items()}
    links = _move_links(session, duplicate_id, final_id)
    session.execute(
        insert(tables.Merge).values(
            duplicate_id=duplicate_id,
            original_id=final_id,
            duplicate_status=duplicate["status"],
            moved={
                **moved,
                "dependencies": links.moved,
                "dropped": links.dropped,
                "duplicate_link": _mark_duplicate(session, duplicate_id, final_id),
                "duplicate": snapshot,
            },
        )
    )
    archived = {"status": Status.ARCHIVED.value, "merged_into_id": final_id, "board_rank": None}
    queries.write_columns(session, duplicate_id, archived)
    rescore(session, reach | queries.blockers_of(session, [final_id]), policy=policy)
    if duplicate["status"] in OPEN_STATUSES:
        bring_up_after_merge(session, waiting, duplicate, rows[final_id])
    return Merged(
        duplicate=_read(session, duplicate_id),
        original=_read(session, final_id),
        **{name: len(ids) for name, ids in moved.items()},
        dependencies=len(links.moved),
        dropped=tuple(_in_words(link) for link in links.dropped),
    )


def take_apart(
    session: Session, duplicate_id: int, *, actor: str, policy: ScoringPolicy = DEFAULT_POLICY
) -> Enhancement:
    """Bring a merged duplicate back as it was, with all that moved from it; what came to the original since stays.

    Raises:
        NotAllowed: it is not merged, or its original was merged further; that has to be taken apart first.
        DependencyCycle: a link that was dropped would close a circle with others made since.
        NotFound: there is no such enhancement.
    """
    act_as(session, actor)
    lock_dependencies(session)
    queries.stored_row(session, duplicate_id)
    merge = tables.Merge
    standing = session.execute(
        select(merge.id, merge.original_id, merge.moved)
        .where(merge.duplicate_id == duplicate_id, merge.undone_at.is_(None))
        .with_for_update()
    ).first()
    if standing is None:
        raise NotAllowed(f"#{duplicate_id} is not merged into another one.")
    original_id, moved = standing.original_id, standing.moved
    original = queries.locked_rows(session, [duplicate_id, original_id], with_blockers=True)[original_id]
    if original["merged_into_id"] is not None:
        raise NotAllowed(
            f"#{original_id} was itself merged into #{original['merged_into_id']}. Take that merge apart first."
        )
    reach = {original_id} | queries.blockers_of(session, [original_id])
    for name, owner in BELONGINGS.items():
        _move(session, owner, original_id, duplicate_id, only=moved.get(name, []))
    _untell(session, duplicate_id, moved)
    _restore_links(session, moved, original_id)
    values = {**moved["duplicate"], "merged_into_id": None}
    restore_columns(session, queries.ENHANCEMENTS.name, duplicate_id, json.dumps(values))
    undone = {"undone_by": actor, "undone_at": func.now()}
    session.execute(update(merge).where(merge.id == standing.id).values(undone))
    rescore(session, reach | {duplicate_id} | queries.blockers_of(session, [duplicate_id]), policy=policy)
    return _read(session, duplicate_id)


def follow_merge(
    session: Session, merge_id: int, moved: dict[str, Any], duplicate_id: int, original_id: int
) -> set[int]:
    """After an undo has brought back from the audit log what a merge did (or what was before), see to the rest.

    That is the wishlist items and notifications, which are not in the log, and what came to the duplicate while it
    stood alone. Gives the enhancements that have to be scored anew for it.

    Raises:
        UndoRefused: the original was itself merged since.
    """
    merge = tables.Merge
    if session.scalar(select(merge.id).where(merge.id == merge_id, merge.undone_at.is_(None))) is None:
        for name in UNRECORDED:
            _move(session, BELONGINGS[name], original_id, duplicate_id, only=moved.get(name, []))
        _untell(session, duplicate_id, moved)
        return set()
    merged_into = queries.stored_row(session, original_id)["merged_into_id"]
    if merged_into is not None:
        raise UndoRefused(f"#{original_id} was itself merged into #{merged_into} since. Take that merge apart first.")
    since = {name: _move(session, owner, duplicate_id, original_id) for name, owner in BELONGINGS.items()}
    links = _move_links(session, duplicate_id, original_id)
    if any(since.values()) or links.moved or links.dropped:
        together = {name: sorted({*moved.get(name, []), *ids}) for name, ids in since.items()}
        together |= {"dependencies": moved["dependencies"] + links.moved, "dropped": moved["dropped"] + links.dropped}
        session.execute(update(merge).where(merge.id == merge_id).values(moved=moved | together))
    changed = bool(links.moved or links.dropped)
    return {original_id} | queries.blockers_of(session, [original_id]) if changed else set()


def _read(session: Session, enhancement_id: int) -> Enhancement:
    return enhancement_from(queries.stored_row(session, enhancement_id))


def _final_original(session: Session, enhancement_id: int) -> int:
    while (merged_into := queries.stored_row(session, enhancement_id)["merged_into_id"]) is not None:
        enhancement_id = merged_into
    return enhancement_id


def _move(session: Session, owner: Any, source_id: int, target_id: int, only: list[int] | None = None) -> list[int]:
    moving = update(owner).where(owner.enhancement_id == source_id).values(enhancement_id=target_id)
    if owner in (tables.Reaction, tables.Follower, tables.Evidence):
        moving = moving.where(*_once(owner, target_id))
    if only is not None:
        moving = moving.where(owner.id.in_(only))
    return sorted(session.scalars(moving.returning(owner.id), execution_options={"synchronize_session": False}))


def _once(owner: Any, target_id: int) -> list[Any]:
    """The conditions for marks that can move: the same person has none there yet, and it is no wish to hear nothing.

    The same finding is evidence for the same enhancement once.
    """
    there = aliased(owner)
    if owner is tables.Evidence:
        return [~exists().where(there.enhancement_id == target_id, there.finding_id == owner.finding_id)]
    same = [there.enhancement_id == target_id, func.lower(there.person) == func.lower(owner.person)]
    if owner is tables.Follower:
        return [owner.following, ~exists().where(*same)]
    return [~exists().where(*same, there.kind == owner.kind, there.comment_id.is_not_distinct_from(owner.comment_id))]


def _told(duplicate: queries.Stored, original: queries.Stored) -> str:
    return f"merged #{duplicate['id']} {duplicate['title']} into #{original['id']} {original['title']}"


def _untell(session: Session, duplicate_id: int, moved: dict[str, Any]) -> None:
    """Take back the news of the merge where nobody has read it yet."""
    news = tables.Notification
    session.execute(
        delete(news).where(
            news.id.in_(moved.get("notifications", [])),
            news.summary.startswith(f"merged #{duplicate_id} "),
            news.read_at.is_(None),
        )
    )


def _move_links(session: Session, duplicate_id: int, original_id: int) -> _Links:
    links = _Links()
    for row in session.execute(LINKS, {"id": duplicate_id}).all():
        if row.kind == DependencyKind.DUPLICATE_OF and row.enhancement_id == duplicate_id:
            continue  # what the tombstone is a duplicate of is its own story
        ends = [original_id if end == duplicate_id else end for end in (row.enhancement_id, row.other_id)]
        link = {"id": row.id, "enhancement_id": row.enhancement_id, "other_id": row.other_id, "kind": row.kind}
        why = _relink(session, row.id, ends[0], ends[1], row.kind)
        if why is None:
            links.moved.append(link)
        else:
            session.execute(delete(tables.Dependency).where(tables.Dependency.id == row.id))
            links.dropped.append({**json.loads(row.whole), "why": why})
    return links


def _relink(session: Session, link_id: int, enhancement_id: int, other_id: int, kind: str) -> str | None:
    """Point a link elsewhere; gives why that cannot be."""
    link = tables.Dependency
    if enhancement_id == other_id:
        return "it would point to itself"
    if _has_link(session, enhancement_id, other_id, kind):
        return "the original has it already"
    try:
        with session.begin_nested():
            ends = {"enhancement_id": enhancement_id, "other_id": other_id}
            session.execute(update(link).where(link.id == link_id).values(ends))
    except IntegrityError as error:
        refusal = circle_error(session, error)
        if isinstance(refusal, NotAllowed):
            return "it would close a circle"
        raise
    return None


def _has_link(session: Session, enhancement_id: int, other_id: int, kind: str) -> bool:
    link = tables.Dependency
    given = (link.enhancement_id == enhancement_id) & (link.other_id == other_id)
    reverse = (link.enhancement_id == other_id) & (link.other_id == enhancement_id)
    same = or_(given, reverse) if kind == DependencyKind.RELATED else given
    return session.scalar(select(link.id).where(link.kind == kind, same).limit(1)) is not None


def _mark_duplicate(session: Session, duplicate_id: int, original_id: int) -> int | None:
    """Record the duplicate as one; gives the link's id, or None when people had recorded it before."""
    link, kind = tables.Dependency, DependencyKind.DUPLICATE_OF.value
    present = (link.enhancement_id == duplicate_id, link.other_id == original_id, link.kind == kind)
    if session.scalar(select(link.id).where(*present)) is not None:
        return None
    values = {"enhancement_id": duplicate_id, "other_id": original_id, "kind": kind}
    return session.scalar(insert(link).values(values).returning(link.id))


def _restore_links(session: Session, moved: dict[str, Any], original_id: int) -> None:
    link = tables.Dependency
    if moved.get("duplicate_link") is not None:
        session.execute(delete(link).where(link.id == moved["duplicate_link"]))
    try:
        with session.begin_nested():
            for was in moved["dependencies"]:
                ends = {"enhancement_id": was["enhancement_id"], "other_id": was["other_id"]}
                at_original = or_(link.enhancement_id == original_id, link.other_id == original_id)
                present = (link.id == was["id"], at_original)
                if _has_link(session, **ends, kind=was["kind"]):
                    session.execute(delete(link).where(*present))
                else:
                    session.execute(update(link).where(*present).values(ends))
            for was in moved["dropped"]:
                ends = {"enhancement_id": was["enhancement_id"], "other_id": was["other_id"]}
                found = select(tables.Enhancement.id).where(tables.Enhancement.id.in_(ends.values()))
                if len(session.scalars(found).all()) == 2 and not _has_link(session, **ends, kind=was["kind"]):
                    insert_row(session, link.__tablename__, json.dumps(was))
    except IntegrityError as error:
        raise circle_error(session, error) from error


def _in_words(link: dict[str, Any]) -> str:
    kind = link["kind"].replace("_", " ")
    return f"#{link['enhancement_id']} {kind} #{link['other_id']}: {link['why']}"
