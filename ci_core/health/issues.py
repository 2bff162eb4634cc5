"""Issues as people look for them: a list, groups, one of them, and what there is to narrow by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from ci_core.errors import NotFound
from ci_core.health import issue_queries as queries
from ci_core.health.issue_values import (
    STANDING,
    GroupBy,
    Issue,
    IssueFilter,
    IssueGroup,
    IssueGroups,
    Issues,
    IssueVersion,
    Order,
)
from db.enums import IssueStatus, IssueType, Severity

__all__ = [
    "STANDING",
    "GroupBy",
    "Issue",
    "IssueFilter",
    "IssueGroup",
    "IssueGroups",
    "IssueVersion",
    "Issues",
    "Narrowings",
    "Order",
    "count_by_severity",
    "find_issues",
    "get_issue",
    "group_issues",
    "issue_versions",
    "narrowings",
]

MOST_LISTED = 20_000
LARGEST_ID = 2**63 - 1
FIELDS = tuple(Issue.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Narrowings:
    """What there is to narrow by: feature areas in alphabetical order, and rules, the most frequent first."""

    areas: tuple[str, ...]
    rules: tuple[str, ...]


def find_issues(
    session: Session,
    repository_id: int,
    wanted: IssueFilter,
    *,
    order: Order = Order.WORST,
    limit: int = 100,
    offset: int = 0,
) -> Issues:
    """The wanted issues, the worst first where no other order is asked for: at most `limit`, 1 to 20,000."""
    rows = session.execute(
        queries.listed(repository_id, wanted, order, max(1, min(limit, MOST_LISTED)), max(0, offset))
    ).all()
    total = session.scalar(queries.counted(repository_id, wanted))
    return Issues(int(total or 0), tuple(_issue(row) for row in rows))


def count_by_severity(session: Session, repository_id: int, wanted: IssueFilter) -> Mapping[Severity, int]:
    """How many issues of each severity are wanted; a severity without any is not there."""
    rows = session.execute(queries.counted_by_severity(repository_id, wanted))
    found: dict[str, int] = {row.severity: row[1] for row in rows}
    return {severity: found[severity] for severity in Severity if severity in found}


def group_issues(
    session: Session, repository_id: int, wanted: IssueFilter, *, by: GroupBy, limit: int = 100
) -> IssueGroups:
    """The wanted issues in groups: those with most critical issues first, then those with most high ones, and so on."""
    rows = session.execute(queries.grouped(repository_id, wanted, by, max(1, min(limit, MOST_LISTED)))).all()
    groups = tuple(
        IssueGroup(
            key=row.key,
            title=row.title,
            count=row.number,
            worst=list(Severity)[row.rank - 1],
            by_severity={one: number for one in Severity if (number := row._mapping[one.value])},
            effort_minutes=int(row.effort_minutes),
            fixable=row.fixable,
            newest_at=row.newest_at,
        )
        for row in rows
    )
    return IssueGroups(rows[0].total if rows else 0, groups)


def get_issue(session: Session, issue_id: int) -> Issue:
    """One issue.

    Raises:
        NotFound: there is no such issue.
    """
    row = session.execute(queries.one_issue(issue_id)).one_or_none() if 0 < issue_id <= LARGEST_ID else None
    if row is None:
        raise NotFound(f"There is no issue {issue_id}. List those that there are with: python -m ci_core health issues")
    return _issue(row)


def narrowings(session: Session, repository_id: int) -> Narrowings:
    """What the issues of a repository can be narrowed by."""
    areas: set[str] = set()
    rules: Counter[str] = Counter()
    for area, rule, number in session.execute(queries.areas_and_rules(repository_id)):
        rules[rule] += number
        if area:
            areas.add(area)
    return Narrowings(
        tuple(sorted(areas, key=str.casefold)), tuple(sorted(rules, key=lambda rule: (-rules[rule], rule)))
    )


def issue_versions(session: Session, repository_id: int, wanted: IssueFilter) -> tuple[IssueVersion, ...]:
    """All wanted issues, 20,000 at most, with only what a decision about them needs."""
    rows = session.execute(queries.versions(repository_id, wanted, MOST_LISTED))
    return tuple(IssueVersion(row.id, row.version, IssueStatus(row.status)) for row in rows)


def _issue(row: Row[Any]) -> Issue:
    values = dict(zip(FIELDS, row, strict=True))
    values["issue_type"] = IssueType(values["issue_type"])
    values["severity"] = Severity(values["severity"])
    values["status"] = IssueStatus(values["status"])
    return Issue(**values)
