"""The SQL of the pipeline: what is known of an item, storing findings once, and who else has seen them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pgvector import Vector as PgVector
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.research.values import Match, NormalItem, Score, Vector
from db.enums import FindingStatus

Key = tuple[str, str]
# A constant of our own: while a transaction holds it, no other one adds findings, so each sees all before it.
ONE_ADDS = 0x66696E64696E67
REASON_MAX = 500

KNOWN = text("""
    SELECT f.id, f.source_type, f.external_id, f.content_hash, f.source_title, f.status, f.decided_by,
           f.canonical_finding_id
    FROM ci_research_findings f
    JOIN jsonb_to_recordset(CAST(:keys AS jsonb)) AS k (source_type text, external_id text)
        ON f.source_type = k.source_type AND f.external_id = k.external_id
""")
NEXT_IDS = text("""
    SELECT nextval(pg_get_serial_sequence('ci_research_findings', 'id')) FROM generate_series(1, :count)
""")
# A source that was deleted while it was read leaves its findings without one.
INSERT = text("""
    INSERT INTO ci_research_findings (
        id, source_id, run_id, source_type, external_id, source_url, source_title, author, published_at, content,
        canonical_url, identities, text_hash, content_hash, language, links, engagement, discovered_at, last_seen_at,
        status, canonical_finding_id, duplicate_similarity, duplicate_reason, relevance_score, novelty_score,
        applicability_score, difficulty_score, score_reasoning, summary, keywords, technologies, scored_by, scored_at,
        score_details, uncertain, decided_by, decided_at, decision_reason)
    OVERRIDING SYSTEM VALUE
    SELECT n.id, s.id, n.run_id, n.source_type, n.external_id, n.source_url, n.source_title, n.author, n.published_at,
           n.content, n.canonical_url, n.identities, n.text_hash, n.content_hash, n.language, n.links, n.engagement,
           n.seen_at, n.seen_at, n.status, n.canonical_finding_id, n.duplicate_similarity, n.duplicate_reason,
           n.relevance_score, n.novelty_score, n.applicability_score, n.difficulty_score, n.score_reasoning, n.summary,
           n.keywords, n.technologies, n.scored_by, n.scored_at, n.score_details, n.uncertain, n.decided_by,
           n.decided_at, n.decision_reason
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (
        id bigint, source_id bigint, run_id bigint, source_type text, external_id text, source_url text,
        source_title text, author text, published_at timestamptz, content text, canonical_url text, identities text[],
        text_hash text, content_hash text, language text, links text[], engagement jsonb, seen_at timestamptz,
        status text, canonical_finding_id bigint, duplicate_similarity real, duplicate_reason text,
        relevance_score numeric, novelty_score numeric, applicability_score numeric, difficulty_score numeric,
        score_reasoning text, summary text, keywords text[], technologies text[], scored_by text,
        scored_at timestamptz, score_details jsonb, uncertain boolean, decided_by text, decided_at timestamptz,
        decision_reason text)
    LEFT JOIN ci_research_sources s ON s.id = n.source_id
    ORDER BY n.id
    ON CONFLICT DO NOTHING
    RETURNING id
""")
STORE_VECTORS = text("""
    INSERT INTO ci_research_embeddings (finding_id, model, embedding, appeared_at)
    SELECT n.id, :model, CAST(n.embedding AS vector), n.appeared_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (id bigint, embedding text, appeared_at timestamptz)
    WHERE EXISTS (SELECT FROM ci_research_findings WHERE id = n.id)
    ORDER BY n.id
    ON CONFLICT (finding_id) DO UPDATE SET model = excluded.model, embedding = excluded.embedding
""")
RELATE = text("""
    INSERT INTO ci_research_relations (low_id, high_id, similarity, reason)
    SELECT least(n.a, n.b), greatest(n.a, n.b), n.similarity, n.reason
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (a bigint, b bigint, similarity real, reason text)
    ORDER BY 1, 2
    ON CONFLICT (low_id, high_id) DO NOTHING
""")
# Locked, so that a canonical finding cannot be deleted, or become a duplicate itself, before its duplicate is stored;
# in the order of ids, as decisions lock them, so that nobody waits in a circle.
ROOTS = text("""
    SELECT id, coalesce(canonical_finding_id, id) FROM ci_research_findings
    WHERE id = ANY (:ids) ORDER BY id FOR NO KEY UPDATE
""")
SEEN_AGAIN = text("""
    UPDATE ci_research_findings f SET last_seen_at = greatest(f.last_seen_at, :seen_at), engagement = n.engagement
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (id bigint, engagement jsonb)
    WHERE f.id = n.id
""")
EDITED = text("""
    UPDATE ci_research_findings SET
        source_url = :source_url, source_title = :source_title, content = :content, canonical_url = :canonical_url,
        identities = :identities, text_hash = :text_hash, content_hash = :content_hash, language = :language,
        links = :links
    WHERE id = :id
