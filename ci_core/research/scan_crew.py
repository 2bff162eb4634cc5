"""The threads of a scan: a site that hangs holds up no other."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from sqlalchemy import Row

from ci_core.errors import CiError
from ci_core.logs import get_logger, in_context
from ci_core.research.intake import Intake
from ci_core.research.outcome import AGENT
from ci_core.research.scan_parts import Parts
from ci_core.research.scan_result import SourceResult, SourceStatus
from ci_core.research.source_scan import Abandoned, Read, Task, default_read, note_result, scan_source
from ci_core.settings import Settings
from db.engine import Database
from db.errors import DatabaseError

log = get_logger(__name__)

# A reading ends by itself in time; one that does not, because a library hangs, is not waited for any longer.
GRACE_SECONDS = 60.0
TICK_SECONDS = 0.2

Told = Callable[[SourceResult], None]
Ended = tuple[Task, SourceResult | BaseException]


@dataclass(slots=True)
class Crew:
    """The threads of a scan: one for each site, and a new one where a source is not waited for any longer.

    Attributes:
        causes: by source, the errors that the reading of a source did not tell in its result.
    """

    database: Database
    settings: Settings
    run_id: int
    steps: Mapping[int, int]
    intake: Intake
    parts: Parts
    max_results: int | None
    progress: Told | None
    attempt: int = 0
    shares: dict[int, float] = field(default_factory=dict)
    causes: dict[int, Exception] = field(default_factory=dict)
    total: int = 0

    def scan(self, chosen: Sequence[Row[Any]]) -> tuple[SourceResult, ...]:
        """What came of each source, in their order."""
        self.total = len(chosen)
        longest = self.parts.longest_seconds or self.settings.research_source_seconds
        read = self.parts.read or default_read(self.database, self.settings, longest_seconds=longest)
        patience = longest + (GRACE_SECONDS if self.parts.longest_seconds is None else 0)
        waiting: dict[str, deque[Task]] = {}
        for row in chosen:
            waiting.setdefault(row.source_type, deque()).append(self._task(row, read))
        ended: SimpleQueue[Ended] = SimpleQueue()
        found: dict[int, SourceResult] = {}
        at_work: dict[str, tuple[Task, float]] = {}
        try:
            for site in waiting:
                self._next_of(site, waiting, at_work, ended, patience)
            while at_work:
                for task, outcome in self._ended(ended, at_work):
                    result = self._told(task, outcome)
                    found[task.row.id] = result
                    if self.progress:
                        self.progress(result)
                    self._next_of(task.row.source_type, waiting, at_work, ended, patience)
        except BaseException:
            for task, _ in at_work.values():
                task.abandoned.set()
            raise
        return tuple(found[row.id] for row in chosen)

    def _task(self, row: Row[Any], read: Read) -> Task:
        return Task(
            run_id=self.run_id,
            step_id=self.steps[row.id],
            row=row,
            limit=self.max_results or row.max_results,
            intake=self.intake,
            read=read,
            progress=partial(self._percent, row.id),
            attempt=self.attempt,
        )

    def _percent(self, source_id: int, share: float) -> float:
        self.shares[source_id] = max(share, self.shares.get(source_id, 0.0))
        return 100 * sum(tuple(self.shares.values())) / max(self.total, 1)

    def _next_of(
        self,
        site: str,
        waiting: dict[str, deque[Task]],
        at_work: dict[str, tuple[Task, float]],
        ended: SimpleQueue[Ended],
        patience: float,
    ) -> None:
        at_work.pop(site, None)
        if not waiting[site]:
            return
        task = waiting[site].popleft()
        at_work[site] = (task, time.monotonic() + patience)

        def work() -> None:
            try:
                ended.put((task, scan_source(task)))
            except BaseException as error:  # noqa: BLE001 - it is told where the scan is awaited
                ended.put((task, error))

        threading.Thread(target=in_context(work), name=f"scan-{task.label}", daemon=True).start()

    def _ended(
        self,
        ended: SimpleQueue[Ended],
        at_work: dict[str, tuple[Task, float]],
    ) -> list[Ended]:
        """The sources that have ended, and those that are not waited for any longer."""
        found: list[Ended] = []
        try:
            task, outcome = ended.get(timeout=TICK_SECONDS)
            if not task.abandoned.is_set():
                found.append((task, outcome))
        except Empty:
            now = time.monotonic()
            for task, until in at_work.values():
                if now > until:
                    task.abandoned.set()
                    found.append((task, Abandoned("It took too long and was given up; what came before is stored.")))
        return found

    def _told(self, task: Task, outcome: SourceResult | BaseException) -> SourceResult:
        if isinstance(outcome, SourceResult):
            return outcome
        if not isinstance(outcome, Exception):
            raise outcome  # somebody wants the whole scan to end
        self.causes[task.row.id] = outcome
        if not isinstance(outcome, CiError | DatabaseError):
            log.error("source_scan_broke", exc_info=outcome, source=task.label)
        expected = isinstance(outcome, CiError | DatabaseError)
        reason = str(outcome) if expected else f"An error of the program ({type(outcome).__name__}); the log has more."
        result = task.result(SourceStatus.FAILED, error=reason)
        with self.database.transaction(AGENT) as session:
            note_result(session, task, result)
        return result
