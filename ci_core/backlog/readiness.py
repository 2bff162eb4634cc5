"""What waited for a thing that is done comes up by itself: the last blocker gone, it is ready, and on top.

Ready is the column of what is approved. From *Blocked* an enhancement moves there, and one that stands there already
moves to the top; what is proposed, deferred or in progress stays where people put it. All of them are stamped with
`ready_at`. It happens in the transaction of the blocker's change, with a reason that names the blocker, and is taken
back together with it. A blocker that is opened again moves nothing back: the enhancement counts as blocked again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ci_core.backlog import queries
from ci_core.backlog.ranking import ranks_in_gap
from ci_core.backlog.values import Enhancement
from db import tables
from db.enums import Status

MOST_NAMED = 3
NAME_MAX = 80
READY = text("""
    SELECT w.id, w.status, array_agg(b.id ORDER BY b.id) AS blockers
    FROM ci_enhancements w
    JOIN ci_enhancement_dependencies d ON d.enhancement_id = w.id AND d.kind = 'blocked_by'
    JOIN ci_enhancements b ON b.id = d.other_id AND b.id = ANY (:closed)
    WHERE w.id = ANY (:waiting) AND ci_is_open(w.status) AND NOT EXISTS (
        SELECT FROM ci_enhancement_dependencies o JOIN ci_enhancements x ON x.id = o.other_id
        WHERE o.enhancement_id = w.id AND o.kind = 'blocked_by' AND ci_is_open(x.status))
    GROUP BY w.id ORDER BY w.board_position, w.id
""")
FREE = text("""
    SELECT w.id, w.status FROM ci_enhancements w
    WHERE w.id = ANY (:waiting) AND ci_is_open(w.status) AND NOT EXISTS (
        SELECT FROM ci_enhancement_dependencies o JOIN ci_enhancements x ON x.id = o.other_id
        WHERE o.enhancement_id = w.id AND o.kind = 'blocked_by' AND ci_is_open(x.status))
    ORDER BY w.board_position, w.id
""")
TELL = text("SELECT ci_tell('unblocked', ARRAY[CAST(:item AS bigint)], ARRAY[CAST(:summary AS text)], false, NULL)")


def bring_up_waiting(session: Session, closed: Collection[int]) -> dict[int, Enhancement]:
    """Move up what waited for these enhancements and waits for nothing any more; gives the moved ones by their ids.

    Args:
        closed: enhancements that have just left the open states, all of one change.
    """
    waiting = queries.waiting_for(session, closed)
    if not waiting:
        return {}
    queries.present_rows(session, waiting)  # locked: two who end the last two blockers at once take turns
    rows = session.execute(READY, {"closed": list(closed), "waiting": list(waiting)}).all()
    names = _named(session, {blocker for row in rows for blocker in row.blockers})
    return _bring_up(
        session,
        {row.id: (row.status, _because([names[blocker] for blocker in row.blockers])) for row in rows},
    )


def bring_up_after_merge(
    session: Session, waiting: Collection[int], duplicate: Mapping[str, Any], original: Mapping[str, Any]
) -> dict[int, Enhancement]:
    """Move up those of `waiting` that waited for a duplicate and, now that it is merged, wait for nothing any more."""
    rows = session.execute(FREE, {"waiting": list(waiting)}).all()
    if not rows:
        return {}
    merged = f"#{duplicate['id']} {_short(duplicate['title'])}"
    into = f"#{original['id']} {_short(original['title'])}"
    reason = f"its last blocker {merged} was merged into {into}"
    moved = _bring_up(session, {row.id: (row.status, reason) for row in rows})
    for item in moved.values():
        summary = f"merged {merged}, the last blocker of #{item.id} {_short(item.title)}, into {into}"
        session.execute(TELL, {"item": item.id, "summary": summary})
    return moved


def _bring_up(session: Session, ready: Mapping[int, tuple[str, str]]) -> dict[int, Enhancement]:
    """Stamp enhancements, given in order with their status and the reason, and move those up that have a place."""
    if not ready:
        return {}
    now = session.scalar(select(func.now()))
    climbing = [item for item, (status, _) in ready.items() if status in (Status.BLOCKED, Status.APPROVED)]
    ranks = dict(zip(climbing, _top_ranks(session, climbing), strict=True))
    by_reason: dict[str, dict[int, dict[str, Any]]] = {}
    for item, (status, reason) in ready.items():
        values: dict[str, Any] = {"ready_at": now}
        if item in ranks:
            values["board_rank"] = ranks[item]
        if status == Status.BLOCKED:
            values["status"] = Status.APPROVED.value
        by_reason.setdefault(reason, {})[item] = values
    said = session.scalar(select(func.current_setting("ci.reason", True)))
    moved: dict[int, Enhancement] = {}
    for reason, rows in by_reason.items():
        session.execute(select(func.set_config("ci.reason", reason, True)))
        moved |= queries.write_rows(session, rows)
    session.execute(select(func.set_config("ci.reason", said or "", True)))
    return moved


def _top_ranks(session: Session, climbing: Collection[int]) -> list[Any]:
    if not climbing:
        return []
    card = tables.Enhancement
    highest = select(func.min(card.board_position)).where(
        card.status == Status.APPROVED.value, card.id.not_in(climbing)
    )
    return ranks_in_gap(None, session.scalar(highest), len(climbing))


def _named(session: Session, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    card = tables.Enhancement
    rows = session.execute(select(card.id, card.title, card.status).where(card.id.in_(ids)))
    return {row.id: (f"#{row.id} {_short(row.title)}", row.status) for row in rows}


def _because(blockers: list[tuple[str, str]]) -> str:
    verbs = {status for _, status in blockers}
    ended = verbs.pop() if len(verbs) == 1 else "ended"
    if len(blockers) == 1:
        return f"its last blocker {blockers[0][0]} was {ended}"
    listed = ", ".join(name for name, _ in blockers[:MOST_NAMED])
    more = f" and {len(blockers) - MOST_NAMED} more" if len(blockers) > MOST_NAMED else ""
    return f"its last blockers {listed}{more} were {ended}"


def _short(title: str) -> str:
    return title if len(title) <= NAME_MAX else title[: NAME_MAX - 1] + "…"
