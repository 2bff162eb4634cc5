"""Lets the checkers of one check look at a target: several at once, longest first, none able to harm another."""

from __future__ import annotations

import os
import queue
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ci_core.health.checkers.cache import NoCache
from ci_core.health.checkers.cores import Cores, Turn
from ci_core.health.checkers.kinds import (
    Cache,
    CheckCancelled,
    Checker,
    CheckerFailed,
    NotApplicable,
    ToolMissing,
    ToolTimedOut,
    Workbench,
)
from ci_core.health.checkers.tools import LONGER
from ci_core.health.values import CheckerOutcome, Report, Target, Unseen
from ci_core.logs import get_logger
from ci_core.settings.health import HealthSettings
from db.enums import CheckerStatus

log = get_logger(__name__)

LOOK_SECONDS = 0.1
# How long a checker that ended its program, or that has none to end, may still need to say so.
GRACE_SECONDS = 10.0
SILENT = "the checker did not say that it looked at this file"
BUSY = "The checker did not stop when its time was over; nothing waits for it any more."

OnChange = Callable[[CheckerOutcome], None]


def run_checkers(
    target: Target,
    checkers: Sequence[Checker],
    *,
    settings: HealthSettings,
    data_dir: Path,
    cache_for: Callable[[Checker], Cache] = lambda _: NoCache(),
    on_change: OnChange = lambda _: None,
    cancelled: threading.Event | None = None,
) -> tuple[CheckerOutcome, ...]:
    """Let each checker look at the target; one that fails, hangs or is killed harms no other.

    Args:
        data_dir: where the product keeps its data.
        cache_for: what a checker may remember; called in threads.
        on_change: called in this thread when a checker begins (its outcome says running) and when it has ended.
        cancelled: whoever sets it ends all that runs; what had ended by then keeps its report.

    Returns:
        An outcome for each checker, in their order. Each file that one was to look at is either seen or named with the
        reason.
    """
    cancelled = cancelled or threading.Event()
    with tempfile.TemporaryDirectory(prefix="magnus-check-", ignore_cleanup_errors=True) as scratch:
        crew = _Crew(target, checkers, settings, data_dir, Path(scratch), cache_for, cancelled)
        try:
            return crew.work(on_change)
        except BaseException:
            # Whatever ended this thread's work, such as a job that was told to stop: no program is left behind.
            cancelled.set()
            crew.join(GRACE_SECONDS)
            raise


def cores(settings: HealthSettings) -> int:
    """How many programs may run at once."""
    if settings.workers:
        return settings.workers
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class _Started:
    checker: Checker
    at: float
    turn: Turn
    seconds: float

    def overdue(self) -> bool:
        """Whether it took more time than it has, waiting for a core not counted."""
        return time.monotonic() - self.at - self.turn.waited_seconds() > self.seconds + GRACE_SECONDS


