"""Two sidecars share the scans of five sites by one database: each source is scanned once when it is due.

    python -m tests.faults.shared_scans --models DIR [--seconds 240]

Starts a PostgreSQL of its own, stand-ins for the sites, and two `ci scheduler start --foreground`, each with a data
folder, a clock and a worker of its own. In the second round one of them is killed (SIGKILL) in the middle of a scan,
and the other one finishes what it had begun. Ends with status 1 when a source was scanned twice or not at all, or one
sidecar did everything. DIR holds the exported embedding model (`CI_DATA_DIR/models` after `ci setup`).
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import text

from ci_core.research import ensure_default_sources
from db import migrate
from db.embedded.server import EmbeddedServer
from db.engine import Database
from tests.sites import Sites

PROJECT = Path(__file__).resolve().parents[2]
ONE_OF_EACH_SITE = text("""
    UPDATE ci_research_sources SET enabled = id IN (SELECT min(id) FROM ci_research_sources GROUP BY source_type)
""")
DUE = text("""
    UPDATE ci_research_sources SET next_scan_at = now() + row_number * interval '1 second', retry_at = NULL
    FROM (SELECT id AS number, row_number() OVER (ORDER BY id) FROM ci_research_sources WHERE enabled) AS numbered
    WHERE id = number
""")
RUNS = text("""
    SELECT parameters ->> 'source_id' AS source, status, worker_id, attempt, error FROM ci_automation_runs
    WHERE run_type = 'research_scan' AND id > :after ORDER BY id
""")
NOT_ONCE = text("""
    SELECT s.source_id, count(*) AS scans FROM ci_run_steps s
    WHERE s.run_id > :after AND s.source_id IS NOT NULL GROUP BY s.source_id HAVING count(*) <> 1
""")
NEWEST = text("SELECT coalesce(max(id), 0) FROM ci_automation_runs")


class Sidecars:
    """Two sidecars, each with a folder of its own."""

    def __init__(self, folder: Path, url: str, models: Path, sites: Sites) -> None:
        self._folder = folder
        self._environment = {**os.environ, **sites.environment(), "DATABASE_URL": url}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        for name in ("one", "two"):
            (folder / name).mkdir()
            (folder / name / "models").symlink_to(models.resolve())
            self.start(name)

    def start(self, name: str) -> None:
        command = [sys.executable, "-m", "ci_core", "scheduler", "start", "--foreground", "--concurrency=1"]
        with (self._folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                cwd=PROJECT,
                env={**self._environment, "CI_DATA_DIR": str(self._folder / name)},
                stdout=log,
                stderr=log,
            )

    def pid_of(self, database: Database, worker_id: int) -> int | None:
        return next(
            iter(rows(database, text("SELECT pid FROM ci_workers WHERE worker_id = :id"), id=worker_id)), [None]
        )[0]

    def end(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(60)


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def rows(database: Database, statement: Any, **values: object) -> list[Any]:
    with database.transaction("agent:faults") as session:
        found = session.execute(statement, values)
        return list(found.all()) if found.returns_rows else []


def scan_round(database: Database, sidecars: Sidecars, seconds: float, *, kill: bool) -> list[str]:
    """What went wrong in one round of scans."""
    after = rows(database, NEWEST)[0][0]
    rows(database, DUE)
    began, killed = time.monotonic(), not kill
    while time.monotonic() < began + seconds:
        time.sleep(0.2)
        found = rows(database, RUNS, after=after)
        running = [run for run in found if run.status == "running"]
        if not killed and running and (pid := sidecars.pid_of(database, running[0].worker_id)) is not None:
            os.kill(pid, signal.SIGKILL)
            killed = True
            say(f"killed the sidecar {pid} in the middle of source {running[0].source}")
        if len(found) >= 5 and not any(run.status in ("queued", "running") for run in found):
            break
    sources = [run.source for run in found]
    workers = {run.worker_id for run in found}
    say(
        f"{len(found)} scans of {len(set(sources))} sources by {len(workers)} workers "
        f"in {time.monotonic() - began:.0f} s, {sum(run.attempt > 1 for run in found)} begun again"
    )
    wrong = [f"source {run.source}: {run.status}: {run.error}" for run in found if run.status != "completed"]
    if len(sources) != 5 or len(set(sources)) != 5:
        wrong.append(f"scanned were {sources}")
    if not kill and len(workers) < 2:
        wrong.append("one sidecar did everything")
    if not killed:
        wrong.append("nobody was killed")
    wrong += [f"source {one.source_id} was scanned {one.scans} times" for one in rows(database, NOT_ONCE, after=after)]
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=240.0, help="at most, for a round")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, Sites() as sites, EmbeddedServer(Path(name) / "postgres") as server:
        database = Database(server.start(), application_name="faults")
        migrate.upgrade(database.engine)
        with database.transaction("agent:faults") as session:
            ensure_default_sources(session, actor="agent:faults")
            session.execute(ONE_OF_EACH_SITE)
            session.execute(text("UPDATE ci_research_sources SET next_scan_at = now() + interval '1 hour'"))
        sidecars = Sidecars(Path(name), database.url, options.models, sites)
        wrong = ["it was broken off"]
        try:
            while len(rows(database, text("SELECT FROM ci_workers"))) < 2:
                time.sleep(0.2)
            wrong = scan_round(database, sidecars, options.seconds, kill=False)
            wrong += scan_round(database, sidecars, options.seconds, kill=True)
        finally:
            sidecars.end()
            if wrong:
                for log in sorted(Path(name).glob("*.log")):
                    say(log.name, log.read_text(errors="replace")[-3_000:])
            database.dispose()
    for one in wrong:
        say(f"WRONG: {one}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
