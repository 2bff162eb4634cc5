"""The pipeline without the sites: embed, compare, score and store, with an empty database and with many findings.

    python -m benchmarks.research_pipeline                  # 1,000,000 findings; filling them in takes some minutes
    python -m benchmarks.research_pipeline --stored 50000

Items are posts of 4-9 words in the title and 0-150 in the text, one in ten of them a repetition in other order, taken
in 64 at a time as `ci research ingest` does, scored by the local scorer. Of the stored findings 200 appeared each day,
so that the window of 30 days holds 6,000. The embedding model of the data folder (CI_DATA_DIR) is used.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg
from sqlalchemy import text

from benchmarks.synthetic import Texts, throw_away_database
from ci_core.embeddings import DIMENSIONS, MODEL_NAME, load_encoder
from ci_core.embeddings.manifest import TOKENIZER_FILE, find_export
from ci_core.research.embedding_text import title_and_beginning
from ci_core.research.intake import BATCH, Counts
from ci_core.research.pipeline import take_in
from ci_core.research.scan_parts import Parts, make_intake
from ci_core.research.scoring import ensure_default_interests
from ci_core.research.values import Item
from ci_core.settings import load_settings
from db.engine import Database

MUST, AIM, MUST_SHARE = 60, 200, 0.8
A_DAY = 200
WINDOW = 30 * A_DAY
SITES = ("reddit", "hacker_news", "github", "arxiv", "stack_overflow")
# Built again after the fill, which would take many times as long with them.
INDEXES = ("idx_ci_research_findings_search", "idx_ci_research_findings_identities")

FILL = text("""
    INSERT INTO ci_research_findings (id, source_type, external_id, source_url, source_title, content, text_hash,
        content_hash, canonical_url, status, relevance_score, scored_at, scored_by, discovered_at, last_seen_at,
        published_at)
    OVERRIDING SYSTEM VALUE
    SELECT n, (ARRAY['reddit', 'hacker_news', 'github', 'arxiv', 'stack_overflow'])[1 + n % 5], 'stored ' || n,
        'https://site.example/' || n, p.title, p.body, md5('text ' || n), md5('content ' || n),
        'https://site.example/' || n, CASE WHEN n % 3 = 0 THEN 'analyzed' ELSE 'rejected' END, n % 100, at, 'local 1',
        at, at, at
    FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS n
    JOIN pool p ON p.id = n % CAST(:window AS integer),
        LATERAL (
            SELECT now() - (CAST(:count AS integer) - n) * interval '1 day' / CAST(:a_day AS integer) AS at
        ) AS moment
""")
FILL_VECTORS = text("""
    INSERT INTO ci_research_embeddings (finding_id, model, embedding, appeared_at)
    SELECT f.id, :model, p.embedding, f.discovered_at
    FROM ci_research_findings f JOIN pool p ON p.id = f.id % CAST(:window AS integer)
    WHERE f.id BETWEEN :first AND :last
