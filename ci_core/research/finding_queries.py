"""The SQL of one finding and of decisions about findings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from ci_core.research.feed_queries import FINDINGS
from db.tables import FindingEmbedding, ResearchFinding

Row = dict[str, Any]
DECIDED = (
    "id", "version", "status", "source_type", "source_url", "source_title", "enhancement_id", "canonical_finding_id",
    "snoozed_until", "scored_at", "relevance_score", "decided_by", "decided_at", "decision_reason",
)  # fmt: skip

_NEAR = """
    SELECT f.id, f.source_title AS title, coalesce(s.source_name, f.source_type) AS source_name, f.source_url, f.status
"""
_FROM = " FROM ci_research_findings f LEFT JOIN ci_research_sources s ON s.id = f.source_id "
CANONICAL = text(f"""
    {_NEAR}, own.duplicate_similarity AS similarity, own.duplicate_reason AS reason
    {_FROM} JOIN ci_research_findings own ON own.canonical_finding_id = f.id WHERE own.id = :id
""")
DUPLICATES = text(f"""
    {_NEAR}, f.duplicate_similarity AS similarity, f.duplicate_reason AS reason
    {_FROM} WHERE f.canonical_finding_id = :id ORDER BY f.duplicate_similarity DESC NULLS LAST, f.id LIMIT :most
""")
RELATED = text(f"""
    {_NEAR}, r.similarity, r.reason
    {_FROM} JOIN (
        SELECT high_id AS id, similarity, reason FROM ci_research_relations WHERE low_id = :id
        UNION ALL SELECT low_id, similarity, reason FROM ci_research_relations WHERE high_id = :id
    ) r ON r.id = f.id
    WHERE f.canonical_finding_id IS DISTINCT FROM :id
        AND f.id IS DISTINCT FROM (SELECT canonical_finding_id FROM ci_research_findings WHERE id = :id)
    ORDER BY r.similarity DESC, f.id LIMIT :most
""")  # noqa: S608 - constants of this module
LINEAGE = text("""
    SELECT e.id AS enhancement_id, e.title, e.status, e.completion_percentage, v.origin
    FROM ci_enhancement_evidence v JOIN ci_enhancements e ON e.id = v.enhancement_id
    WHERE v.finding_id = :id ORDER BY v.origin DESC, e.id
""")
CHANGED_SINCE = text("""
    SELECT changed_fields, after, actor FROM ci_audit_log
    WHERE table_name = 'ci_research_findings' AND row_id = :id AND action = 'update' AND row_version > :version
    ORDER BY id
""")
COSINE = text("""
    SELECT 1 - (a.embedding <=> b.embedding)
    FROM ci_research_embeddings a JOIN ci_research_embeddings b ON b.model = a.model
    WHERE a.finding_id = :one AND b.finding_id = :other
""")
STORE_EVIDENCE = text("""
    INSERT INTO ci_enhancement_evidence (enhancement_id, finding_id, origin, quote)
    VALUES (:enhancement_id, :finding_id, :origin, :quote)
    ON CONFLICT (enhancement_id, finding_id) DO NOTHING
""")
STORE_CORRECTION = text("""
    INSERT INTO ci_research_corrections (low_id, high_id, verdict, measured)
    VALUES (least(:one, :other), greatest(:one, :other), :verdict, CAST(:measured AS jsonb))
    ON CONFLICT (low_id, high_id) DO UPDATE
    SET verdict = excluded.verdict, measured = excluded.measured, created_by = excluded.created_by, created_at = now()
""")


def canonical_of(session: Session, finding_id: int) -> Row | None:
    """The finding that this one repeats, with how alike they are and why."""
    row = session.execute(CANONICAL, {"id": finding_id}).first()
    return None if row is None else row._asdict()


def duplicates_of(session: Session, finding_id: int, most: int) -> list[Row]:
    """The findings that repeat this one, the most similar first."""
    return [row._asdict() for row in session.execute(DUPLICATES, {"id": finding_id, "most": most})]


def related_to(session: Session, finding_id: int, most: int) -> list[Row]:
    """The findings that speak of the same thing without being the same, the most similar first."""
    return [row._asdict() for row in session.execute(RELATED, {"id": finding_id, "most": most})]


def lineage_of(session: Session, finding_id: int) -> list[Row]:
    """The enhancements that a finding speaks for, the one that was made from it first."""
    return [row._asdict() for row in session.execute(LINEAGE, {"id": finding_id})]


def locked(session: Session, ids: Collection[int]) -> dict[int, Row]:
    """What a decision reads of these findings, which nobody else can decide until the transaction ends."""
    # In the order of ids, so that two who lock the same ones cannot wait for each other.
    rows = session.execute(
        select(*(FINDINGS.c[name] for name in DECIDED))
        .where(FINDINGS.c.id.in_(ids))
        .order_by(FINDINGS.c.id)
        .with_for_update(key_share=True)
    )
    return {row.id: row._asdict() for row in rows}


def versions(session: Session, ids: Collection[int]) -> dict[int, int]:
    """The present version of each of these findings."""
    rows = session.execute(select(FINDINGS.c.id, FINDINGS.c.version).where(FINDINGS.c.id.in_(ids)))
    return {row.id: row.version for row in rows}


def ids_repeating(session: Session, finding_id: int) -> list[int]:
    """Ids of the findings that repeat this one."""
    query = select(FINDINGS.c.id).where(FINDINGS.c.canonical_finding_id == finding_id).order_by(FINDINGS.c.id)
    return list(session.scalars(query))


def write(session: Session, finding_id: int, values: Mapping[str, Any]) -> int:
    """Write these columns of one finding; gives its version then."""
    version = session.scalar(
        update(ResearchFinding)
        .where(ResearchFinding.id == finding_id)
        .values(dict(values))
        .returning(ResearchFinding.version),
        execution_options={"synchronize_session": False},
    )
    return int(version or 0)


def changes_since(session: Session, finding_id: int, version: int) -> Sequence[Any]:
    """What happened to a finding after a version of it, the oldest first: changed_fields, after, actor."""
    return session.execute(CHANGED_SINCE, {"id": finding_id, "version": version}).all()


def vector_of(session: Session, finding_id: int) -> tuple[Any, str] | None:
    """The vector of a finding's text and the name of its model; None while there is none."""
    stored = FindingEmbedding
    row = session.execute(select(stored.embedding, stored.model).where(stored.finding_id == finding_id)).first()
    return None if row is None else (row[0], row[1])


def cosine(session: Session, one: int, other: int) -> float | None:
    """How alike two findings are by their vectors, −1…1; None while one of them has none of the same model."""
    value: float | None = session.scalar(COSINE, {"one": one, "other": other})
    return None if value is None else max(-1.0, min(1.0, value))
