"""A scan in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ci_core.research import scan
from ci_core.runs import Run
from db.enums import RunStatus, RunTrigger, StepStatus
from pages.widgets.scan_panel import DONE, MARKS, RUN_TYPE, counts_in_words, last_in_words

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def run(status: RunStatus = RunStatus.COMPLETED, **counts: int) -> Run:
    started = NOW - timedelta(hours=2)
    return Run(
        1, RUN_TYPE, RunTrigger.MANUAL, status, "ana", {}, counts, None, Decimal(0), None, None, None, started, started,
        started, NOW,
    )  # fmt: skip


def test_what_came_of_a_scan_in_words() -> None:
    assert counts_in_words({}) == "0 new"
    assert counts_in_words({"new": 1200, "duplicate": 1, "related": 2}) == "1,200 new, 1 duplicate, 2 related"
    assert counts_in_words({"new": 1, "duplicate": 3, "failed": 2}) == "1 new, 3 duplicates, 2 failed"


def test_a_scan_that_is_over_in_a_line() -> None:
    assert last_in_words(run(new=12), NOW) == "Last scan 2 h ago by ana: 12 new"
    assert last_in_words(run(RunStatus.FAILED), NOW, short=True) == "2 h ago: failed"


def test_every_state_of_a_step_has_a_mark_and_is_open_or_done() -> None:
    assert set(MARKS) == set(StepStatus)
    assert set(StepStatus) - DONE == {StepStatus.WAITING, StepStatus.RUNNING}


def test_it_shows_the_runs_that_scans_make() -> None:
    assert RUN_TYPE == scan.RUN_TYPE
