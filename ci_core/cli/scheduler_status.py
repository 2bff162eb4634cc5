"""`ci scheduler status`: is it alive, what runs, what comes next, and what came of the last runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ci_core.cli.door import open_door
from ci_core.cli.output import Column, clean, say, write, write_heading, write_json, write_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ci_core.jobs.calendar import Coming
    from ci_core.jobs.overview import JobsOverview, OpenRun, QueueNow, WorkerNow
    from ci_core.jobs.standing import Standing
    from ci_core.runs import Run

LAST, NEXT = 5, 5
AHEAD = timedelta(days=8)
WORKERS = (
    Column("HOST"),
    Column("PROCESS", numeric=True),
    Column("QUEUES", flexible=True),
    Column("RUNNING", numeric=True),
    Column("CLOCK"),
    Column("STATE"),
)
QUEUES = (
    Column("QUEUE"),
    Column("RUNNING", numeric=True),
    Column("WAITING", numeric=True),
    Column("LATER", numeric=True),
)
OPEN = (Column("RUN", numeric=True), Column("TYPE"), Column("ABOUT", flexible=True), Column("DONE"), Column("WHERE"))
COMING = (Column("DUE"), Column("NAME"), Column("WHAT", flexible=True))
ENDED = (Column("RUN", numeric=True), Column("TYPE"), Column("STATUS"), Column("ENDED"), Column("TOLD", flexible=True))


@dataclass(frozen=True, slots=True)
class Found:
    """What the database says of the work; `problem` instead where it cannot be asked."""

    overview: JobsOverview | None = None
    coming: Sequence[Coming] = ()
    last: Sequence[Run] = ()
    problem: str | None = None


def look() -> Found:
    """Ask the database; where it is away, say so, for the scheduler may be alive all the same."""
    from ci_core.errors import CiError
    from ci_core.jobs.calendar import calendar
    from ci_core.jobs.overview import jobs_overview
    from ci_core.runs.history import RunFilter, find_runs
    from db.enums import RunStatus
    from db.errors import DatabaseError

    now = datetime.now(UTC)
    ended = RunFilter(statuses=(RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED))
    try:
        with open_door() as door, door.database.reading() as session:
            return Found(
                jobs_overview(session, now=now),
                calendar(session, now=now, until=now + AHEAD, most_each=NEXT).entries[:NEXT],
                find_runs(session, ended, limit=LAST).runs,
            )
    except (CiError, DatabaseError) as error:
        return Found(problem=str(error))


def show(standing: Standing | None, found: Found, *, as_json: bool) -> None:
    """Print it for people or for machines."""
    if as_json:
        write_json(document(standing, found))
        return
    if standing is None:
        write("No scheduler of this data folder is running. Start it with: ci scheduler start")
    else:
        write(clean(f"The scheduler {standing.told}: process {standing.pid} since {standing.started_at}."))
    if found.problem:
        say(f"warning: {clean(found.problem)}")
    if found.overview is not None:
        _write(found, found.overview)


def document(standing: Standing | None, found: Found) -> dict[str, object]:
    """The same as one JSON document."""
    overview = found.overview
    return {
        "running": standing is not None,
        "scheduler": standing,
        "workers": overview.workers if overview else [],
        "queues": overview.queues if overview else [],
        "now": overview.running if overview else [],
        "waiting": overview.waiting if overview else [],
        "next": found.coming,
        "last": found.last,
        "problem": found.problem,
    }


def _write(found: Found, overview: JobsOverview) -> None:
    parts = (
        ("Workers", WORKERS, [_worker(worker) for worker in overview.workers], "none: nothing carries out jobs"),
        ("Queues", QUEUES, [_queue(queue) for queue in overview.queues], "nothing waits"),
        ("Now", OPEN, [_open(run) for run in overview.running], "nothing runs"),
        ("Next", COMING, [(_minute(one.due_at), one.name, one.title) for one in found.coming], "nothing is due"),
        ("Last", ENDED, [_ended(run) for run in found.last], "nothing has run yet"),
    )
    for heading, columns, rows, nothing in parts:
        write_heading(heading)
        if rows:
            write_table(columns, rows)
        else:
            write(nothing)


def _worker(worker: WorkerNow) -> tuple[object, ...]:
    state = worker.state if worker.is_alive else f"silent for {worker.silent_seconds:.0f} s"
    queues = ", ".join(worker.queues) if worker.queues else "all"
    running = f"{worker.running}/{worker.concurrency}"
    return (worker.host, worker.pid, queues, running, "yes" if worker.has_clock else "", state)


def _queue(queue: QueueNow) -> tuple[object, ...]:
    return (queue.name, queue.running, queue.waiting, queue.later)


def _open(run: OpenRun) -> tuple[object, ...]:
    done = "" if run.progress_percent is None else f"{run.progress_percent:.0f} %"
    return (run.id, run.run_type, run.subject or run.step or "", done, run.host or "")


def _ended(run: Run) -> tuple[object, ...]:
    from ci_core.cli.runs import counted

    return (run.id, run.run_type, run.status, _minute(run.ended_at), run.error or counted(run.counts))


def _minute(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}"
