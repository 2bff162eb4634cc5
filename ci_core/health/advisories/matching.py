"""Which advisories concern a package in a version, each vulnerability once whatever its databases call it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from ci_core.health.advisories.osv import Advisory, Affected, fixed_after, is_affected, known_versions, parsed_version

Entry = tuple[Advisory, Affected]
# Kinds of limits that keep a newer version out.
UPPER = ("<", "<=", "~=", "==", "===")


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """One vulnerability that a version of a package has.

    Attributes:
        version: the affected one.
        fixed_in: the lowest version that is mended; None where there is none yet.
    """

    advisory: Advisory
    version: str
    fixed_in: str | None


def vulnerabilities(entries: Iterable[Entry], version: str) -> tuple[Vulnerability, ...]:
    """The vulnerabilities of one version, out of the advisories of its package.

    Advisories that share a name speak of the same one: the one with the best known severity tells of it, and the
    highest of their mended versions is said, so that all of them are content with it.
    """
    found = [
        (advisory, fixed_after(affected, version)) for advisory, affected in entries if is_affected(affected, version)
    ]
    return tuple(
        sorted(
            (_told(group, version) for group in _groups(found)),
            key=lambda one: (one.advisory.known_as, one.advisory.id),
        )
    )


def best_allowed(entries: Sequence[Entry], allowed: SpecifierSet) -> str | None:
    """The newest version that a requirement allows, where the requirement keeps newer ones out; else None.

    Only versions that the advisories mention are known here, the mended ones among them; that is enough to say
    whether a requirement keeps the mended ones out.
    """
    if not any(one.operator in UPPER for one in allowed):
        return None
    versions = list(allowed.filter(known_versions(affected for _, affected in entries), prereleases=True))
    released = [version for version in versions if not version.is_prerelease]
    return str(max(released or versions)) if versions else None


def _groups(found: Sequence[tuple[Advisory, str | None]]) -> list[list[tuple[Advisory, str | None]]]:
    groups: list[tuple[set[str], list[tuple[Advisory, str | None]]]] = []
    for advisory, fix in found:
        names, members = set(advisory.names), [(advisory, fix)]
        apart = []
        for group in groups:
            if group[0] & names:
                names |= group[0]
                members = group[1] + members
            else:
                apart.append(group)
        groups = [*apart, (names, members)]
    return [members for _, members in groups]


def _told(group: Sequence[tuple[Advisory, str | None]], version: str) -> Vulnerability:
    def merit(advisory: Advisory) -> tuple[bool, bool, bool, str]:
        return advisory.malicious, advisory.severity is not None, advisory.id.startswith("GHSA-"), advisory.id

    best = max((advisory for advisory, _ in group), key=merit)
    names = frozenset[str]().union(*(advisory.names for advisory, _ in group))
    fixes = [fix for _, fix in group if fix is not None]
    summary = best.summary or next((advisory.summary for advisory, _ in group if advisory.summary), "")
    whole = Advisory(best.id, tuple(sorted(names - {best.id})), summary, best.severity, best.cvss, best.malicious)
    return Vulnerability(whole, version, max(fixes, key=_order) if fixes else None)


def _order(version: str) -> Version:
    return parsed_version(version) or Version("0")
