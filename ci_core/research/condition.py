"""How the research agent does as a whole, for `ci doctor`: sources, sites that are not asked, vectors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

STATE = text("""
    SELECT (SELECT count(*) FROM ci_research_sources WHERE enabled) AS enabled,
           (SELECT count(*) FROM ci_research_sources WHERE enabled AND last_scan_at IS NOT NULL) AS scanned,
           (SELECT coalesce(array_agg(source_name || ': ' || coalesce(last_error, 'no reason told')
                                      ORDER BY source_name), '{}')
            FROM ci_research_sources WHERE enabled AND last_status = 'failed') AS failing,
           (SELECT count(*) FROM ci_research_findings) AS findings
""")
# By the index over models, which skips those of the present one.
OTHER_VECTORS = text("""
    SELECT (SELECT count(*) FROM ci_research_embeddings WHERE model < :model)
         + (SELECT count(*) FROM ci_research_embeddings WHERE model > :model)
""")
PAUSED = text("""
    SELECT site, last_error, retry_at FROM ci_research_sites
    WHERE circuit <> 'closed' AND (retry_at IS NULL OR retry_at > :now) ORDER BY site
""")


@dataclass(frozen=True, slots=True)
class PausedSite:
    """A site that is not asked, because it failed too often, until `retry_at`."""

    site: str
    last_error: str | None
    retry_at: datetime | None


@dataclass(frozen=True, slots=True)
class ResearchCondition:
    """How the research agent does.

    Attributes:
        enabled: sources that are scanned; `scanned` of them were at least once.
        failing: names of those whose last scan failed, with the reason.
        findings: how many are stored; `other_vectors` of them have a vector of another model than the present one.
    """

    enabled: int
    scanned: int
    failing: tuple[str, ...]
    findings: int
    other_vectors: int
    paused: tuple[PausedSite, ...]


def condition(session: Session, *, model: str, now: datetime) -> ResearchCondition:
    """How sources, sites and vectors are at this moment; `model` is the name of the present embedding model."""
    row = session.execute(STATE).one()
    return ResearchCondition(
        enabled=row.enabled,
        scanned=row.scanned,
        failing=tuple(row.failing),
        findings=row.findings,
        other_vectors=int(session.execute(OTHER_VECTORS, {"model": model}).scalar_one()),
        paused=tuple(PausedSite(*site) for site in session.execute(PAUSED, {"now": now})),
    )