""")
SCORED = text("""
    UPDATE ci_research_findings SET
        relevance_score = :relevance_score, novelty_score = :novelty_score, applicability_score = :applicability_score,
        difficulty_score = :difficulty_score, score_reasoning = :score_reasoning, summary = :summary,
        keywords = :keywords, technologies = :technologies, scored_by = :scored_by, scored_at = :scored_at,
        score_details = CAST(:score_details AS jsonb), uncertain = :uncertain, status = :status,
        decided_by = :decided_by, decided_at = :decided_at, decision_reason = :decision_reason
    WHERE id = :id AND status IN ('new', 'analyzed', 'rejected') AND (decided_by IS NULL OR decided_by = :agent)
""")
REPEATS = text("""
    UPDATE ci_research_findings f SET
        status = 'duplicate', canonical_finding_id = :canonical, duplicate_similarity = :similarity,
        duplicate_reason = :reason, decided_by = NULL, decided_at = NULL, decision_reason = NULL, snoozed_until = NULL
    WHERE id = :id AND status IN ('new', 'analyzed', 'rejected') AND (decided_by IS NULL OR decided_by = :agent)
        AND enhancement_id IS NULL
        AND NOT EXISTS (SELECT FROM ci_research_findings d WHERE d.canonical_finding_id = f.id)
""")
ALSO_SEEN = text("""
    SELECT f.canonical_finding_id AS canonical, f.id, f.source_type, coalesce(s.source_name, f.source_type) AS name,
           f.source_url, f.source_title
    FROM ci_research_findings f LEFT JOIN ci_research_sources s ON s.id = f.source_id
    WHERE f.canonical_finding_id = ANY (:ids) AND f.status = 'duplicate'
    ORDER BY f.canonical_finding_id, f.id
""")


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of an item that was seen before."""

    id: int
    content_hash: str
    title: str
    status: FindingStatus
    decided_by: str | None
    canonical_id: int | None


@dataclass(frozen=True, slots=True)
class SeenOn:
    """Another place where a finding was seen: the source's name, and the address and title there."""

    finding_id: int
    source_type: str
    source_name: str
    url: str
    title: str


@dataclass(frozen=True, slots=True)
class NewFinding:
    """A finding as it is to be stored.

    Attributes:
        status: with `decided_by` and `decision_reason` where the agent itself decided.
        same: the finding that it repeats; its id is that of the canonical one.
        appeared_at: when it appeared, for the window of comparisons.
    """

    id: int
    item: NormalItem
    vector: Vector
    appeared_at: datetime
    seen_at: datetime
    status: FindingStatus
    score: Score | None = None
    decided_by: str | None = None
    decision_reason: str | None = None
    same: Match | None = None
    related: tuple[Match, ...] = ()


def only_one_adds(session: Session) -> None:
    """Until this transaction ends, no other one adds findings; waits for the one that does."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_ADDS})


def known(session: Session, keys: Collection[Key]) -> dict[Key, Known]:
    """What is stored of the items with these kinds of site and ids there; those never seen are missing."""
    asked = json.dumps([{"source_type": kind, "external_id": own} for kind, own in keys])
    return {
        (row.source_type, row.external_id): Known(
            id=row.id,
            content_hash=row.content_hash,
            title=row.source_title,
            status=FindingStatus(row.status),
            decided_by=row.decided_by,
            canonical_id=row.canonical_finding_id,
        )
        for row in session.execute(KNOWN, {"keys": asked})
    }


def next_ids(session: Session, count: int) -> list[int]:
    """Ids of findings that are to be added; taken while `only_one_adds` holds, they rise in the order of commits."""
    return list(session.scalars(NEXT_IDS, {"count": count}))


def roots(session: Session, ids: Collection[int]) -> dict[int, int]:
    """The canonical finding of each, which is itself where it repeats none; those deleted since are missing."""
    return {row[0]: row[1] for row in session.execute(ROOTS, {"ids": sorted(set(ids))})} if ids else {}


def add_findings(
    session: Session, found: Sequence[NewFinding], *, model: str, source_id: int | None, run_id: int | None
) -> set[int]:
    """Store findings with their vectors and relations; gives the ids of those that were not there already."""
    if not found:
        return set()
    rows = [{**_columns(one), "source_id": source_id, "run_id": run_id} for one in found]
    added = set(session.scalars(INSERT, {"rows": json.dumps(rows)}))
    stored = [one for one in found if one.id in added]
    store_vectors(session, model, [(one.id, one.vector, one.appeared_at) for one in stored])
    relate(session, {one.id: one.related for one in stored})
    return added


def relate(session: Session, related: Mapping[int, Collection[Match]]) -> None:
    """Show each of these findings together with those that it is near to."""
    pairs = [
        {"a": own, "b": match.finding_id, "similarity": _cosine(match), "reason": match.reason[:REASON_MAX] or "near"}
        for own, matches in related.items()
        for match in matches
    ]
    if pairs:
        session.execute(RELATE, {"rows": json.dumps(pairs)})


def repeat(session: Session, finding_id: int, same: Match, *, agent: str) -> bool:
    """Make a finding that waits, or that the agent set aside, a repetition of a canonical one; says whether it was.

    It was not where a person has decided about it, or where others repeat it.
    """
    values = {
        "id": finding_id,
        "canonical": same.finding_id,
        "similarity": _cosine(same),
        "reason": same.reason[:REASON_MAX] or None,
        "agent": agent,
    }
    return bool(session.execute(REPEATS, values).rowcount)  # type: ignore[attr-defined]


def store_vectors(session: Session, model: str, rows: Iterable[tuple[int, Vector, datetime]]) -> None:
    """Store vectors of findings by id; a finding's old vector is replaced, and the time it appeared is kept."""
    values = [
        {"id": finding_id, "embedding": PgVector(vector).to_text(), "appeared_at": appeared_at.isoformat()}
        for finding_id, vector, appeared_at in rows
    ]
    if values:
        session.execute(STORE_VECTORS, {"model": model, "rows": json.dumps(values)})