""")


class Posts:
    """Made-up posts of English words, common ones more often; one word in ten is a made-up one.

    So a word has about 1.3 tokens, and two posts have as little in common as two posts of people.
    """

    def __init__(self, words: Sequence[str], seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._words = self._random.permutation(np.array(words))
        odds = 1 / (np.arange(1, len(words) + 1) + 15)
        self._steps = odds.cumsum() / odds.sum()
        self._rare = Texts(seed)

    def words(self, count: int) -> list[str]:
        """So many words."""
        usual = self._words[np.searchsorted(self._steps, self._random.random(count))]
        rare = self._random.random(count) < 0.1
        return [self._rare.words(1)[0] if strange else str(word) for word, strange in zip(usual, rare, strict=True)]

    def post(self) -> tuple[str, str]:
        """A title of 4-9 words, and in seven of ten cases a text of 20-150."""
        title = " ".join(self.words(int(self._random.integers(4, 10)))).capitalize()
        long = int(self._random.integers(20, 150)) if self._random.random() < 0.7 else 0
        return title, " ".join(self.words(long))

    def chance(self) -> float:
        """A number from 0 to 1."""
        return float(self._random.random())


def english(models_dir: Path) -> list[str]:
    """The words that the embedding model knows as one token: some 20,000 of English."""
    vocabulary = json.loads((find_export(models_dir) / TOKENIZER_FILE).read_text(encoding="utf-8"))["model"]["vocab"]
    return sorted(word for word in vocabulary if len(word) > 2 and word.isascii() and word.isalpha())


def items(count: int, seed: int, now: datetime) -> Iterator[Item]:
    """Made-up posts of the last day; one in ten says the same as the one before it, in another order."""
    posts = Posts(english(load_settings().models_dir), seed)
    title, body = posts.post()
    for number in range(count):
        if number and posts.chance() < 0.1:
            first, *others = title.split()
            title = " ".join([*others, first])
        else:
            title, body = posts.post()
        yield Item(
            source_type=SITES[number % len(SITES)],
            external_id=f"new {seed} {number}",
            url=f"https://new.example/{seed}/{number}",
            title=title,
            text=body,
            published_at=now - timedelta(minutes=count - number),
            engagement={"score": number},
        )


def fill(database: Database, count: int) -> None:
    """Store `count` findings with vectors, 200 a day, the last of them now; in a window, no two are alike."""
    with database.connect(autocommit=True) as connection:
        connection.execute("SET statement_timeout = 0")
        definitions = [
            connection.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name]).fetchone()
            for name in INDEXES
        ]
        for name in INDEXES:
            connection.execute(f"DROP INDEX {name}")
        connection.execute("ALTER TABLE ci_research_findings DISABLE TRIGGER USER")
        _fill_pool(connection)
    for first in range(1, count + 1, 50_000):
        given = {"first": first, "last": min(first + 49_999, count), "window": WINDOW}
        with database.transaction("benchmark") as session:
            session.execute(text("SET LOCAL statement_timeout = 0"))
            session.execute(FILL, {**given, "count": count, "a_day": A_DAY})
            session.execute(FILL_VECTORS, {**given, "model": MODEL_NAME})
    with database.connect(autocommit=True) as connection:
        connection.execute("SET statement_timeout = 0")
        connection.execute("SET maintenance_work_mem = '1GB'")
        for definition in definitions:
            assert definition is not None
            connection.execute(definition[0])
        connection.execute("ALTER TABLE ci_research_findings ENABLE TRIGGER USER")
        connection.execute("SELECT setval(pg_get_serial_sequence('ci_research_findings', 'id'), %s)", [count])
        connection.execute("DROP TABLE pool")
        connection.execute("VACUUM ANALYZE")


def _fill_pool(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """As many posts with their vectors as a window holds; what is older than a window has the same again."""
    models_dir = load_settings().models_dir
    posts = Posts(english(models_dir), seed=7)
    made = [posts.post() for _ in range(WINDOW)]
    vectors = load_encoder(models_dir).encode([title_and_beginning(title, body) for title, body in made])
    connection.execute(
        f"CREATE TABLE pool (id integer PRIMARY KEY, title text, body text, embedding vector({DIMENSIONS}))"
    )
    with connection.cursor() as cursor, cursor.copy("COPY pool (id, title, body, embedding) FROM STDIN") as copy:
        for row, ((title, body), vector) in enumerate(zip(made, vectors, strict=True)):
            copy.write_row((row, title, body, "[" + ",".join(f"{x:.5f}" for x in vector) + "]"))


def speed(database: Database, count: int, seed: int) -> tuple[float, float, Counts]:
    """Items a second, the seconds until the first was taken in hand, and what became of them."""
    settings = load_settings()
    start = time.perf_counter()
    intake = make_intake(database, settings, None, Parts(), batch=BATCH, local_only=True)
    ready = time.perf_counter() - start
    made = list(items(count, seed, datetime.now(UTC)))
    start = time.perf_counter()
    counts = take_in(intake, made)
    return count / (time.perf_counter() - start), ready, counts


def prepared(database: Database) -> None:
    """With the interests of a new installation."""
    with database.transaction("benchmark") as session:
        ensure_default_interests(session, "benchmark")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print each figure with its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stored", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=1_000)
    given = parser.parse_args(arguments)
    load_encoder(load_settings().models_dir).encode(["warm"])
    with throw_away_database() as empty:
        prepared(empty)
        first, ready, counts = speed(empty, given.items, seed=1)
        print(f"empty database: ready in                   {ready:6.2f} s")
        print(f"empty database:                            {first:6.1f} items/s   (must {MUST}, aim {AIM})   {counts}")
    with throw_away_database() as full:
        prepared(full)
        start = time.perf_counter()
        fill(full, given.stored)
        print(f"{given.stored:9,} findings filled in within     {time.perf_counter() - start:6.0f} s")
        second, ready, counts = speed(full, given.items, seed=1)
        print(f"{given.stored:9,} findings stored: ready in     {ready:6.2f} s")
        limit = f"{second / first:.0%} of that (must {MUST_SHARE:.0%})"
        print(f"{given.stored:9,} findings stored:              {second:6.1f} items/s   {limit}   {counts}")


if __name__ == "__main__":
    main()
