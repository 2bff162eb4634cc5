"""The SQL behind the vectors: what is stale, storing vectors, and the pairs of similar enhancements."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pgvector import Vector
from sqlalchemy import text
from sqlalchemy.orm import Session

# Cosine similarity from which two enhancements are marked as similar.
SIMILAR_FROM = 0.7
MOST_SIMILAR = 10

# An old model's vectors cannot be compared with a new one's.
MARK_OTHER_MODELS = text("UPDATE ci_enhancement_embeddings SET stale = true WHERE model <> :model AND NOT stale")
TAKE_STALE = text("""
    SELECT v.enhancement_id, v.revision, e.title, left(e.description, :characters) AS description
    FROM ci_enhancement_embeddings v JOIN ci_enhancements e ON e.id = v.enhancement_id
    WHERE v.stale AND v.enhancement_id > :after
    ORDER BY v.enhancement_id LIMIT :limit FOR UPDATE OF v SKIP LOCKED
""")
STORE = text("""
    UPDATE ci_enhancement_embeddings v
    SET model = :model, embedding = CAST(n.embedding AS vector), stale = false, embedded_at = now()
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (id bigint, revision integer, embedding text)
    WHERE v.enhancement_id = n.id AND v.revision = n.revision AND v.stale
    RETURNING v.enhancement_id
""")
# Step by step: of a table that was just filled the planner knows nothing, and it would search once per pair.
PAIRS_NOW = text("""
    WITH fresh AS MATERIALIZED (
        SELECT enhancement_id, embedding FROM ci_enhancement_embeddings WHERE enhancement_id = ANY (:ids)
    ), near AS MATERIALIZED (
        SELECT fresh.enhancement_id AS here, n.enhancement_id AS there, n.similarity
        FROM fresh CROSS JOIN LATERAL (
            SELECT v.enhancement_id, (1 - (v.embedding <=> fresh.embedding))::real AS similarity
            FROM ci_enhancement_embeddings v
            WHERE v.model = :model
            ORDER BY v.embedding <=> fresh.embedding LIMIT :most) n
        WHERE n.enhancement_id <> fresh.enhancement_id AND n.similarity >= :least
    )
    SELECT DISTINCT least(here, there), greatest(here, there), similarity
    FROM near JOIN ci_enhancements a ON a.id = here JOIN ci_enhancements b ON b.id = there
    WHERE a.merged_into_id IS NULL AND b.merged_into_id IS NULL
""")
PAIRS_STORED = text("""
    SELECT low_id, high_id, similarity FROM ci_enhancement_similarities
    WHERE low_id = ANY (:ids) OR high_id = ANY (:ids)
""")
REMOVE_PAIRS = text("""
    DELETE FROM ci_enhancement_similarities p USING jsonb_to_recordset(CAST(:pairs AS jsonb)) AS n (a bigint, b bigint)
    WHERE p.low_id = n.a AND p.high_id = n.b
""")
STORE_PAIRS = text("""
    INSERT INTO ci_enhancement_similarities (low_id, high_id, similarity)
    SELECT n.a, n.b, n.s FROM jsonb_to_recordset(CAST(:pairs AS jsonb)) AS n (a bigint, b bigint, s real)
    WHERE EXISTS (SELECT FROM ci_enhancements WHERE id = n.a) AND EXISTS (SELECT FROM ci_enhancements WHERE id = n.b)
    ORDER BY n.a, n.b
    ON CONFLICT (low_id, high_id) DO UPDATE SET similarity = excluded.similarity
""")


@dataclass(frozen=True, slots=True)
class Stale:
    """An enhancement that waits for a vector of its text as it is at `revision`."""

    id: int
    revision: int
    title: str
    description: str


def mark_other_models(session: Session, model: str) -> None:
    """Let vectors of other models be computed anew."""
    session.execute(MARK_OTHER_MODELS, {"model": model})


def stale_enhancements(session: Session, *, after: int, limit: int, characters: int) -> list[Stale]:
    """The next enhancements after the id `after` that wait for a vector; those being written just now are left out.

    `characters`: so much of each description.
    """
    rows = session.execute(TAKE_STALE, {"after": after, "limit": limit, "characters": characters})
    return [Stale(*row) for row in rows]


def store_vectors(session: Session, model: str, rows: Sequence[Stale], vectors: NDArray[np.float32]) -> list[int]:
    """Store each vector whose text has not changed since; gives the ids of these."""
    values = [
        {"id": row.id, "revision": row.revision, "embedding": Vector(vector).to_text()}
        for row, vector in zip(rows, vectors, strict=True)
    ]
    return list(session.scalars(STORE, {"model": model, "rows": json.dumps(values)}))


def refresh_similarities(session: Session, model: str, ids: Collection[int]) -> None:
    """Keep the pairs of similar enhancements in which these take part; writes only what differs."""
    if not ids:
        return
    session.execute(text("SET LOCAL jit = off"))
    # Two processes would each delete what the other is about to write.
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('ci_enhancement_similarities'))"))
    given: dict[str, Any] = {"ids": list(ids)}
    now = {
        (low, high): similarity
        for low, high, similarity in session.execute(
            PAIRS_NOW, {**given, "model": model, "most": MOST_SIMILAR + 1, "least": SIMILAR_FROM}
        )
    }
    before = {(low, high): similarity for low, high, similarity in session.execute(PAIRS_STORED, given)}
    gone = [{"a": low, "b": high} for low, high in before.keys() - now.keys()]
    new = [{"a": low, "b": high, "s": s} for (low, high), s in now.items() if before.get((low, high)) != s]
    if gone:
        session.execute(REMOVE_PAIRS, {"pairs": json.dumps(gone)})
    if new:
        session.execute(STORE_PAIRS, {"pairs": json.dumps(new)})
