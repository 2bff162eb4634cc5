"""The clock of a sidecar: it looks twice a second at what is due, and carries out nothing itself.

Every sidecar has one. They need not know of each other: a row's lock sees to it that each slot is taken once.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from ci_core.jobs.registry import KINDS
from ci_core.jobs.ticking import Tick, tick
from ci_core.logs import get_logger
from db.errors import DatabaseError, DatabaseUnavailable

if TYPE_CHECKING:
    from ci_core.jobs.kinds import Kinds
    from db.engine import Database

__all__ = ["BEAT_SECONDS", "Clock", "Tick", "tick"]

BEAT_SECONDS = 0.5
BEAT = "beat"
# While the database is away, it is asked less and less often, down to once in so many seconds.
LONGEST_WAIT_SECONDS = 5.0

log = get_logger(__name__)


class _EveryBeat(BaseTrigger):  # type: ignore[misc]
    """From now on, not from the beat before: APScheduler would count up every beat that a sleeping laptop missed."""

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The next beat; the first one is now."""
        return now if previous is None else now + timedelta(seconds=BEAT_SECONDS)


class _Scheduler(BackgroundScheduler):  # type: ignore[misc]
    """APScheduler, whose next beat is not lost when the machine's clock is set back: it goes by that clock."""

    def _process_jobs(self) -> float | None:
        wait: float | None = super()._process_jobs()
        if wait is None or wait <= 2 * BEAT_SECONDS:
            return wait
        self.modify_job(BEAT, next_run_time=datetime.now(UTC))
        return 0.0


class Clock:
    """Enters what is due for as long as it runs, through outages of the database too.

    Args:
        database: which the clock uses from a thread of its own; one connection is enough.
        kinds: the kinds of jobs to start; schedules of others are left alone.
    """

    def __init__(self, database: Database, *, kinds: Kinds = KINDS) -> None:
        self._database = database
        self._kinds = kinds
        self._scheduler: _Scheduler | None = None
        self._away_since: float | None = None
        self._wait_seconds = 0.0
        self._not_before = float("-inf")
        self._told: dict[str, str] = {}
        self._stopping = False
        self.last_tick: Tick | None = None

    def start(self) -> None:
        """Begin; returns at once.

        Raises:
            RuntimeError: it runs already.
        """
        if self._scheduler is not None:
            raise RuntimeError("the clock runs already")
        self._stopping = False
        self._scheduler = _Scheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": ThreadPoolExecutor(1)},
            timezone=UTC,
            daemon=True,
        )
        self._scheduler.add_job(
            self._beat,
            _EveryBeat(),
            id=BEAT,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,  # the default drops, without a word, what comes a second late
        )
        # A look that takes longer than a beat is nothing to warn of.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        # Said first: the first look may come before this thread goes on.
        log.info("clock_started", every_seconds=BEAT_SECONDS)
        self._scheduler.start()

    def stop(self) -> None:
        """End; returns when the look that is under way has ended. A clock that does not run stays as it is."""
        if self._scheduler is None:
            return
        self._stopping = True
        self._scheduler.shutdown(wait=True)
        self._scheduler = None
        log.info("clock_stopped")

    def _beat(self) -> None:
        while not self._stopping and time.monotonic() >= self._not_before:
            try:
                found = tick(self._database, kinds=self._kinds)
            except DatabaseError as error:
                self._wait(error)
                return
            except Exception:
                # A clock that ends is worse than one that says what it could not do, and tries again.
                log.exception("clock_failed")
                self._wait(None)
                return
            self._back()
            self._tell(found)
            self.last_tick = found
            if not found.more:
                return

    def _wait(self, error: DatabaseError | None) -> None:
        if self._away_since is None:
            self._away_since = time.monotonic()
            if isinstance(error, DatabaseUnavailable):
                log.warning("database_away", reason=str(error), told="the clock waits, and loses nothing meanwhile")
            elif error is not None:
                log.warning("clock_waits", reason=str(error))
        self._wait_seconds = min(max(self._wait_seconds * 2, BEAT_SECONDS), LONGEST_WAIT_SECONDS)
        self._not_before = time.monotonic() + self._wait_seconds

    def _back(self) -> None:
        if self._away_since is not None:
            log.info("clock_goes_on", waited_seconds=round(time.monotonic() - self._away_since, 1))
        self._away_since, self._wait_seconds = None, 0.0

    def _tell(self, found: Tick) -> None:
        """Say what a person may want to know, each thing once."""
        for name, reason in found.unusable.items():
            if self._told.get(name) != reason:
                log.warning("schedule_unusable", schedule=name, reason=reason)
        self._told |= found.unusable
        for name in found.overlapping:
            log.info("schedule_overlaps", schedule=name, told="its run of before has not ended yet; none was entered")
        for name in found.skipped:
            log.info("schedule_missed", schedule=name)
        if found.entered:
            log.debug("runs_entered", runs=found.entered)
