"""Findings as the pipeline would have stored them, for tests that begin where it ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.tables import ResearchFinding

NUMBERS = count(1)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def add_finding(session: Session, title: str = "A faster option chain", **fields: Any) -> int:
    """Store one finding, scored 70 unless said otherwise, and give its id."""
    number = next(NUMBERS)
    given: dict[str, Any] = {
        "source_type": "reddit",
        "source_url": f"https://example.org/{number}",
        "source_title": title,
        "content": "A first sentence about options. A second one about caching the chain of strikes.",
        "summary": "It says how to cache the chain.",
        "keywords": ["caching"],
        "technologies": ["redis"],
        "relevance_score": 70,
        "novelty_score": 60,
        "applicability_score": 55,
        "difficulty_score": 30,
        "score_reasoning": "Near to your interest “option chains”.",
        "scored_by": "local 1",
        "scored_at": NOON,
        "status": "analyzed",
        "content_hash": f"hash-{number}-{title}",
        "discovered_at": NOON,
        **fields,
    }
    finding = ResearchFinding(**given)
    session.add(finding)
    session.flush()
    return finding.id


def add_vector(session: Session, finding_id: int, vector: list[float], model: str = "words") -> None:
    """Store the vector of a finding's text."""
    session.execute(
        text("INSERT INTO ci_research_embeddings VALUES (:id, :model, CAST(:vector AS vector), now())"),
        {"id": finding_id, "model": model, "vector": json.dumps(vector)},
    )


def stored(session: Session, finding_id: int) -> Mapping[str, Any]:
    """Every column of a finding but those that count or derive."""
    row = session.execute(
        text(
            "SELECT to_jsonb(f) - '{version,updated_at,search_vector}'::text[] "
            "FROM ci_research_findings f WHERE id = :id"
        ),
        {"id": finding_id},
    ).scalar_one()
    return dict(row)
