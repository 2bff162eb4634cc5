"""How each configured source does: its last and next scan, what stands in its way, and what came of its findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from ci_core.research import insight_queries as queries
from ci_core.research.insight import Share
from db.enums import Circuit, SourceHealth

# Older findings say little about what a source is worth now.
COUNTED = timedelta(days=90)


class Standing(StrEnum):
    """How a source stands, in one word."""

    OFF = "off"
    NEVER_SCANNED = "never_scanned"
    WELL = "well"
    DEGRADED = "degraded"
    FAILED = "failed"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class SourceOverview:
    """A source with its configuration, its health, and its figures of the last 90 days.

    Attributes:
        problem: what went wrong last and what to do about it; None where nothing did.
        retry_at: it is not asked before this, because its site said so or failed too often.
        next_scan_at: when it is due; None where it was never scanned or is off.
        quota_remaining: how many requests its site has left for us, where it says so; `quota_resets_at` until when.
        converted, duplicates: shares of everything that was found.
        precision: the accepted among what people decided.
    """

    id: int
    source_type: str
    source_name: str
    source_url: str | None
    search_queries: tuple[str, ...]
    search_filters: Mapping[str, Any]
    scan_frequency_hours: int
    enabled: bool
    max_results: int
    max_requests_per_minute: int | None
    standing: Standing
    problem: str | None
    last_scan_at: datetime | None
    last_success_at: datetime | None
    next_scan_at: datetime | None
    retry_at: datetime | None
    failures: int
    circuit: Circuit
    quota_remaining: int | None
    quota_resets_at: datetime | None
    found: int
    waiting: int
    converted: Share
    duplicates: Share
    precision: Share


def sources_overview(session: Session, *, now: datetime) -> tuple[SourceOverview, ...]:
    """Every source, those that are on first."""
    found = queries.rows(session, queries.SOURCES, since=now - COUNTED)
    return tuple(_overview(row, now) for row in found)


def standing_of(
    *,
    enabled: bool,
    last_scan_at: datetime | None,
    last_status: str | None,
    paused_until: datetime | None,
    now: datetime,
) -> Standing:
    """How a source stands: off before everything else, paused before how its last scan went."""
    if not enabled:
        return Standing.OFF
    if paused_until is not None and paused_until > now:
        return Standing.PAUSED
    if last_scan_at is None:
        return Standing.NEVER_SCANNED
    if last_status == SourceHealth.FAILED:
        return Standing.FAILED
    return Standing.DEGRADED if last_status == SourceHealth.DEGRADED else Standing.WELL


def _overview(row: Any, now: datetime) -> SourceOverview:
    circuit = Circuit(row.circuit or Circuit.CLOSED)
    site_retry = row.site_retry_at if circuit is not Circuit.CLOSED else None
    paused_until = max((at for at in (row.retry_at, site_retry) if at is not None and at > now), default=None)
    return SourceOverview(
        id=row.id,
        source_type=row.source_type,
        source_name=row.source_name,
        source_url=row.source_url,
        search_queries=tuple(row.search_queries),
        search_filters=dict(row.search_filters),
        scan_frequency_hours=row.scan_frequency_hours,
        enabled=row.enabled,
        max_results=row.max_results,
        max_requests_per_minute=row.max_requests_per_minute,
        standing=standing_of(
            enabled=row.enabled,
            last_scan_at=row.last_scan_at,
            last_status=row.last_status,
            paused_until=paused_until,
            now=now,
        ),
        problem=row.last_error or (row.site_error if circuit is not Circuit.CLOSED else None),
        last_scan_at=row.last_scan_at,
        last_success_at=row.last_success_at,
        next_scan_at=row.next_scan_at if row.enabled else None,
        retry_at=paused_until,
        failures=row.failures,
        circuit=circuit,
        quota_remaining=row.quota_remaining,
        quota_resets_at=row.quota_resets_at,
        found=row.found,
        waiting=row.waiting,
        converted=Share(row.converted, row.found),
        duplicates=Share(row.duplicates, row.found),
        precision=Share(row.accepted, row.decided),
    )
