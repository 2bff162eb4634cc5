"""Makes runs as the history has them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

NOW = datetime(2026, 11, 25, 14, 2, tzinfo=UTC)
INSERT = text("""
    INSERT INTO ci_automation_runs (run_type, status, trigger, actor, host, error, error_kind, lock_key, attempt,
        counts, cost_usd, parameters, created_at, started_at, ended_at, progress_percent)
    VALUES (:run_type, :status, :trigger, :actor, :host, :error, :error_kind, :lock_key, :attempt,
        CAST(:counts AS jsonb), :cost_usd, CAST(:parameters AS jsonb), :created_at, :started_at, :ended_at, :progress)
    RETURNING id
""")
OPEN = {"queued", "running"}


def made(
    session: Session,
    status: str = "completed",
    *,
    run_type: str = "research_scan",
    at: datetime = NOW,
    seconds: float = 10,
    **more: Any,
) -> int:
    """A run that began at `at` and, unless it is open, ended `seconds` later; gives its id."""
    row = {
        "run_type": run_type,
        "status": status,
        "trigger": "scheduled",
        "actor": "agent:clock",
        "host": "one",
        "error": "no answer" if status == "failed" else None,
        "error_kind": None,
        "lock_key": None,
        "attempt": 1,
        "cost_usd": 0,
        "progress": None,
        "created_at": at,
        "started_at": None if status == "queued" else at,
        "ended_at": None if status in OPEN else at + timedelta(seconds=seconds),
        **more,
        "counts": json.dumps(more.get("counts", {})),
        "parameters": json.dumps(more.get("parameters", {})),
    }
    return int(session.execute(INSERT, row).scalar_one())
