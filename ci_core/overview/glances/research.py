"""What research brought, in short."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ci_core import runs
from ci_core.overview.values import Block, Figure, Glance, Hint, Line, Period
from ci_core.overview.words import counted, lasting
from ci_core.research.finding_history import site_name
from db.enums import FindingStatus, RunStatus, SourceHealth
from db.tables import ResearchFinding, ResearchSource

SHOWN = 4
FAILING_SHOWN = 2
LONGEST_NOTE = 120
SET_UP = "python -m ci_core setup"
SCAN = "python -m ci_core research scan"
RUN_TYPE = "research_scan"
WAITS = (FindingStatus.NEW.value, FindingStatus.ANALYZED.value)
LABELS = {
    FindingStatus.CONVERTED_TO_ENHANCEMENT: "Converted",
    FindingStatus.REJECTED: "Rejected or set aside",
    FindingStatus.DUPLICATE: "Duplicates",
    FindingStatus.ARCHIVED: "Archived",
}


def research(session: Session, _period: Period, now: datetime) -> Glance:
    """How many findings wait and what became of the others, the best that wait, and how the scans of sources go."""
    finding = ResearchFinding
    found = session.execute(select(finding.status, func.count()).group_by(finding.status))
    counts: dict[str, int] = {row[0]: row[1] for row in found}
    failing = _failing(session)
    lines = (*(_failure(source) for source in failing[:FAILING_SHOWN]), *_waiting(session, now))
    waiting = sum(counts.get(status, 0) for status in WAITS)
    figures = [Figure("Waiting", f"{waiting:,}")] if counts else []
    figures += [Figure(name, f"{counts[status]:,}") for status, name in LABELS.items() if counts.get(status)]
    total = waiting + min(len(failing), FAILING_SHOWN)
    hint = None if lines else _hint(session, sum(counts.values()))
    block = Block("findings", "Best of what waits", lines, total, page="research", hint=hint)
    return Glance("research", "Research", (*figures, *_sources(session, now, len(failing))), block)


def _waiting(session: Session, now: datetime) -> tuple[Line, ...]:
    finding = ResearchFinding
    best = session.execute(
        select(
            finding.id,
            finding.source_title,
            finding.source_type,
            finding.source_url,
            finding.relevance_score,
            finding.discovered_at,
        )
        .where(finding.status.in_(WAITS), or_(finding.snoozed_until.is_(None), finding.snoozed_until <= now))
        .order_by(finding.relevance_score.desc().nulls_last(), finding.id.desc())
        .limit(SHOWN)
    )
    return tuple(_line(row) for row in best)


def _line(found: Any) -> Line:
    return Line(
        found.source_title,
        site_name(found.source_type),
        page=f"research?focus={found.id}",
        url=found.source_url if found.source_url.startswith(("https://", "http://")) else None,
        score=None if found.relevance_score is None else float(found.relevance_score),
        at=found.discovered_at,
    )


def _failing(session: Session) -> list[ResearchSource]:
    source = ResearchSource
    return list(
        session.scalars(
            select(source)
            .where(source.enabled, source.last_status == SourceHealth.FAILED.value)
            .order_by(source.failures.desc(), source.source_name)
        )
    )


def _failure(source: ResearchSource) -> Line:
    note = source.last_error or "its last scan failed"
    note = note if len(note) <= LONGEST_NOTE else note[: LONGEST_NOTE - 1].rstrip() + "…"
    return Line(f"Cannot be scanned: {source.source_name}", note, page="sources", at=source.last_scan_at)


def _sources(session: Session, now: datetime, failing: int) -> tuple[Figure, ...]:
    source = ResearchSource
    row = session.execute(
        select(func.count(), func.max(source.last_scan_at), func.min(source.next_scan_at)).where(source.enabled)
    ).one()
    enabled, last, following = row
    figures = [Figure("Sources", f"{enabled:,}" + (f", {failing:,} failing" if failing else ""))]
    figures.append(Figure("Last scan", "never" if last is None else f"{lasting(now - last)} ago{_brought(session)}"))
    if following is not None:
        figures.append(Figure("Next scan", f"in {lasting(following - now)}" if following > now else "due"))
    return tuple(figures)


def _brought(session: Session) -> str:
    """What the newest scan that is over brought, to follow when it was."""
    newest = runs.runs(session, run_type=RUN_TYPE, limit=3).runs
    over = next((run for run in newest if run.status is RunStatus.COMPLETED), None)
    return "" if over is None else f": {int(over.counts.get('new', 0)):,} new"


def _hint(session: Session, total: int) -> Hint:
    if total:
        return Hint("Every finding was dealt with. What was decided is on the Research page.", "Open it", "research")
    scanned = session.scalar(select(func.count()).where(ResearchSource.last_scan_at.is_not(None)))
    if scanned:
        return Hint("The scans so far found nothing new. Other queries may.", "Open the sources", "sources")
    enabled = session.scalar(select(func.count()).where(ResearchSource.enabled)) or 0
    if not enabled:
        return Hint(
            "No scan has run yet, and no source is switched on. Switch some on, or set up the usual ones:",
            "Open the sources",
            "sources",
            SET_UP,
        )
    are = "are" if enabled > 1 else "is"
    return Hint(
        f"No scan has run yet: {counted(enabled, 'source')} {are} set up. Start a scan on the Sources page, or here:",
        "Open the sources",
        "sources",
        SCAN,
    )
