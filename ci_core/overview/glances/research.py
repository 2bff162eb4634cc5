"""What research brought, in short."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ci_core.overview.values import Block, Figure, Glance, Hint, Line
from ci_core.overview.words import counted, lasting
from db.enums import FindingStatus
from db.tables import ResearchFinding, ResearchSource

SHOWN = 4
SET_UP = "python -m ci_core setup"
# What nobody needs to look at any more.
CLOSED = (FindingStatus.REJECTED.value, FindingStatus.DUPLICATE.value, FindingStatus.ARCHIVED.value)
LABELS = {
    FindingStatus.NEW: "New",
    FindingStatus.ANALYZED: "Analysed",
    FindingStatus.CONVERTED_TO_ENHANCEMENT: "Converted",
    FindingStatus.REJECTED: "Rejected",
    FindingStatus.DUPLICATE: "Duplicates",
    FindingStatus.ARCHIVED: "Archived",
}


def research(session: Session, now: datetime) -> Glance:
    """The pipeline of findings by status, the newest of them, and when the sources are scanned."""
    finding = ResearchFinding
    found = session.execute(select(finding.status, func.count()).group_by(finding.status))
    counts: dict[str, int] = {row[0]: row[1] for row in found}
    newest = session.scalars(
        select(finding).where(finding.status.not_in(CLOSED)).order_by(finding.discovered_at.desc()).limit(SHOWN)
    )
    lines = tuple(_line(one) for one in newest)
    figures = tuple(Figure(LABELS[status], f"{counts[status]:,}") for status in FindingStatus if counts.get(status))
    total = sum(counts.values())
    block = Block("findings", "Newest findings", lines, total, hint=None if lines else _hint(session, total))
    return Glance("research", "Research", (*figures, *_sources(session, now)), block)


def _line(found: ResearchFinding) -> Line:
    return Line(
        found.source_title,
        found.source_type,
        enhancement_id=found.enhancement_id,
        url=found.source_url if found.source_url.startswith(("https://", "http://")) else None,
        score=None if found.relevance_score is None else float(found.relevance_score),
        at=found.discovered_at,
    )


def _sources(session: Session, now: datetime) -> tuple[Figure, ...]:
    source = ResearchSource
    row = session.execute(
        select(func.count(), func.max(source.last_scan_at), func.min(source.next_scan_at)).where(source.enabled)
    ).one()
    enabled, last, following = row
    figures = [Figure("Sources", f"{enabled:,}")]
    figures.append(Figure("Last scan", "never" if last is None else f"{lasting(now - last)} ago"))
    if following is not None:
        figures.append(Figure("Next scan", f"in {lasting(following - now)}" if following > now else "due"))
    return tuple(figures)


def _hint(session: Session, total: int) -> Hint:
    if total:
        return Hint("Every finding was dealt with.")
    scanned = session.scalar(select(func.count()).where(ResearchSource.last_scan_at.is_not(None)))
    if scanned:
        return Hint("The scans so far found nothing new.")
    enabled = session.scalar(select(func.count()).where(ResearchSource.enabled)) or 0
    if not enabled:
        return Hint("No scan has run yet, and no source is switched on. This sets up the usual ones:", command=SET_UP)
    return Hint(
        f"No scan has run yet: {counted(enabled, 'source')} {'are' if enabled > 1 else 'is'} set up, and this version "
        "has no research agent. Once it has, findings stand here with their scores. The sources, in the database:",
        command="SELECT source_name, search_queries FROM ci_research_sources WHERE enabled;",
    )
