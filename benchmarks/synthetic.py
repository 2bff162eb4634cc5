"""A throw-away database with as many varied enhancements as a benchmark asks for."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql
from psycopg.conninfo import make_conninfo

from ci_core.embeddings import DIMENSIONS, MODEL_NAME
from db import migrate
from db.embedded import EmbeddedServer
from db.engine import Database
from db.enums import Category, Complexity, FindingStatus, Priority, Source, Status

CLUSTERS = 400
COMMON = (
    "add",
    "improve",
    "support",
    "data",
    "option",
    "system",
    "page",
    "for",
    "the",
    "with",
    "when",
    "user",
    "trade",
)
WORDS = (  # noqa: SIM905 - a list of strings would be read less easily
    "scan flow premium board card drag wheel assignment strike expiry delta theta yield alert symbol chain database "
    "connection pool leak query index cache retry timeout export chart filter broker margin roll earnings slow broken "
    "wrong missing crash login secret token test coverage refactor render column sort mobile dashboard portfolio "
    "webhook telegram discord position greeks volatility skew surface backtest optimizer scheduler worker migration "
    "schema audit history undo merge duplicate search embedding vector similarity threshold score weight reasoning"
).split()
AREAS = ("Options Flow", "Earnings Calendar", "Watchlists", "Database Scan", "Portfolio", "Alerts", "Research", None)
PEOPLE = ("ana", "ben", "carla", "dmitri", "eve", None, None, None)
STATUSES = (*[Status.PROPOSED] * 6, Status.APPROVED, Status.IN_PROGRESS, Status.BLOCKED, *[Status.COMPLETED] * 3,
            Status.DEFERRED, Status.REJECTED)  # fmt: skip


@contextmanager
def throw_away_database() -> Iterator[Database]:
    """A migrated, empty database on the server of CI_TEST_DATABASE_URL, or on an embedded one; dropped afterwards."""
    with TemporaryDirectory() as folder:
        configured = os.environ.get("CI_TEST_DATABASE_URL")
        server = None if configured else EmbeddedServer(Path(folder))
        url = configured or (server.start() if server else "")
        name = f"bench_{uuid.uuid4().hex[:12]}"
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            database = Database(make_conninfo(url, dbname=name), application_name="benchmark")
            try:
                migrate.upgrade(database.engine)
                yield database
            finally:
                database.dispose()
                with psycopg.connect(url, autocommit=True) as connection:
                    connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        finally:
            if server:
                server.stop()


class Texts:
    """Made-up titles and descriptions: a few words are everywhere, a hundred are usual, thousands are rare."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        syllables = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
        rare = ["".join(self._random.choice(syllables, 4)) for _ in range(18_000)]
        self._words = [*COMMON, *WORDS, *rare]
        ranks = np.arange(1, len(self._words) + 1)
        odds = 1 / (ranks + 15)  # the commonest word is in half of the texts, the hundredth in a tenth
        self._steps = odds.cumsum() / odds.sum()

    def words(self, count: int) -> list[str]:
        """`count` words, common ones more often (Zipf's law)."""
        return [self._words[i] for i in np.searchsorted(self._steps, self._random.random(count))]

    def title(self) -> str:
        """Four to nine words; one in ten names a file."""
        words = self.words(int(self._random.integers(4, 10)))
        if self._random.random() < 0.1:
            words.append("_".join(self.words(3)) + ".py")
        return " ".join(words).capitalize()

    def description(self) -> str:
        """Twenty to 150 words in lines."""
        words = self.words(int(self._random.integers(20, 150)))
        return "\n".join(" ".join(words[at : at + 12]) for at in range(0, len(words), 12))


