"""Which issues are one piece of work, and when a rejection is over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ci_core.health.proposals.grouping import EVERYWHERE, group, material_change
from ci_core.health.proposals.values import GroupKey, IssueBehind, Standing
from db.enums import IssueStatus, IssueType, Severity

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
HIGH, CRITICAL = Severity.HIGH, Severity.CRITICAL


def issue(number: int = 1, **values: Any) -> IssueBehind:
    usual = {
        "rule": "sql-injection",
        "severity": HIGH,
        "issue_type": IssueType.SECURITY,
        "title": "SQL put together from text",
        "message": "",
        "status": IssueStatus.OPEN,
        "first_detected_at": NOON,
        "last_seen_at": NOON,
        "file_path": "scanner/db.py",
        "feature_area": "scanner",
    }
    return IssueBehind(id=number, **{**usual, **values})


def in_areas(count: int, **values: Any) -> list[IssueBehind]:
    return [issue(number, feature_area=f"area {number}", **values) for number in range(count)]


def test_a_rule_in_few_areas_is_one_group_for_each() -> None:
    assert set(group(in_areas(5))) == {GroupKey("sql-injection", f"area {number}") for number in range(5)}


def test_a_rule_in_many_areas_is_one_piece_of_work() -> None:
    assert {key: len(some) for key, some in group(in_areas(6)).items()} == {GroupKey("sql-injection", EVERYWHERE): 6}


def test_groups_stay_what_they_were_when_the_rule_spreads() -> None:
    known = {GroupKey("sql-injection", f"area {number}") for number in range(3)}

    found = group(in_areas(7), known)

    assert set(found) == known | {GroupKey("sql-injection", f"area {number}") for number in range(3, 7)}


def test_an_area_that_comes_later_joins_what_is_everywhere() -> None:
    known = {GroupKey("sql-injection", EVERYWHERE)}

    assert set(group([issue(feature_area="new")], known)) == known


def test_packages_are_brought_up_to_date_one_by_one() -> None:
    packages = [
        issue(number, rule="vulnerable-package", file_path=None, feature_area=None, subject=f"package{number // 2}")
        for number in range(16)
    ]

    assert sorted(key.area for key in group(packages)) == [f"package{number}" for number in range(8)]


def test_what_is_known_of_a_package_is_one_group_wherever_it_is_named() -> None:
    holes = [
        issue(number, rule="vulnerable-package", package="requests", file_path=path, feature_area=None)
        for number, path in enumerate(("requirements.txt", "setup.cfg"))
    ]

    assert set(group(holes)) == {GroupKey("vulnerable-package", "requests")}


def test_what_concerns_nothing_in_particular_is_a_group_too() -> None:
    assert set(group([issue(feature_area=None)])) == {GroupKey("sql-injection", "")}


@pytest.mark.parametrize(
    ("then", "now", "why"),
    [
        (Standing(4, HIGH), Standing(4, HIGH), None),
        (Standing(4, HIGH), Standing(7, HIGH), None),
        (Standing(4, HIGH), Standing(8, HIGH), "8 places now, and were 4"),
        (Standing(1, HIGH), Standing(3, HIGH), None),
        (Standing(1, HIGH), Standing(4, HIGH), "4 places now"),
        (Standing(4, HIGH), Standing(1, CRITICAL), "critical now, and was high"),
        (Standing(4, CRITICAL), Standing(5, HIGH), None),
        (Standing(solved=True), Standing(1, HIGH), "is back"),
        (Standing(4, HIGH), Standing(solved=True), None),
    ],
)
def test_only_what_is_materially_more_is_asked_about_again(then: Standing, now: Standing, why: str | None) -> None:
    said = material_change(then, now)

    assert said is None if why is None else why in (said or "")


def test_a_standing_is_read_as_it_was_stored() -> None:
    for standing in (Standing(4, CRITICAL), Standing(solved=True), Standing()):
        assert Standing.from_json(standing.as_json()) == standing
    assert Standing.from_json({}) == Standing()
