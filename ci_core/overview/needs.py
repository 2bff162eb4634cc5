"""What waits for a person: their own work, what others said to them, proposals to decide, columns that are too full."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from ci_core.backlog.board import wip_limits
from ci_core.backlog.lifecycle import LABELS
from ci_core.backlog.notifications import Notification, notifications_for, unread_count
from ci_core.overview import queries
from ci_core.overview.values import Block, Line, StatusCount
from ci_core.overview.words import counted, lasting
from db.enums import NotificationKind, Priority, Status

SHOWN = 6
# Being ready is news for a week, or since the last visit if that is longer ago.
READY_IS_NEWS = timedelta(days=7)
MOST_BLOCKERS = 2
MOST_READ = 60


def needs_of(
    session: Session, person: str, *, since: datetime, now: datetime, statuses: Iterable[StatusCount]
) -> tuple[Block, ...]:
    """What waits for `person`, the most personal first; blocks with nothing in them are left out."""
    mine = _mine(session, person, since, now)
    blocks = (
        _unread(session, person),
        mine["ready"],
        mine["assigned"],
        mine["blocked"],
        _returned(session, person, now),
        _inbox(session, since, now),
        _over_limit(session, statuses),
    )
    return tuple(block for block in blocks if block.lines)


def _unread(session: Session, person: str) -> Block:
    total = unread_count(session, person)
    newest = notifications_for(session, person, limit=MOST_READ) if total else ()
    unread = [notification for notification in newest if notification.read_at is None]
    # Whoever is called by name is asked for something.
    unread.sort(key=lambda notification: notification.kind is not NotificationKind.MENTIONED)
    return Block("unread", "Unread", tuple(map(_notified, unread[:SHOWN])), total)


def _notified(notification: Notification) -> Line:
    return Line(
        f"{notification.actor} {notification.summary}",
        enhancement_id=notification.enhancement_id,
        page=None if notification.run_id is None else f"agents?run={notification.run_id}",
        at=notification.created_at,
        notification_id=notification.id,
    )


def _mine(session: Session, person: str, since: datetime, now: datetime) -> dict[str, Block]:
    recently = min(since, now - READY_IS_NEWS)
    rows = session.execute(queries.MINE, {"person": person, "now": now, "recently": recently, "most": SHOWN}).all()
    page = "board?assignee=" + _quoted(person)
    titles = {"ready": "Ready to go on", "assigned": "Assigned to you", "blocked": "Yours, and blocked"}
    return {
        place: _own(place, title, [row for row in rows if row.place == place], page) for place, title in titles.items()
    }


def _quoted(person: str) -> str:
    from urllib.parse import quote

    return quote(person, safe="")


def _own(place: str, title: str, rows: Sequence[Row[Any]], page: str) -> Block:
    lines = tuple(_item(row, _why(row)) for row in rows)
    return Block(place, title, lines, rows[0].total if rows else 0, page=page)


def _why(row: Row[Any]) -> str:
    if row.place == "ready":
        return "what it waited for is done"
    if row.place == "assigned":
        return LABELS[Status(row.status)].lower()
    blockers = row.blockers or []
    if not blockers:
        return "marked as blocked"
    more = f" and {counted(len(blockers) - MOST_BLOCKERS, 'other')}" if len(blockers) > MOST_BLOCKERS else ""
    return f"waits for {', '.join(blockers[:MOST_BLOCKERS])}{more}"


def _item(row: Row[Any], note: str, at: datetime | None = None) -> Line:
    return Line(
        row.title,
        note,
        enhancement_id=row.id,
        status=Status(row.status),
        priority=Priority(row.priority),
        score=None if row.ai_priority_score is None else float(row.ai_priority_score),
        at=at,
    )


def _returned(session: Session, person: str, now: datetime) -> Block:
    rows = session.execute(queries.RETURNED, {"person": person, "now": now, "most": SHOWN}).all()
    lines = tuple(
        _item(
            row,
            "its time has come" if row.other_id is None else f"#{row.other_id} {row.other_title} is closed",
            row.returned_at,
        )
        for row in rows
    )
    return Block("returned", "Back from your snooze", lines, rows[0].total if rows else 0, page="inbox")


def _inbox(session: Session, since: datetime, now: datetime) -> Block:
    row = session.execute(queries.INBOX, {"now": now, "since": since}).one()
    if not row.waiting:
        return Block("inbox", "Inbox")
    text = f"{counted(row.waiting, 'proposal')} {'wait' if row.waiting > 1 else 'waits'} for a decision"
    note = f"the oldest for {lasting(now - row.oldest_at)}"
    note = f"{row.fresh:,} of them new, {note}" if row.fresh else note
    return Block("inbox", "Inbox", (Line(text, note, page="inbox"),), row.waiting)


def _over_limit(session: Session, statuses: Iterable[StatusCount]) -> Block:
    limits = wip_limits(session)
    lines = tuple(
        Line(
            f"{LABELS[status.status]} holds {status.count:,} of at most {limit.limit:,}",
            f"limit set by {limit.set_by}",
            page="board",
            status=status.status,
        )
        for status in statuses
        if (limit := limits.get(status.status)) and status.count > limit.limit
    )
    return Block("over-limit", "Too full", lines, len(lines))
