"""Takes in what another scanner found: a check of its own kind, whose issues are followed like ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from ci_core import runs
from ci_core.backlog import policy_from
from ci_core.errors import InvalidInput
from ci_core.health import history, store
from ci_core.health.board_step import board_in_step
from ci_core.health.check_result import CheckResult
from ci_core.health.life import Followed, follow
from ci_core.health.observed import observe
from ci_core.health.proposals import AGENT, propose
from ci_core.health.repository_lock import alone_with
from ci_core.health.rules import catalogue
from ci_core.health.sarif.outcomes import Taken, taken_from
from ci_core.health.sarif.reading import read_sarif
from ci_core.health.sarif.writing import PRODUCT
from ci_core.health.target import read_target
from ci_core.health.values import CheckRequest, Target
from ci_core.logs.redaction import Redactor
from ci_core.settings import Settings
from db.engine import Database
from db.enums import CheckType, RunStatus, RunTrigger, Severity

RUN_TYPE = "health_import"
OURS = (
    f"The file was written by {PRODUCT} itself: its issues are followed here already. "
    "Import what the scanners themselves wrote."
)


@dataclass(frozen=True, slots=True)
class Imported:
    """The check that the file became, and what a person should know of it, each a sentence."""

    check: CheckResult
    remarks: tuple[str, ...]


def import_sarif(
    database: Database,
    settings: Settings,
    content: bytes,
    *,
    name: str,
    repo_path: Path,
    actor: str,
    complete: bool = False,
    within: str = "",
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Imported:
    """Take in a SARIF file; the same one twice adds nothing.

    Args:
        name: what the file is called, for the run.
        repo_path: the checkout that its paths are compared with.
        complete: it holds all that its tool finds in the whole repository, so that what it lacks is resolved.
        within: the folder of the repository in which the tool ran.

    Raises:
        InvalidInput: the file is no SARIF 2.1.0, too large, or our own.
        NotFound: there is no such folder.
        AlreadyUnderWay: the repository is being checked.
        db.errors.DatabaseError: the database cannot be used.
    """
    request = CheckRequest(check_type=CheckType.IMPORT, repo_path=repo_path)
    foreign = read_sarif(content)
    if any(run.tool == PRODUCT for run in foreign):
        raise InvalidInput("file", OURS)
    target = read_target(request, settings=settings.health)
    redactor = Redactor.of(settings)
    table = catalogue()
    taken = [
        taken_from(run, target, redactor=redactor, catalogue=table, complete=complete, within=within) for run in foreign
    ]
    with database.transaction(actor) as session:
        runs.end_killed_runs(session, now=clock())
        given = {"file": name[:200], "tools": [run.tool for run in foreign]}
        run_id = runs.start_run(
            session, RUN_TYPE, trigger=RunTrigger.MANUAL, actor=actor, parameters=given, now=clock()
        )
        repository_id = store.ensure_repository(session, target.identity, target.name)
    try:
        with runs.kept_alive(database, run_id, actor=AGENT), alone_with(database, repository_id, run_id):
            check_id = _take_in(database, repository_id, run_id, request, target, taken, settings, actor, clock)
    except BaseException as error:
        runs.fail_run(database, run_id, error, actor=AGENT, now=clock())
        raise
    with database.reading() as session:
        check = history.check(session, check_id)
    return Imported(check, (*target.remarks, *(remark for one in taken for remark in one.remarks)))


def _take_in(
    database: Database,
    repository_id: int,
    run_id: int,
    request: CheckRequest,
    target: Target,
    taken: Sequence[Taken],
    settings: Settings,
    actor: str,
    clock: Callable[[], datetime],
) -> int:
    """Store the check and end its run; then bring the board in step, which takes nothing back of it where it fails."""
    with database.transaction(AGENT) as session:
        store.end_dead_checks(session, repository_id, now=clock())
        check_id = _store(session, repository_id, run_id, request, target, taken, settings, actor, clock())
        counts = history.check(session, check_id).issues
        runs.finish_run(session, run_id, RunStatus.COMPLETED, counts=dict(counts), now=clock())
    with board_in_step(database, check_id) as session:
        propose(session, check_id, now=clock(), policy=policy_from(settings))
    return check_id


def _store(
    session: Session,
    repository_id: int,
    run_id: int,
    request: CheckRequest,
    target: Target,
    taken: Sequence[Taken],
    settings: Settings,
    actor: str,
    now: datetime,
) -> int:
    """The whole check in one transaction: it is there with all its issues, or not at all."""
    outcomes = [one.outcome for one in taken]
    expected = {outcome.name: len(outcome.expected) for outcome in outcomes}
    check_id = store.begin_check(
        session, repository_id, request, target, expected,
        run_id=run_id, actor=actor, thresholds=settings.health.thresholds, now=now,
    )  # fmt: skip
    for outcome in outcomes:
        store.checker_ended(session, check_id, outcome, now=now)
    followed = follow(
        session,
        repository_id=repository_id,
        check_id=check_id,
        target=target,
        outcomes=outcomes,
        observed=observe(target, outcomes, catalogue()),
        now=now,
        whole=False,
    )
    store.hold_check(session, check_id)
    store.complete_check(session, check_id, _figures(session, repository_id, followed, taken), now=now)
    return check_id


def _figures(session: Session, repository_id: int, followed: Followed, taken: Sequence[Taken]) -> store.Figures:
    """What an import tells; scores are left to the checks that look at the code themselves."""
    by_severity = {severity.value: 0 for severity in Severity}
    for counts in store.live_by_part(session, repository_id).values():
        for severity, number in counts.items():
            by_severity[severity.value] += number
    return store.Figures(
        overall_health_score=None,
        scores={},
        confidence=None,
        delta=None,
        metrics={"remarks": [remark for one in taken for remark in one.remarks]},
        issues=followed.counts,
        by_severity=by_severity,
        gate={},
    )
