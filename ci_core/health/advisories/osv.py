"""Advisories in the format of OSV (https://ossf.github.io/osv-schema/): read, and matched with a version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, cast

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from ci_core.health.advisories.cvss import base_score, severity_of_score, severity_of_word
from db.enums import Severity

ECOSYSTEM = "PyPI"
LONGEST_SUMMARY = 300
MOST_VERSIONS = 20_000
EventKind = Literal["introduced", "fixed", "last_affected"]
EVENT_KINDS: tuple[EventKind, ...] = ("introduced", "fixed", "last_affected")
Event = tuple[EventKind, str]


class UnreadableAdvisory(ValueError):
    """A document is no advisory in the format of OSV; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Advisory:
    """What is known of one vulnerability, or of one malicious package.

    Attributes:
        aliases: other names of the same, such as its CVE.
        severity: None where nobody has judged it.
        cvss: the base score, 0–10; None where there is no vector of CVSS 3.
        malicious: the package itself means harm; there is nothing to upgrade to.
    """

    id: str
    aliases: tuple[str, ...] = ()
    summary: str = ""
    severity: Severity | None = None
    cvss: float | None = None
    malicious: bool = False

    @property
    def names(self) -> frozenset[str]:
        """Every name of it."""
        return frozenset((self.id, *self.aliases))

    @property
    def known_as(self) -> str:
        """The name that people look for: its CVE, else its own."""
        return next((name for name in sorted(self.names) if name.startswith("CVE-")), self.id)

    @property
    def url(self) -> str:
        """Where to read more."""
        return f"https://osv.dev/vulnerability/{self.id}"


@dataclass(frozen=True, slots=True)
class Affected:
    """Which versions of one package an advisory speaks of.

    Attributes:
        package: its name, normalised.
        ranges: each a row of events.
        versions: beside the ranges, named one by one.
    """

    package: str
    ranges: tuple[tuple[Event, ...], ...] = ()
    versions: tuple[str, ...] = ()


def read_advisory(document: Any) -> tuple[Advisory, tuple[Affected, ...]] | None:
    """The advisory in an OSV document; None where it was withdrawn, or concerns no package of PyPI.

    Raises:
        UnreadableAdvisory: it is none.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("id"), str):
        raise UnreadableAdvisory("it has no id")
    if document.get("withdrawn"):
        return None
    affected = tuple(_affected(_objects(document.get("affected"))))
    if not affected:
        return None
    identifier = _storable(document["id"])
    cvss, severity = _severity(document)
    malicious = identifier.startswith("MAL-")
    advisory = Advisory(
        id=identifier,
        aliases=_texts(document.get("aliases")),
        summary=_summary(document),
        severity=Severity.CRITICAL if malicious else severity,
        cvss=cvss,
        malicious=malicious,
    )
    return advisory, affected


def is_affected(affected: Affected, version: str) -> bool:
    """Whether a version is one of those that an advisory speaks of.

    A version that is not of today's form (PEP 440) is only found where it is named as it stands.
    """
    if version in affected.versions:
        return True
    parsed = parsed_version(version)
    if parsed is None:
        return False
    if any(_in_range(parsed, events) for events in affected.ranges):
        return True
    return any(parsed_version(named) == parsed for named in affected.versions)


def fixed_after(affected: Affected, version: str) -> str | None:
    """The lowest version that mends it for whoever has `version`; None where none is known."""
    parsed = parsed_version(version)
    if parsed is None:
        return None
    later = []
    for events in affected.ranges:
        for kind, at in events:
            fix = parsed_version(at)
            if kind == "fixed" and fix is not None and fix > parsed and _in_range(parsed, events):
                later.append(fix)
    return str(min(later)) if later else None


def known_versions(every: Iterable[Affected]) -> frozenset[Version]:
    """The versions that advisories of a package mention, the mended ones included."""
    named: set[str] = set()
    for affected in every:
        named.update(affected.versions)
        named.update(at for events in affected.ranges for kind, at in events if kind != "introduced" or at != "0")
    return frozenset(version for version in map(parsed_version, named) if version is not None)


@lru_cache(maxsize=65_536)
def parsed_version(text: str) -> Version | None:
    """A version in the form of PEP 440; None for another one."""
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _in_range(version: Version, events: Sequence[Event]) -> bool:
    """OSV's own algorithm: go through the events in their order, and see how the last one up to the version left it."""
    placed = [(_place(at), kind) for kind, at in events]
    if any(place is None for place, _ in placed):
        return False  # where the order is not known, the versions that are named decide
    inside = False
    # Of two events at one version, a fix ends the earlier range before the next one begins.
    for place, kind in sorted(cast("list[tuple[Version, EventKind]]", placed), key=lambda one: (one[0], one[1])):
        if kind == "introduced" and version >= place:
            inside = True
        elif (kind == "fixed" and version >= place) or (kind == "last_affected" and version > place):
            inside = False
    return inside


def _place(at: str) -> Version | None:
    return parsed_version("0.dev0") if at == "0" else parsed_version(at)


def _affected(entries: Iterable[Mapping[str, Any]]) -> Iterable[Affected]:
    for entry in entries:
        package = entry.get("package")
        if not isinstance(package, Mapping) or package.get("ecosystem") != ECOSYSTEM:
            continue
        name = package.get("name")
        if not isinstance(name, str) or not name.strip():
            continue
        ranges = tuple(
            events
            for one in _objects(entry.get("ranges"))
            if one.get("type") in {"ECOSYSTEM", "SEMVER"} and (events := tuple(_events(_objects(one.get("events")))))
        )
        yield Affected(canonicalize_name(name.strip()), ranges, _texts(entry.get("versions"))[:MOST_VERSIONS])


def _events(events: Iterable[Mapping[str, Any]]) -> Iterable[Event]:
    for event in events:
        for kind in EVENT_KINDS:
            if isinstance(event.get(kind), str):
                yield kind, event[kind]


def _severity(document: Mapping[str, Any]) -> tuple[float | None, Severity | None]:
    """The highest score of its vectors, and the severity: by that score, else as its database says it in words."""
    given = [*_objects(document.get("severity"))]
    for entry in _objects(document.get("affected")):
        given += _objects(entry.get("severity"))
    scores = [score for one in given if (score := base_score(str(one.get("score", "")))) is not None]
    if scores:
        return max(scores), severity_of_score(max(scores))
    places = [document, *_objects(document.get("affected"))]
    for place in places:
        for key in ("database_specific", "ecosystem_specific"):
            said = place.get(key)
            if isinstance(said, Mapping) and (severity := severity_of_word(said.get("severity"))) is not None:
                return None, severity
    return None, None


def _summary(document: Mapping[str, Any]) -> str:
    for key in ("summary", "details"):
        text = document.get(key)
        if isinstance(text, str) and text.strip():
            line = _storable(" ".join(text.strip().split("\n\n")[0].split()))
            return line if len(line) <= LONGEST_SUMMARY else f"{line[: LONGEST_SUMMARY - 1]}…"
    return ""


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_storable(one) for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _storable(text: str) -> str:
    """Text without what no database takes: NUL, and halves of a pair of surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
