"""What the research agent does by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ci_core.jobs.context import JobContext
from ci_core.research import scan_queries
from ci_core.research.scan_in_run import scan_in_run
from ci_core.research.scan_parts import Parts

MOST_LINKED = 50


def scan_source(context: JobContext, parts: Parts | None = None) -> Mapping[str, Any]:
    """Scan one source: parameters {"source_id": N, "max_results"?: N}; gives what came of it, as every scan does.

    Raises:
        as `scan_in_run`; RunTaken and Cancelled end it in the midst of its work, whole batches are stored.
    """
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
