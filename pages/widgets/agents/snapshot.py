"""The sidecar as the page shows it: read again when something changed, and every two seconds for signs of life."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import lru_cache

from ci_core.backlog.board_listener import BoardListener
from ci_core.jobs.overview import JobsOverview, jobs_overview
from db.engine import Database
from pages.widgets.session import Backend

# Heartbeats of workers come every two seconds, and nobody is notified of them.
READ_AGAIN_SECONDS = 2.0
TABLES = ("ci_automation_runs", "ci_run_steps", "ci_schedules", "ci_workers", "ci_research_sources")
Revision = tuple[tuple[int, int], ...]


def revision(shared: Backend) -> Revision:
    """A value that differs from the one before when something of runs, schedules or workers may have changed."""
    return tuple(shared.listener.revision_of(table) for table in TABLES)


def schedules_revision(shared: Backend) -> Revision:
    """As `revision`, for what is due when."""
    return tuple(shared.listener.revision_of(table) for table in ("ci_schedules", "ci_research_sources"))


def overview_now(shared: Backend) -> JobsOverview:
    """The sidecar now; all pages of this process share one reading.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    return _read(shared.database, shared.listener, revision(shared), int(time.monotonic() / READ_AGAIN_SECONDS))


@lru_cache(maxsize=4)
def _read(database: Database, _listener: BoardListener, _revision: Revision, _turn: int) -> JobsOverview:
    with database.reading() as session:
        return jobs_overview(session, now=datetime.now(UTC))


def show_own_change(shared: Backend) -> None:
    """Let everybody at this process see at once what was just changed here, instead of a moment later."""
    shared.listener.note_change(*TABLES)
