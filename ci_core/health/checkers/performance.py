"""How fast the checked app is: its pages, its statements in the database, and what importing its packages costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ci_core.health.checkers.kinds import CheckerFailed, NotApplicable, Workbench
from ci_core.health.environments import find_python
from ci_core.health.measuring.imports import ImportTime, measure_imports, own_packages
from ci_core.health.measuring.pages import PageTimes, measure_pages, paths_of
from ci_core.health.measuring.queries import SlowQuery, slow_queries
from ci_core.health.values import Report, Sighting, Target
from db.enums import IssueType, Severity

NAME = "performance"
SLOW_PAGE, BROKEN_PAGE, SLOW_QUERY = "slow-page", "broken-page", "slow-query"
SLOW_IMPORT, LARGE_IMPORT = "slow-import", "memory-hungry-import"
# From so many times the threshold on, people leave.
BAD_FACTOR = 3.0
# A command that takes longer to begin feels broken; Nielsen's limit for keeping one's attention is 10 s.
SLOW_IMPORT_MS = 3_000.0
LARGE_IMPORT_MIB = 600.0


@dataclass(slots=True)
class _Found:
    sightings: list[Sighting] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)
    problems: list[CheckerFailed] = field(default_factory=list)
    parts: int = 0


def check(target: Target, workbench: Workbench) -> Report:
    """Measure what there is to measure: each part by itself, so that one that fails leaves the others.

    Raises:
        NotApplicable: nothing is configured, and the repository has no environment to import its packages in.
        CheckerFailed: nothing could be measured.
        CheckCancelled: the check was cancelled.
    """
    settings = workbench.settings
    found = _Found()
    address, database_url = settings.app_url, settings.database_url
    if address is not None:
        _part(found, lambda: _pages(found, measure_pages(address, workbench), settings.page_load_ms))
    if database_url is not None:
        _part(found, lambda: _queries(found, slow_queries(database_url, settings.query_ms), settings.query_ms))
    # Without an environment nothing can be imported; that is no failure of whoever only wants the app measured.
    packages = own_packages(target) if find_python(target.root, settings) is not None else ()
    if packages:
        _part(found, lambda: _imports(found, target, measure_imports(target, workbench, packages)))
    if not found.parts:
        raise NotApplicable(
            "There is nothing to measure.",
            remedy="Say where the app and its database answer (CI_HEALTH_APP_URL, CI_HEALTH_DATABASE_URL), and which "
            "interpreter has what the repository needs (CI_HEALTH_PYTHON).",
        )
    if len(found.problems) == found.parts:
        remedies = [problem.remedy for problem in found.problems if problem.remedy]
        raise CheckerFailed(" ".join(map(str, found.problems)), remedy=" ".join(remedies) or None)
    if found.problems:
        found.metrics["not_measured"] = [str(problem) for problem in found.problems]
    return Report(
        sightings=tuple(found.sightings),
        seen=frozenset(path for package in packages if (path := _place(target, package)) is not None),
        looked_at_whole=not found.problems,
        version="1",
        metrics=found.metrics,
    )


def _part(found: _Found, measure: Callable[[], None]) -> None:
    found.parts += 1
    try:
        measure()
    except CheckerFailed as problem:
        found.problems.append(problem)


def _pages(found: _Found, times: PageTimes, limit_ms: float) -> None:
    found.metrics["pages_measured_by"] = times.by
    if times.problem:
        found.metrics["pages_problem"] = times.problem
    found.metrics["pages"] = [
        {"page": path, "load_ms": page.load_ms, "first_byte_ms": page.first_byte_ms, "status": page.status}
        for path, page in paths_of(times)
    ]
    found.metrics["page_load_ms"] = max((page.load_ms for page in times.pages), default=None)
    how = "until its largest content is there" if times.by == "browser" else "for its HTML alone"
    for path, page in paths_of(times):
        details = {"page": path, "load_ms": page.load_ms, "limit_ms": limit_ms, "by": times.by}
        if page.status >= 400:
            message = f"The page {path} answers with status {page.status}."
            found.sightings.append(_sighting(BROKEN_PAGE, message, Severity.HIGH, path, details))
        elif page.load_ms > limit_ms:
            message = f"The page {path} takes {page.load_ms:,.0f} ms {how}; {limit_ms:,.0f} ms are allowed."
            found.sightings.append(_sighting(SLOW_PAGE, message, _severity(page.load_ms, limit_ms), path, details))


def _queries(found: _Found, slow: tuple[SlowQuery, ...], limit_ms: float) -> None:
    found.metrics["slow_queries"] = len(slow)
    if slow:
        found.metrics["slowest_query_ms"] = max(query.mean_ms for query in slow)
    for query in slow:
        message = f"This takes {query.mean_ms:,.0f} ms on average ({query.calls:,} times): {query.text}"
        details = {
            "query": query.text,
            "calls": query.calls,
            "mean_ms": query.mean_ms,
            "total_ms": query.total_ms,
            "limit_ms": limit_ms,
        }
        found.sightings.append(_sighting(SLOW_QUERY, message, _severity(query.mean_ms, limit_ms), query.name, details))


def _imports(found: _Found, target: Target, measured: tuple[ImportTime, ...]) -> None:
    well = [one for one in measured if one.problem is None]
    if not well:
        reasons = "; ".join(f"{one.package}: {one.problem}" for one in measured)
        raise CheckerFailed(
            f"Imports were not measured ({reasons}).", remedy="Install what they need in the repository's environment."
        )
    found.metrics["imports"] = [
        {
            "package": one.package,
            "ms": one.ms,
            "memory_mib": one.memory_mib,
            "slowest": [list(row) for row in one.slowest],
        }
        for one in well
    ]
    found.metrics["import_ms"] = max(one.ms for one in well)
    if not_measured := [f"{one.package}: {one.problem}" for one in measured if one.problem]:
        found.metrics["imports_not_measured"] = not_measured
    for one in well:
        path = _place(target, one.package)
        slowest = ", ".join(f"{module} {ms:,.0f} ms" for module, ms in one.slowest[:3])
        details: Mapping[str, Any] = {"package": one.package, "ms": one.ms, "memory_mib": one.memory_mib}
        if one.ms > SLOW_IMPORT_MS:
            message = f"Importing {one.package} takes {one.ms:,.0f} ms" + (
                f", most of it for {slowest}." if slowest else "."
            )
            found.sightings.append(_sighting(SLOW_IMPORT, message, Severity.LOW, one.package, details, path))
        if one.memory_mib is not None and one.memory_mib > LARGE_IMPORT_MIB:
            message = f"Importing {one.package} takes {one.memory_mib:,.0f} MiB of memory."
            found.sightings.append(_sighting(LARGE_IMPORT, message, Severity.LOW, one.package, details, path))


def _place(target: Target, package: str) -> str | None:
    return next(
        (path for path in (f"{package}/__init__.py", f"src/{package}/__init__.py") if path in target.files), None
    )


def _severity(value: float, limit: float) -> Severity:
    return Severity.HIGH if value > BAD_FACTOR * limit else Severity.MEDIUM


def _sighting(
    rule: str, message: str, severity: Severity, subject: str, details: Mapping[str, Any], path: str | None = None
) -> Sighting:
    more = {**details, "severity": severity.value, "part": IssueType.PERFORMANCE.value}
    return Sighting(NAME, rule, message, path=path, line=1 if path else None, subject=subject, details=more)
