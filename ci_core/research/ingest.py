"""Items from a file instead of a site, through the same pipeline: for imports, replays and benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from ci_core import runs
from ci_core.research.intake import BATCH, Counts, Unusable
from ci_core.research.item_lines import read_lines
from ci_core.research.outcome import AGENT
from ci_core.research.pipeline import take_in
from ci_core.research.scan_parts import Parts, make_intake
from ci_core.settings import Settings
from db.engine import Database
from db.enums import RunStatus, RunTrigger, StepStatus

RUN_TYPE = "research_ingest"
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that could not be taken in (1 is the first), and why."""

    line: int
    error: str


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What came of a file.

    Attributes:
        read: lines with something on them.
        new, duplicate, related, failed, seen: what became of them; see `Counts`.
        problems: the lines that failed.
    """

    run_id: int
    status: RunStatus
    read: int
    new: int
    duplicate: int
    related: int
    failed: int
    seen: int
    problems: tuple[Problem, ...]


def ingest(
    database: Database,
    settings: Settings,
    lines: Iterable[bytes],
    *,
    name: str,
    actor: str,
    local_only: bool = False,
    trigger: RunTrigger = RunTrigger.MANUAL,
    progress: Callable[[Counts], None] | None = None,
    parts: Parts | None = None,
) -> IngestResult:
    """Take in the items of a file, the earliest first, as if each came at its date; the same file twice adds nothing.

    Args:
        lines: JSON objects as `item_lines` describes them; a bad line is told, and the rest is taken in.
        name: what the file is called, for the run.
        local_only: score without a chat model.
        progress: told after each batch what became of the items so far.

    Raises:
        CiError: nothing can be taken in, for example because the embedding model is missing; the run says so too.
        db.errors.DatabaseError: the database cannot be used.
    """
    given = parts or Parts()
    clock = given.clock
    found = read_lines(lines)
    usable = [line for line in found if line.item is not None]
    problems = [Problem(line.number, line.problem) for line in found if line.problem is not None]
    with database.transaction(actor) as session:
        runs.end_killed_runs(session, now=clock())
        run_id = runs.start_run(
            session, RUN_TYPE, trigger=trigger, actor=actor, parameters={"file": name, "lines": len(found)}, now=clock()
        )
        step_id = runs.begin_step(session, run_id, name or "lines", now=clock())

    def on_batch(session: Session, counts: Counts) -> None:
        runs.report_step(session, step_id, counts=_figures(counts, len(problems)))
        percent = 100 * counts.total / max(len(usable), 1)
        runs.beat(session, run_id, now=clock(), progress_percent=percent)
        if progress:
            progress(counts)

    def on_unusable(one: Unusable) -> None:
        problems.append(Problem(usable[one.place].number, one.reason))

    try:
        with runs.kept_alive(database, run_id, actor=AGENT):
            intake = make_intake(database, settings, run_id, given, replay=True, batch=BATCH, local_only=local_only)
            counts = take_in(
                intake,
                (line.item for line in usable if line.item is not None),
                run_id=run_id,
                on_batch=on_batch,
                on_unusable=on_unusable,
            )
    except BaseException as error:
        runs.fail_run(database, run_id, error, actor=AGENT, now=clock())
        raise
    problems.sort(key=lambda problem: problem.line)
    status = RunStatus.FAILED if found and len(problems) == len(found) else RunStatus.COMPLETED
    figures = _figures(counts, len(problems) - counts.failed)
    told = f"{len(problems)} of {len(found)} lines could not be taken in. " if problems else ""
    told += "; ".join(f"line {one.line}: {one.error}" for one in problems[:MOST_NAMED])
    with database.transaction(AGENT) as session:
        step = StepStatus.COMPLETED if not problems else StepStatus.DEGRADED
        step = StepStatus.FAILED if status is RunStatus.FAILED else step
        runs.finish_step(session, step_id, step, counts=figures, message=told or None, now=clock())
        runs.finish_run(session, run_id, status, counts=figures, error=told or None, now=clock())
    return IngestResult(run_id, status, len(found), **figures, problems=tuple(problems))


def _figures(counts: Counts, unreadable: int) -> dict[str, int]:
    return {
        "new": counts.new,
        "duplicate": counts.duplicate,
        "related": counts.related,
        "failed": counts.failed + unreadable,
        "seen": counts.seen,
    }
