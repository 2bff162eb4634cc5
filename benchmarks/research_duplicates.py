"""How long a comparison with a window takes: `python -m benchmarks.research_duplicates [--rows 5000] [--queries 300]`.

Fills a window with made-up posts of 30 days and compares others with it, one by one, as a scan does, without a
database. Printed beside the limit is what the bare product of the window's vectors and one vector takes, the least that
an exact search can cost.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np

from ci_core.research.duplicates import Window
from ci_core.research.normalise import normalise
from ci_core.research.values import Item, NormalItem

LIMIT_MS = 2.0
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
SUBJECTS = (
    "options",
    "wheel",
    "broker",
    "margin",
    "futures",
    "volatility",
    "hedging",
    "backtester",
    "exchange",
    "outage",
)
VERBS = ("released", "explained", "fined", "hacked", "compared", "automated", "simulated", "approved")


def posts(count: int, choice: random.Random) -> list[NormalItem]:
    """Posts whose words repeat as those of one field do; a tenth of them are retellings of one before."""
    made: list[NormalItem] = []
    for number in range(count):
        words = [*choice.choices(SUBJECTS, k=5), choice.choice(VERBS), f"name{choice.randrange(count)}"]
        title = " ".join(words)
        if made and choice.random() < 0.1:
            title = f"{choice.choice(made).title} again in other words"
        url = f"https://site{number % 97}.example/{number}"
        made.append(normalise(Item("hacker_news", str(number), url, title, " ".join(words * 8))))
    return made


def milliseconds(work: Callable[[int], object], times: int) -> tuple[float, float]:
    """Median and 95th percentile of so many calls, in ms."""
    taken = []
    for number in range(times):
        started = time.perf_counter()
        work(number)
        taken.append((time.perf_counter() - started) * 1_000)
    return float(np.percentile(taken, 50)), float(np.percentile(taken, 95))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--queries", type=int, default=300)
    given = parser.parse_args()
    choice, draw = random.Random(5), np.random.default_rng(5)
    items = posts(given.rows + given.queries, choice)
    vectors = draw.normal(size=(len(items), 384)) + 6 * draw.normal(size=(40, 384))[draw.integers(40, size=len(items))]
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    window = Window()
    step = timedelta(days=30) / given.rows
    started = time.perf_counter()
    for number in range(given.rows):
        window.add(number, items[number], vectors[number], BEGINNING + number * step)
    filling = (time.perf_counter() - started) / given.rows * 1_000
    now = BEGINNING + timedelta(days=30)

    def compare(number: int) -> object:
        place = given.rows + number
        return window.compare(items[place], vectors[place], now)

    held = vectors[: given.rows].copy()
    bare = milliseconds(lambda number: np.einsum("ij,j->i", held, vectors[number]), given.queries)
    compare(0)
    whole = milliseconds(compare, given.queries)
    print(f"window of {given.rows:,} findings, {given.queries} comparisons, exact")
    print(f"add one                {filling:7.3f} ms")
    print(f"vectors alone, median  {bare[0]:7.3f} ms, 95 % {bare[1]:7.3f} ms")
    print(f"compare, median        {whole[0]:7.3f} ms, 95 % {whole[1]:7.3f} ms   (limit {LIMIT_MS} ms)")
    print(f"compare / vectors      {whole[0] / bare[0]:7.1f} ×")


if __name__ == "__main__":
    main()
