"""What people say about an enhancement, as markdown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from ci_core.backlog.followers import followers_of, join_in
from ci_core.backlog.mentions import mentioned_people
from ci_core.backlog.notifications import notify
from ci_core.backlog.people import known_people
from ci_core.backlog.talk import title_to_talk_about
from ci_core.backlog.validation import COMMENT_MAX, body
from ci_core.errors import InvalidInput, NotAllowed, NotFound
from db import tables
from db.engine import act_as
from db.enums import NotificationKind

EXCERPT = 120
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
    """Say something about an enhancement. Whoever follows it is told, and so is whoever is mentioned (`@ada`).

    Raises:
        InvalidInput: the text is empty, too long (20,000 characters), or cannot be stored.
        NotFound: there is no such enhancement.
        NotAllowed: it was merged into another one, which is where the talk goes on.
    """
    words = _checked(text)
    title = title_to_talk_about(session, enhancement_id, instead="Comment there")
    act_as(session, actor)
    stored = session.execute(
        insert(tables.Comment).values(enhancement_id=enhancement_id, body=words).returning(*COLUMNS)
    )
    comment = Comment(*stored.one())
    mentioned = _tell_mentioned(session, comment, title)
    heard = {person.lower() for person in mentioned}
    for person in followers_of(session, enhancement_id):
        if person.lower() not in heard:
            _tell(session, comment, person, NotificationKind.COMMENTED, f"commented on #{enhancement_id} {title}")
    return comment


def edit_comment(session: Session, comment_id: int, text: str, *, actor: str) -> Comment:
    """Change the text of an own comment. Of the people mentioned, those are told who were not mentioned before.

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
    comment = Comment(*session.execute(changed.values(body=words, edited_at=func.now()).returning(*COLUMNS)).one())
    if "@" in words:
        title = session.scalars(select(tables.Enhancement.title).where(tables.Enhancement.id == comment.enhancement_id))
        _tell_mentioned(session, comment, title.one(), before=present.body)
    return comment


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


def _tell_mentioned(session: Session, comment: Comment, title: str, before: str = "") -> tuple[str, ...]:
    if "@" not in comment.body:
        return ()
    people = known_people(session)
    earlier = mentioned_people(before, people)
    mentioned = tuple(person for person in mentioned_people(comment.body, people) if person not in earlier)
    for person in mentioned:
        join_in(session, comment.enhancement_id, person)
        _tell(
            session, comment, person, NotificationKind.MENTIONED, f"mentioned you on #{comment.enhancement_id} {title}"
        )
    return mentioned


def _tell(session: Session, comment: Comment, person: str, kind: NotificationKind, what: str) -> None:
    said = " ".join(comment.body.split())
    notify(
        session,
        person,
        kind,
        f"{what}: “{said if len(said) <= EXCERPT else said[: EXCERPT - 1] + '…'}”",
        enhancement_id=comment.enhancement_id,
        comment_id=comment.id,
    )


def _own(session: Session, comment_id: int, actor: str) -> Comment:
    found = select(*COLUMNS).where(tables.Comment.id == comment_id).with_for_update()
    row = session.execute(found).first()
    if row is None:
        raise NotFound(f"There is no comment {comment_id} (any more).")
    comment = Comment(*row)
    if comment.author != actor:
        raise NotAllowed(f"This comment is {comment.author}'s; only they can change it.")
    return comment
