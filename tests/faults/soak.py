"""Many jobs, while workers are killed and frozen and the database is restarted: none is lost, no effect doubled.

    python -m tests.faults.soak [--jobs 10000] [--workers 4] [--kill-every 4] [--restarts 2]
    python -m tests.faults.soak --minutes 10 --restart-every 5 40 --kill-every 0     (the database, again and again)
    python -m tests.faults.soak --jobs 4000 --kill-every 0 --restarts 0 --gone 10    (no database for ten minutes)

Starts a PostgreSQL of its own in a throw-away folder, as one that all workers reach by DATABASE_URL. A kill is
SIGKILL, at a random moment, of a random worker, and another one takes its place; some are frozen (SIGSTOP) for longer
than they may be silent, and woken. A restart is `-m immediate`. Ends with status 1 when a job was lost, an effect
doubled or missing, a run was left open, or a worker died that nobody killed.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from sqlalchemy import text

from ci_core.jobs import enqueue
from db import migrate
from db.embedded.cluster import Cluster
from db.embedded.server import EmbeddedServer
from db.engine import Database
from db.enums import RunTrigger
from db.errors import DatabaseError
from tests.faults.kinds import KINDS, PATH

PROJECT = Path(__file__).resolve().parents[2]
SETTLE_SECONDS = 120.0
CHANCE = secrets.SystemRandom()
CODE = (
    "import sys; from ci_core.jobs.worker import run_worker; from ci_core.settings import load_settings; "
    "from pathlib import Path; "
    f"run_worker(load_settings(), kinds_path='{PATH}', concurrency=4, ready=Path(sys.argv[1]).touch)"
)


@dataclass
class Plan:
    """What is to happen.

    Attributes:
        kill_every, restart_every: in seconds; the latter from and to. 0 for never.
        minutes: so long, and jobs enough for it; None: until all of `jobs` are done.
        gone_minutes: for so long there is no database, from five seconds after the beginning.
    """

    jobs: int = 10_000
    workers: int = 4
    kill_every: float = 4.0
    restarts: int = 2
    restart_every: tuple[float, float] = (20.0, 40.0)
    minutes: float | None = None
    gone_minutes: float = 0.0
    seconds_per_step: float = 0.005


@dataclass
class Report:
    """What happened."""

    asked: int = 0
    completed: int = 0
    open: int = 0
    failed: int = 0
    doubled: int = 0
    missing: int = 0
    kills: int = 0
    freezes: int = 0
    restarts: int = 0
    begun_again: int = 0
    gone_minutes: float = 0.0
    dead: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost or doubled, and nobody died who was not killed."""
        wrong = self.open + self.failed + self.doubled + self.missing + len(self.dead)
        return self.completed == self.asked and not wrong

    def __str__(self) -> str:
        return (
            f"{self.asked} jobs in {self.seconds:.0f} s: {self.completed} completed, {self.open} left open, "
            f"{self.failed} failed, {self.begun_again} begun again; "
            f"effects doubled {self.doubled}, missing {self.missing}; "
            f"{self.kills} workers killed, {self.freezes} frozen, {self.restarts} restarts of the database, "
            f"which was gone for {self.gone_minutes:g} min; "
            f"workers that died by themselves: {self.dead or 'none'}; why runs failed: {self.why or 'none did'}"
        )


