"""Packages of which there are newer versions, where a package index is configured that says so."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from ci_core.errors import SiteError, SiteNotFound
from ci_core.health.advisories.osv import parsed_version
from ci_core.health.checkers.kinds import CheckCancelled, Workbench
from ci_core.health.environments import Installed
from ci_core.health.manifests import Declared, Manifests
from ci_core.health.values import Sighting
from db.enums import IssueType, Severity

if TYPE_CHECKING:
    from ci_core.web import Answer

OUTDATED = "outdated-package"
SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
MOST_PACKAGES = 400
SECONDS = 60.0


def outdated_packages(
    manifests: Manifests, installed: Mapping[str, Installed], workbench: Workbench
) -> tuple[list[Sighting], dict[str, Any]]:
    """Packages that are named or installed in a version with a newer one, and figures of how many were looked up.

    Nothing at all without a configured index (CI_HEALTH_PACKAGE_INDEX): then it is not known.
    """
    index = workbench.settings.package_index
    if index is None:
        return [], {}
    from ci_core.web import Limits, WebClient  # takes its time, and few have an index

    found: list[Sighting] = []
    asked = known = 0
    problem: str | None = None
    end = time.monotonic() + min(SECONDS, workbench.seconds / 2)
    limits = Limits(connect_seconds=5, read_seconds=10, total_seconds=15, attempts=1, most_bytes=32 * 2**20)
    with WebClient("The package index", index, limits=limits) as client:
        for one, version in _versions(manifests, installed):
            if workbench.cancelled.is_set():
                raise CheckCancelled
            if asked >= MOST_PACKAGES or time.monotonic() > end:
                problem = "the time for it was over"
                break
            asked += 1
            try:
                newest = client.ask(
                    "GET", f"{client.base_url}/{one.name}/", newest_release, headers={"accept": SIMPLE_JSON}
                )
            except SiteNotFound:
                continue  # a package of the team's own, which that index does not have
            except SiteError as error:
                problem = str(error)
                break
            known += 1
            if newest is not None and newest > version:
                found.append(_sighting(one, version, newest))
    figures = {"packages_looked_up": known, "outdated_packages": len(found)}
    return found, {**figures, "outdated_problem": problem} if problem else figures


def newest_release(answer: Answer) -> Version | None:
    """The newest version that an index lists (PEP 691) and nobody took back; no pre-release.

    Raises:
        AnswerProblem: it is no such list.
    """
    from ci_core.web.answer import AnswerProblem

    document, _ = answer.json()
    files = document.get("files") if isinstance(document, dict) else None
    if not isinstance(files, list):
        raise AnswerProblem("the answer is no list of files (PEP 691)")
    versions = {version for entry in files if isinstance(entry, dict) and (version := _version(entry)) is not None}
    return max((version for version in versions if not version.is_prerelease), default=None)


def _version(entry: Mapping[str, Any]) -> Version | None:
    name = entry.get("filename")
    if not isinstance(name, str) or entry.get("yanked"):
        return None
    try:
        return parse_wheel_filename(name)[1] if name.endswith(".whl") else parse_sdist_filename(name)[1]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None


def _versions(manifests: Manifests, installed: Mapping[str, Installed]) -> Iterator[tuple[Declared, Version]]:
    seen: set[str] = set()
    for one in manifests.settled():
        written = one.version or (installed[one.name].version if one.name in installed else None)
        version = parsed_version(written) if written else None
        if version is not None and one.name not in seen:
            seen.add(one.name)
            yield one, version


def _sighting(one: Declared, version: Version, newest: Version) -> Sighting:
    major = newest.epoch != version.epoch or newest.major != version.major
    allowed = one.version is None and newest in (one.allowed or SpecifierSet())
    return Sighting(
        "dependencies",
        OUTDATED,
        f"{one.name} is at {version}; the newest is {newest}.",
        path=one.path,
        line=one.line,
        subject=one.name,
        details={
            "package": one.name,
            "version": str(version),
            "newest": str(newest),
            "allowed": allowed,
            "severity": (Severity.LOW if major else Severity.INFO).value,
            "part": IssueType.DEPENDENCIES.value,
        },
    )
