"""Issues as people look for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from ci_core.errors import NotFound
from ci_core.health.issues import (
    STANDING,
    GroupBy,
    IssueFilter,
    Order,
    count_by_severity,
    find_issues,
    get_issue,
    group_issues,
    issue_versions,
    narrowings,
)
from db.enums import HealthChange, IssueStatus, IssueType, Severity
from db.tables import HealthIssue
from tests.ci_core.health.conftest import NOW
from tests.ci_core.health.seeds import Seeded, add_repository

ALL = IssueFilter()


def test_the_worst_come_first_and_what_came_back_before_all(session: Session, seeded: Seeded) -> None:
    found = find_issues(session, seeded.repository_id, IssueFilter(statuses=STANDING), limit=200)

    assert found.total == len(found.issues) > 50
    assert found.issues[0].regressed
    ranks = [list(Severity).index(one.severity) for one in found.issues[1:]]
    assert ranks == sorted(ranks)
    high = [one.issue_type for one in found.issues if one.severity is Severity.HIGH]
    assert high == sorted(high, key=("security", "bugs", "dependencies", "tests").index)
    assert {one.status for one in found.issues} <= set(STANDING)


def test_pages_of_the_list_are_the_whole_list(session: Session, seeded: Seeded) -> None:
    whole = find_issues(session, seeded.repository_id, ALL, order=Order.NEWEST, limit=500)
    pages = [
        find_issues(session, seeded.repository_id, ALL, order=Order.NEWEST, limit=50, offset=offset)
        for offset in (0, 50, 100)
    ]

    assert [one for page in pages for one in page.issues] == list(whole.issues)
    assert {page.total for page in pages} == {whole.total}


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        ({"severities": (Severity.HIGH,)}, lambda one: one.severity is Severity.HIGH),
        ({"statuses": (IssueStatus.FIXED,)}, lambda one: one.status is IssueStatus.FIXED),
        ({"types": (IssueType.TESTS,)}, lambda one: one.issue_type is IssueType.TESTS),
        ({"rules": ("S602",)}, lambda one: one.rule == "S602"),
        ({"areas": ("options",)}, lambda one: one.feature_area == "options"),
        ({"areas": ("",)}, lambda one: one.feature_area is None),
        ({"path": "src/options/"}, lambda one: (one.file_path or "").startswith("src/options/")),
        ({"words": "mutable DEFAULT"}, lambda one: one.rule == "B006"),
        ({"since": NOW - timedelta(days=7)}, lambda one: one.first_detected_at >= NOW - timedelta(days=7)),
        ({"regressed": True}, lambda one: one.regressed),
        ({"fixable": True}, lambda one: one.auto_fixable),
    ],
)
def test_each_part_of_a_filter_narrows_to_what_it_says(
    session: Session, seeded: Seeded, wanted: dict[str, Any], holds: Any
) -> None:
    everything = find_issues(session, seeded.repository_id, ALL, limit=500).issues

    found = find_issues(session, seeded.repository_id, IssueFilter(**wanted), limit=500)

    assert {one.id for one in found.issues} == {one.id for one in everything if holds(one)}
    assert 0 < found.total < len(everything)


def test_signs_of_patterns_are_looked_for_as_they_are(session: Session, seeded: Seeded) -> None:
    issue_id = seeded.issues["S602"][0]
    session.execute(
        update(HealthIssue).where(HealthIssue.id == issue_id).values(title="100 % of x_y", file_path="a_b/c")
    )

    assert [one.id for one in find_issues(session, seeded.repository_id, IssueFilter(words="% x_y")).issues] == [
        issue_id
    ]
    assert find_issues(session, seeded.repository_id, IssueFilter(words="x%y")).total == 0
    assert find_issues(session, seeded.repository_id, IssueFilter(path="a_b")).total == 1
    assert find_issues(session, seeded.repository_id, IssueFilter(path="aXb")).total == 0
    assert find_issues(session, seeded.repository_id, IssueFilter(path="a_")).total == 0


def test_what_a_check_changed_is_found_by_it(session: Session, seeded: Seeded) -> None:
    newest = seeded.check_ids[-1]

    back = find_issues(
        session, seeded.repository_id, IssueFilter(check_id=newest, change=HealthChange.REGRESSED), limit=500
    )
    all_of_it = find_issues(session, seeded.repository_id, IssueFilter(check_id=newest), limit=500)

    assert [one.rule for one in back.issues] == ["sql_injection"]
    assert all_of_it.total > back.total


def test_another_repositorys_issues_stay_there(session: Session, seeded: Seeded) -> None:
    other = add_repository(session, "team/other")

    assert find_issues(session, other, ALL).total == 0
    assert narrowings(session, other).rules == ()


@pytest.mark.parametrize("by", list(GroupBy))
def test_groups_hold_every_issue_once_and_lead_to_it(session: Session, seeded: Seeded, by: GroupBy) -> None:
    wanted = IssueFilter(statuses=STANDING)
    total = find_issues(session, seeded.repository_id, wanted).total

    found = group_issues(session, seeded.repository_id, wanted, by=by, limit=500)

    assert sum(group.count for group in found.groups) == total
    assert found.total == len(found.groups)
    for group in found.groups[:3]:
        inside = find_issues(
            session, seeded.repository_id, IssueFilter(statuses=STANDING, group=(by, group.key)), limit=500
        )
        assert inside.total == group.count
        assert min(inside.issues, key=lambda one: list(Severity).index(one.severity)).severity is group.worst


def test_groups_with_critical_issues_come_before_larger_ones(session: Session, seeded: Seeded) -> None:
    groups = group_issues(session, seeded.repository_id, ALL, by=GroupBy.RULE).groups

    assert groups[0].key == "sql_injection"
    assert groups[0].title == "SQL put together from outside input"
    assert groups[0].by_severity == {Severity.CRITICAL: groups[0].count}
    assert max(groups, key=lambda group: group.count).key == "E501"


def test_a_decision_about_many_gets_each_of_them_with_its_version(session: Session, seeded: Seeded) -> None:
    wanted = IssueFilter(statuses=STANDING, severities=(Severity.LOW,))
    listed = find_issues(session, seeded.repository_id, wanted, limit=500).issues

    found = issue_versions(session, seeded.repository_id, wanted)

    assert {(one.id, one.version, one.status) for one in found} == {(one.id, one.version, one.status) for one in listed}
    assert len(found) == len(listed) > 20


def test_severities_are_counted(session: Session, seeded: Seeded) -> None:
    counts = count_by_severity(session, seeded.repository_id, ALL)

    assert list(counts) == [severity for severity in Severity if severity in counts]
    assert sum(counts.values()) == find_issues(session, seeded.repository_id, ALL).total


def test_one_issue_says_where_it_is(session: Session, seeded: Seeded) -> None:
    flow = get_issue(session, seeded.issues["sql_injection"][0])
    package = get_issue(session, seeded.issues["vulnerable_package"][0])

    assert flow.place == f"{flow.file_path}:{flow.line_number}"
    assert flow.is_standing
    assert package.place == "requests"
    with pytest.raises(NotFound, match="no issue 999999"):
        get_issue(session, 999_999)
    with pytest.raises(NotFound):
        get_issue(session, 2**70)