class Soak:
    """Carries out a plan."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan = plan
        self.report = Report()
        self._folder = folder
        self._cluster = Cluster(folder / "postgres")
        self._workers: list[subprocess.Popen[bytes]] = []
        self._url = ""
        self._started = 0

    def run(self) -> Report:
        """Do it all; gives what came of it."""
        with EmbeddedServer(self._folder / "postgres") as server:
            self._url = server.start()
            self._server = server
            database = Database(self._url, application_name="soak")
            migrate.upgrade(database.engine)
            with database.transaction("soak") as session:
                session.execute(text("CREATE TABLE effects (run_id bigint, step text, attempt int)"))
            began = time.monotonic()
            try:
                self._ask(database, self.plan.jobs)
                for _ in range(self.plan.workers):
                    self._start_worker()
                if self.plan.gone_minutes:
                    self._be_gone(self.plan.gone_minutes)
                self._disturb(database)
                self._settle(database)
                self.report.seconds = time.monotonic() - began
                self._count(database)
            finally:
                self._end_workers()
                database.dispose()
        return self.report

    def _start_worker(self) -> None:
        log = (self._folder / "workers.log").open("ab")
        with log:
            self._started += 1
            ready = self._folder / f"ready-{self._started}"
            self._workers.append(
                subprocess.Popen(
                    [sys.executable, "-c", CODE, str(ready)],
                    cwd=PROJECT,
                    env={**os.environ, "DATABASE_URL": self._url, "CI_DATA_DIR": str(self._folder / "data")},
                    stdout=log,
                    stderr=log,
                )
            )

    def _ask(self, database: Database, jobs: int) -> None:
        """Enter jobs; one in a hundred wants a process of its own. What a restart refused is asked for again."""
        while jobs > 0:
            some = min(jobs, 500)
            try:
                with database.transaction("soak") as session:
                    for number in range(some):
                        enqueue(
                            session,
                            "effects_apart" if number % 100 == 99 else "effects",
                            {"seconds": self.plan.seconds_per_step},
                            trigger=RunTrigger.MANUAL,
                            actor="soak",
                            now=datetime.now(UTC),
                            kinds=KINDS,
                        )
            except DatabaseError:
                time.sleep(0.5)
                continue
            jobs -= some

    def _disturb(self, database: Database) -> None:
        plan = self.plan
        now = time.monotonic()
        until = now + plan.minutes * 60 if plan.minutes else None
        kill_at = now + 3 + plan.kill_every if plan.kill_every else float("inf")
        restart_at = now + CHANCE.uniform(*plan.restart_every)
        asleep: list[tuple[float, subprocess.Popen[bytes]]] = []
        while True:
            time.sleep(0.2)
            now = time.monotonic()
            self._notice_dead()
            for wake_at, worker in asleep[:]:
                if now >= wake_at:
                    worker.send_signal(signal.SIGCONT)
                    asleep.remove((wake_at, worker))
            if now >= kill_at:
                kill_at = now + CHANCE.uniform(0.5, 1.5) * plan.kill_every
                # One that has begun: those that take its place need a moment, and longer on a busy machine.
                awake = [one for one in self._workers if one not in [w for _, w in asleep] and self._has_begun(one)]
                if not awake:
                    continue
                victim = CHANCE.choice(awake)
                if self.report.kills % 4 == 3 and not asleep:
                    victim.send_signal(signal.SIGSTOP)
                    asleep.append((now + 12, victim))
                    self.report.freezes += 1
                else:
                    self._kill(victim)
                    self._start_worker()
                self.report.kills += 1
            if now >= restart_at and (until is not None or self.report.restarts < plan.restarts):
                restart_at = now + CHANCE.uniform(*plan.restart_every)
                self._restart_database()
            waiting = self._waiting(database)
            if until is not None and waiting is not None and now < until and waiting < 200:
                self._ask(database, 500)
            done = waiting == 0 and self.report.restarts >= plan.restarts if until is None else now >= until
            if done:
                for _, worker in asleep:
                    worker.send_signal(signal.SIGCONT)
                return

    def _has_begun(self, worker: subprocess.Popen[bytes]) -> bool:
        return isinstance(worker.args, list) and Path(worker.args[-1]).exists()

    def _kill(self, worker: subprocess.Popen[bytes]) -> None:
        self._workers.remove(worker)
        worker.kill()
        worker.wait()

    def _restart_database(self) -> None:
        """As `pg_ctl -m immediate` does it; its keeper starts it again."""
        process = self._cluster.postmaster()
        if process is not None:
            process.send_signal(signal.SIGQUIT)
            self.report.restarts += 1

    def _be_gone(self, minutes: float) -> None:
        """Stop the database for so long; whoever dies of it is told of."""
        time.sleep(5)
        self._server.stop()
        back_at = time.monotonic() + minutes * 60
        while time.monotonic() < back_at:
            self._notice_dead()
            time.sleep(1)
        self._server.start()
        self.report.gone_minutes = minutes

    def _notice_dead(self) -> None:
        for worker in [one for one in self._workers if one.poll() is not None]:
            self.report.dead.append(f"{worker.pid} with status {worker.returncode}")
            self._workers.remove(worker)
            self._start_worker()

    def _waiting(self, database: Database) -> int | None:
        try:
            with database.reading() as session:
                query = "SELECT count(*) FROM ci_automation_runs WHERE status IN ('queued', 'running')"
                return int(session.execute(text(query)).scalar_one())
        except (DatabaseError, psycopg.Error):
            return None

    def _settle(self, database: Database) -> None:
        deadline = time.monotonic() + SETTLE_SECONDS
        while self._waiting(database) != 0 and time.monotonic() < deadline:
            self._notice_dead()
            time.sleep(0.3)

    def _count(self, database: Database) -> None:
        query = """
            WITH per_step AS MATERIALIZED (SELECT run_id, step, count(*) AS times FROM effects GROUP BY run_id, step),
                per_run AS MATERIALIZED (SELECT run_id, count(*) AS steps FROM per_step GROUP BY run_id)
            SELECT count(*) AS asked, count(*) FILTER (WHERE status = 'completed') AS completed,
                count(*) FILTER (WHERE status IN ('queued', 'running')) AS open,
                count(*) FILTER (WHERE status IN ('failed', 'cancelled')) AS failed,
                count(*) FILTER (WHERE attempt > 1) AS begun_again,
                (SELECT count(*) FROM per_step WHERE times > 1) AS doubled,
                count(*) FILTER (WHERE status = 'completed' AND steps IS DISTINCT FROM 2) AS missing
            FROM ci_automation_runs LEFT JOIN per_run ON run_id = id
        """
        with database.reading() as session:
            session.execute(text("SET LOCAL statement_timeout = 0"))
            for name, value in session.execute(text(query)).one()._mapping.items():
                setattr(self.report, name, value)
            why = "SELECT concat_ws(': ', run_type, error_kind, error) FROM ci_automation_runs WHERE status = 'failed'"
            self.report.why = list(session.scalars(text(why)))

    def _end_workers(self) -> None:
        for worker in self._workers:
            worker.send_signal(signal.SIGCONT)
            worker.terminate()
        for worker in self._workers:
            try:
                worker.wait(30)
            except subprocess.TimeoutExpired:
                self.report.dead.append(f"{worker.pid} did not end when told to")
                worker.kill()
                worker.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report; 1 when it is not good."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--kill-every", type=float, default=4.0)
    parser.add_argument("--restarts", type=int, default=2)
    parser.add_argument("--restart-every", type=float, nargs=2, default=(20.0, 40.0))
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--gone", type=float, default=0.0, metavar="MINUTES")
    options = parser.parse_args(arguments)
    plan = Plan(
        jobs=options.jobs if options.minutes is None else 1_000,
        workers=options.workers,
        kill_every=options.kill_every,
        restarts=options.restarts,
        restart_every=tuple(options.restart_every),
        minutes=options.minutes,
        gone_minutes=options.gone,
    )
    with tempfile.TemporaryDirectory(prefix="mci-soak-") as folder:
        report = Soak(plan, Path(folder)).run()
        if not report.is_good:
            sys.stderr.write((Path(folder) / "workers.log").read_text()[-8_000:])
    sys.stdout.write(f"{report}\n")
    return 0 if report.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
