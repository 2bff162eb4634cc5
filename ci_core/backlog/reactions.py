"""What people say with one click: a vote for an enhancement, or a small mark on a comment."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ci_core.backlog import queries
from ci_core.backlog.talk import title_to_talk_about
from ci_core.errors import InvalidInput, NotFound
from db import tables
from db.engine import act_as
from db.enums import ReactionKind


@dataclass(frozen=True, slots=True)
class Reactions:
    """Who left the same mark: on the enhancement itself, or on one of its comments."""

    kind: ReactionKind
    comment_id: int | None
    people: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self.people)


def react(
    session: Session,
    enhancement_id: int,
    kind: ReactionKind | str,
    *,
    actor: str,
    comment_id: int | None = None,
    stands: bool = True,
) -> bool:
    """Leave a mark, or with `stands` off take it away; twice is once. Gives whether that changed anything.

    One person has one mark of a kind, however many clicks arrive at once.

    Raises:
        NotFound: there is no such enhancement, or it has no such comment.
        NotAllowed: the enhancement was merged into another one.
        InvalidInput: the kind is unknown.
    """
    mark = _checked(session, enhancement_id, kind, comment_id, actor)
    return _leave(session, mark) if stands else _remove(session, mark)


def reactions_of(session: Session, enhancement_id: int) -> tuple[Reactions, ...]:
    """All marks on an enhancement and its comments, those on the enhancement first, in the order of their kinds."""
    mark = tables.Reaction
    rows = session.execute(
        select(mark.comment_id, mark.kind, func.array_agg(mark.person))
        .where(mark.enhancement_id == queries.usable_id(enhancement_id))
        .group_by(mark.comment_id, mark.kind)
    ).all()
    found = [Reactions(ReactionKind(kind), comment_id, tuple(sorted(people))) for comment_id, kind, people in rows]
    order = list(ReactionKind)
    return tuple(sorted(found, key=lambda one: (one.comment_id or 0, order.index(one.kind))))


def voters_of(session: Session, enhancement_id: int) -> tuple[str, ...]:
    """Who voted for an enhancement, the first one first."""
    mark = tables.Reaction
    rows = session.scalars(
        select(mark.person)
        .where(
            mark.enhancement_id == queries.usable_id(enhancement_id),
            mark.comment_id.is_(None),
            mark.kind == ReactionKind.VOTE.value,
        )
        .order_by(mark.id)
    )
    return tuple(rows)


def votes_for(session: Session, ids: Collection[int]) -> Mapping[int, int]:
    """How many people voted for each of these enhancements; without the zeros."""
    mark = tables.Reaction
    rows = session.execute(
        select(mark.enhancement_id, func.count())
        .where(mark.enhancement_id.in_(list(ids)), mark.comment_id.is_(None), mark.kind == ReactionKind.VOTE.value)
        .group_by(mark.enhancement_id)
    )
    return {row[0]: row[1] for row in rows}


def _checked(
    session: Session, enhancement_id: int, kind: ReactionKind | str, comment_id: int | None, actor: str
) -> dict[str, object]:
    try:
        chosen = ReactionKind(kind)
    except ValueError:
        allowed = ", ".join(ReactionKind)
        raise InvalidInput("kind", f"Reaction {str(kind)[:40]!r} is unknown. Allowed are: {allowed}.") from None
    title_to_talk_about(session, enhancement_id, instead="Vote there")
    if comment_id is not None:
        comment = tables.Comment
        found = select(comment.id).where(comment.id == comment_id, comment.enhancement_id == enhancement_id)
        if session.scalar(found.with_for_update(key_share=True, read=True)) is None:
            raise NotFound(f"#{enhancement_id} has no comment {comment_id} (any more).")
    act_as(session, actor)
    return {"enhancement_id": enhancement_id, "comment_id": comment_id, "kind": chosen.value, "person": actor}


def _remove(session: Session, mark: Mapping[str, object]) -> bool:
    row = tables.Reaction
    removed = session.execute(
        delete(row)
        .where(
            row.enhancement_id == mark["enhancement_id"],
            row.comment_id.is_not_distinct_from(mark["comment_id"]),
            row.kind == mark["kind"],
            func.lower(row.person) == func.lower(mark["person"]),
        )
        .returning(row.id)
    )
    return bool(removed.all())


def _leave(session: Session, mark: Mapping[str, object]) -> bool:
    left = insert(tables.Reaction).values(dict(mark)).on_conflict_do_nothing().returning(tables.Reaction.id)
    return session.execute(left).first() is not None
