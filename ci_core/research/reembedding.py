"""Vectors of stored findings, made anew when the model has changed or where one is missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Event
from typing import TYPE_CHECKING

from sqlalchemy import text

from ci_core.research import store
from ci_core.research.embedding_text import title_and_beginning
from ci_core.research.outcome import AGENT
from db.engine import Database

if TYPE_CHECKING:
    from ci_core.embeddings import Encoder

BATCH = 128
# Of a text, no more than its beginning is read for a vector.
CHARACTERS = 4_000

COLUMNS = """
    SELECT f.id, f.source_title, left(f.content, :characters) AS content,
           coalesce(e.appeared_at, least(f.published_at, f.discovered_at), f.discovered_at) AS appeared_at
    FROM ci_research_findings f LEFT JOIN ci_research_embeddings e ON e.finding_id = f.id
"""
# Newest first: they are what comparisons need.
WITHOUT_VECTOR = text(f"""
    {COLUMNS} WHERE f.id < :before AND (e.finding_id IS NULL OR e.model <> :model)
    ORDER BY f.id DESC LIMIT :limit
""")
# By the indexes over time, so that what is older costs nothing. "<>" would not use one.
LATELY_WITHOUT_VECTOR = text(f"""
    {COLUMNS} WHERE f.id < :before AND f.id IN (
        SELECT finding_id FROM ci_research_embeddings WHERE model < :model AND appeared_at >= :since
        UNION ALL SELECT finding_id FROM ci_research_embeddings WHERE model > :model AND appeared_at >= :since
        UNION ALL SELECT n.id FROM ci_research_findings n WHERE n.discovered_at >= :since
            AND NOT EXISTS (SELECT FROM ci_research_embeddings v WHERE v.finding_id = n.id))
    ORDER BY f.id DESC LIMIT :limit
""")  # noqa: S608 - constants of this module
WAITING = text("""
    SELECT count(*) FROM ci_research_findings f
    WHERE NOT EXISTS (SELECT FROM ci_research_embeddings e WHERE e.finding_id = f.id AND e.model = :model)
""")


def reembed(
    database: Database,
    encoder: Encoder,
    *,
    since: datetime | None = None,
    limit: int | None = None,
    progress: Callable[[int], None] | None = None,
    stop: Event | None = None,
) -> int:
    """Give findings whose vector is of another model, or missing, one of this encoder; gives how many.

    Each vector is stored with its model's name, so that until its turn comes a finding is only left out of
    comparisons. Stopped or killed, it goes on with the next call.

    Args:
        since: only those that appeared from then on.
        limit: at most so many.
        progress: told after each batch how many are done.
        stop: ends the work before the next batch.

    Raises:
        db.errors.DatabaseError: the database cannot be used; finished batches are stored.
    """
    done, before = 0, 2**62
    statement = WITHOUT_VECTOR if since is None else LATELY_WITHOUT_VECTOR
    while (limit is None or done < limit) and not (stop and stop.is_set()):
        size = BATCH if limit is None else min(BATCH, limit - done)
        given = {"model": encoder.name, "since": since, "before": before, "limit": size, "characters": CHARACTERS}
        with database.reading() as session:
            rows = session.execute(statement, given).all()
        if not rows:
            break
        before = rows[-1].id
        vectors = encoder.encode([title_and_beginning(row.source_title, row.content) for row in rows])
        with database.transaction(AGENT) as session:
            store.store_vectors(
                session,
                encoder.name,
                [(row.id, vector, row.appeared_at) for row, vector in zip(rows, vectors, strict=True)],
            )
        done += len(rows)
        if progress:
            progress(done)
    return done


def waiting_for_vectors(database: Database, model: str) -> int:
    """How many findings have no vector of this model."""
    with database.reading() as session:
        return int(session.execute(WAITING, {"model": model}).scalar_one())
