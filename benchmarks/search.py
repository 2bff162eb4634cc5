"""Search over many things: `python benchmarks/search.py [--count 100000] [--findings 100000] [--models-dir DIR]`.

Makes a throw-away database, fills it by COPY (texts by Zipf's law; vectors half random, half clustered) and measures,
per kind of query, the whole of `search_enhancements`, and of `findings_with_words` where there are findings: p50, p95
and p99 beside the limit. With `--models-dir` the real
encoder reads each query, so that its time counts; the vector compared is made up in both cases.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text

from benchmarks.synthetic import (
    AREAS,
    COMMON,
    WORDS,
    Texts,
    fill,
    fill_findings,
    throw_away_database,
    unit_vectors,
)
from ci_core.backlog.listing import Sort, list_enhancements
from ci_core.backlog.search import search_enhancements
from ci_core.backlog.similar import similar_enhancements
from ci_core.backlog.text_query import read_text
from ci_core.embeddings import DIMENSIONS, MODEL_NAME, Encoder, load_encoder
from ci_core.research.search_queries import findings_with_words
from db.engine import Database
from db.enums import Priority

SEARCH_LIMIT_MS, SEARCH_AIM_MS, VIEW_LIMIT_MS, VIEW_AIM_MS = 50.0, 20.0, 5.0, 2.0


class StandIn:
    """An encoder whose vectors lie where the made-up ones lie; it lets the real one read along, for its time."""

    name, dimensions = MODEL_NAME, DIMENSIONS

    def __init__(self, vectors: NDArray[np.float32], real: Encoder | None) -> None:
        self._vectors, self._real = vectors, real

    def fresh(self) -> StandIn:
        """One that was never asked anything."""
        return StandIn(self._vectors, self._real)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self._real:
            self._real.encode(texts)
        return np.stack([self._vectors[zlib.crc32(text.encode()) % len(self._vectors)] for text in texts])


def queries(count: int) -> dict[str, list[str]]:
    """Queries by kind, as people type them."""
    choose, texts = random.Random(5), Texts(9)
    rare = [word for word in texts.words(20_000) if word not in COMMON and word not in WORDS]
    usual = [*COMMON[:9], *WORDS]

    def priority() -> str:
        return f"priority:{choose.choice(list(Priority))}"

    def area() -> str:
        return f'area:"{choose.choice(AREAS[:7])}"'

    kinds: dict[str, Callable[[], str]] = {
        "one very common word": lambda: choose.choice(usual[:12]),
        "one usual word": lambda: choose.choice(WORDS[10:]),
        "one rare word": lambda: choose.choice(rare),
        "three words": lambda: " ".join([*choose.sample(usual, 2), choose.choice(rare)]),
        "three usual words": lambda: " ".join(choose.sample(usual, 3)),
        "a word without another": lambda: f"{choose.choice(usual)} -{choose.choice(usual)}",
        "a phrase": lambda: f'"{" ".join(texts.words(2))}"',
        "while typing": lambda: f"{choose.choice(usual)} {choose.choice(WORDS)[:4]}",
        "an identifier": lambda: "_".join(texts.words(3)) + ".py",
        "words and a filter": lambda: f"{priority()} {choose.choice(WORDS)} {choose.choice(rare)}",
        "common word, wide filter": lambda: f"{priority()} {choose.choice(usual[:12])}",
        "common word, narrow filter": lambda: f"{area()} status:approved {choose.choice(usual[:12])}",
    }
    return {kind: [make() for _ in range(count)] for kind, make in kinds.items()}


def timed(database: Database, work: Callable[[Database], None]) -> float:
    started = time.perf_counter()
    work(database)
    return (time.perf_counter() - started) * 1000


def line(name: str, figures: list[float], limit: float, aim: float) -> float:
    p50, p95, p99 = np.percentile(figures, [50, 95, 99])
    print(
        f"{name:32} p50 {p50:6.1f}  p95 {p95:6.1f}  p99 {p99:6.1f}  best {min(figures):6.1f} ms "
        f"(limit {limit:g}, aim {aim:g})"
    )
    return float(p95)


def measure(database: Database, encoder: StandIn, asked: int) -> float:
    everything: list[float] = []

    def search(query: str, offset: int = 0) -> None:
        with database.reading() as session:
            # A fresh encoder has no memory of earlier queries.
            search_enhancements(session, query, encoder=encoder.fresh(), actor="ana", offset=offset)  # type: ignore[arg-type]

    def view() -> None:
        with database.reading() as session:
            session.execute(text("SELECT * FROM v_ci_top_priorities LIMIT 5")).all()

    def page(sort: Sort, offset: int) -> None:
        with database.reading() as session:
            list_enhancements(session, limit=50, offset=offset, sort=sort)

    def similar(item: int) -> None:
        with database.reading() as session:
            similar_enhancements(session, item)

    all_queries = queries(asked)
    for some in all_queries.values():
        search(some.pop())  # the first of each kind fills caches
    for kind, some in all_queries.items():
        figures = [timed(database, lambda _, query=query: search(query)) for query in some]
        line(kind, figures, SEARCH_LIMIT_MS, SEARCH_AIM_MS)
        everything.extend(figures)
    p95 = line("all searches", everything, SEARCH_LIMIT_MS, SEARCH_AIM_MS)
    line("similar", [timed(database, lambda _, i=i: similar(i)) for i in range(1, 40)], SEARCH_LIMIT_MS, SEARCH_AIM_MS)
    for sort in Sort:
        figures = [timed(database, lambda _, i=i, sort=sort: page(sort, i * 50)) for i in range(8)]
        line(f"list by {sort}", figures, SEARCH_LIMIT_MS, SEARCH_AIM_MS)
    view_p95 = line(
        "v_ci_top_priorities LIMIT 5",
        [timed(database, lambda _: view()) for _ in range(60)],
        VIEW_LIMIT_MS,
        VIEW_AIM_MS,
    )
    return max(p95 / SEARCH_LIMIT_MS, view_p95 / VIEW_LIMIT_MS)


def measure_findings(database: Database, asked: int) -> float:
    """The search over findings by the same queries, those with filters of enhancements left out."""
    everything: list[float] = []

    def search(query: str) -> None:
        with database.reading() as session:
            findings_with_words(session, read_text(query), limit=8)

    for kind, some in queries(asked).items():
        if "filter" in kind:
            continue
        search(some.pop())
        figures = [timed(database, lambda _, query=query: search(query)) for query in some]
        line(f"findings: {kind}", figures, SEARCH_LIMIT_MS, SEARCH_AIM_MS)
        everything.extend(figures)
    return line("findings: all searches", everything, SEARCH_LIMIT_MS, SEARCH_AIM_MS) / SEARCH_LIMIT_MS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--findings", type=int, default=100_000)
    parser.add_argument("--asked", type=int, default=40, help="queries of each kind")
    parser.add_argument("--models-dir", type=Path)
    parser.add_argument("--database", help="measure on this filled database, and leave it")
    options = parser.parse_args()
    encoder = StandIn(unit_vectors(1_000), load_encoder(options.models_dir) if options.models_dir else None)
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if options.database:
        database = Database(options.database, application_name="benchmark")
        share = measure(database, encoder, options.asked)
        database.dispose()
    else:
        with throw_away_database() as database:
            started = time.perf_counter()
            if options.count:
                fill(database, options.count)
            print(f"{options.count:,} enhancements filled in and indexed in {time.perf_counter() - started:.0f} s")
            share = measure(database, encoder, options.asked) if options.count else 0.0
            if options.findings:
                fill_findings(database, options.findings)
                share = max(share, measure_findings(database, options.asked))
    print(f"load average {os.getloadavg()[0]:.1f} at the end")
    return 0 if share <= 1 else 1


if __name__ == "__main__":
    raise SystemExit(main())
