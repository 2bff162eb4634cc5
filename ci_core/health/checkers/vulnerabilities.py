"""Packages with known vulnerabilities, by the advisories that are kept on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ci_core.health.advisories import (
    Advisories,
    AdvisoriesMissing,
    Vulnerability,
    advisories_state,
    best_allowed,
    open_advisories,
    vulnerabilities,
)
from ci_core.health.advisories.store import HOW_TO_FETCH
from ci_core.health.checkers.kinds import CheckerFailed, NotApplicable, Workbench
from ci_core.health.environments import Installed, find_python, installed_packages
from ci_core.health.manifests import Declared, Manifests, Use, read_manifests
from ci_core.health.values import Report, Sighting, Target
from db.enums import IssueType, Severity

NAME = "vulnerabilities"
VULNERABLE, MALICIOUS = "vulnerable-package", "malicious-package"
MOST_PLACES = 20


@dataclass(slots=True)
class _Judged:
    """What became of the packages that a repository names."""

    sightings: dict[tuple[str, str], Sighting] = field(default_factory=dict)
    places: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)


def check(target: Target, workbench: Workbench) -> Report:
    """Compare every package that the repository names with the advisories.

    Raises:
        NotApplicable: no file of it names a package.
        CheckerFailed: there are no advisories here, so that nothing is known.
    """
    manifests = read_manifests(target)
    if not manifests.read and not manifests.unread:
        raise NotApplicable(
            "No file of the repository names packages that it needs.",
            remedy="Name them in pyproject.toml or requirements.txt.",
        )
    python = find_python(target.root, workbench.settings)
    installed = installed_packages(python) if python is not None else {}
    now = datetime.now(UTC)
    try:
        with open_advisories(workbench.data_dir) as known:
            judged = _judged(manifests, installed, known)
    except AdvisoriesMissing as error:
        raise CheckerFailed(
            f"It is not known which packages are vulnerable. {str(error).removesuffix(HOW_TO_FETCH).strip()}",
            remedy=HOW_TO_FETCH,
        ) from error
    state = advisories_state(workbench.data_dir, now)
    return Report(
        sightings=tuple(_with_places(one, judged.places[key]) for key, one in judged.sightings.items()),
        seen=manifests.read,
        unseen=manifests.unread,
        looked_at_whole=not manifests.unread,
        version=f"OSV of {state.fetched_at:%Y-%m-%d}" if state.fetched_at else "OSV",
        metrics={
            "packages_named": len({one.name for one in manifests.declared}),
            "packages_with_a_version": len(judged.known),
            "packages_without_a_version": len(judged.open - judged.known),
            "vulnerable_packages": len({name for name, _ in judged.sightings}),
            "vulnerabilities": len(judged.sightings),
            "advisories_age_days": state.age_days,
            "advisories_too_old": state.too_old,
            "advisories": state.advisories,
            "manifests": sorted(manifests.read),
            "manifests_set_aside": list(manifests.set_aside),
        },
    )


def _judged(manifests: Manifests, installed: Mapping[str, Installed], known: Advisories) -> _Judged:
    judged = _Judged()
    # What runs before what only development needs: the first place is the one that is told.
    for one in sorted(manifests.settled(), key=lambda one: (one.use is Use.DEVELOPMENT, one.path, one.line)):
        entries = known.of_package(one.name)
        version, how = one.version, "pinned"
        if version is None and one.name in installed:
            version, how = installed[one.name].version, "installed"
        (judged.open if version is None else judged.known).add(one.name)
        if version is None and entries:
            version, how = best_allowed(entries, one.allowed), "allowed"
        for hole in vulnerabilities(entries, version) if version is not None else ():
            key = (one.name, hole.advisory.known_as)
            judged.sightings.setdefault(key, _sighting(one, hole, how))
            judged.places.setdefault(key, []).append(f"{one.path}:{one.line}")
    return judged


def _sighting(one: Declared, hole: Vulnerability, how: str) -> Sighting:
    advisory = hole.advisory
    severity = (
        _milder(advisory.severity) if one.use is Use.DEVELOPMENT and not advisory.malicious else advisory.severity
    )
    details: dict[str, Any] = {
        "package": one.name,
        "version": hole.version,
        "version_is": how,
        "fixed_in": hole.fixed_in,
        "advisory": advisory.id,
        "aliases": list(advisory.aliases),
        "summary": advisory.summary,
        "url": advisory.url,
        "cvss": advisory.cvss,
        "use": one.use.value,
        "part": IssueType.DEPENDENCIES.value,
        "title": _title(one, hole),
    }
    if severity is not None:
        details["severity"] = severity.value
    return Sighting(
        checker=NAME,
        rule=MALICIOUS if advisory.malicious else VULNERABLE,
        message=_message(one, hole, how),
        path=one.path,
        line=one.line,
        subject=f"{one.name} {advisory.known_as}",
        details=details,
    )


def _title(one: Declared, hole: Vulnerability) -> str:
    if hole.advisory.malicious:
        return f"{one.name} is a malicious package"
    return f"{one.name} {hole.version} is vulnerable ({hole.advisory.known_as})"


def _message(one: Declared, hole: Vulnerability, how: str) -> str:
    """One text for as long as it is the same vulnerability of the same version."""
    at_best = {"pinned": "", "installed": ", which is installed,", "allowed": ", the newest that is allowed,"}[how]
    summary = hole.advisory.summary.rstrip(".") or "no description"
    if hole.advisory.malicious:
        remedy = "Remove it, and change every secret that it could read."
        return f"{one.name} {hole.version}{at_best} means harm: {summary}. {remedy}"
    mended = f"Mended in {hole.fixed_in}." if hole.fixed_in else "No mended version is known."
    return f"{one.name} {hole.version}{at_best} is vulnerable ({hole.advisory.known_as}): {summary}. {mended}"


def _milder(severity: Severity | None) -> Severity | None:
    """What only developers run is reached by fewer: one step less severe, but never harmless."""
    order = [Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW]
    return order[min(order.index(severity) + 1, 3)] if severity in order else severity


def _with_places(sighting: Sighting, places: list[str]) -> Sighting:
    further = list(_others(places))[:MOST_PLACES]
    if not further:
        return sighting
    return Sighting(
        sighting.checker, sighting.rule, sighting.message, sighting.path, sighting.line, sighting.end_line,
        sighting.column, sighting.subject, {**sighting.details, "also_in": further},
    )  # fmt: skip


def _others(places: list[str]) -> Iterator[str]:
    yield from dict.fromkeys(places[1:])
