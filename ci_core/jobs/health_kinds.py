"""The jobs of the health agent: a kind for each type of check."""

from __future__ import annotations

import hashlib

from ci_core.jobs.kinds import JobKind, Parameters, Retry

QUEUE = "health"
# The slowest that may be: the checked repository's tests with their time limit, beside all other checkers.
LONGEST_SECONDS = 2 * 3600.0
# The tools of a check bound themselves (CI_HEALTH_CHECKER_MEMORY_MIB); this is for all that run at once.
MEMORY_MIB = 6144


def _check(name: str, title: str) -> JobKind:
    def key(parameters: Parameters) -> str:
        """At most one of the kind waits or runs for the same folder and paths."""
        where = repr((parameters.get("repo_path"), sorted(parameters.get("paths") or ()), parameters.get("since")))
        return f"{name}:{hashlib.sha256(where.encode('utf-8', 'replace')).hexdigest()[:16]}"

    return JobKind(
        name=name,
        agent="health",
        title=title,
        queue=QUEUE,
        work="ci_core.jobs.tasks.health:carry_out",
        key=key,
        time_limit_seconds=LONGEST_SECONDS,
        memory_limit_mib=MEMORY_MIB,
        # A check is not made better by repetition: this is for a database that was busy, or a full disk.
        retry=Retry(attempts=3, first_wait_seconds=60, longest_wait_seconds=600),
    )


HEALTH_KINDS: tuple[JobKind, ...] = (
    _check("health_full_scan", "Full check"),
    _check("health_quick_scan", "Check of what changed"),
    _check("health_security_scan", "Check of security"),
    _check("health_dependency_check", "Check of dependencies"),
    _check("health_performance_test", "Test of performance"),
    _check("health_feature_check", "Check of a folder"),
)
