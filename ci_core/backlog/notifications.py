"""What concerns a person: the bell. Most notifications come from triggers, those about talk from here.

A change of many items at once concerns a person once: more than five of a kind by the same transaction are told as one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.errors import InvalidInput
from db.enums import NotificationKind

MOST_SHOWN = 500
# Nobody scrolls further back than this, so nothing older is counted as belonging to a newer one either.
MOST_READ = 5_000
KEEP_READ_DAYS = 90
SUMMARY_MAX = 500

# Of one transaction, whose rows share their time: each by itself, or all of a kind as one when they are many.
TOLD = text("""
    WITH newest AS (
        SELECT * FROM ci_notifications WHERE lower(person) = lower(:person) ORDER BY id DESC LIMIT :most
    ), counted AS (
        SELECT *, count(*) OVER (PARTITION BY kind, actor, created_at) > 5 AS many FROM newest
    )
    SELECT max(id) AS id, max(person) AS person, kind, actor, created_at, count(*) AS items,
           CASE WHEN many THEN NULL ELSE max(enhancement_id) END AS enhancement_id,
           CASE WHEN many THEN NULL ELSE max(comment_id) END AS comment_id,
           max(summary) AS summary,
           CASE WHEN count(*) = count(read_at) THEN max(read_at) END AS read_at
    FROM counted GROUP BY kind, actor, created_at, many, CASE WHEN many THEN 0 ELSE id END
    ORDER BY max(id) DESC LIMIT :limit
""")
UNREAD = text("""
    SELECT coalesce(sum(CASE WHEN items > 5 THEN 1 ELSE items END), 0)::bigint
    FROM (
        SELECT count(*) AS items
        FROM (
            SELECT kind, actor, created_at FROM ci_notifications
            WHERE lower(person) = lower(:person) AND read_at IS NULL ORDER BY id DESC LIMIT :most
        ) AS unread
        GROUP BY kind, actor, created_at
    ) AS told
""")
# With those that are told together with one of them.
READ = text("""
    WITH chosen AS (
        SELECT n.kind, n.actor, n.created_at, n.id FROM ci_notifications n
        WHERE n.id = ANY (:ids) AND lower(n.person) = lower(:person)
    ), together AS (
        SELECT n.id, c.id AS chosen, count(*) OVER (PARTITION BY c.id) > 5 AS many
        FROM ci_notifications n JOIN chosen c
        ON n.kind = c.kind AND n.actor = c.actor AND n.created_at = c.created_at
        WHERE lower(n.person) = lower(:person)
    )
    UPDATE ci_notifications n SET read_at = now()
    FROM (SELECT DISTINCT id FROM together WHERE many OR id = chosen) AS t
    WHERE n.id = t.id AND n.read_at IS NULL RETURNING n.id
""")
READ_ALL = text("""
    UPDATE ci_notifications SET read_at = now() WHERE lower(person) = lower(:person) AND read_at IS NULL RETURNING id
""")
TELL = text("""
    INSERT INTO ci_notifications (person, kind, enhancement_id, comment_id, summary)
    SELECT :person, :kind, :enhancement_id, :comment_id, :summary
    WHERE ci_is_person(:person) AND lower(:person) <> lower(ci_actor()) RETURNING id
""")
FORGET = text("""
    DELETE FROM ci_notifications WHERE read_at < now() - make_interval(days => :days) RETURNING id
