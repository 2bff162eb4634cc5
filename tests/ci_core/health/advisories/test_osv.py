"""Advisories are read as OSV means them, and matched with versions as pip compares these."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from ci_core.health.advisories.osv import (
    Affected,
    Event,
    UnreadableAdvisory,
    fixed_after,
    is_affected,
    read_advisory,
)
from db.enums import Severity


def ranges(*rows: tuple[Event, ...], versions: tuple[str, ...] = ()) -> Affected:
    return Affected("demo", rows, versions)


def document(**changed: Any) -> dict[str, Any]:
    package = {"ecosystem": "PyPI", "name": "Demo_App"}
    events = [{"introduced": "0"}, {"fixed": "2.0"}]
    affected = [{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}], "versions": ["1.0"]}]
    return {"id": "GHSA-1", "aliases": ["CVE-2024-1"], "summary": "A hole", "affected": affected, **changed}


def one(**changed: Any) -> tuple[Any, Any]:
    found = read_advisory(document(**changed))
    assert found is not None
    return found[0], found[1][0]


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ("0.9", False), ("1.0", True), ("1.0.0", True), ("1.0.dev1", False), ("1.4.9", True), ("1.5", False),
        ("1.5rc1", True), ("1.5.post1", False), ("2.0", True), ("2.3", True), ("2.3.0.0", True), ("2.3.post1", False),
        ("2.4", False), ("1!1.2", False), ("v1.2", True),
    ],
)  # fmt: skip
def test_a_version_is_placed_among_the_events(version: str, affected: bool) -> None:
    known = ranges((("introduced", "1.0"), ("fixed", "1.5")), (("introduced", "2.0"), ("last_affected", "2.3")))

    assert is_affected(known, version) is affected


def test_events_in_any_order_and_several_ranges_in_one_row() -> None:
    known = ranges((("fixed", "3.1"), ("introduced", "3.0"), ("fixed", "1.5"), ("introduced", "0")))

    assert [is_affected(known, version) for version in ("0.1", "1.5", "2.9", "3.0", "3.1", "4")] == [
        True, False, False, True, False, False,
    ]  # fmt: skip
    assert fixed_after(known, "1.0") == "1.5"
    assert fixed_after(known, "3.0.1") == "3.1"


def test_versions_named_one_by_one_count_beside_the_ranges() -> None:
    known = ranges((("introduced", "5"), ("fixed", "6")), versions=("1.0", "2004b"))

    assert is_affected(known, "1.0.0")
    assert is_affected(known, "2004b")
    assert not is_affected(known, "2004c")
    assert not is_affected(known, "1.1")


def test_a_range_whose_order_is_unknown_says_nothing() -> None:
    assert not is_affected(ranges((("introduced", "0"), ("fixed", "first-release"))), "1.0")


@given(st.lists(st.integers(0, 30), min_size=1, max_size=6, unique=True), st.integers(0, 31))
def test_half_open_ranges_agree_with_plain_comparison(bounds: list[int], version: int) -> None:
    bounds.sort()
    kinds = ("introduced", "fixed")
    events = tuple((kinds[place % 2], f"{bound}.0") for place, bound in enumerate(bounds))

    inside = sum(Version(f"{bound}.0") <= Version(f"{version}.0") for bound in bounds) % 2 == 1

    assert is_affected(ranges(events), f"{version}.0") is inside  # type: ignore[arg-type]


def test_an_advisory_is_read() -> None:
    severity = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]

    advisory, affected = one(severity=severity)

    assert (advisory.id, advisory.known_as, advisory.summary) == ("GHSA-1", "CVE-2024-1", "A hole")
    assert (advisory.cvss, advisory.severity, advisory.malicious) == (9.8, Severity.CRITICAL, False)
    assert affected.package == "demo-app"
    assert advisory.url == "https://osv.dev/vulnerability/GHSA-1"


def test_the_severity_in_words_is_used_where_there_is_no_score() -> None:
    newest = [{"type": "CVSS_V4", "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"}]

    advisory, _ = one(severity=newest, database_specific={"severity": "MODERATE"})

    assert (advisory.cvss, advisory.severity) == (None, Severity.MEDIUM)
    assert one()[0].severity is None


def test_a_malicious_package_is_critical_whatever_else_is_said() -> None:
    advisory, _ = one(id="MAL-2024-7", database_specific={"severity": "LOW"})

    assert advisory.malicious
    assert advisory.severity is Severity.CRITICAL


@pytest.mark.parametrize(
    "changed",
    [
        {"withdrawn": "2024-01-01T00:00:00Z"},
        {"affected": []},
        {"affected": [{"package": {"ecosystem": "npm", "name": "demo"}}]},
        {"affected": [{"package": {"ecosystem": "PyPI", "name": "  "}}]},
        {"affected": "everything"},
    ],
)
def test_what_concerns_no_package_of_ours_is_left_out(changed: dict[str, Any]) -> None:
    assert read_advisory(document(**changed)) is None


@pytest.mark.parametrize("nonsense", [None, [], "GHSA-1", {}, {"id": 7}])
def test_what_is_no_advisory_is_said_to_be_none(nonsense: object) -> None:
    with pytest.raises(UnreadableAdvisory):
        read_advisory(nonsense)


def test_odd_values_do_no_harm() -> None:
    advisory, affected = one(
        summary=7, details="a\ud800b\0\n\nmore", aliases=[1, "CVE-\ud800"], severity=["x", {"score": 7}],
    )  # fmt: skip

    assert advisory.summary == "a?b"
    assert advisory.aliases == ("CVE-?",)
    assert is_affected(affected, "1.9")
