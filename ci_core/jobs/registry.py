"""The kinds of jobs of the product. What a new agent does is one entry here, and one line in `default_schedules.py`."""

from __future__ import annotations

from collections.abc import Callable

from ci_core.jobs.health_kinds import HEALTH_KINDS
from ci_core.jobs.kinds import Isolation, JobKind, Kinds, Parameters, Retry


def _one_per_source(parameters: Parameters) -> str:
    return f"research_scan:{parameters['source_id']}"


def _one_of_its_kind(name: str) -> Callable[[Parameters], str]:
    return lambda _parameters: name


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
        JobKind(
            name="embeddings",
            agent="embedder",
            title="Vectors of enhancements",
            queue="upkeep",
            work="ci_core.jobs.tasks.learning:embed_enhancements",
            key=_one_of_its_kind("embeddings"),
            time_limit_seconds=3600,
            memory_limit_mib=2048,
            retry=Retry(attempts=3, first_wait_seconds=30, longest_wait_seconds=600),
        ),
        JobKind(
            name="learning",
            agent="research",
            title="Learning from decisions",
            queue="research",
            work="ci_core.jobs.tasks.learning:learn",
            key=_one_of_its_kind("learning"),
            time_limit_seconds=2 * 3600,
            memory_limit_mib=2048,
            retry=Retry(attempts=3, first_wait_seconds=60, longest_wait_seconds=1800),
        ),
        JobKind(
            name="database_upkeep",
            agent="upkeep",
            title="Upkeep of the database",
            queue="upkeep",
            work="ci_core.jobs.tasks.upkeep:tidy",
            key=_one_of_its_kind("database_upkeep"),
            time_limit_seconds=2 * 3600,
            retry=Retry(attempts=3, first_wait_seconds=300, longest_wait_seconds=3600),
        ),
        JobKind(
            name="database_backup",
            agent="upkeep",
            title="Backup of the database",
            queue="upkeep",
            work="ci_core.jobs.tasks.upkeep:back_up",
            key=_one_of_its_kind("database_backup"),
            time_limit_seconds=2 * 3600,
            retry=Retry(attempts=3, first_wait_seconds=300, longest_wait_seconds=3600),
        ),
        JobKind(
            name="agent_figures",
            agent="upkeep",
            title="Figures of the agents",
            queue="upkeep",
            work="ci_core.jobs.tasks.figures:sum_up",
            key=_one_of_its_kind("agent_figures"),
            time_limit_seconds=600,
            isolation=Isolation.THREAD,
            retry=Retry(attempts=3, first_wait_seconds=30, longest_wait_seconds=600),
        ),
        JobKind(
            name="archive_completed",
            agent="upkeep",
            title="Archive of completed enhancements",
            queue="upkeep",
            work="ci_core.jobs.tasks.archive:archive_completed",
            key=_one_of_its_kind("archive_completed"),
            time_limit_seconds=1800,
            retry=Retry(attempts=3, first_wait_seconds=60, longest_wait_seconds=1800),
        ),
        JobKind(
            name="digest_daily",
            agent="digest",
            title="Daily digest",
            queue="upkeep",
            work="ci_core.jobs.tasks.digests:daily",
            key=_one_of_its_kind("digest_daily"),
            time_limit_seconds=1800,
            retry=Retry(attempts=5, first_wait_seconds=30, longest_wait_seconds=1800),
        ),
        JobKind(
            name="digest_weekly",
            agent="digest",
            title="Weekly digest",
            queue="upkeep",
            work="ci_core.jobs.tasks.digests:weekly",
            key=_one_of_its_kind("digest_weekly"),
            time_limit_seconds=1800,
            retry=Retry(attempts=5, first_wait_seconds=30, longest_wait_seconds=1800),
        ),
        JobKind(
            name="health_advisories",
            agent="health",
            title="Known vulnerabilities",
            queue="upkeep",
            work="ci_core.jobs.tasks.advisories:refresh",
            key=_one_of_its_kind("health_advisories"),
            time_limit_seconds=3600,
            memory_limit_mib=1024,
            # What was fetched of the file stays, so that each attempt goes on where the one before broke off.
            retry=Retry(attempts=5, first_wait_seconds=60, longest_wait_seconds=3600),
        ),
        *HEALTH_KINDS,
    ]
)
PATH = "ci_core.jobs.registry:KINDS"
