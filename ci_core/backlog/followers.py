"""Who wants to hear of an enhancement.

Whoever proposes it, becomes its assignee, comments on it or is mentioned there follows from then on; triggers see to
the first three. Who stopped to follow is remembered and not made to follow again.
"""

from __future__ import annotations

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ci_core.backlog import queries
from ci_core.backlog.talk import title_to_talk_about
from ci_core.backlog.validation import NAME_MAX, line
from db import tables
from db.engine import act_as

DECIDE = text("""
    INSERT INTO ci_enhancement_followers AS f (enhancement_id, person, following) VALUES (:item, :person, :following)
    ON CONFLICT (enhancement_id, lower(person)) DO UPDATE SET following = excluded.following
    WHERE f.following <> excluded.following
""")
JOIN = text("SELECT ci_follow(:item, :person)")


def follow(session: Session, enhancement_id: int, *, actor: str) -> tuple[str, ...]:
    """Make the actor hear of what happens to an enhancement; gives who follows it then.

    Raises:
        NotFound: there is no such enhancement.
        NotAllowed: it was merged into another one.
    """
    return _decide(session, enhancement_id, actor, following=True)


def unfollow(session: Session, enhancement_id: int, *, actor: str) -> tuple[str, ...]:
    """Stop that, until the actor decides to follow again; raises as `follow` does."""
    return _decide(session, enhancement_id, actor, following=False)


def _decide(session: Session, enhancement_id: int, actor: str, *, following: bool) -> tuple[str, ...]:
    title_to_talk_about(session, enhancement_id, instead="Follow that one")
    person = line("person", actor, NAME_MAX)
    act_as(session, actor)
    session.execute(DECIDE, {"item": enhancement_id, "person": person, "following": following})
    return followers_of(session, enhancement_id)


def join_in(session: Session, enhancement_id: int, person: str) -> None:
    """Make somebody who takes part follow, unless they stopped to."""
    session.execute(JOIN, {"item": enhancement_id, "person": person})


def followers_of(session: Session, enhancement_id: int) -> tuple[str, ...]:
    """The names of those who follow an enhancement, in the order in which they began."""
    follower = tables.Follower
    rows = session.scalars(
        select(follower.person)
        .where(follower.enhancement_id == queries.usable_id(enhancement_id), follower.following)
        .order_by(follower.id)
    )
    return tuple(rows)


def follows(session: Session, enhancement_id: int, person: str) -> bool:
    """Whether the person follows the enhancement; upper and lower case of the name are the same."""
    follower = tables.Follower
    found = select(follower.id).where(
        follower.enhancement_id == queries.usable_id(enhancement_id),
        func.lower(follower.person) == func.lower(person),
        follower.following,
    )
    return session.scalar(found) is not None
