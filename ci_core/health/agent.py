"""The health agent: one check of a repository, from its files to its scores and to what is proposed on the board.

A check can end at any moment, also by force: what it found is stored in one transaction at its end, or not at all. One
that did not come to its end resolves nothing, and is told as failed or cancelled.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from ci_core import runs
from ci_core.errors import CiError
from ci_core.health import check_queries as queries
from ci_core.health import history, store
from ci_core.health.check_progress import Progress, Said, Told, nothing, silent
from ci_core.health.check_result import CheckResult
from ci_core.health.checkers.kinds import Cache, CheckCancelled, Checker
from ci_core.health.churn import Churn, churn_of, releases_of
from ci_core.health.git import GitFailed
from ci_core.health.judging import Looked, Past, judge_check
from ci_core.health.new_lines import new_lines
from ci_core.health.repository_lock import alone_with
from ci_core.health.store import FileState
from ci_core.health.values import CheckerOutcome, CheckRequest, Target
from ci_core.logs import get_logger
from ci_core.settings import Settings
from db.engine import Database
from db.enums import CheckStatus, CheckType, RunStatus, RunTrigger, StepStatus
from db.errors import DatabaseError

if TYPE_CHECKING:
    from ci_core.backlog import ScoringPolicy
    from ci_core.health.proposals import Proposed

log = get_logger(__name__)

AGENT = "agent:health"
# What a run is called that carries out a check of a type.
RUN_TYPES: Mapping[CheckType, str] = {
    CheckType.FULL_SCAN: "health_full_scan",
    CheckType.QUICK_SCAN: "health_quick_scan",
    CheckType.SECURITY_SCAN: "health_security_scan",
    CheckType.DEPENDENCY_CHECK: "health_dependency_check",
    CheckType.PERFORMANCE_TEST: "health_performance_test",
    CheckType.FEATURE_SPECIFIC: "health_feature_check",
}
CANCELLED = "The check was cancelled. Nothing was resolved by it."
KNOWN_STEP, BOARD_STEP = "compare with what is known", "proposals on the board"


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class CheckParts:
    """What a check works with beside its settings; tests put others in their place.

    Attributes:
        checkers: all that there are; None: those of the registry.
        cancelled: set from elsewhere to end the check.
    """

    checkers: Sequence[Checker] | None = None
    clock: Callable[[], datetime] = utc_now
    cancelled: threading.Event = field(default_factory=threading.Event)


def check(
    database: Database,
    settings: Settings,
    request: CheckRequest,
    *,
    actor: str = AGENT,
    run_id: int | None = None,
    attempt: int = 0,
    trigger: RunTrigger = RunTrigger.MANUAL,
    progress: Said = silent,
    percent: Told = nothing,
    parts: CheckParts | None = None,
) -> CheckResult:
    """Check a repository and wait for the end; what the checkers do can be followed in the database meanwhile.

    A checker that fails, hangs or is killed is told in the result, and the others go on.

    Args:
        database: in a job, one whose transactions refuse an attempt that was replaced.
        actor: who asked for it; the agent itself writes what it finds.
        run_id: the run that this is the work of, and whose end the caller writes; None: it enters one of its own. A
            further attempt of a run whose check came to its end gives that check.
        progress: told in words what has been done.
        percent: told how far it is, 0–100; may raise to end the check.

    Raises:
        NotFound: there is no such folder.
        InvalidInput: the request names a commit, path or checker that there is not.
        AlreadyUnderWay: the repository is being checked at this moment.
        CheckLost: the check was ended by somebody else; nothing was stored.
        db.errors.DatabaseError: the database cannot be used.
    """
    given = parts or CheckParts()
    if run_id is not None:
        return _Checking(database, settings, request, actor, run_id, attempt, progress, percent, given).carry_out()
    with _own_run(database, request, actor, trigger, given) as own:
        tell = _beat(database, own, given)
        result = _Checking(database, settings, request, actor, own, 0, progress, tell, given).carry_out()
        with database.transaction(AGENT) as session:
            counts = {**result.issues, "score": result.overall_health_score}
            runs.finish_run(session, own, RunStatus.COMPLETED, counts=counts, now=given.clock())
    return result


@contextmanager
def _own_run(
    database: Database, request: CheckRequest, actor: str, trigger: RunTrigger, parts: CheckParts
) -> Iterator[int]:
    """A run for a check that nobody entered one for; it lives while the block runs."""
    parameters = {"repo_path": str(request.repo_path), "paths": list(request.paths), "since": request.since}
    kind = RUN_TYPES[request.check_type]
    with database.transaction(actor) as session:
        runs.end_killed_runs(session, now=parts.clock())
        run_id = runs.start_run(session, kind, trigger=trigger, actor=actor, parameters=parameters, now=parts.clock())
    try:
        with runs.kept_alive(database, run_id, actor=AGENT):
            yield run_id
    except BaseException as error:
        runs.fail_run(database, run_id, error, actor=AGENT, now=parts.clock())
        raise


def _beat(database: Database, run_id: int, parts: CheckParts) -> Told:
    def tell(percent: float | None) -> None:
        with database.transaction(AGENT) as session:
            lives = runs.beat(session, run_id, now=parts.clock(), progress_percent=percent)
        if not lives:
            raise CheckCancelled(f"Run {run_id} was cancelled.")

    return tell


@dataclass(slots=True)
class _Checking:
    """One check under way."""

    database: Database
    settings: Settings
    request: CheckRequest
    actor: str
    run_id: int
    attempt: int
    progress: Said
    percent: Told
    parts: CheckParts

    def carry_out(self) -> CheckResult:
        from ci_core.health.checkers.registry import CHECKERS, chosen
        from ci_core.health.target import identify

        checkers = self.parts.checkers if self.parts.checkers is not None else CHECKERS
        taking_part = chosen(self.request, checkers)
        identity = identify(self.request.repo_path)
        with self.database.transaction(AGENT) as session:
            repository_id = store.ensure_repository(session, identity.identity, identity.name)
        with alone_with(self.database, repository_id, self.run_id):
            check_id = self._done_before()
            if check_id is None:
                check_id = self._look(repository_id, checkers, taking_part)
            self._propose(check_id)
        with self.database.reading() as session:
            return history.check(session, check_id)

    def _done_before(self) -> int | None:
        """The check that an earlier attempt of the run has completed."""
        with self.database.reading() as session:
            found = session.execute(queries.COMPLETED_OF_RUN, {"run_id": self.run_id}).scalar_one_or_none()
        return None if found is None else int(found)

    def _look(self, repository_id: int, checkers: Sequence[Checker], taking_part: Sequence[Checker]) -> int:
        """Enter the check, let the checkers look, and store what came of it."""
        from ci_core.health.runner import run_checkers
        from ci_core.health.target import Known, read_target

        clock, health = self.parts.clock, self.settings.health
        with self.database.transaction(AGENT) as session:
            store.end_dead_checks(session, repository_id, now=clock())
            previous = history.latest_completed(session, repository_id)
            before = store.file_states(session, repository_id)
        known = Known(
            previous.commit_sha if previous else None, {path: file.blob for path, file in before.items() if file.blob}
        )
        target = read_target(self.request, settings=health, known=known)
        self.progress(f"{len(target.selected)} of {len(target.files)} files to look at.")
        with self.database.transaction(AGENT) as session:
            check_id = store.begin_check(
                session,
                repository_id,
                self.request,
                target,
                {checker.name: len(checker.expected(target)) for checker in taking_part},
                run_id=self.run_id,
                actor=self.actor,
                thresholds=health.thresholds,
                now=clock(),
            )
        try:
            follow_up = Progress(
                self.database, check_id, self.run_id, self.attempt, taking_part, self.progress, self.percent, clock
            )
            outcomes = run_checkers(
                target,
                taking_part,
                settings=health,
                data_dir=self.settings.data_dir,
                cache_for=self._cache(target),
                on_change=follow_up,
                cancelled=self.parts.cancelled,
            )
            if self.parts.cancelled.is_set():
                raise CheckCancelled(CANCELLED)
            self._store(check_id, repository_id, target, checkers, outcomes, before)
        except BaseException as error:
            self._stop(check_id, error)
            raise
        self._blame(check_id, repository_id, target)
        return check_id

    def _cache(self, target: Target) -> Callable[[Checker], Cache]:
        from ci_core.health.checkers.cache import StoredCache

        now = self.parts.clock()
        return lambda checker: StoredCache(self.database, checker.name, target.files, now)

    def _store(
        self,
        check_id: int,
        repository_id: int,
        target: Target,
        checkers: Sequence[Checker],
        outcomes: Sequence[CheckerOutcome],
        before: Mapping[str, FileState],
    ) -> None:
        """Join what was seen with the known issues, and store all that follows from it, or nothing."""
        from ci_core.health.life import follow
        from ci_core.health.observed import observe, unknown_rules
        from ci_core.health.rules import catalogue
        from ci_core.health.runner import cores

        now = self.parts.clock()
        observed = observe(target, outcomes, catalogue(), processes=cores(self.settings.health))
        past = self._past(target, now)
        self.percent(88)
        with self.database.transaction(AGENT, reason=f"Health check {check_id}") as session:
            store.hold_check(session, check_id)
            followed = follow(
                session,
                repository_id=repository_id,
                check_id=check_id,
                target=target,
                outcomes=outcomes,
                observed=observed,
                now=now,
            )
            looked = Looked(
                check_id=check_id,
                repository_id=repository_id,
                request=self.request,
                target=target,
                checkers=checkers,
                outcomes={outcome.name: outcome for outcome in outcomes},
                before=before,
                past=past,
                issues=followed.counts,
                unknown_rules=unknown_rules(observed),
            )
            figures, files, gone = judge_check(session, looked, self.settings.health)
            store.store_files(session, repository_id, files, gone=gone)
            store.complete_check(session, check_id, figures, now=self.parts.clock())
            self._step(session, KNOWN_STEP, followed.counts)
        log.info(
            "health_check_stored", check_id=check_id, score=figures.overall_health_score, issues=dict(followed.counts)
        )
        self.progress(f"{followed.counts['new']} new issues, {followed.counts['resolved']} resolved.")

    def _blame(self, check_id: int, repository_id: int, target: Target) -> None:
        """Find out which commits brought the issues in; a check is done without it, and the next one asks again."""
        from ci_core.health.blame import tell_introductions

        self.percent(92)
        try:
            tell_introductions(self.database, target, repository_id, check_id, actor=AGENT)
        except (CiError, DatabaseError) as error:
            log.warning("health_blame_failed", check_id=check_id, error=str(error))

    def _past(self, target: Target, now: datetime) -> Past:
        """What the history of the repository tells; a check goes on without it, and says so."""
        since = self.request.since
        lines = new_lines(target.root, since, sorted(target.selected)) if since and target.commit else None
        remarks: tuple[str, ...] = ()
        churn: Mapping[str, Churn] = {}
        try:
            churn = churn_of(target.root, now=now)
        except GitFailed as error:
            remarks = (f"How often files change is not known: {error}",)
        return Past(churn, releases_of(target.root, now=now), lines, remarks)

    def _propose(self, check_id: int) -> None:
        """Bring the board in step with the check; what is in the way of that takes nothing back of the check."""
        from ci_core.backlog import policy_from
        from ci_core.health.board_step import board_in_step
        from ci_core.health.proposals import propose

        self.percent(95)
        written: tuple[Proposed, ScoringPolicy] | None = None
        with board_in_step(self.database, check_id) as session:
            policy = policy_from(self.settings)
            done = propose(session, check_id, now=self.parts.clock(), policy=policy)
            self._step(session, BOARD_STEP, {"created": len(done.created), "completed": len(done.completed)})
            written = done, policy
        if written is not None:
            self._write_proposals(*written)

    def _write_proposals(self, done: Proposed, policy: ScoringPolicy) -> None:
        """Let a chat model write what was proposed, where one is configured; otherwise it keeps the table's words."""
        from ci_core.health.proposals.chat import write_with_model

        try:
            write_with_model(self.database, self.settings, done, run_id=self.run_id, policy=policy)
        except DatabaseError as error:
            log.warning("health_proposals_keep_their_words", error=str(error))

    def _step(self, session: Session, name: str, counts: Mapping[str, int]) -> None:
        now = self.parts.clock()
        step_id = runs.begin_step(session, self.run_id, name, attempt=self.attempt, now=now)
        runs.finish_step(session, step_id, StepStatus.COMPLETED, counts=counts, now=now)

    def _stop(self, check_id: int, error: BaseException) -> None:
        """Tell a check that did not come to its end; where even that fails, the next check tells it."""
        failed = isinstance(error, Exception)
        status = CheckStatus.FAILED if failed else CheckStatus.CANCELLED
        reason = (str(error) or type(error).__name__) if failed else CANCELLED
        with contextlib.suppress(CiError, DatabaseError), self.database.transaction(AGENT) as session:
            store.stop_check(session, check_id, status, error=reason, now=self.parts.clock())