""")
# As the trigger on runs words it.
_OF_RUN = re.compile(r"failed in run (\d{1,9}) \(")
TOGETHER: Mapping[NotificationKind, str] = {
    NotificationKind.ASSIGNED: "assigned {} enhancements to you",
    NotificationKind.MENTIONED: "mentioned you {} times",
    NotificationKind.COMMENTED: "commented on {} enhancements of yours",
    NotificationKind.BLOCKED: "blocked {} enhancements of yours",
    NotificationKind.UNBLOCKED: "unblocked {} enhancements of yours",
    NotificationKind.DECIDED: "decided on {} enhancements of yours",
    NotificationKind.APPROVAL_WAITS: "waits for {} approvals",
    NotificationKind.RUN_FAILED: "failed in {} runs",
    NotificationKind.DIGEST: "wrote {} digests for you",
}


@dataclass(frozen=True, slots=True)
class Notification:
    """Something that concerns `person`; unread while `read_at` is None.

    `summary` follows the actor's name in a sentence ("assigned #12 Cache the chain to you"). It may stand for several
    items that one change concerned; then `enhancement_id` is None and `items` says how many.
    """

    id: int
    person: str
    kind: NotificationKind
    enhancement_id: int | None
    comment_id: int | None
    summary: str
    actor: str
    created_at: datetime
    read_at: datetime | None
    items: int = 1

    @property
    def run_id(self) -> int | None:
        """The run that it tells of; None where it tells of something else, or of several."""
        found = _OF_RUN.match(self.summary) if self.kind is NotificationKind.RUN_FAILED else None
        return int(found[1]) if found else None


def notifications_for(session: Session, person: str, limit: int = 50) -> tuple[Notification, ...]:
    """What concerns a person, newest first; upper and lower case of the name are the same.

    Args:
        limit: 0–500.

    Raises:
        InvalidInput: there can be no such page.
    """
    if not 0 <= limit <= MOST_SHOWN:
        raise InvalidInput("limit", f"A list has 0 to {MOST_SHOWN} notifications, not {limit}.")
    rows = session.execute(TOLD, {"person": person, "limit": limit, "most": MOST_READ}).mappings()
    return tuple(_notification(row) for row in rows)


def unread_count(session: Session, person: str) -> int:
    """How many of a person's notifications are unread, as `notifications_for` tells them."""
    return int(session.scalar(UNREAD, {"person": person, "most": MOST_READ}) or 0)


def mark_read(session: Session, ids: Collection[int], person: str) -> int:
    """Mark these notifications of the person as read, with those that are told together; gives how many were unread.

    Ids that are somebody else's, or gone, are left out.
    """
    return len(session.execute(READ, {"ids": list(ids), "person": person}).all())


def mark_all_read(session: Session, person: str) -> int:
    """Mark everything that concerns the person as read; gives how many were unread."""
    return len(session.execute(READ_ALL, {"person": person}).all())


def notify(
    session: Session,
    person: str,
    kind: NotificationKind | str,
    summary: str,
    *,
    enhancement_id: int | None = None,
    comment_id: int | None = None,
) -> bool:
    """Tell a person what the transaction's actor did; gives whether there is somebody to tell.

    Nobody is told of what they did themselves, and agents, tokens and SQL sessions are told nothing.

    Args:
        summary: what follows the actor's name in a sentence; cut at 500 characters.

    Raises:
        InvalidInput: the summary is empty.
    """
    words = " ".join("".join(c if c.isprintable() else " " for c in summary).split())
    if not words:
        raise InvalidInput("summary", "A notification needs words.")
    values = {
        "person": person,
        "kind": NotificationKind(kind).value,
        "enhancement_id": enhancement_id,
        "comment_id": comment_id,
        "summary": words if len(words) <= SUMMARY_MAX else words[: SUMMARY_MAX - 1] + "…",
    }
    return session.execute(TELL, values).first() is not None


def forget_old_notifications(session: Session) -> int:
    """Delete what was read more than 90 days ago; gives how many."""
    return len(session.execute(FORGET, {"days": KEEP_READ_DAYS}).all())


def _notification(row: Mapping[str, Any] | Any) -> Notification:
    kind = NotificationKind(row["kind"])
    together = row["items"] > 1
    return Notification(
        id=row["id"],
        person=row["person"],
        kind=kind,
        enhancement_id=row["enhancement_id"],
        comment_id=row["comment_id"],
        summary=TOGETHER[kind].format(row["items"]) if together else row["summary"],
        actor=row["actor"],
        created_at=row["created_at"],
        read_at=row["read_at"],
        items=row["items"],
    )