def see_again(session: Session, seen: Mapping[int, NormalItem], *, seen_at: datetime) -> None:
    """Note that these findings were seen again, with the figures that their sites count now."""
    if seen:
        rows = [{"id": own, "engagement": dict(item.item.engagement)} for own, item in sorted(seen.items())]
        session.execute(SEEN_AGAIN, {"rows": json.dumps(rows), "seen_at": seen_at})


def store_edit(session: Session, finding_id: int, item: NormalItem) -> None:
    """Replace the text of a finding by what its author made of it."""
    values = _wording(item)
    session.execute(EDITED, {**values, "id": finding_id})


def store_score(
    session: Session,
    finding_id: int,
    score: Score,
    *,
    status: FindingStatus,
    decided_by: str | None,
    decision_reason: str | None,
    agent: str,
    now: datetime,
) -> bool:
    """Store a score and what follows from it, unless a person has decided; says whether it was stored."""
    values = {
        **_figures(score, now),
        "score_details": json.dumps(dict(score.details), default=str),
        "id": finding_id,
        "status": status,
        "decided_by": decided_by,
        "decided_at": now if decided_by else None,
        "decision_reason": decision_reason,
        "agent": agent,
    }
    return bool(session.execute(SCORED, values).rowcount)  # type: ignore[attr-defined]


def also_seen_on(session: Session, ids: Collection[int]) -> dict[int, tuple[SeenOn, ...]]:
    """For each of these canonical findings, where else the same was seen, the first place first."""
    places: dict[int, list[SeenOn]] = {}
    for row in session.execute(ALSO_SEEN, {"ids": sorted(set(ids))}):
        place = SeenOn(row.id, row.source_type, row.name, row.source_url, row.source_title)
        places.setdefault(row.canonical, []).append(place)
    return {canonical: tuple(seen) for canonical, seen in places.items()}


def _columns(found: NewFinding) -> dict[str, Any]:
    item, same = found.item, found.same
    figures = _figures(found.score, found.seen_at) if found.score else NO_SCORE
    return {
        **_wording(item),
        **{name: value.isoformat() if isinstance(value, datetime) else value for name, value in figures.items()},
        "score_details": dict(found.score.details) if found.score else {},
        "id": found.id,
        "source_type": item.item.source_type,
        "external_id": item.item.external_id,
        "author": item.item.author,
        "published_at": item.item.published_at and item.item.published_at.isoformat(),
        "engagement": dict(item.item.engagement),
        "seen_at": found.seen_at.isoformat(),
        "status": found.status,
        "canonical_finding_id": same and same.finding_id,
        "duplicate_similarity": same and _cosine(same),
        "duplicate_reason": same and (same.reason[:REASON_MAX] or None),
        "decided_by": found.decided_by,
        "decided_at": found.seen_at.isoformat() if found.decided_by else None,
        "decision_reason": found.decision_reason,
    }


def _wording(item: NormalItem) -> dict[str, Any]:
    return {
        "source_url": item.item.url,
        "source_title": item.title,
        "content": item.text,
        "canonical_url": item.canonical_url,
        "identities": list(item.identities),
        "text_hash": item.text_hash,
        "content_hash": item.content_hash,
        "language": item.language,
        "links": list(item.item.links),
    }


def _figures(score: Score, now: datetime) -> dict[str, Any]:
    return {
        "relevance_score": score.relevance,
        "novelty_score": score.novelty,
        "applicability_score": score.applicability,
        "difficulty_score": score.difficulty,
        "score_reasoning": score.reason or None,
        "summary": score.summary or None,
        "keywords": list(score.keywords),
        "technologies": list(score.technologies),
        "scored_by": score.scored_by,
        "scored_at": now,
        "uncertain": score.uncertain,
    }


NO_SCORE: Mapping[str, Any] = {
    **dict.fromkeys(("relevance_score", "novelty_score", "applicability_score", "difficulty_score")),
    **dict.fromkeys(("score_reasoning", "summary", "scored_by", "scored_at")),
    "keywords": [],
    "technologies": [],
    "uncertain": False,
}


def _cosine(match: Match) -> float:
    """A cosine as the tables take it: rounding may have brought it beyond 1."""
    return max(-1.0, min(1.0, float(match.similarity)))
