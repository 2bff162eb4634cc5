"""The kinds of jobs of the product. What a new agent does is one entry here, and one line in `default_schedules.py`."""

from __future__ import annotations

from ci_core.jobs.kinds import JobKind, Kinds, Parameters, Retry


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
            # The scan itself gives a source up in time (CI_RESEARCH_SOURCE_SECONDS, at most an hour).
            time_limit_seconds=4000,
            most_at_once=8,
            memory_limit_mib=2048,
            # The source itself says when it is scanned again; these are for what passes within the hour.
            retry=Retry(attempts=3, first_wait_seconds=60, longest_wait_seconds=1800),
        ),
    ]
)
PATH = "ci_core.jobs.registry:KINDS"
