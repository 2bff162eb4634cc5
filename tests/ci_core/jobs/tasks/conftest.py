"""The stand-in sites, and runs as a worker would have begun them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import text

from ci_core.jobs import KINDS, JobContext, enqueue
from ci_core.settings import Settings
from db.engine import Database
from db.enums import RunTrigger
from tests.ci_core.research.standins import NOW
from tests.sites.fixtures import sites, standing_sites  # noqa: F401

FETCH = text("SELECT id, attempts FROM procrastinate_fetch_job_v2(NULL, NULL)")
AGAIN = text(
    "SELECT procrastinate_retry_job_v2(job_id, now(), NULL, NULL, NULL) FROM ci_automation_runs WHERE id = :id"
)

Begin = Callable[..., JobContext]


@pytest.fixture
def begin(database: Database) -> Begin:
    """Enters a run and lets it begin: gives what its job is called with. With `again`, that run's next attempt."""

    def begun(
        kind: str = "",
        parameters: Mapping[str, Any] | None = None,
        *,
        again: JobContext | None = None,
        settings: Settings | None = None,
        database: Database = database,
        asked_by: str = "Ada",
    ) -> JobContext:
        with database.transaction("Ada") as session:
            if again is None:
                asked = enqueue(session, kind, parameters, trigger=RunTrigger.MANUAL, actor="Ada", now=NOW)
                run_id = asked.run_id
            else:
                run_id, kind, parameters = again.run_id, again.kind.name, again.parameters
                session.execute(AGAIN, {"id": run_id})
        with database.transaction("worker") as session:
            fetched = session.execute(FETCH).one()
        return JobContext(
            run_id=run_id,
            attempt=fetched.attempts + 1,
            kind=KINDS[kind],
            parameters=parameters or {},
            asked_by=asked_by,
            database=database,
            settings=settings or (again.settings if again else Settings(_env_file=None)),
            clock=lambda: NOW,
        )

    return begun