def unit_vectors(count: int, seed: int = 3) -> NDArray[np.float32]:
    """Half of them random, half in clusters, all of unit length."""
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((count, DIMENSIONS), dtype=np.float32)
    centres = random.standard_normal((CLUSTERS, DIMENSIONS), dtype=np.float32)
    clustered = np.arange(count) % 2 == 0
    vectors[clustered] = centres[random.integers(0, CLUSTERS, clustered.sum())] + 0.6 * vectors[clustered]
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def fill(database: Database, count: int) -> None:
    """Load `count` enhancements with vectors by COPY, then build the vector index, then ANALYZE."""
    texts, vectors = Texts(1), unit_vectors(count)
    with database.connect(autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '1GB'")
        connection.execute("SET statement_timeout = 0")
        connection.execute("SET max_parallel_maintenance_workers = 2")
        for table in ("ci_enhancements", "ci_enhancement_embeddings"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection.execute("DROP INDEX idx_ci_enhancement_embeddings_nearest")
        _copy_enhancements(connection, texts, count)
        _copy_embeddings(connection, vectors)
        connection.execute(
            "CREATE INDEX idx_ci_enhancement_embeddings_nearest "
            "ON ci_enhancement_embeddings USING hnsw (embedding vector_cosine_ops)"
        )
        for table in ("ci_enhancements", "ci_enhancement_embeddings"):
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        connection.execute("VACUUM ANALYZE")


def fill_findings(database: Database, count: int, *, days: int = 365) -> None:
    """Load `count` findings of the last `days` days by COPY, then ANALYZE: of every site and status, most undecided."""
    texts = Texts(4)
    with database.connect(autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '1GB'")
        connection.execute("SET statement_timeout = 0")
        connection.execute("ALTER TABLE ci_research_findings DISABLE TRIGGER USER")
        _copy_findings(connection, texts, count, days)
        connection.execute("ALTER TABLE ci_research_findings ENABLE TRIGGER USER")
        connection.execute("VACUUM ANALYZE")


def _copy_findings(connection: psycopg.Connection[tuple[object, ...]], texts: Texts, count: int, days: int) -> None:
    random = np.random.default_rng(6)
    columns = (
        "source_id, source_type, source_url, source_title, content, summary, keywords, relevance_score, status, "
        "content_hash, discovered_at, external_id, decided_by, decided_at, scored_by"
    )
    ids: list[list[object]] = [
        list(row) for row in connection.execute("SELECT id, source_type FROM ci_research_sources").fetchall()
    ] or [[None, "reddit"]]
    now = datetime.now(UTC)
    with connection.cursor() as cursor, cursor.copy(f"COPY ci_research_findings ({columns}) FROM STDIN") as copy:
        for row in range(1, count + 1):
            source, site = ids[random.integers(len(ids))]
            score = round(float(random.beta(1.4, 2.2)) * 100, 2)
            status = _finding_status(float(random.random()), score)
            found = now - timedelta(days=days * (1 - row / count))
            decided = status in (FindingStatus.CONVERTED_TO_ENHANCEMENT, FindingStatus.REJECTED) and score >= 60
            copy.write_row((
                source, site, f"https://site.example/{row}", texts.title(), texts.description(), texts.title(),
                texts.words(4), score, str(status), f"hash {row}", found, f"item {row}",
                PEOPLE[random.integers(5)] if decided else None, found + timedelta(hours=20) if decided else None,
                "local 1",
            ))  # fmt: skip


def _finding_status(chance: float, score: float) -> FindingStatus:
    if chance < 0.15:
        return FindingStatus.DUPLICATE
    if score < 60:
        return FindingStatus.REJECTED
    if chance < 0.4:
        return FindingStatus.CONVERTED_TO_ENHANCEMENT if chance < 0.25 else FindingStatus.REJECTED
    return FindingStatus.ANALYZED


def _copy_enhancements(connection: psycopg.Connection[tuple[object, ...]], texts: Texts, count: int) -> None:
    random = np.random.default_rng(2)
    columns = (
        "id, title, description, feature_area, category, priority, complexity, status, ai_priority_score, "
        "estimated_hours, source, assignee, tags, created_by, ai_reasoning, score_breakdown"
    )
    choose = [tuple(e) for e in (Category, Priority, Complexity, Source)]
    with connection.cursor() as cursor, cursor.copy(f"COPY ci_enhancements ({columns}) FROM STDIN") as copy:
        for row in range(1, count + 1):
            category, priority, complexity, source = (str(values[random.integers(len(values))]) for values in choose)
            copy.write_row((
                row, texts.title(), texts.description(), AREAS[random.integers(len(AREAS))], category, priority,
                complexity, str(STATUSES[random.integers(len(STATUSES))]), round(float(random.uniform(5, 95)), 2),
                float(random.integers(1, 80)), source, PEOPLE[random.integers(len(PEOPLE))],
                texts.words(int(random.integers(0, 4))), "benchmark",
                " ".join(texts.words(30)), json.dumps({word: texts.words(8) for word in WORDS[:6]}),
            ))  # fmt: skip


def _copy_embeddings(connection: psycopg.Connection[tuple[object, ...]], vectors: NDArray[np.float32]) -> None:
    statement = "COPY ci_enhancement_embeddings (enhancement_id, model, embedding, stale, embedded_at) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row, vector in enumerate(vectors, start=1):
            copy.write_row((row, MODEL_NAME, "[" + ",".join(f"{x:.5f}" for x in vector) + "]", False, "now"))
