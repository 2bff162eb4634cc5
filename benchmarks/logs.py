"""What does a line of the log cost whoever says it, and how soon is a run's progress known elsewhere?

    python -m benchmarks.logs [--lines 20000] [--beats 100]

Limits: 0.5 ms for a line with its secrets taken out, in the file and handed to the run's log; 1 s (p95) from the commit
of a run's progress to a page of another process that follows it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

from benchmarks.synthetic import throw_away_database
from ci_core import runs
from ci_core.logs import configure_logging, get_logger, run_context
from ci_core.runs.live import LiveRuns
from ci_core.runs.log_writer import kept_run_logs
from ci_core.settings import Settings
from db.engine import Database
from db.enums import RunTrigger

LIMIT_LINE_MS = 0.5
LIMIT_PROGRESS_S = 1.0
log = get_logger("ci_core.benchmark")


def start(database: Database) -> int:
    """A run that runs."""
    with database.transaction("agent:bench") as session:
        return runs.start_run(
            session, "benchmark", trigger=RunTrigger.MANUAL, actor="agent:bench", now=datetime.now(UTC)
        )


def line_ms(database: Database, lines: int) -> float:
    """Milliseconds for one line of a run."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder), github_token="token-of-github")  # noqa: S106
        with (
            configure_logging(settings, process="bench", terminal=False),
            kept_run_logs(database, settings),
            run_context(start(database)),
        ):
            log.info("first", url="https://x.org/?token=abc")
            began = time.perf_counter()
            for number in range(lines):
                log.info("source_scanned", source="r/options", number=number, url=f"https://x.org/{number}?key=abc")
            return (time.perf_counter() - began) * 1000 / lines


def progress_seconds(database: Database, beats: int) -> list[float]:
    """From the commit of each beat to the one who follows, over a connection of its own."""
    run_id = start(database)
    live = LiveRuns(database)
    live.start()
    seen = live.await_revision(0, 30)
    found = []
    try:
        for beat in range(beats):
            with database.transaction("agent:bench") as session:
                runs.beat(session, run_id, now=datetime.now(UTC), progress_percent=(beat + 1) * 100 / (beats + 1))
            began = time.perf_counter()
            seen = live.await_revision(seen.revision, 10)
            found.append(time.perf_counter() - began)
    finally:
        live.stop()
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; 1 when a limit is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=20_000)
    parser.add_argument("--beats", type=int, default=100)
    options = parser.parse_args(arguments)
    with throw_away_database() as database:
        per_line = line_ms(database, options.lines)
        seconds = progress_seconds(database, options.beats)
    p95 = quantiles(seconds, n=20)[-1]
    print(f"a line: {per_line:.3f} ms (at most {LIMIT_LINE_MS})")
    print(f"progress seen elsewhere: p95 {p95:.2f} s (at most {LIMIT_PROGRESS_S}), longest {max(seconds):.2f} s")
    return int(per_line > LIMIT_LINE_MS or p95 > LIMIT_PROGRESS_S)


if __name__ == "__main__":
    raise SystemExit(main())
