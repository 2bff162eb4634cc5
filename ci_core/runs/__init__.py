"""Runs of the agents: what started, how far it is, how it ended, what it said, and what came of many of them."""

from ci_core.runs.running import (
    BEAT_SECONDS,
    KILLED,
    SILENT_FOR,
    beat,
    begin_step,
    end_killed_runs,
    end_open_steps,
    fail_run,
    finish_run,
    finish_step,
    kept_alive,
    no_such_run,
    report_step,
    run_with_steps,
    runs,
    start_run,
)
from ci_core.runs.values import Run, Runs, RunWithSteps, Step

__all__ = [
    "BEAT_SECONDS",
    "KILLED",
    "SILENT_FOR",
    "Run",
    "RunWithSteps",
    "Runs",
    "Step",
    "beat",
    "begin_step",
    "end_killed_runs",
    "end_open_steps",
    "fail_run",
    "finish_run",
    "finish_step",
    "kept_alive",
    "no_such_run",
    "report_step",
    "run_with_steps",
    "runs",
    "start_run",
]
