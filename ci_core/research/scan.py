"""Scans of sources: all at once, each site at its own pace, as a run with a step for each source."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from ci_core import runs
from ci_core.errors import InvalidInput, NotFound
from ci_core.logs import get_logger, run_context
from ci_core.research import scan_queries
from ci_core.research.outcome import AGENT
from ci_core.research.pipeline import score_again, score_unscored
from ci_core.research.scan_crew import Crew, Told
from ci_core.research.scan_parts import Parts, make_intake
from ci_core.research.scan_result import ScanResult, run_status
from ci_core.research.source_scan import label_of
from ci_core.settings import Settings
from db.engine import Database
from db.enums import RunTrigger, StepStatus

log = get_logger(__name__)

RUN_TYPE = "research_scan"


def scan(
    database: Database,
    settings: Settings,
    *,
    sources: Collection[int] | None = None,
    source_types: Collection[str] | None = None,
    names: Collection[str] | None = None,
    due_only: bool = False,
    max_results: int | None = None,
    trigger: RunTrigger = RunTrigger.MANUAL,
    actor: str = AGENT,
    progress: Told | None = None,
    parts: Parts | None = None,
) -> ScanResult:
    """Scan sources and take in what they give; waits for the end.

    Sources of different sites are scanned at once, those of one site one after another. A source that fails is told
    in the result and on the source, and the others go on.

    Args:
        sources, source_types, names: only the sources that fit all that is given; one that is named by its id or
            name is scanned although it is disabled. None of them: every enabled source.
        due_only: of these, only those whose time has come.
        max_results: at most so many items of each source, instead of the number on the source.
        actor: who started it; the agent itself writes what it finds.
        progress: told of each source that has ended.

    Raises:
        NotFound: no source has such a name or is of such a kind.
        CiError: nothing can be scanned, for example because the embedding model is missing; the run says so too.
        db.errors.DatabaseError: the database cannot be used.
    """
    given = parts or Parts()
    with database.reading() as session:
        chosen = choose(session, sources, source_types, names, due_only=due_only, now=given.clock())
    run_id, steps = _enter(database, chosen, trigger, actor, max_results, given.clock())
    return _carry_out(database, settings, run_id, steps, chosen, max_results, progress, given)


def choose(
    session: Session,
    sources: Collection[int] | None = None,
    types: Collection[str] | None = None,
    names: Collection[str] | None = None,
    *,
    due_only: bool = False,
    now: datetime,
) -> list[Row[Any]]:
    """The sources that `scan` scans when it is given these; those that waited longest come first.

    Raises:
        InvalidInput: there is no such kind of site, or no source of this name.
        NotFound: none fits, and not only because its time has not come.
    """
    found = scan_queries.sources(
        session,
        ids=sources or None,
        types=types or None,
        names=names or None,
        also_disabled=bool(sources or names),
        due_only=due_only,
        now=now,
    )
    present = scan_queries.types_and_names(session)
    _refuse_unknown("source_type", types, {kind for kind, _ in present})
    _refuse_unknown("source", names, {name for _, name in present})
    if not found and not due_only:
        raise NotFound("No enabled source fits. `ci research sources list` shows them; `… enable` switches one on.")
    return found


def _refuse_unknown(field_name: str, asked: Collection[str] | None, present: Collection[str]) -> None:
    there = {name.lower() for name in present}
    for name in asked or ():
        if name.lower() not in there:
            known = ", ".join(sorted(present)) or "none yet"
            raise InvalidInput(field_name, f"There is no {field_name.replace('_', ' ')} “{name}”. There are: {known}.")


def _enter(
    database: Database,
    chosen: Sequence[Row[Any]],
    trigger: RunTrigger,
    actor: str,
    max_results: int | None,
    now: datetime,
) -> tuple[int, dict[int, int]]:
    """Enter the run with a waiting step for each source; gives their ids, those of the steps by source."""
    parameters = {"sources": [row.id for row in chosen], "max_results": max_results}
    with database.transaction(actor) as session:
        runs.end_killed_runs(session, now=now)
        run_id = runs.start_run(session, RUN_TYPE, trigger=trigger, actor=actor, parameters=parameters, now=now)
        steps = {
            row.id: runs.begin_step(
                session, run_id, label_of(row), source_id=row.id, status=StepStatus.WAITING, now=now
            )
            for row in chosen
        }
    return run_id, steps


def _carry_out(
    database: Database,
    settings: Settings,
    run_id: int,
    steps: Mapping[int, int],
    chosen: Sequence[Row[Any]],
    max_results: int | None,
    progress: Told | None,
    parts: Parts,
) -> ScanResult:
    clock = parts.clock
    try:
        with runs.kept_alive(database, run_id, actor=AGENT):
            intake = make_intake(database, settings, run_id, parts)
            crew = Crew(database, settings, run_id, steps, intake, parts, max_results, progress)
            found = crew.scan(chosen)
            score_unscored(intake)
            score_again(intake)
    except BaseException as error:
        runs.fail_run(database, run_id, error, actor=AGENT, now=clock())
        raise
    result = ScanResult(run_id, run_status(found), found)
    with database.transaction(AGENT) as session:
        runs.finish_run(session, run_id, result.status, counts=result.counts, error=result.error, now=clock())
    with run_context(run_id):
        log.info("scan_finished", status=result.status, counts=result.counts)
    return result
