"""The kinds of jobs of the product. What a new agent does is one entry here, and one line in `default_schedules.py`."""

from __future__ import annotations

from ci_core.jobs.kinds import JobKind, Kinds, Parameters


def _one_per_source(parameters: Parameters) -> str:
    return f"research_scan:{parameters['source_id']}"


KINDS = Kinds(
    [
        JobKind(
            name="research_scan",
            agent="research",
            title="Scan of a source",
            queue="research",
            work="ci_core.jobs.tasks.research:scan_source",
            key=_one_per_source,
            time_limit_seconds=900,
            most_at_once=8,
            memory_limit_mib=2048,
        ),
    ]
)
PATH = "ci_core.jobs.registry:KINDS"
