"""The job layer: throughput beside bare Procrastinate, from a click to the start, a killed worker's job, idle memory.

    python -m benchmarks.jobs [throughput] [click] [killed] [memory] [--jobs 3000] [--rounds 2]

Limits: at least 85 % of bare Procrastinate with 1 and with 4 workers, in the same run; from a click to the start on an
idle worker p95 300 ms; the job of a killed worker again within 10 s, p50 6 s; an idle worker with its helpers 250 MiB.
Bare Procrastinate has a database of its own with its own schema only, its own connector and worker as its documentation
shows them, and a task that does nothing in a thread, as ours does.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from ci_core.jobs import Isolation, JobContext, JobKind, Kinds, enqueue
from db import migrate
from db.embedded import EmbeddedServer
from db.engine import Database
from db.enums import RunTrigger

CONCURRENCY = 4
PROJECT = Path(__file__).resolve().parents[1]


def nothing(_context: JobContext) -> None:
    """Does nothing."""


def sleep(context: JobContext) -> None:
    """Does something for so long that its worker can be killed meanwhile."""
    time.sleep(1_000 if context.attempt == 1 else 0)


def _kind(name: str, isolation: Isolation = Isolation.THREAD) -> JobKind:
    work = f"benchmarks.jobs:{name.removesuffix('_apart')}"
    return JobKind(name=name, agent="benchmark", title=name, queue="benchmark", work=work, isolation=isolation)


KINDS = Kinds([_kind("nothing"), _kind("sleep"), _kind("nothing_apart", Isolation.PROCESS)])


class Worker:
    """A worker in a process of its own: ours, or a bare one of Procrastinate."""

    def __init__(self, url: str, *, bare: bool = False, concurrency: int = CONCURRENCY) -> None:
        command = [sys.executable, "-m", "benchmarks.jobs", "_bare" if bare else "_ours", str(concurrency)]
        self.process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={**os.environ, "DATABASE_URL": url},
            stdout=subprocess.PIPE,
        )

    def ready(self) -> None:
        """Wait until it fetches jobs."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == b"ready"

    def end(self) -> None:
        """Tell it to end, and see that it does."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


def be_ours(concurrency: int) -> None:
    """Be one of our workers."""
    from ci_core.jobs.worker import run_worker
    from ci_core.settings import load_settings

    run_worker(
        load_settings(),
        concurrency=concurrency,
        kinds_path="benchmarks.jobs:KINDS",
        ready=lambda: print("ready", flush=True),
    )


def bare_app(url: str) -> Any:
    """Procrastinate as its documentation shows it."""
    import procrastinate

    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))

    @app.task(name="nothing", queue="benchmark")
    def nothing(run_id: int) -> None:
        """Does nothing."""

    return app


def be_bare(concurrency: int) -> None:
    """Be a worker of bare Procrastinate."""
    import asyncio

    async def work() -> None:
        async with bare_app(os.environ["DATABASE_URL"]).open_async() as app:
            print("ready", flush=True)
            await app.run_worker_async(concurrency=concurrency)

    asyncio.run(work())


def enter(url: str, jobs: int, *, bare: bool) -> None:
    """Enter so many jobs that do nothing."""
    if bare:
        with bare_app(url).open() as app:
            app.configure_task("nothing", queue="benchmark").batch_defer(*({"run_id": n} for n in range(jobs)))
        return
    database = Database(url)
    with database.transaction("benchmark") as session:
        for _ in range(jobs):
            ask(session, "nothing")
    database.dispose()


def ask(session: Any, kind: str) -> int:
    """Enter a run."""
    now = datetime.now(UTC)
    return enqueue(session, kind, trigger=RunTrigger.MANUAL, actor="benchmark", now=now, kinds=KINDS).run_id


def rate(url: str, jobs: int, workers: int, *, bare: bool) -> float:
    """Jobs a second between the first tenth that ended and the last, by the database's clock."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM procrastinate_jobs")
        connection.execute("VACUUM ANALYZE")
        enter(url, jobs, bare=bare)
        # Held back until all workers have begun, and loaded what they load.
        connection.execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour'")
        started = [Worker(url, bare=bare) for _ in range(workers)]
        for worker in started:
            worker.ready()
        settle(started)
        connection.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL")
        count = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'"
        while connection.execute(count).fetchone()[0] < jobs:  # type: ignore[index]
            time.sleep(0.2)
        for worker in started:
            worker.end()
        times = connection.execute(
            "SELECT extract(epoch FROM at)::float8 FROM procrastinate_events WHERE type = 'succeeded' ORDER BY at"
        ).fetchall()
    first, last = times[len(times) // 10][0], times[len(times) * 9 // 10][0]
    return 0.8 * len(times) / (last - first)


def settle(workers: Sequence[Worker], most_seconds: float = 60.0) -> None:
    """Wait until the workers and their helpers have nothing to do any more."""
    deadline = time.monotonic() + most_seconds
    while time.monotonic() < deadline:
        before = [_cpu_seconds(worker.process.pid) for worker in workers]
        time.sleep(2)
        used = [_cpu_seconds(worker.process.pid) for worker in workers]
        if all(now - then < 0.2 for now, then in zip(used, before, strict=True)):
            return


def _cpu_seconds(pid: int) -> float:
    process = psutil.Process(pid)
    return sum(sum(one.cpu_times()[:2]) for one in (process, *process.children(recursive=True)))


def throughput(ours: str, bare: str, jobs: int, rounds: int) -> None:
    """Print the rates of both, taken by turns, and their ratio."""
    for workers in (1, 4):
        rates: dict[bool, list[float]] = {True: [], False: []}
        for number in range(rounds * 2):
            is_bare = number % 4 in (0, 3)  # by turns, so that neither has the quieter times
            rates[is_bare].append(rate(bare if is_bare else ours, jobs, workers, bare=is_bare))
        of_bare, of_ours = statistics.mean(rates[True]), statistics.mean(rates[False])
        print(
            f"{workers} worker(s), {jobs} jobs × {rounds}: ours {of_ours:6.0f} jobs/s, bare {of_bare:6.0f} jobs/s: "
            f"{of_ours / of_bare:.0%} (must 85 %)"
        )
        print(f"  each: ours {[round(r) for r in rates[False]]}, bare {[round(r) for r in rates[True]]}")


def click(url: str, times: int = 100) -> None:
    """Print how long jobs wait on an idle worker, in a thread and in a process of their own."""
    database = Database(url)
    worker = Worker(url)
    worker.ready()
    settle([worker])
    for kind in ("nothing", "nothing_apart"):
        waits, whole = [], []
        for number in range(times):
            began = time.perf_counter()
            with database.transaction("benchmark") as session:
                run_id = ask(session, kind)
            row = _until_ended(url, run_id)
            whole.append(time.perf_counter() - began)
            waits.append(row["waited"])
            time.sleep(0.01 + 0.013 * (number % 7))
        p95, p95_whole = (statistics.quantiles(values, n=20)[-1] for values in (waits, whole))
        print(
            f"{kind}: from the click to the start p50 {statistics.median(waits) * 1000:.0f} ms, "
            f"p95 {p95 * 1000:.0f} ms (must 300); until it is known to have ended p95 {p95_whole * 1000:.0f} ms"
        )
    worker.end()
    database.dispose()


def _until_ended(url: str, run_id: int) -> dict[str, Any]:
    query = """
        SELECT extract(epoch FROM started_at - created_at)::float8 AS waited FROM ci_automation_runs
        WHERE id = %s AND ended_at IS NOT NULL
    """
    with psycopg.connect(url, autocommit=True, row_factory=psycopg.rows.dict_row) as connection:
        while True:
            row = connection.execute(query, [run_id]).fetchone()
            if row is not None:
                return row
            time.sleep(0.005)


def killed(url: str, times: int = 12) -> None:
    """Print how long the job of a worker that is killed takes to begin again on another one."""
    database = Database(url)
    rescuer = Worker(url)
    rescuer.ready()
    time.sleep(6)
    waits = []
    for number in range(times):
        with database.transaction("benchmark") as session:
            run_id = ask(session, "sleep")
        with psycopg.connect(url, autocommit=True) as connection:
            pid = _running_pid(connection, run_id)
            victim, other = rescuer, Worker(url)
            other.ready()
            assert pid == victim.process.pid
            time.sleep(0.3 * (number % 7))
            victim.process.kill()
            began = time.monotonic()
            victim.process.wait()
            while not connection.execute(
                "SELECT 1 FROM ci_automation_runs WHERE id = %s AND attempt > 1 AND status <> 'queued'", [run_id]
            ).fetchone():
                time.sleep(0.02)
            waits.append(time.monotonic() - began)
            assert victim.process.stdout is not None
            victim.process.stdout.close()
        rescuer = other
    rescuer.end()
    database.dispose()
    print(
        f"job of a killed worker again after p50 {statistics.median(waits):.1f} s (must 6), most {max(waits):.1f} s "
        f"(must 10), {times} times"
    )


def _running_pid(connection: psycopg.Connection[Any], run_id: int) -> int:
    query = "SELECT w.pid FROM ci_workers w JOIN ci_automation_runs r USING (worker_id) WHERE r.id = %s"
    while not (row := connection.execute(query, [run_id]).fetchone()):
        time.sleep(0.05)
    return int(row[0])


def memory(url: str) -> None:
    """Print what an idle worker and its helper processes need, and what of it is theirs alone."""
    worker = Worker(url)
    worker.ready()
    settle([worker])
    processes = [psutil.Process(worker.process.pid)]
    processes += processes[0].children(recursive=True)
    total = own = 0
    for process in processes:
        full = process.memory_full_info()
        total, own = total + full.rss, own + getattr(full, "pss", full.uss)
        print(f"  {full.rss / 2**20:6.0f} MiB resident  {' '.join(process.cmdline())[:70]}")
    print(
        f"idle worker, {len(processes)} processes: {total / 2**20:.0f} MiB resident (must 250), {own / 2**20:.0f} MiB"
    )
    worker.end()


@contextlib.contextmanager
def databases() -> Iterator[tuple[str, str]]:
    """A migrated database of ours, and one with Procrastinate's own schema only, on one server."""
    with contextlib.ExitStack() as stack:
        configured = os.environ.get("CI_TEST_DATABASE_URL")
        if configured:
            url = configured
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mci-"))
            url = stack.enter_context(EmbeddedServer(Path(folder))).start()
        names = [f"benchmark_{name}_{os.getpid()}" for name in ("ours", "bare")]
        with psycopg.connect(url, autocommit=True) as connection:
            for name in names:
                connection.execute(f"CREATE DATABASE {name}")
        ours, bare = (make_conninfo(url, dbname=name) for name in names)
        database = Database(ours)
        migrate.upgrade(database.engine)
        database.dispose()
        with bare_app(bare).open() as app:
            app.schema_manager.apply_schema()
        yield ours, bare
        with psycopg.connect(url, autocommit=True) as connection:
            for name in names:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what was asked for."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] in (["_ours"], ["_bare"]):
        (be_ours if words[0] == "_ours" else be_bare)(int(words[1]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["throughput", "click", "killed", "memory"])
    parser.add_argument("--jobs", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args(words)
    with databases() as (ours, bare):
        if "throughput" in options.what:
            throughput(ours, bare, options.jobs, options.rounds)
        for name, measure in (("click", click), ("killed", killed), ("memory", memory)):
            if name in options.what:
                measure(ours)


if __name__ == "__main__":
    main()
