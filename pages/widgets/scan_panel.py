"""How far scans are, source by source, and how the last ones went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import streamlit as st

from ci_core.jobs import NotOpen, cancel_run
from ci_core.jobs.scans import START, AskedScans, ask_for_scans, scans_are_carried_out
from ci_core.research.recent_scans import Scan, ScanLine, recent_scans
from ci_core.research.scan import RUN_TYPE
from db.enums import RunStatus, StepStatus
from pages.widgets.acting import act
from pages.widgets.session import Backend, actor
from pages.widgets.snackbar import tell
from pages.widgets.text import ago, as_text

MARKS = {
    StepStatus.WAITING: ":material/schedule:",
    StepStatus.RUNNING: ":material/sync:",
    StepStatus.COMPLETED: ":material/check:",
    StepStatus.DEGRADED: ":material/warning:",
    StepStatus.FAILED: ":material/error:",
    StepStatus.SKIPPED: ":material/skip_next:",
    StepStatus.CANCELLED: ":material/block:",
}


def scan_now(shared: Backend, sources: Sequence[int] = ()) -> None:
    """Ask for a scan of these sources, or of all that are on. For a callback."""
    asked: list[AskedScans] = []

    def ask(session: Any) -> None:
        asked.append(ask_for_scans(session, sources=sources, actor=actor(), now=datetime.now(UTC)))

    refusal = act(shared, ask)
    tell(refusal if refusal is not None else asked[0].in_words)


def _cancel(shared: Backend, run_ids: Sequence[int]) -> None:
    """Cancel the scans that wait or run; one that has just ended stays as it is. For a callback."""

    def cancel(session: Any) -> None:
        for run_id in run_ids:
            try:
                cancel_run(session, run_id, actor=actor(), now=datetime.now(UTC))
            except NotOpen:
                continue

    refusal = act(shared, cancel)
    tell(refusal if refusal is not None else "Cancelled. What was found so far is kept.")


def draw_scans(shared: Backend, now: datetime) -> bool:
    """Draw the scans that wait or run, or the last one; gives whether there is one that does.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    with shared.database.reading() as session:
        scans = recent_scans(session, run_type=RUN_TYPE)
        waiting = [scan for scan in scans if scan.is_open]
        served = not any(scan.open_jobs for scan in waiting) or scans_are_carried_out(session)
    if not served:
        st.warning(f"Nothing carries scans out at the moment. Start it with: `{START}`", icon=":material/pause_circle:")
    if waiting:
        _draw_open(shared, waiting)
    elif scans:
        _draw_last(scans, now)
    return bool(waiting)


def _draw_open(shared: Backend, scans: Sequence[Scan]) -> None:
    lines = [line for scan in scans for line in scan.lines]
    done = sum(scan.done for scan in scans)
    jobs = [run_id for scan in scans for run_id in scan.open_jobs]
    with st.container(border=True, gap="xsmall", key="scan-running"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.progress(done / len(lines) if lines else 0.0, as_text(open_in_words(scans)))
            if jobs:
                st.button(
                    "Cancel", on_click=partial(_cancel, shared, jobs), key="cancel-scans", icon=":material/close:",
                    type="tertiary", help="Cancel the scans that wait or run",
                )  # fmt: skip
        _draw_lines(lines, None)


def open_in_words(scans: Sequence[Scan]) -> str:
    """Scans that wait or run, in one line: how far they are, what they brought, and who asked for them."""
    lines = [line for scan in scans for line in scan.lines]
    done = sum(scan.done for scan in scans)
    new = sum(int(line.counts.get("new", 0)) for line in lines)
    people = ", ".join(dict.fromkeys(scan.actor for scan in scans))
    begun = any(scan.status is RunStatus.RUNNING for scan in scans)
    word = "Scanning" if begun else "Waiting to scan"
    return f"{word}: {done} of {len(lines)} sources done, {new:,} new · asked for by {people}"


def _draw_last(scans: Sequence[Scan], now: datetime) -> None:
    scan = scans[0]
    with st.expander(last_in_words(scan, now), key="last-scan", icon=_icon(scan)):
        if scan.error:
            st.markdown(f":orange[{as_text(scan.error)}]")
        _draw_lines(scan.lines, scan.error)
        if len(scans) > 1:
            st.caption("Before it: " + " · ".join(as_text(last_in_words(one, now, short=True)) for one in scans[1:]))


def _icon(scan: Scan) -> str:
    failed = scan.status is RunStatus.FAILED or scan.counts.get("failed", 0)
    return ":material/warning:" if failed else ":material/check:"


def last_in_words(scan: Scan, now: datetime, *, short: bool = False) -> str:
    """A scan that is over, in one line: when it was, who asked for it, and what came of it."""
    when = ago(scan.started_at or scan.created_at, now)
    result = scan.status.value if scan.status is not RunStatus.COMPLETED else counts_in_words(scan.counts)
    return f"{when}: {result}" if short else f"Last scan {when} by {scan.actor}: {result}"


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


def _draw_lines(lines: Sequence[ScanLine], told_above: str | None) -> None:
    said = [f"{MARKS[line.status]} **{as_text(line.name)}** {_told(line, told_above)}" for line in lines]
    st.markdown("  \n".join(said) if said else "No source was scanned.")


def _told(line: ScanLine, told_above: str | None) -> str:
    """What came of a source, as markdown; what is told of the whole scan is told once, above its sources."""
    message = line.message if line.message != told_above else None
    brought = line.counts or line.status is StepStatus.COMPLETED
    parts = [counts_in_words(line.counts) if brought else line.status.value, *([message] if message else [])]
    colour = "orange" if line.status in (StepStatus.FAILED, StepStatus.DEGRADED) else "gray"
    return f":{colour}[{as_text(' · '.join(parts))}]"
