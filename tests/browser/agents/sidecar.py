"""What workers, clocks and jobs leave in the database, done by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from ci_core.jobs import enqueue
from db.engine import Database
from db.enums import RunTrigger
from tests.browser.board.harness import OTHER

NEW_WORKER = text("""
    WITH made AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + :lives) RETURNING id)
    INSERT INTO ci_workers (worker_id, host, pid, concurrency, has_clock, version)
    SELECT id, :host, 4711, 2, true, 'python 3.11' FROM made RETURNING worker_id
""")
FETCH = text("SELECT id, args FROM procrastinate_fetch_job_v2(NULL, :worker)")
NEW_SOURCE = text("INSERT INTO ci_research_sources (source_type, source_name) VALUES ('reddit', :name) RETURNING id")


class Sidecar:
    """What workers, clocks and jobs leave in the database, done by hand."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def do(self, statement: Any, **values: Any) -> Any:
        """Run a statement; gives the first column of its first row."""
        with self.database.transaction("agent:tests") as session:
            made = session.execute(text(statement) if isinstance(statement, str) else statement, values)
            return made.scalar() if made.returns_rows else None

    def worker(self, host: str = "alpha") -> int:
        """A worker that lives as long as a test may take."""
        return int(self.do(NEW_WORKER, host=host, lives="30 minutes"))

    def ask_for_scan(self, name: str, asked_by: str = OTHER) -> int:
        """A run that waits: the scan of a new source of this name."""
        given = {"source_id": int(self.do(NEW_SOURCE, name=name))}
        with self.database.transaction(asked_by) as session:
            now = datetime.now(UTC)
            asked = enqueue(session, "research_scan", given, trigger=RunTrigger.MANUAL, actor=asked_by, now=now)
            return asked.run_id

    def begin(self, worker: int) -> int:
        """The worker takes the next job; gives its run."""
        with self.database.transaction("agent:tests") as session:
            return int(session.execute(FETCH, {"worker": worker}).one().args["run_id"])

    def end(self, run_id: int, status: str, error: str | None = None, kind: str | None = None) -> None:
        """The job of a run ends."""
        self.do(
            "UPDATE ci_automation_runs SET error = :error, error_kind = :kind, failures = 1 WHERE id = :id",
            id=run_id,
            error=error,
            kind=kind,
        )
        job = self.do("SELECT job_id FROM ci_automation_runs WHERE id = :id", id=run_id)
        self.do("SELECT procrastinate_finish_job_v1(:job, CAST(:status AS procrastinate_job_status), false)", job=job,
                status=status)  # fmt: skip

    def status(self, run_id: int) -> str:
        """Where a run stands."""
        return str(self.do("SELECT status FROM ci_automation_runs WHERE id = :id", id=run_id))
