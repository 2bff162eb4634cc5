"""Figures of the clock: `python -m benchmarks.clock [--slots 10000] [--clocks 4]`.

One look at 5,000 schedules, with none due and with as many due as one look takes. Then clocks in processes of their
own, of which one is killed at random every three seconds and started anew: every slot has to be entered once, and soon.
It is late by the time from its moment to the beginning of the look that entered it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import signal
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from multiprocessing.process import BaseProcess

import numpy as np
from sqlalchemy import text

from benchmarks.synthetic import throw_away_database
from ci_core.jobs import JobKind, Kinds
from ci_core.jobs.clock import Clock
from ci_core.jobs.ticking import MOST, tick
from db.engine import Database

KINDS = Kinds([JobKind("echo", "benchmark", "Echo", "benchmark", "benchmarks:nothing")])
SCHEDULES = 5_000
LIMIT_TICK_MS, LIMIT_LAG_SECONDS = 200.0, 1.0
EVERY_SECONDS, SLOTS_EACH = 10, 10
ROUNDS = 15
PAUSE_SECONDS = 3
FILL = text("""
    INSERT INTO ci_schedules (name, kind, cron, every_seconds, time_zone, jitter_seconds, created_at, updated_at)
    SELECT 's' || n, 'echo',
           CASE WHEN n % 2 = 0 THEN n % 60 || ' ' || n % 24 || ' * * *' END, CASE WHEN n % 2 = 1 THEN 86400 END,
           'Europe/Berlin', CASE WHEN n % 4 = 0 THEN 600 ELSE 0 END, now(), now()
    FROM generate_series(1, :count) n
""")
# Each at an offset of its own, so that slots come all the time.
FILL_OFTEN = text("""
    INSERT INTO ci_schedules (name, kind, every_seconds, created_at, updated_at)
    SELECT 's' || n, 'echo', :every, at, at
    FROM generate_series(1, :count) n,
         LATERAL (SELECT date_trunc('second', now()) - (n % :every) * interval '1 second' AS at) AS made
""")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slots", type=int, default=10_000)
    parser.add_argument("--clocks", type=int, default=4)
    options = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with throw_away_database() as database:
        slow = looks(database)
    with throw_away_database() as database:
        wrong = race(database, options.slots, options.clocks)
    print(f"load average {os.getloadavg()[0]:.1f} at the end")
    return 1 if slow or wrong else 0


def looks(database: Database) -> bool:
    """Whether a look at many schedules takes too long."""
    write(database, FILL, count=SCHEDULES)
    now = datetime.now(UTC)
    while tick(database, now, kinds=KINDS).more:
        pass
    write(database, text("ANALYZE"))
    figures = {"nothing due": timed(lambda n: tick(database, now + timedelta(seconds=n), kinds=KINDS))}
    due_at = now + timedelta(days=2)
    figures[f"{MOST} due"] = timed(lambda _n: tick(database, due_at, kinds=KINDS))
    for name, found in figures.items():
        p50, most = statistics.median(found), max(found)
        print(
            f"look at {SCHEDULES:,} schedules, {name:12} p50 {p50:6.1f}  max {most:6.1f} ms (limit {LIMIT_TICK_MS:g})"
        )
    return any(statistics.median(found) > LIMIT_TICK_MS for found in figures.values())


def timed(look: Callable[[int], object]) -> list[float]:
    found = []
    for n in range(ROUNDS):
        started = time.perf_counter()
        look(n)
        found.append((time.perf_counter() - started) * 1000)
    return found[1:]  # the first fills caches


def race(database: Database, slots: int, clocks: int) -> bool:
    """Whether clocks that share slots, and are killed, doubled one, lost one, or came too late."""
    count = slots // SLOTS_EACH
    # A fork is there at once: what is measured is the clock, not how fast Python starts.
    context = multiprocessing.get_context("fork")
    write(database, FILL_OFTEN, count=count, every=EVERY_SECONDS)
    started = datetime.now(UTC)
    standing = [begin(context, database.url) for _ in range(clocks)]
    end = time.monotonic() + (SLOTS_EACH + 1) * EVERY_SECONDS + 3
    killed, picker = 0, random.Random(7)
    while time.monotonic() < end:
        time.sleep(PAUSE_SECONDS)
        place = picker.randrange(clocks)
        kill(standing[place])
        standing[place] = begin(context, database.url)
        killed += 1
    for process in standing:
        kill(process)
    while tick(database, kinds=KINDS).more:
        pass
    return judge(database, count, started, killed)


def judge(database: Database, count: int, started: datetime, killed: int) -> bool:
    with database.reading() as session:
        rows = session.execute(
            text("""
                SELECT schedule_id, due_at, extract(epoch FROM created_at - due_at) AS late
                FROM ci_automation_runs ORDER BY schedule_id, due_at
            """)
        ).all()
        begun = dict(map(tuple, session.execute(text("SELECT id, created_at FROM ci_schedules")).all()))
        jobs = session.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one()
    slots = {(row.schedule_id, row.due_at) for row in rows}
    of_schedule: dict[int, list[datetime]] = {}
    for number, due_at in sorted(slots):
        of_schedule.setdefault(number, []).append(due_at)
    gaps = [
        round((later - earlier).total_seconds() / EVERY_SECONDS) - 1
        for number, times in of_schedule.items()
        for earlier, later in pairwise([begun[number], *times])
    ]
    doubled, lost = len(rows) - len(slots), sum(gaps) + (count - len(of_schedule)) * SLOTS_EACH
    late = np.percentile(
        [float(row.late) for row in rows if row.due_at > started + timedelta(seconds=5)], [50, 95, 100]
    )
    print(f"{len(rows):,} slots of {count:,} schedules, clocks killed {killed} times: {doubled} doubled, {lost} lost")
    print(f"{jobs:,} jobs for {len(rows):,} runs")
    print(f"late p50 {late[0]:.2f}  p95 {late[1]:.2f}  max {late[2]:.2f} s (limit p95 {LIMIT_LAG_SECONDS:g})")
    return bool(doubled or lost or jobs != len(rows) or late[1] > LIMIT_LAG_SECONDS)


def begin(context: multiprocessing.context.ForkContext, url: str) -> BaseProcess:
    process = context.Process(target=clock, args=(url,), daemon=True)
    process.start()
    return process


def kill(process: BaseProcess) -> None:
    if process.pid is not None:
        os.kill(process.pid, signal.SIGKILL)
    process.join()


def clock(url: str) -> None:
    """A clock that ticks until it is killed."""
    Clock(Database(url, pool_size=1), kinds=KINDS).start()
    signal.pause()


def write(database: Database, statement: object, **values: object) -> None:
    with database.transaction("benchmark") as session:
        session.execute(statement, values)  # type: ignore[call-overload]


if __name__ == "__main__":
    raise SystemExit(main())
