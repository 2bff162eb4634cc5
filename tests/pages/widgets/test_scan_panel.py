"""Scans in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ci_core.research.recent_scans import ENDED, Scan, ScanLine
from db.enums import RunStatus, StepStatus
from pages.widgets.scan_panel import MARKS, counts_in_words, last_in_words, open_in_words

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def scan(status: RunStatus = RunStatus.COMPLETED, *lines: ScanLine, actor: str = "ana", **counts: int) -> Scan:
    started = NOW - timedelta(hours=2)
    return Scan(actor, started, started, status, counts, None, lines, ())


def line(status: StepStatus, **counts: int) -> ScanLine:
    return ScanLine("reddit r/options", status, counts, None)


def test_what_came_of_a_scan_in_words() -> None:
    assert counts_in_words({}) == "0 new"
    assert counts_in_words({"new": 1200, "duplicate": 1, "related": 2}) == "1,200 new, 1 duplicate, 2 related"
    assert counts_in_words({"new": 1, "duplicate": 3, "failed": 2}) == "1 new, 3 duplicates, 2 failed"


def test_a_scan_that_is_over_in_a_line() -> None:
    assert last_in_words(scan(new=12), NOW) == "Last scan 2 h ago by ana: 12 new"
    assert last_in_words(scan(RunStatus.FAILED), NOW, short=True) == "2 h ago: failed"


def test_scans_that_wait_or_run_in_a_line() -> None:
    waits = scan(RunStatus.QUEUED, line(StepStatus.WAITING))
    runs = scan(RunStatus.RUNNING, line(StepStatus.RUNNING, new=2), line(StepStatus.SKIPPED), actor="bo")

    assert open_in_words([waits]) == "Waiting to scan: 0 of 1 sources done, 0 new · asked for by ana"
    assert open_in_words([runs, waits, waits]) == "Scanning: 1 of 4 sources done, 2 new · asked for by bo, ana"


def test_every_state_of_a_step_has_a_mark_and_is_open_or_done() -> None:
    assert set(MARKS) == set(StepStatus)
    assert set(StepStatus) - ENDED == {StepStatus.WAITING, StepStatus.RUNNING}