class _Crew:
    def __init__(
        self,
        target: Target,
        checkers: Sequence[Checker],
        settings: HealthSettings,
        data_dir: Path,
        scratch: Path,
        cache_for: Callable[[Checker], Cache],
        cancelled: threading.Event,
    ) -> None:
        self._target = target
        self._checkers = checkers
        self._settings = settings
        self._data_dir = data_dir
        self._scratch = scratch
        self._cache_for = cache_for
        self._cancelled = cancelled
        self._count = cores(settings)
        self._cores = Cores(self._count)
        self._said: queue.Queue[CheckerOutcome] = queue.Queue()
        self._waiting = sorted(checkers, key=lambda checker: -checker.usual_seconds)
        self._running: dict[str, _Started] = {}
        self._threads: list[threading.Thread] = []
        self._ended: dict[str, CheckerOutcome] = {}

    def work(self, on_change: OnChange) -> tuple[CheckerOutcome, ...]:
        while self._waiting or self._running:
            for step in (self._start, self._collect):
                for outcome in step():
                    on_change(outcome)
        return tuple(self._ended[checker.name] for checker in self._checkers)

    def join(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _start(self) -> list[CheckerOutcome]:
        """Begin as many as may run at once."""
        said = []
        while self._waiting and (self._cancelled.is_set() or len(self._running) < self._count):
            checker = self._waiting.pop(0)
            expected = checker.expected(self._target)
            if self._cancelled.is_set():
                said.append(self._note(CheckerOutcome(checker.name, CheckerStatus.CANCELLED, expected, 0.0)))
                continue
            if checker.looks_at is not None and not expected:
                nothing = Report((), frozenset())
                said.append(self._note(CheckerOutcome(checker.name, CheckerStatus.COMPLETED, expected, 0.0, nothing)))
                continue
            started = _Started(checker, time.monotonic(), Turn(self._cores), checker.most_seconds(self._settings))
            self._running[checker.name] = started
            # Not a pool's: a thread that never ends must not keep this process from ending.
            thread = threading.Thread(
                target=self._look, args=(started, expected), name=f"checker-{checker.name}", daemon=True
            )
            self._threads.append(thread)
            thread.start()
            said.append(CheckerOutcome(checker.name, CheckerStatus.RUNNING, expected, 0.0))
        return said

    def _collect(self) -> list[CheckerOutcome]:
        """What ended meanwhile, or is waited for no longer."""
        said = []
        try:
            outcome = self._said.get(timeout=LOOK_SECONDS if self._running else 0)
        except queue.Empty:
            pass
        else:
            if outcome.name in self._running:  # else it was given up before
                del self._running[outcome.name]
                said.append(self._note(outcome))
        for started in [one for one in self._running.values() if one.overdue()]:
            del self._running[started.checker.name]
            log.warning("checker_given_up", checker=started.checker.name, seconds=started.seconds)
            said.append(self._note(self._given_up(started)))
        return said

    def _note(self, outcome: CheckerOutcome) -> CheckerOutcome:
        self._ended[outcome.name] = outcome
        return outcome

    def _given_up(self, started: _Started) -> CheckerOutcome:
        return CheckerOutcome(
            started.checker.name,
            CheckerStatus.TIMED_OUT,
            started.checker.expected(self._target),
            time.monotonic() - started.at,
            error=BUSY,
            remedy=LONGER,
        )

    # -- in a checker's thread -------------------------------------------------------------------------------------

    def _look(self, started: _Started, expected: frozenset[str]) -> None:
        outcome = CheckerOutcome(started.checker.name, CheckerStatus.CANCELLED, expected, 0.0)
        try:
            outcome = self._outcome(started, outcome)
        except CheckCancelled:
            pass
        except Exception as error:
            log.exception("checker_crashed", checker=started.checker.name)
            outcome = replace(
                outcome,
                status=CheckerStatus.FAILED,
                error=f"The checker itself has a defect: {type(error).__name__}.",
                remedy="The log has the details; report it with them.",
            )
        finally:
            self._said.put(replace(outcome, seconds=time.monotonic() - started.at))

    def _outcome(self, started: _Started, outcome: CheckerOutcome) -> CheckerOutcome:
        checker = started.checker
        scratch = self._scratch / checker.name
        scratch.mkdir()
        workbench = Workbench(
            settings=self._settings,
            scratch=scratch,
            data_dir=self._data_dir,
            cache=self._cache_for(checker),
            processes=self._count,
            seconds=started.seconds,
            cancelled=self._cancelled,
            turn=started.turn,
        )
        try:
            report = _complete(checker.load()(self._target, workbench), outcome.expected)
        except NotApplicable as error:
            return replace(outcome, status=CheckerStatus.SKIPPED, error=str(error), remedy=error.remedy)
        except ToolMissing as error:
            return replace(outcome, status=CheckerStatus.MISSING, error=str(error), remedy=error.remedy)
        except ToolTimedOut as error:
            return replace(outcome, status=CheckerStatus.TIMED_OUT, error=str(error), remedy=error.remedy)
        except CheckerFailed as error:
            return replace(outcome, status=CheckerStatus.FAILED, error=str(error), remedy=error.remedy)
        return replace(
            outcome, status=CheckerStatus.PARTIAL if report.unseen else CheckerStatus.COMPLETED, report=report
        )


def _complete(report: Report, expected: frozenset[str]) -> Report:
    """The report with every expected file accounted for; what was not looked at is never taken for seen."""
    unseen = {one.path: one for one in report.unseen}
    silent = expected - report.seen - unseen.keys()
    return replace(
        report,
        seen=report.seen - unseen.keys(),
        unseen=tuple(unseen[path] for path in sorted(unseen)) + tuple(Unseen(path, SILENT) for path in sorted(silent)),
    )
