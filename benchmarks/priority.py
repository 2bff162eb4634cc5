"""How fast priorities are computed, against reading the same texts: `python benchmarks/priority.py`."""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ci_core.backlog.priority import LocalScorer, ScoringInput, prioritise
from db.enums import Category, Complexity, Priority

ITEMS = 5_000
SENTENCES = (
    "Connections leak when a scan fails, and nobody is told.",
    "Users request a filter for weekly expirations.",
    "- Show delta and theta of each position in the table",
    "The page is slow with more than 500 rows; see `positions_page.py`.",
    "```python\nraise ValueError('data loss')\n```",
    "Prices are stale after the close of the market.",
    "Add a button that exports the trade history to CSV.",
)


def made_up_items() -> list[ScoringInput]:
    choice = random.Random(3)
    return [
        ScoringInput(
            title=f"{choice.choice(SENTENCES)[:60]} {number}",
            description="\n".join(choice.choices(SENTENCES, k=choice.randint(1, 12))),
            category=choice.choice(list(Category)),
            priority=choice.choice(list(Priority)),
            complexity=choice.choice(list(Complexity)),
            estimated_hours=choice.choice([None, 0.5, 2, 8, 40]),
            unblocks=choice.choice([0, 0, 0, 1, 4]),
        )
        for number in range(ITEMS)
    ]


def per_second(work: Callable[[ScoringInput], object], items: list[ScoringInput]) -> float:
    started = time.perf_counter()
    for item in items:
        work(item)
    return len(items) / (time.perf_counter() - started)


def main() -> None:
    items = made_up_items()
    scorer = LocalScorer()
    reading = per_second(lambda item: re.findall(r"\w+", item.description.lower()), items)
    scoring = per_second(lambda item: prioritise(item, scorer=scorer), items)
    characters = sum(len(item.description) for item in items) / len(items)
    print(f"priorities of {ITEMS} items, {characters:.0f} characters each: {scoring:,.0f} items/s (at least 5,000)")
    print(f"splitting the same texts into words alone: {reading:,.0f} items/s, {reading / scoring:.1f}× as fast")


if __name__ == "__main__":
    main()
