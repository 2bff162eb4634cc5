"""Each vulnerability is told once, whatever its databases call it."""

from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet

from ci_core.health.advisories.matching import best_allowed, vulnerabilities
from ci_core.health.advisories.osv import Advisory, Affected
from db.enums import Severity


def entry(
    identifier: str, *aliases: str, fixed: str | None = "2.0", severity: Severity | None = None
) -> tuple[Advisory, Affected]:
    end = (("fixed", fixed),) if fixed else ()
    return (
        Advisory(identifier, aliases, f"Said by {identifier}", severity),
        Affected("demo", ((("introduced", "0"), *end),)),  # type: ignore[arg-type]
    )


def test_two_databases_that_speak_of_one_vulnerability_give_one() -> None:
    entries = [
        entry("PYSEC-1", "CVE-1", fixed="2.0"),
        entry("GHSA-1", "CVE-1", fixed="2.0.1", severity=Severity.HIGH),
        entry("GHSA-2", "CVE-2"),
    ]

    first, second = vulnerabilities(entries, "1.0")

    assert (first.advisory.id, first.advisory.severity, first.fixed_in) == ("GHSA-1", Severity.HIGH, "2.0.1")
    assert first.advisory.names == {"GHSA-1", "PYSEC-1", "CVE-1"}
    assert second.advisory.known_as == "CVE-2"


def test_names_in_common_join_across_a_third() -> None:
    entries = [entry("A", "CVE-1"), entry("B", "CVE-2"), entry("C", "CVE-1", "CVE-2")]

    (only,) = vulnerabilities(entries, "1.0")

    assert only.advisory.names == {"A", "B", "C", "CVE-1", "CVE-2"}


def test_what_is_mended_or_never_was_is_not_told() -> None:
    assert vulnerabilities([entry("GHSA-1")], "2.0") == ()
    assert vulnerabilities([], "1.0") == ()


def test_without_a_mended_version_none_is_said() -> None:
    (only,) = vulnerabilities([entry("GHSA-1", fixed=None)], "1.0")

    assert only.fixed_in is None


@pytest.mark.parametrize(
    ("allowed", "best"),
    [
        ("<2", "1.4"), ("~=1.0", "1.4"), ("==1.*", "1.4"), (">=1,<3", "2.0"), ("<=1.1", "1.1"),
        (">=1.0", None), ("", None), ("!=1.4", None), ("<0.1", None),
    ],
)  # fmt: skip
def test_the_newest_version_that_a_requirement_lets_in(allowed: str, best: str | None) -> None:
    entries = [(Advisory("GHSA-1"), Affected("demo", ((("introduced", "0"), ("fixed", "2.0")),), ("1.1", "1.4")))]

    assert best_allowed(entries, SpecifierSet(allowed)) == best
