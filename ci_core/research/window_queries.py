"""The SQL of the window: the findings of a span of time with their vectors, read exactly and not by nearness."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from ci_core.research.values import Item, NormalItem, Vector

# The beginning of a text is what wordings are compared by; the rest would only fill the memory.
COMPARED_CHARACTERS = 4_000

FIELDS = """
    f.id, f.source_type, f.external_id, f.source_url, f.source_title, left(f.content, :characters) AS content, f.author,
    f.published_at, f.engagement, f.links, f.canonical_url, f.identities, f.language, f.text_hash, f.content_hash,
    vector_send(e.embedding) AS vector, e.appeared_at
"""
# Beginning with the vectors, by their index over model and time: what is older costs nothing, however much there is.
SPAN = text(f"""
    SELECT {FIELDS}
    FROM ci_research_embeddings e JOIN ci_research_findings f ON f.id = e.finding_id
    WHERE e.model = :model AND e.appeared_at >= :since AND e.appeared_at < :until
    ORDER BY f.id
""")  # noqa: S608 - a constant of this module
ADDED = text(f"""
    SELECT {FIELDS}
    FROM ci_research_findings f JOIN ci_research_embeddings e ON e.finding_id = f.id
    WHERE f.id > :after AND e.model = :model AND e.appeared_at >= :since AND e.appeared_at < :until
    ORDER BY f.id
""")  # noqa: S608 - a constant of this module
# An address, an identity or a wording is the same however long ago it was.
SAME_KEYS = text(f"""
    SELECT {FIELDS}
    FROM (
        SELECT id FROM ci_research_findings WHERE canonical_url = ANY (:urls)
        UNION SELECT id FROM ci_research_findings WHERE identities && CAST(:identities AS text[])
        UNION SELECT id FROM ci_research_findings WHERE text_hash = ANY (:hashes)
    ) k
    JOIN ci_research_findings f ON f.id = k.id JOIN ci_research_embeddings e ON e.finding_id = f.id
    WHERE e.model = :model
    ORDER BY f.id DESC LIMIT :limit
""")  # noqa: S608 - a constant of this module
NEWEST_OF_SPAN = text(f"""
    SELECT {FIELDS}
    FROM ci_research_embeddings e JOIN ci_research_findings f ON f.id = e.finding_id
    WHERE e.model = :model AND e.appeared_at >= :since AND e.appeared_at < :until
    ORDER BY e.appeared_at DESC, f.id DESC LIMIT :limit
""")  # noqa: S608 - a constant of this module
BY_ID = text(f"""
    SELECT {FIELDS}
    FROM ci_research_findings f JOIN ci_research_embeddings e ON e.finding_id = f.id
    WHERE f.id = ANY (:ids) AND e.model = :model ORDER BY f.id
""")  # noqa: S608 - a constant of this module
UNSCORED = text(f"""
    SELECT {FIELDS}
    FROM ci_research_findings f JOIN ci_research_embeddings e ON e.finding_id = f.id AND e.model = :model
    WHERE f.status = 'new' AND f.scored_at IS NULL AND f.decided_by IS NULL AND f.id < :before
    ORDER BY f.id DESC LIMIT :limit
""")  # noqa: S608 - a constant of this module
# By the index over the time they were found in: what is older costs nothing.
WITHOUT_CHAT = text(f"""
    SELECT {FIELDS}
    FROM ci_research_findings f JOIN ci_research_embeddings e ON e.finding_id = f.id AND e.model = :model
    WHERE f.discovered_at >= :since AND f.id < :before AND f.score_details ? 'chat_failed'
        AND f.enhancement_id IS NULL AND (
            f.status = 'analyzed' AND f.decided_by IS NULL OR f.status = 'rejected' AND f.decided_by = :agent)
    ORDER BY f.id DESC LIMIT :limit
