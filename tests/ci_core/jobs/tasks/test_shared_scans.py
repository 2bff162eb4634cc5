"""Two workers, as processes of their own, share the scans of five sites; no source is scanned twice."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from ci_core.jobs.scans import AskedScans, ask_for_scans
from ci_core.research import DEFAULT_SOURCES
from db.engine import Database
from db.tables import ResearchSource
from tests.ci_core.jobs.tasks import scan_kinds
from tests.ci_core.jobs.working import wait_until
from tests.ci_core.research.standins import findings
from tests.sites.server import Sites

PROJECT = Path(__file__).resolve().parents[4]
WORK = (
    "import sys; from ci_core.jobs.worker import run_worker; from ci_core.settings import Settings; "
    "run_worker(Settings(_env_file=None), kinds_path=sys.argv[1], concurrency=1)"
)


@contextmanager
def worker(database: Database, sites: Sites, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, **sites.environment(), "DATABASE_URL": database.url, "PYTHONPATH": str(PROJECT)}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", WORK, scan_kinds.PATH], cwd=PROJECT, env=environment, stdout=out, stderr=out
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(30)
            finally:
                process.kill()
                process.wait()


def rows(database: Database, query: str) -> list[Any]:
    with database.reading() as session:
        return [tuple(row) for row in session.execute(text(query))]


def ask(database: Database, asked: list[AskedScans]) -> None:
    with database.transaction("Ada") as session:
        asked.append(ask_for_scans(session, actor="Ada", now=datetime.now(UTC)))


def test_two_workers_share_the_sources_of_five_sites(database: Database, sites: Sites, tmp_path: Path) -> None:
    with database.transaction("Ada") as session:
        session.execute(text("DELETE FROM ci_research_sources"))
        session.execute(insert(ResearchSource), list(DEFAULT_SOURCES))
    open_ = "SELECT id FROM ci_automation_runs WHERE status IN ('queued', 'running')"
    with ExitStack() as workers:
        for number in range(2):
            workers.enter_context(worker(database, sites, tmp_path / f"worker-{number}.txt"))
        ready = wait_until(lambda: len(rows(database, "SELECT 1 FROM ci_workers")) == 2, 60)
        assert ready, [path.read_text() for path in tmp_path.glob("worker-*.txt")]
        asked: list[AskedScans] = []
        people = [threading.Thread(target=ask, args=(database, asked)) for _ in range(3)]
        for person in people:
            person.start()
        for person in people:
            person.join(30)
        assert wait_until(lambda: not rows(database, open_), 120), rows(database, "SELECT * FROM ci_run_steps")
        by_worker = rows(database, "SELECT DISTINCT worker_id FROM ci_automation_runs")

    assert sum(scan.created for one in asked for scan in one.scans) == len(DEFAULT_SOURCES)
    runs = rows(database, "SELECT status, attempt, count(*) FROM ci_automation_runs GROUP BY 1, 2")
    assert runs == [("completed", 1, len(DEFAULT_SOURCES))]
    scanned = rows(database, "SELECT source_id, status FROM ci_run_steps")
    assert len({source for source, _ in scanned}) == len(scanned) == len(DEFAULT_SOURCES)
    assert {status for _, status in scanned} == {"completed"}
    assert len(by_worker) == 2
    kinds = {found["source_type"] for found in findings(database)}
    assert kinds == {str(source["source_type"]) for source in DEFAULT_SOURCES}
    keys = [(found["source_type"], found["external_id"]) for found in findings(database)]
    assert len(keys) == len(set(keys))


def test_the_scan_of_a_killed_worker_is_taken_over(database: Database, sites: Sites, tmp_path: Path) -> None:
    (hacker_news,) = (source for source in DEFAULT_SOURCES if source["source_type"] == "hacker_news")
    with database.transaction("Ada") as session:
        session.execute(insert(ResearchSource), [hacker_news])
    sites.break_site("hacker_news", "hang", times=1)
    asked: list[AskedScans] = []
    ask(database, asked)
    with worker(database, sites, tmp_path / "first.txt") as first:
        assert wait_until(lambda: sites.asked["hacker_news"], 60), (tmp_path / "first.txt").read_text()
        first.kill()
        first.wait()
        with worker(database, sites, tmp_path / "second.txt"):
            over = "SELECT status, attempt, kills FROM ci_automation_runs WHERE status NOT IN ('queued', 'running')"
            assert wait_until(lambda: rows(database, over), 90), (tmp_path / "second.txt").read_text()

    assert rows(database, over) == [("completed", 2, 1)]
    assert rows(database, "SELECT status, attempt FROM ci_run_steps") == [("completed", 2)]
    keys = [found["external_id"] for found in findings(database)]
    assert 0 < len(keys) == len(set(keys))
