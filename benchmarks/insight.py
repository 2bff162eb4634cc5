"""Figures of research over many findings: `python -m benchmarks.insight [--count 100000]`.

Makes a throw-away database with the usual sources, fills it by COPY, and measures what the Sources page reads: the
figures of 30, 90 and 365 days, the health of the sources, and the glance on the overview.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy.orm import Session

from benchmarks.synthetic import fill_findings, throw_away_database
from ci_core.overview.glances.research import research
from ci_core.research import ensure_default_sources
from ci_core.research.insight import insight, span_of_days
from ci_core.research.source_health import sources_overview

LIMIT_MS, AIM_MS = 500.0, 250.0
ROUNDS = 9


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    options = parser.parse_args()
    now, zone = datetime.now(UTC), ZoneInfo("Europe/Berlin")
    reads: dict[str, Callable[[Session], object]] = {
        f"figures of {days} days": lambda session, days=days: insight(session, span_of_days(days, now, zone))  # type: ignore[misc]
        for days in (30, 90, 365)
    }
    reads["health of the sources"] = lambda session: sources_overview(session, now=now)
    reads["glance on the overview"] = lambda session: research(session, now)
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    slowest = 0.0
    with throw_away_database() as database:
        with database.transaction("benchmark") as session:
            ensure_default_sources(session, actor="benchmark")
        fill_findings(database, options.count)
        for name, read in reads.items():
            figures = []
            for _ in range(ROUNDS + 1):
                started = time.perf_counter()
                with database.reading() as session:
                    read(session)
                figures.append((time.perf_counter() - started) * 1000)
            p50 = float(np.percentile(figures[1:], 50))  # the first fills caches
            slowest = max(slowest, p50)
            print(f"{name:24} p50 {p50:6.1f}  best {min(figures):6.1f} ms (limit {LIMIT_MS:g}, aim {AIM_MS:g})")
    print(f"load average {os.getloadavg()[0]:.1f} at the end")
    return 0 if slowest <= LIMIT_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
