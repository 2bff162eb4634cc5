"""What agents do by themselves, in short."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from ci_core.overview.values import Block, Figure, Glance, Hint, Line, Period
from ci_core.overview.words import counted

SHOWN = 4
LONGEST_NOTE = 120
START = "python -m ci_core scheduler start"
# Workers say every two seconds that they live.
ALIVE = text("""
    SELECT count(*) AS workers, count(DISTINCT w.host) AS hosts, min(w.host) AS host
    FROM ci_workers w JOIN procrastinate_workers p ON p.id = w.worker_id
    WHERE p.last_heartbeat > clock_timestamp() - interval '6 seconds'
""")
OPEN = text("""
    SELECT count(*) FILTER (WHERE status = 'running') AS running, count(*) FILTER (WHERE status = 'queued') AS waiting
    FROM ci_automation_runs WHERE status IN ('queued', 'running')
""")
NEXT = text("""
    SELECT name, next_due_at FROM ci_schedules
    WHERE enabled AND next_due_at IS NOT NULL ORDER BY next_due_at, id LIMIT 1
""")
# Failed for good, and not tried again by anybody since.
FAILED = text("""
    SELECT r.id, r.run_type, r.error, r.ended_at, o.source_name AS subject, count(*) OVER () AS total
    FROM ci_automation_runs r
    LEFT JOIN ci_research_sources o
        ON jsonb_typeof(r.parameters -> 'source_id') = 'number' AND o.id = (r.parameters ->> 'source_id')::numeric
    WHERE r.ended_at >= :since AND r.status = 'failed'
        AND NOT EXISTS (SELECT 1 FROM ci_automation_runs again WHERE again.retry_of_id = r.id)
    ORDER BY r.ended_at DESC, r.id DESC LIMIT :most
""")


def agents(session: Session, period: Period, now: datetime) -> Glance:
    """Whether the sidecar lives, how much runs, what is next, and what failed in the period."""
    alive = session.execute(ALIVE).one()
    at_work = session.execute(OPEN).one()
    following = session.execute(NEXT).one_or_none()
    failed = session.execute(FAILED, {"since": period.since, "most": SHOWN}).all()
    total = int(failed[0].total) if failed else 0
    figures = [Figure("Sidecar", _alive(alive))]
    if at_work.running or at_work.waiting:
        figures.append(Figure("Running", f"{at_work.running:,}, {at_work.waiting:,} waiting"))
    if following is not None:
        figures.append(Figure("Next", f"{following.name} {_until(following.next_due_at - now)}"))
    figures.append(Figure("Failed", f"{total:,}"))
    lines = tuple(_line(row) for row in failed)
    hint = None if lines else _hint(period, is_alive=bool(alive.workers))
    block = Block("failed-runs", f"Failed {period.words}", lines, total, page="agents?part=History", hint=hint)
    return Glance("agents", "Agents", tuple(figures), block)


def _alive(alive: Row[tuple[int, int, str]]) -> str:
    if not alive.workers:
        return "stopped"
    where = alive.host if alive.hosts == 1 else counted(alive.hosts, "machine")
    return f"{counted(alive.workers, 'worker')} on {where}"


def _line(failed: Row[tuple[int, str, str, datetime, str, int]]) -> Line:
    what = failed.run_type.replace("_", " ").capitalize()
    note = failed.error or "its log says more"
    return Line(
        f"{what}: {failed.subject}" if failed.subject else what,
        note if len(note) <= LONGEST_NOTE else note[: LONGEST_NOTE - 1].rstrip() + "…",
        page=f"agents?run={failed.id}",
        at=failed.ended_at,
    )


def _hint(period: Period, *, is_alive: bool) -> Hint:
    if is_alive:
        return Hint(f"Nothing failed {period.words}.", "See what they do", "agents")
    return Hint(
        "No sidecar runs, so nothing is done by itself. What is due waits for it. Start it with:",
        "See what waits",
        "agents",
        START,
    )


def _until(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    if minutes < 1:
        return "due"
    return f"in {minutes} min" if minutes < 120 else f"in {round(minutes / 60)} h"
