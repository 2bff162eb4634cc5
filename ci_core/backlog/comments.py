"""What people say about an enhancement, as markdown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from ci_core.backlog import queries
from ci_core.backlog.validation import COMMENT_MAX, body
from ci_core.errors import InvalidInput, NotAllowed, NotFound
from db import tables
from db.engine import act_as

COLUMNS = (
    tables.Comment.id,
    tables.Comment.enhancement_id,
    tables.Comment.author,
    tables.Comment.body,
    tables.Comment.created_at,
    tables.Comment.edited_at,
)


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment; `body` is markdown as its author wrote it, to be sanitised wherever it is shown."""

    id: int
    enhancement_id: int
    author: str
    body: str
    created_at: datetime
    edited_at: datetime | None


def add_comment(session: Session, enhancement_id: int, text: str, *, actor: str) -> Comment:
    """Say something about an enhancement.

    Raises:
        InvalidInput: the text is empty, too long (20,000 characters), or cannot be stored.
        NotFound: there is no such enhancement.
        NotAllowed: it was merged into another one, which is where the talk goes on.
    """
    words = _checked(text)
    card = tables.Enhancement
    # Shared with other writers of comments; a merge that is under way has to finish first.
    present = select(card.merged_into_id).where(card.id == queries.usable_id(enhancement_id))
    row = session.execute(present.with_for_update(read=True)).first()
    if row is None:
        raise NotFound(f"There is no enhancement #{enhancement_id}.")
    if row.merged_into_id is not None:
        raise NotAllowed(f"#{enhancement_id} was merged into #{row.merged_into_id}. Comment there.")
    act_as(session, actor)
    stored = session.execute(
        insert(tables.Comment).values(enhancement_id=enhancement_id, body=words).returning(*COLUMNS)
    )
    return Comment(*stored.one())


def edit_comment(session: Session, comment_id: int, text: str, *, actor: str) -> Comment:
    """Change the text of an own comment.

    Raises:
        InvalidInput: as for a new comment.
        NotFound: there is no such comment.
        NotAllowed: somebody else wrote it.
    """
    words = _checked(text)
    present = _own(session, comment_id, actor)
    if present.body == words:
        return present
    act_as(session, actor)
    changed = update(tables.Comment).where(tables.Comment.id == comment_id)
    return Comment(*session.execute(changed.values(body=words, edited_at=func.now()).returning(*COLUMNS)).one())


def delete_comment(session: Session, comment_id: int, *, actor: str) -> None:
    """Take an own comment back.

    Raises:
        NotFound: there is no such comment.
        NotAllowed: somebody else wrote it.
    """
    _own(session, comment_id, actor)
    act_as(session, actor)
    session.execute(delete(tables.Comment).where(tables.Comment.id == comment_id))


def comments_of(session: Session, enhancement_id: int) -> tuple[Comment, ...]:
    """The comments on an enhancement, oldest first."""
    comment = tables.Comment
    rows = session.execute(
        select(*COLUMNS).where(comment.enhancement_id == enhancement_id).order_by(comment.created_at, comment.id)
    )
    return tuple(Comment(*row) for row in rows)


def _checked(text: str) -> str:
    words = body("comment", text, COMMENT_MAX).strip()
    if not words:
        raise InvalidInput("comment", "A comment must not be empty.")
    return words


def _own(session: Session, comment_id: int, actor: str) -> Comment:
    found = select(*COLUMNS).where(tables.Comment.id == comment_id).with_for_update()
    row = session.execute(found).first()
    if row is None:
        raise NotFound(f"There is no comment {comment_id} (any more).")
    comment = Comment(*row)
    if comment.author != actor:
        raise NotAllowed(f"This comment is {comment.author}'s; only they can change it.")
    return comment
