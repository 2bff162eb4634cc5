"""The figures of agents are summed up by a job, under the agents' own names."""

from __future__ import annotations

from datetime import date

from ci_core.jobs.tasks.figures import sum_up
from ci_core.runs.performance import figures
from db.engine import Database
from tests.ci_core.jobs.tasks.conftest import Begin
from tests.ci_core.research.standins import NOW
from tests.ci_core.runs.runs_made import made


def test_runs_are_summed_up_by_agent_and_a_second_attempt_adds_nothing(database: Database, begin: Begin) -> None:
    with database.transaction("tess") as session:
        made(session, run_type="research_scan", at=NOW)
        made(session, run_type="learning", at=NOW)
        made(session, "failed", run_type="database_backup", at=NOW)
    context = begin("agent_figures")

    assert sum_up(context) == {"figures": 6}
    assert sum_up(context) == {"figures": 0}

    with database.reading() as session:
        found = figures(session, since=date(2020, 1, 1))
    assert [(one.agent, one.runs, one.failed) for one in found] == [("research", 2, 0), ("upkeep", 1, 1)]
