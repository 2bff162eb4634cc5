"""Which findings an enhancement came from and which speak for it: the way back from the board to the research."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ci_core.research import insight_queries as queries

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class EvidenceOf:
    """A finding that speaks for an enhancement; the enhancement was made from it where it is its `origin`.

    Title, quote and reason are the words of strangers. `relevance_score` is 0–100, or None where it is not known.
    """

    finding_id: int
    title: str
    source_name: str
    source_type: str
    url: str
    origin: bool
    quote: str | None
    status: str
    relevance_score: float | None
    reason: str | None
    added_by: str
    added_at: datetime


def evidence_of(session: Session, enhancement_id: int) -> tuple[EvidenceOf, ...]:
    """The findings behind an enhancement, its origin first, at most 50."""
    found = queries.rows(session, queries.EVIDENCE, id=enhancement_id, most=MOST_SHOWN)
    return tuple(
        EvidenceOf(
            finding_id=row.finding_id,
            title=row.source_title,
            source_name=row.source_name,
            source_type=row.source_type,
            url=row.source_url,
            origin=row.origin,
            quote=row.quote,
            status=row.status,
            relevance_score=None if row.relevance_score is None else float(row.relevance_score),
            reason=row.score_reasoning,
            added_by=row.created_by,
            added_at=row.created_at,
        )
        for row in found
    )
