"""How fast priorities are computed, against reading the same texts, and a whole backlog scored anew and explained.

    python -m benchmarks.priority [--items 10000] [--processor-only]

Limits: 5,000 items/s by themselves; `ci enhancements score --all` over 10,000 in less than 10 s, with its writes, its
entries in the audit log, and the explanation of every rank.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import text

from benchmarks.synthetic import throw_away_database
from ci_core.backlog import NewEnhancement, ScoringPolicy, create_enhancements
from ci_core.backlog.priority import IssuesBehind, LocalScorer, ScoringInput, Weights, prioritise
from ci_core.backlog.rescoring import Rescored, rescore_everything
from db.engine import Database
from db.enums import Category, Complexity, Priority

ITEMS = 5_000
BACKLOG = 10_000
LIMIT_SECONDS = 10.0
SENTENCES = (
    "Connections leak when a scan fails, and nobody is told.",
    "Users request a filter for weekly expirations.",
    "- Show delta and theta of each position in the table",
    "The page is slow with more than 500 rows; see `positions_page.py`.",
    "```python\nraise ValueError('data loss')\n```",
    "Prices are stale after the close of the market.",
    "Add a button that exports the trade history to CSV.",
)
OTHER_WEIGHTS = Weights(
    business_value=0.2,
    user_impact=0.15,
    strategic_alignment=0.15,
    technical_debt=0.2,
    inaction_risk=0.2,
    implementation_risk=0.1,
)
# Every third waits for another one, every twentieth has issues behind it.
LINKS = """
    INSERT INTO ci_enhancement_dependencies (enhancement_id, other_id, kind)
    SELECT id, id - 1 - id % 7, 'blocked_by' FROM ci_enhancements WHERE id % 3 = 0 AND id > 10
"""
ISSUES = """
    WITH owner AS (
        INSERT INTO ci_health_repositories (identity, name) VALUES ('benchmark', 'benchmark') RETURNING id)
    INSERT INTO ci_health_issues (repository_id, fingerprint, issue_type, checker, rule, severity, title, file_path,
        enhancement_id)
    SELECT owner.id, md5(e.id || '.' || n), 'security', 'flows', 'sql-injection',
        (ARRAY['critical', 'high', 'medium', 'low'])[1 + (e.id + n) % 4], 'SQL put together from text',
        'scanner/part_' || e.id || '.py', e.id
    FROM owner, ci_enhancements e, generate_series(1, 8) AS n WHERE e.id % 20 = 0
"""


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
            issues=choice.choice([None, None, IssuesBehind(high=choice.randint(1, 30), commits=8, age_days=100)]),
        )
        for number in range(ITEMS)
    ]


def per_second(work: Callable[[ScoringInput], object], items: list[ScoringInput]) -> float:
    started = time.process_time()  # of this process alone, whatever else the machine does
    for item in items:
        work(item)
    return len(items) / (time.process_time() - started)


def fill(database: Database, count: int) -> None:
    choice = random.Random(5)
    items = made_up_items()
    news = [
        NewEnhancement(
            title=f"{' '.join(item.title.split())[:200]} of {number}",
            description=item.description,
            category=item.category or Category.ENHANCEMENT,
            priority=item.priority or Priority.MEDIUM,
            complexity=item.complexity,
            estimated_hours=item.estimated_hours,
            status=choice.choice(["proposed", "proposed", "approved", "in_progress", "deferred", "rejected"]),
        )
        for number in range(count)
        for item in [items[number % len(items)]]
    ]
    with database.transaction("benchmark") as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        create_enhancements(session, news, actor="benchmark")
        session.execute(text(LINKS))
        session.execute(text(ISSUES))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def seconds_for(database: Database, policy: ScoringPolicy) -> tuple[float, float, Rescored]:
    """How long the whole backlog takes with its commit, how long of that this process works, and what changed."""
    started, worked = time.perf_counter(), time.process_time()
    with database.transaction("benchmark") as session:
        done = rescore_everything(session, actor="benchmark", policy=policy)
    return time.perf_counter() - started, time.process_time() - worked, done


def measure_backlog(count: int) -> None:
    with throw_away_database() as database:
        fill(database, count)
        runs = (
            ("issues and links are new", ScoringPolicy()),
            ("other weights, so that all change", ScoringPolicy(weights=OTHER_WEIGHTS)),
            ("nothing changed", ScoringPolicy(weights=OTHER_WEIGHTS)),
        )
        for what, policy in runs:
            seconds, worked, done = seconds_for(database, policy)
            print(
                f"score --all, {count:,} enhancements, {what}: {seconds:.1f} s (limit {LIMIT_SECONDS:.0f} s), "
                f"{worked:.1f} s of it here; "
                f"{done.changed:,} scores and {len(done.ranks):,} ranks changed, each with its reason"
            )
            if not all(one.why for one in done.ranks):
                raise RuntimeError("A change of rank has no reason.")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--items", type=int, default=BACKLOG)
    options.add_argument("--processor-only", action="store_true", help="leave the database out")
    given = options.parse_args()
    items = made_up_items()
    scorer = LocalScorer()
    reading = per_second(lambda item: re.findall(r"\w+", item.description.lower()), items)
    scoring = per_second(lambda item: prioritise(item, scorer=scorer), items)
    characters = sum(len(item.description) for item in items) / len(items)
    print(f"priorities of {ITEMS} items, {characters:.0f} characters each: {scoring:,.0f} items/s (at least 5,000)")
    print(f"splitting the same texts into words alone: {reading:,.0f} items/s, {reading / scoring:.1f}× as fast")
    if not given.processor_only:
        measure_backlog(given.items)


if __name__ == "__main__":
    main()
