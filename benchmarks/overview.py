"""How long does the start page's content take, with as many changes since the last visit as a busy month brings?

    python -m benchmarks.overview [--cards 3000] [--entries 100000]

Limit: the whole page within 500 ms warm. What is measured here is the library's part of it; the changes are by people
and agents, all of them within the period, which is the worst case.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from benchmarks.app import FILL
from benchmarks.synthetic import throw_away_database
from ci_core.overview import overview_of, period_from
from ci_core.overview.changes import changes_in
from ci_core.overview.digest import as_html, digest
from db.engine import Database

PERSON = "ann"
WRITERS = ("bob", "cleo", "agent:setup", "agent:night", "dmitri")
RUNS = 9


def fill(database: Database, cards: int, entries: int) -> None:
    """Enhancements, and then changes of them by several writers until the log has that many entries."""
    with database.transaction("agent:setup") as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        session.execute(text(FILL), {"cards": cards})
    written, turn = cards, 0
    while written < entries:
        some = min(1000, entries - written, cards)
        with database.transaction(WRITERS[turn % len(WRITERS)]) as session:
            session.execute(text("SET LOCAL statement_timeout = 0"))
            session.execute(
                text(CHANGE), {"from": turn * 37 % cards, "some": some, "cards": cards, "hours": 1 + turn % 90}
            )
        written, turn = written + some, turn + 1
    with database.connect(autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


CHANGE = """
UPDATE ci_enhancements SET estimated_hours = :hours WHERE id IN (
    SELECT 1 + (CAST(:from AS int) + n) % CAST(:cards AS int) FROM generate_series(1, :some) AS n)
"""


def milliseconds(database: Database, work: Callable[[Any], object]) -> tuple[float, float]:
    """Median and slowest of some runs, each in a transaction of its own, after one that warms up."""
    times = []
    for run in range(RUNS + 1):
        start = time.perf_counter()
        with database.reading() as session:
            work(session)
        if run:
            times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times), max(times)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the times with their limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cards", type=int, default=3000)
    parser.add_argument("--entries", type=int, default=100_000)
    options = parser.parse_args(arguments)
    with throw_away_database() as database:
        fill(database, options.cards, options.entries)
        now = datetime.now(UTC)
        period = period_from("7d", now)
        parts: dict[str, Callable[[Any], object]] = {
            "what changed": lambda session: changes_in(session, PERSON, period),
            "the whole overview": lambda session: overview_of(session, PERSON, period, now),
            "the digest as HTML": lambda session: as_html(
                digest(session, PERSON, period, now), "http://127.0.0.1:8501"
            ),
        }
        print(f"{options.cards} enhancements, {options.entries} entries in the period, {RUNS} runs")
        for name, work in parts.items():
            median, slowest = milliseconds(database, work)
            print(f"{name:20} {median:7.0f} ms median, {slowest:7.0f} ms slowest   (limit 500)")


if __name__ == "__main__":
    main()
