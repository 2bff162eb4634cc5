"""Reads one source to its limit and says how that went: whatever a site does, the answer is a `SourceReading`."""

from __future__ import annotations

import logging
import time
from datetime import datetime

from ci_core.errors import CiError, InvalidInput, SiteError
from ci_core.research.site_state import LONGEST_WAIT_SECONDS, SiteGate
from ci_core.research.sources import Site, SourceConfig, SourceReading, checked_filters, site_of
from ci_core.research.sources.reading import Asked
from ci_core.research.values import Item
from ci_core.settings import Settings
from ci_core.web import Gate
from ci_core.web.client import utc_now
from db.engine import Database
from db.enums import SourceHealth
from db.errors import DatabaseError
from db.tables import ResearchSource

log = logging.getLogger(__name__)
# One source keeps a worker no longer than about this; what is left is for the next scan.
LONGEST_READING_SECONDS = 300.0
LONGEST_MESSAGE = 500


def config_of(row: ResearchSource) -> SourceConfig:
    """The configuration of a stored source."""
    return SourceConfig(
        source_type=row.source_type,
        source_name=row.source_name,
        source_url=row.source_url,
        search_queries=tuple(row.search_queries),
        search_filters=dict(row.search_filters),
        scan_frequency_hours=row.scan_frequency_hours,
        max_results=row.max_results,
        max_requests_per_minute=row.max_requests_per_minute,
        enabled=row.enabled,
        id=row.id,
    )


def read_source(
    database: Database,
    settings: Settings,
    source: SourceConfig,
    since: datetime | None = None,
    limit: int | None = None,
    *,
    now: datetime | None = None,
    longest_seconds: float = LONGEST_READING_SECONDS,
) -> SourceReading:
    """The items of a source since a moment, and how the reading went.

    A site that cannot be read is told in the result and never raised; what came before the failure is kept. Waits for
    the site's rate limit, which all workers share through the database.

    Args:
        since: the `newest_item_at` of the last reading; the reading begins a little before it. None: the newest items.
        limit: at most so many items; None for the source's own `max_results`.
        now: the moment in UTC; None for this one.
        longest_seconds: after so long the reading stops with what it has.

    Raises:
        DatabaseError: the database cannot be used.
    """
    try:
        site = checked(source)
        pace = site.pace(settings).no_faster_than(source.max_requests_per_minute)
    except InvalidInput as problem:
        return SourceReading((), SourceHealth.FAILED, _line(str(problem)), cause=problem)
    patience = min(LONGEST_WAIT_SECONDS, longest_seconds)
    gate = SiteGate(database, site.source_type, site.label, pace, patience_seconds=patience)
    return read_through(gate, settings, source, since, limit, now=now, longest_seconds=longest_seconds)


def read_through(
    gate: Gate,
    settings: Settings,
    source: SourceConfig,
    since: datetime | None = None,
    limit: int | None = None,
    *,
    now: datetime | None = None,
    longest_seconds: float = LONGEST_READING_SECONDS,
) -> SourceReading:
    """As `read_source`, with a gate that the caller chose.

    Raises:
        InvalidInput: the source is not configured so that it can be read.
    """
    site = checked(source)
    now = now or utc_now()
    limit = source.max_results if limit is None else limit
    asked = Asked(source, since - site.overlap if since else None, limit, settings, gate, now)
    items: dict[str, Item] = {}
    ended = _read(site, asked, items, time.monotonic() + longest_seconds)
    return _told(site, asked, tuple(items.values()), since, ended)


def checked(source: SourceConfig) -> Site:
    """The kind of site of a source that says where to read, with filters that the site knows.

    Raises:
        InvalidInput: it does not; the text names what is missing or wrong.
    """
    site = site_of(source.source_type)
    checked_filters(site.filters, source)
    site.place(source)
    return site


def _read(site: Site, asked: Asked, items: dict[str, Item], end: float) -> CiError | None:
    """Fill in the items; gives what ended the reading early."""
    stream = site.read(asked)
    try:
        for item in stream:
            items.setdefault(item.external_id, item)
            if len(items) >= asked.limit:
                asked.stopped_short()
                break
            if time.monotonic() > end:
                asked.remark("it took too long and was stopped; the rest comes with the next scan", gap=True)
                break
    except DatabaseError:
        raise
    except CiError as expected:
        return expected
    except Exception as error:
        # Whatever an answer made of the code that reads it, the other sources go on, and the log has the place.
        log.exception("reading %s %s", asked.source.source_type, asked.source.source_name)
        return SiteError(site.label, f"its answer could not be understood ({type(error).__name__}; the log has more)")
    finally:
        stream.close()
    return None


def _told(
    site: Site, asked: Asked, items: tuple[Item, ...], since: datetime | None, error: CiError | None
) -> SourceReading:
    remarks = f"{site.label}: {'; '.join(asked.remarks)}" if asked.remarks else None
    if error is not None:
        health = SourceHealth.DEGRADED if items else SourceHealth.FAILED
        retry_at = error.retry_at if isinstance(error, SiteError) else None
        # It continues where it was: the newest come first, so that older ones may be missing.
        return SourceReading(items, health, _line(str(error)), retry_at, None, asked.gate.requests, error)
    health = SourceHealth.DEGRADED if remarks else SourceHealth.OK
    newest = _newest(site, asked, items, since)
    return SourceReading(items, health, _line(remarks) if remarks else None, None, newest, asked.gate.requests)


def _newest(site: Site, asked: Asked, items: tuple[Item, ...], since: datetime | None) -> datetime | None:
    if asked.gaps:
        return None
    if site.changes:
        return asked.now
    # A date in the future, by mistake or on purpose, must not hide what comes until then.
    moments = [item.published_at for item in items if item.published_at and item.published_at <= asked.now]
    return max([*moments, *([since] if since else [])], default=None)


def _line(text: str) -> str:
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"