""")  # noqa: S608 - a constant of this module
NEWEST = text("SELECT coalesce(max(id), 0) FROM ci_research_findings")


@dataclass(frozen=True, slots=True)
class Remembered:
    """A stored finding as comparisons need it; of its text, the first 4,000 characters."""

    id: int
    item: NormalItem
    vector: Vector
    appeared_at: datetime


def newest_id(session: Session) -> int:
    """The greatest id of a finding; 0 when there is none."""
    return int(session.execute(NEWEST).scalar_one())


def of_span(session: Session, model: str, *, since: datetime, until: datetime) -> list[Remembered]:
    """Every finding with a vector of this model that appeared from `since` on and before `until`."""
    rows = session.execute(SPAN, {**_given(model), "since": since, "until": until})
    return [remembered(row) for row in rows]


def newest_of_span(session: Session, model: str, *, since: datetime, until: datetime, limit: int) -> list[Remembered]:
    """Those of the span that appeared last, the newest first."""
    span = {**_given(model), "since": since, "until": until, "limit": limit}
    return [remembered(row) for row in session.execute(NEWEST_OF_SPAN, span)]


def of_ids(session: Session, model: str, ids: Collection[int]) -> list[Remembered]:
    """Those of these findings that have a vector of this model."""
    rows = session.execute(BY_ID, {**_given(model), "ids": list(ids)})
    return [remembered(row) for row in rows]


def added_after(session: Session, model: str, after: int, *, since: datetime, until: datetime) -> list[Remembered]:
    """Those of the span whose id is greater than `after`."""
    rows = session.execute(ADDED, {**_given(model), "after": after, "since": since, "until": until})
    return [remembered(row) for row in rows]


def with_same_keys(
    session: Session,
    model: str,
    *,
    urls: Collection[str],
    identities: Collection[str],
    hashes: Collection[str],
    limit: int,
) -> list[Remembered]:
    """The newest findings, of any age, that share an address, an identity or the wording with these."""
    keys = {"urls": sorted(urls), "identities": sorted(identities), "hashes": sorted(hashes)}
    rows = session.execute(SAME_KEYS, {**_given(model), **keys, "limit": limit})
    return [remembered(row) for row in rows]


def unscored(session: Session, model: str, *, before: int, limit: int) -> list[Remembered]:
    """Findings that wait for a decision without ever having been scored, newest first, with ids below `before`."""
    rows = session.execute(UNSCORED, {**_given(model), "before": before, "limit": limit})
    return [remembered(row) for row in rows]


def without_chat(
    session: Session, model: str, *, since: datetime, before: int, agent: str, limit: int
) -> list[Remembered]:
    """Findings since a moment that no chat model answered about and that no person has decided, newest first."""
    given = {**_given(model), "since": since, "before": before, "agent": agent, "limit": limit}
    return [remembered(row) for row in session.execute(WITHOUT_CHAT, given)]


def remembered(row: Row[Any]) -> Remembered:
    """A row with the columns of `FIELDS` as a value."""
    item = Item(
        source_type=row.source_type,
        external_id=row.external_id or f"finding-{row.id}",
        url=row.source_url,
        title=row.source_title,
        text=row.content,
        author=row.author,
        published_at=row.published_at,
        engagement=row.engagement,
        links=tuple(row.links),
    )
    normal = NormalItem(
        item=item,
        title=row.source_title,
        text=row.content,
        canonical_url=row.canonical_url,
        identities=tuple(row.identities),
        language=row.language,
        text_hash=row.text_hash or "",
        content_hash=row.content_hash,
    )
    return Remembered(row.id, normal, vector_of(row.vector), row.appeared_at)


def vector_of(sent: bytes) -> Vector:
    """A vector as PostgreSQL sends it (pgvector's binary form: two lengths of 16 bits, then big-endian floats)."""
    return np.frombuffer(sent, dtype=">f4", offset=4).astype(np.float32)


def _given(model: str) -> dict[str, Any]:
    return {"model": model, "characters": COMPARED_CHARACTERS}
