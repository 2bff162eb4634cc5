"""What the research agent does by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ci_core.errors import SiteRefused
from ci_core.jobs.context import JobContext
from ci_core.research import scan_queries
from ci_core.research.scan_in_run import scan_in_run
from ci_core.research.scan_parts import Parts
from ci_core.research.sources import missing_credentials

MOST_LINKED = 50


def scan_source(context: JobContext, parts: Parts | None = None) -> Mapping[str, Any]:
    """Scan one source: parameters {"source_id": N, "max_results"?: N}; gives what came of it, as every scan does.

    A source whose site needs credentials that nobody has filled in says so itself. Where the clock asked for the scan,
    that is no failure of the run: it would be the same one every few hours, and nobody did anything wrong.

    Raises:
        as `scan_in_run`; RunTaken and Cancelled end it in the midst of its work, whole batches are stored.
    """
    try:
        return _scan(context, parts)
    except SiteRefused:
        if context.asked_by.startswith("agent:") and _lacks_credentials(context):
            return {"sources": 1, "without_credentials": 1}
        raise


def _lacks_credentials(context: JobContext) -> bool:
    source_id = int(context.parameters["source_id"])
    with context.database.reading() as session:
        rows = scan_queries.sources(session, ids=[source_id], also_disabled=True, now=context.clock())
    return bool(missing_credentials(context.settings, [row.source_type for row in rows]))


def _scan(context: JobContext, parts: Parts | None) -> Mapping[str, Any]:
    most = context.parameters.get("max_results")
    result = scan_in_run(
        context.fenced,
        context.settings,
        int(context.parameters["source_id"]),
        run_id=context.run_id,
        attempt=context.attempt,
        max_results=None if most is None else int(most),
        parts=parts,
    )
    with context.transaction() as session:
        for finding_id, title in scan_queries.found_in_run(session, context.run_id, limit=MOST_LINKED):
            context.link(session, "finding", finding_id, title)
    return result.counts
