"""How far a scan is, source by source, and how the last ones went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import streamlit as st

from ci_core.research.scan_process import ScanProcess, scan_command, start_scan_process
from ci_core.runs import Run, RunWithSteps, Step, run_with_steps, runs
from db.enums import RunStatus, StepStatus
from pages.widgets.session import Backend, actor
from pages.widgets.snackbar import tell
from pages.widgets.text import ago, as_text

RUN_TYPE = "research_scan"
MOST_RUNS = 5
# A process that has not entered its run after so long has other troubles than a slow start.
STARTS_WITHIN = timedelta(seconds=60)
MARKS = {
    StepStatus.WAITING: ":material/schedule:",
    StepStatus.RUNNING: ":material/sync:",
    StepStatus.COMPLETED: ":material/check:",
    StepStatus.DEGRADED: ":material/warning:",
    StepStatus.FAILED: ":material/error:",
    StepStatus.SKIPPED: ":material/skip_next:",
    StepStatus.CANCELLED: ":material/block:",
}
DONE = frozenset(
    {StepStatus.COMPLETED, StepStatus.DEGRADED, StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.CANCELLED}
)
OPEN = frozenset({RunStatus.QUEUED, RunStatus.RUNNING})


@dataclass(slots=True)
class _Started:
    """The scans that this process of the app has started; all sessions share them."""

    lock: Lock = field(default_factory=Lock)
    newest: ScanProcess | None = None
    told: bool = False


@st.cache_resource(show_spinner=False)
def _started() -> _Started:
    return _Started()


def scan_now(shared: Backend, sources: Sequence[tuple[str, str]] = ()) -> None:
    """Start a scan of these sources (kind and name), or of all that are on, unless one begins just now.

    For a callback.
    """
    started = _started()
    with started.lock:
        if started.newest is not None and started.newest.runs:
            tell("A scan runs already; its progress stands above the sources.")
            return
        try:
            started.newest = start_scan_process(scan_command(sources, actor=actor()), shared.settings.data_dir / "logs")
        except OSError as error:
            tell(f"The scan could not be started: {error}")
            return
        started.told = False
    tell("The scan begins.")


def draw_scans(shared: Backend, now: datetime) -> bool:
    """Draw the scan that runs, or the last one; gives whether one runs.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    with shared.database.reading() as session:
        found = runs(session, run_type=RUN_TYPE, limit=MOST_RUNS)
        newest = run_with_steps(session, found.runs[0].id) if found.runs else None
    process = _started().newest
    running = newest is not None and newest.run.status in OPEN
    starting = _is_starting(process, newest.run if newest else None, now)
    if process is not None and (problem := process.problem) and not _is_in_run(process, newest):
        st.error(f"The scan could not begin: {as_text(problem)}", icon=":material/error:")
    if running and newest is not None:
        _draw_running(newest)
    elif starting:
        st.progress(0.0, "The scan begins …")
    elif newest is not None:
        _draw_last(newest, found.runs, now)
    return running or starting


def _is_in_run(process: ScanProcess, newest: RunWithSteps | None) -> bool:
    """Whether what the process did stands in the newest run, with its error if it had one."""
    return newest is not None and newest.run.created_at >= process.started_at


def _is_starting(process: ScanProcess | None, newest: Run | None, now: datetime) -> bool:
    if process is None or not process.runs or now - process.started_at > STARTS_WITHIN:
        return False
    return newest is None or newest.created_at < process.started_at


def _draw_running(scan: RunWithSteps) -> None:
    done = sum(step.status in DONE for step in scan.steps)
    new = sum(int(step.counts.get("new", 0)) for step in scan.steps)
    words = f"Scanning: {done} of {len(scan.steps)} sources done, {new:,} new · started by {scan.run.actor}"
    with st.container(border=True, gap="xsmall", key="scan-running"):
        st.progress(done / len(scan.steps) if scan.steps else 0.0, as_text(words))
        _draw_steps(scan)


def _draw_last(scan: RunWithSteps, recent: Sequence[Run], now: datetime) -> None:
    with st.expander(last_in_words(scan.run, now), key="last-scan", icon=_icon(scan.run)):
        if scan.run.error:
            st.markdown(f":orange[{as_text(scan.run.error)}]")
        _draw_steps(scan)
        if len(recent) > 1:
            st.caption("Before it: " + " · ".join(as_text(last_in_words(run, now, short=True)) for run in recent[1:]))


def _icon(run: Run) -> str:
    failed = run.status is RunStatus.FAILED or int(run.counts.get("failed", 0))
    return ":material/warning:" if failed else ":material/check:"


def last_in_words(run: Run, now: datetime, *, short: bool = False) -> str:
    """A scan that is over, in one line: when it was, who started it, and what came of it."""
    when = ago(run.started_at or run.created_at, now)
    result = run.status.value if run.status is not RunStatus.COMPLETED else counts_in_words(run.counts)
    return f"{when}: {result}" if short else f"Last scan {when} by {run.actor}: {result}"


def counts_in_words(counts: Mapping[str, Any]) -> str:
    """What came of a scan or of one of its steps: "12 new, 3 duplicates, 2 related"."""
    new, duplicate, related, failed = (int(counts.get(n, 0)) for n in ("new", "duplicate", "related", "failed"))
    parts = [f"{new:,} new"]
    if duplicate:
        parts.append(f"{duplicate:,} duplicate{'s' if duplicate > 1 else ''}")
    if related:
        parts.append(f"{related:,} related")
    if failed:
        parts.append(f"{failed:,} failed")
    return ", ".join(parts)


def _draw_steps(scan: RunWithSteps) -> None:
    lines = [f"{MARKS[step.status]} **{as_text(step.name)}** {_told(step, scan.run)}" for step in scan.steps]
    st.markdown("  \n".join(lines) if lines else "No source was scanned.")


def _told(step: Step, run: Run) -> str:
    """What came of a step, as markdown; the reason of the whole run is told once, above its steps."""
    message = step.message if step.message != run.error else None
    brought = step.counts or step.status is StepStatus.COMPLETED
    parts = [counts_in_words(step.counts) if brought else step.status.value, *([message] if message else [])]
    colour = "orange" if step.status in (StepStatus.FAILED, StepStatus.DEGRADED) else "gray"
    return f":{colour}[{as_text(' · '.join(parts))}]"
