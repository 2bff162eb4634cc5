"""The overview of one person at one moment, read in few statements."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from ci_core.backlog.lifecycle import LABELS
from ci_core.overview import queries
from ci_core.overview.changes import changes_in
from ci_core.overview.glances import GLANCES
from ci_core.overview.needs import needs_of
from ci_core.overview.values import Block, Completions, Hint, Line, Overview, Period, StatusCount
from db.enums import Priority, Status

TOP_SHOWN = 8
DAYS = 14


def overview_of(session: Session, person: str, period: Period, now: datetime) -> Overview:
    """What `person` should see first: what needs them, what others changed in the period, and how things stand."""
    counts: dict[str, int] = {row[0]: row[1] for row in session.execute(queries.STATUS_COUNTS)}
    statuses = tuple(StatusCount(status, counts.get(status, 0)) for status in Status)
    people, agents = changes_in(session, person, period)
    return Overview(
        person=person,
        now=now,
        period=period,
        needs=needs_of(session, person, since=period.since, now=now, statuses=statuses),
        people=people,
        agents=agents,
        top=_top(session),
        statuses=statuses,
        completions=_completions(session, now),
        glances=tuple(glance(session, period, now) for glance in GLANCES),
    )


def _top(session: Session) -> Block:
    rows = session.execute(queries.TOP, {"most": TOP_SHOWN}).all()
    total = session.execute(queries.TOP_COUNT).scalar_one()
    lines = tuple(
        Line(
            row.title,
            _state(row.status, row.assignee, row.blocked_by),
            enhancement_id=row.id,
            status=Status(row.status),
            priority=Priority(row.priority),
            score=None if row.ai_priority_score is None else float(row.ai_priority_score),
        )
        for row in rows
    )
    hint = Hint("Nothing is open. New ideas begin in the inbox.", "Open the board", "board")
    return Block("top", "Top priorities", lines, total, page="board", hint=None if lines else hint)


def _state(status: str, assignee: str | None, blocked_by: list[int]) -> str:
    waits = f"waits for {', '.join(f'#{item}' for item in blocked_by[:3])}" if blocked_by else ""
    return " · ".join(filter(None, (LABELS[Status(status)], assignee, waits)))


def _completions(session: Session, now: datetime) -> Completions:
    found: dict[int, int] = {row[0]: row[1] for row in session.execute(queries.COMPLETED, {"now": now})}
    return Completions(tuple(found.get(day, 0) for day in reversed(range(DAYS))))


def newest_change(session: Session, person: str) -> tuple[int, ...]:
    """Numbers that differ when something of an overview can have changed, but for the passing of time."""
    return tuple(session.execute(queries.NEWEST, {"person": person}).one())
