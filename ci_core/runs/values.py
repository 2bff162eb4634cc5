"""What a run is: its values, and how a row becomes one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from db.enums import RunStatus, RunTrigger, StepStatus


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of an agent.

    Attributes:
        counts: what it did, by name; empty until it has ended.
        error: why it failed, or what of it did.
        cost_usd: what chat models cost in it, known when it has ended.
        progress_percent: how far it is, 0–100; None where it cannot tell.
        alive_at: when it last said that it lives.
        job_id: the job of the queue that carries it out; None where the process that entered it does.
        attempt: the number of the attempt that carries it out, or did last; 0 before the first one.
        failures, kills: how many attempts ended in an error, and how many with the death of their worker.
        error_kind: what kind of error ended it, in one word.
        due_at: not before this moment; of a scheduled run, when it was due.
        links: what it made: {"kind": "finding", "id": 12, "label": "…"}.
    """

    id: int
    run_type: str
    trigger: RunTrigger
    status: RunStatus
    actor: str
    parameters: Mapping[str, Any]
    counts: Mapping[str, Any]
    error: str | None
    cost_usd: Decimal
    progress_percent: Decimal | None
    host: str | None
    version: str | None
    created_at: datetime
    started_at: datetime | None
    alive_at: datetime | None
    ended_at: datetime | None
    job_id: int | None = None
    queue: str | None = None
    priority: int = 0
    lock_key: str | None = None
    attempt: int = 0
    failures: int = 0
    kills: int = 0
    error_kind: str | None = None
    due_at: datetime | None = None
    schedule_id: int | None = None
    retry_of_id: int | None = None
    cancel_requested_at: datetime | None = None
    cancel_requested_by: str | None = None
    links: Sequence[Mapping[str, Any]] = ()

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.status in (RunStatus.QUEUED, RunStatus.RUNNING)

    @property
    def seconds(self) -> float | None:
        """How long it took from its first beginning to its end; None while it has not ended, or never began."""
        if self.started_at is None or self.ended_at is None:
            return None
        return max((self.ended_at - self.started_at).total_seconds(), 0.0)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a run; in a scan, one source."""

    id: int
    run_id: int
    name: str
    status: StepStatus
    source_id: int | None
    counts: Mapping[str, Any]
    message: str | None
    started_at: datetime
    ended_at: datetime | None
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class RunWithSteps:
    """A run and its steps, in the order in which they were begun."""

    run: Run
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Runs:
    """A page of runs, newest first, and how many there are in all."""

    total: int
    runs: tuple[Run, ...]


def run_of(row: Row[Any]) -> Run:
    """The run of a row with `queries.COLUMNS`."""
    fields = {name: value for name, value in row._mapping.items() if name != "total"}
    words = {"trigger": RunTrigger(row.trigger), "status": RunStatus(row.status)}
    return Run(**{**fields, **words, "links": tuple(row.links)})


def step_of(row: Row[Any]) -> Step:
    """The step of a row of `queries.STEPS`."""
    return Step(**{**row._mapping, "status": StepStatus(row.status)})
