"""Jobs of workers that died or froze run again soon; one that kills its worker each time is set aside."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import psycopg

from ci_core.jobs import worker_queries as sql
from ci_core.jobs.attempt import after_kill
from ci_core.jobs.failures import MOST_KILLS, MOST_KILLS_APART
from ci_core.jobs.kinds import Isolation, Kinds
from ci_core.jobs.outages import AWAY, Outage, Pool
from ci_core.jobs.queue import Outcome
from ci_core.logs import get_logger, run_context

BEAT_SECONDS = 2.0
# Three beats: whoever has said nothing for so long is gone, or as good as gone.
SILENT_SECONDS = 6.0
LOOK_SECONDS = 0.5
# After an outage every worker is silent. Nobody is taken for dead before all could have said that they live.
SETTLED_SECONDS = 4.5
FORGOTTEN_SECONDS = 30.0

_log = get_logger(__name__)


class Rescue:
    """Looks for lost jobs, for as long as the worker beside it lives. Of all workers, one at a time does it.

    Args:
        moved: called when runs were given back or ended.
        silent, settled: in seconds; see the constants.
    """

    def __init__(
        self,
        pool: Pool,
        outage: Outage,
        kinds: Kinds,
        *,
        monotonic: Callable[[], float],
        moved: Callable[[], None] = lambda: None,
        silent: float = SILENT_SECONDS,
        settled: float = SETTLED_SECONDS,
    ) -> None:
        self._pool = pool
        self._outage = outage
        self._kinds = kinds
        self._monotonic = monotonic
        self._moved = moved
        self._times = {"silent": silent, "settled": settled, "forgotten": FORGOTTEN_SECONDS}
        self._settled = settled

    async def run(self) -> None:
        """Look every half second, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            since = self._outage.answered_since
            if since is None or self._monotonic() - since < self._settled:
                continue
            try:
                await self.look()
            except AWAY as error:
                _log.debug("rescue_failed", reason=str(error)[:200])

    async def look(self) -> int:
        """Rescue what there is to rescue now; gives how many jobs. Raises psycopg.Error, OSError, TimeoutError."""
        if not (await self._pool.rows(sql.ANYTHING_TO_RESCUE, self._times))[0]["anything"]:
            return 0
        async with self._pool.connection() as connection, connection.transaction():
            if not (await _rows(connection, sql.ALONE))[0]["alone"]:
                return 0
            await _rows(connection, sql.END_SESSIONS, self._times)
            lost = await _rows(connection, sql.LOST_JOBS, self._times)
            rescued = 0
            for job in lost:
                rescued += await self._rescue(connection, job)
            for worker in await _rows(connection, sql.FORGET_WORKERS, self._times):
                _log.warning("worker_forgotten", worker_id=worker["id"], silent_for_seconds=FORGOTTEN_SECONDS)
        if rescued:
            self._moved()
        return rescued

    async def _rescue(self, connection: psycopg.AsyncConnection[Any], job: Mapping[str, Any]) -> bool:
        """Whether the job was given back or ended; one whose run is being written to is left for the next time."""
        if job["run_id"] is not None and not await _rows(connection, sql.HOLD_RUN, job):
            return False
        outcome = self._outcome(job)
        wanted = {
            "job_id": job["id"],
            "attempts": job["attempts"],
            "end": outcome.end,
            "counts": None,
            "error": outcome.error,
            "error_kind": outcome.error_kind,
            "wait_seconds": 0.0,
            "failures": 0,
            "kills": outcome.kills,
        }
        (ended,) = await _rows(connection, sql.END, wanted)
        with run_context(job["run_id"], job["attempts"] + 1):
            tell = _log.error if ended["outcome"] == "failed" else _log.warning
            tell("run_rescued", kind=job["task_name"], end=ended["outcome"], worker_id=job["worker_id"])
        return True

    def _outcome(self, job: Mapping[str, Any]) -> Outcome:
        if job["run_id"] is None:
            return Outcome("failed")  # its run was deleted: nobody knows what to do
        name = job["task_name"]
        apart = name in self._kinds and self._kinds[name].isolation is Isolation.PROCESS
        where = f" on {job['host']}" if job["host"] else ""
        how = f"the worker{where} that carried it out died or froze"
        return after_kill(how, job["kills"], MOST_KILLS_APART if apart else MOST_KILLS)


async def _rows(
    connection: psycopg.AsyncConnection[Any], statement: str, values: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    return await (await connection.execute(statement.encode(), values)).fetchall()
