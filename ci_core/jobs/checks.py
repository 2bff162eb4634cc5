"""What `ci doctor` says of the scheduler and its workers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from ci_core.doctor import Check, Outcome
from ci_core.jobs.overview import JobsOverview, jobs_overview
from ci_core.jobs.standing import CannotTell, Standing, standing_of
from ci_core.settings import Settings

NAMES = ("scheduler", "workers", "failed runs")
START = "Start it: ci scheduler start (`python run.py` runs one by itself)."


def sidecar_checks(session: Session, settings: Settings) -> Iterator[Check]:
    """Whether something starts what is due, something carries it out, and what failed within a day."""
    found = jobs_overview(session, now=datetime.now(UTC))
    scheduler, workers, failed = NAMES
    try:
        here = standing_of(settings.data_dir)
    except CannotTell as error:
        yield Check(scheduler, Outcome.FAILED, str(error), "Give the file to the user who runs the scheduler.")
    else:
        yield _scheduler(scheduler, found, here)
    yield _workers(workers, found)
    if found.failed:
        detail = f"{found.failed} within a day failed for good"
        yield Check(failed, Outcome.WARNING, detail, "See why: ci runs list --status failed")
    else:
        yield Check(failed, Outcome.OK, "none within a day")


def _scheduler(name: str, found: JobsOverview, here: Standing | None) -> Check:
    if here is not None:
        return Check(name, Outcome.OK if here.ready else Outcome.WARNING, f"process {here.pid}: {here.told}")
    elsewhere = [worker.host for worker in found.living if worker.has_clock]
    if elsewhere:
        return Check(name, Outcome.OK, f"none on this machine; one on {', '.join(dict.fromkeys(elsewhere))}")
    late = f"; due since {found.late_since:%Y-%m-%d %H:%M} UTC" if found.late_since else ""
    return Check(name, Outcome.WARNING, f"none runs: agents start nothing by themselves{late}", START)


def _workers(name: str, found: JobsOverview) -> Check:
    detail = f"{len(found.living)} on {', '.join(found.hosts) or 'no machine'}; {found.running_count} run, "
    detail += f"{found.waiting_count} wait"
    if found.unserved:
        queues = ", ".join(queue.name for queue in found.unserved)
        remedy = f"Start a worker that takes them: ci worker --queues {queues.replace(', ', ',')}"
        return Check(name, Outcome.WARNING, f"{detail}; nobody takes {queues}", remedy)
    if not found.living:
        return Check(name, Outcome.WARNING, detail, START)
    return Check(name, Outcome.OK, detail)
