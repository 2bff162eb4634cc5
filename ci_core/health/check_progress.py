"""How far a check is, for whoever follows it: its checkers, the steps of its run, its percentage, and words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from ci_core import runs
from ci_core.health import store
from ci_core.health.checkers.kinds import Checker
from ci_core.health.values import CheckerOutcome
from db.engine import Database
from db.enums import CheckerStatus, StepStatus

Said = Callable[[str], None]
Told = Callable[[float | None], None]

ACTOR = "agent:health"
# Reading the files comes before the checkers, storing what they saw after them.
FIRST_PERCENT, LAST_PERCENT = 5.0, 85.0
STEPS: dict[CheckerStatus, StepStatus] = {
    CheckerStatus.COMPLETED: StepStatus.COMPLETED,
    CheckerStatus.PARTIAL: StepStatus.DEGRADED,
    CheckerStatus.MISSING: StepStatus.FAILED,
    CheckerStatus.FAILED: StepStatus.FAILED,
    CheckerStatus.TIMED_OUT: StepStatus.FAILED,
    CheckerStatus.SKIPPED: StepStatus.SKIPPED,
    CheckerStatus.CANCELLED: StepStatus.CANCELLED,
}


def silent(_words: str) -> None:
    """Says nothing."""


def nothing(_percent: float | None) -> None:
    """Tells nothing."""


class Progress:
    """Notes what each checker does, as soon as it does it.

    Args:
        said, percent: told in words what has ended, and how far the check is.
    """

    def __init__(
        self,
        database: Database,
        check_id: int,
        run_id: int,
        attempt: int,
        checkers: Sequence[Checker],
        said: Said,
        percent: Told,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._check_id = check_id
        self._run_id = run_id
        self._attempt = attempt
        self._titles = {checker.name: checker.title for checker in checkers}
        self._weights = {checker.name: max(checker.usual_seconds, 0.1) for checker in checkers}
        self._said = said
        self._percent = percent
        self._clock = clock
        self._done = 0.0

    def __call__(self, outcome: CheckerOutcome) -> None:
        """A checker began, or has ended."""
        if outcome.status is CheckerStatus.RUNNING:
            self._began(outcome)
            return
        self._ended(outcome)
        self._done += self._weights[outcome.name]
        share = self._done / sum(self._weights.values())
        self._percent(FIRST_PERCENT + (LAST_PERCENT - FIRST_PERCENT) * share)
        self._said(f"{self._titles[outcome.name]}: {_in_words(outcome)}")

    def _began(self, outcome: CheckerOutcome) -> None:
        now = self._clock()
        with self._database.transaction(ACTOR) as session:
            store.checker_began(session, self._check_id, outcome.name, now=now)
            title = self._titles[outcome.name]
            runs.begin_step(session, self._run_id, title, attempt=self._attempt, now=now)

    def _ended(self, outcome: CheckerOutcome) -> None:
        now = self._clock()
        findings = len(outcome.report.sightings) if outcome.report else 0
        with self._database.transaction(ACTOR) as session:
            store.checker_ended(session, self._check_id, outcome, now=now)
            title = self._titles[outcome.name]
            step_id = runs.begin_step(session, self._run_id, title, attempt=self._attempt, now=now)
            counts = {"findings": findings}
            status = STEPS[outcome.status]
            runs.finish_step(session, step_id, status, counts=counts, message=_message(outcome), now=now)


def _message(outcome: CheckerOutcome) -> str | None:
    if outcome.report and outcome.report.unseen:
        return f"{len(outcome.report.unseen)} of {len(outcome.expected)} files could not be looked at"
    return " ".join(part for part in (outcome.error, outcome.remedy) if part) or None


def _in_words(outcome: CheckerOutcome) -> str:
    if outcome.report is None:
        return f"{outcome.status.value.replace('_', ' ')}. {outcome.error or ''}".rstrip()
    number = len(outcome.report.sightings)
    found = "1 finding" if number == 1 else f"{number:,} findings"
    return f"{found} in {outcome.seconds:.1f} s"
