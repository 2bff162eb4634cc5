"""The SQL of `issues`: which issues are wanted, one condition for each part of a filter that narrows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, String, and_, any_, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from ci_core.health.issue_values import GroupBy, Issue, IssueFilter, Order
from db.enums import IssueType, Severity
from db.tables import HealthIssue, HealthIssueChange

MOST_WORDS = 8
SEVERITIES = literal([severity.value for severity in Severity], ARRAY(String))
# In the order of the fields of `Issue`.
COLUMNS = [HealthIssue.__table__.c[name] for name in Issue.__dataclass_fields__]
KEYS: dict[GroupBy, ColumnElement[Any]] = {
    GroupBy.RULE: HealthIssue.rule.expression,
    GroupBy.FILE: func.coalesce(HealthIssue.file_path, ""),
    GroupBy.AREA: func.coalesce(HealthIssue.feature_area, ""),
    GroupBy.PART: HealthIssue.issue_type.expression,
    GroupBy.SEVERITY: HealthIssue.severity.expression,
}
# A first check finds what came in years ago; the commit tells, where it is known.
BROUGHT_IN = func.coalesce(HealthIssue.introduced_at, HealthIssue.first_detected_at)
RANK = func.array_position(SEVERITIES, HealthIssue.severity)
# Of equally severe ones, what can be attacked or is wrong comes before what is hard to read.
PARTS = literal(
    [
        part.value
        for part in (
            IssueType.SECURITY, IssueType.BUGS, IssueType.DEPENDENCIES, IssueType.TESTS, IssueType.PERFORMANCE,
            IssueType.CODE_QUALITY, IssueType.DOCUMENTATION,
        )
    ],
    ARRAY(String),
)  # fmt: skip
HARM = func.array_position(PARTS, HealthIssue.issue_type)


def wanted_issues(repository_id: int, wanted: IssueFilter) -> ColumnElement[bool]:
    """The condition that an issue of the repository fulfils when it is wanted."""
    issue = HealthIssue
    conditions: list[ColumnElement[bool]] = [issue.repository_id == repository_id]
    lists = ((issue.severity, wanted.severities), (issue.status, wanted.statuses), (issue.issue_type, wanted.types))
    conditions += [column.in_(values) for column, values in (*lists, (issue.rule, wanted.rules)) if values]
    if wanted.areas:
        conditions.append(KEYS[GroupBy.AREA].in_(wanted.areas))
    if path := wanted.path.strip("/"):
        below = issue.file_path.startswith(f"{path}/", autoescape=True)
        conditions.append(or_(issue.file_path == path, below))
    conditions += [_has(word) for word in wanted.words.split()[:MOST_WORDS]]
    if wanted.since is not None:
        conditions.append(wanted.since <= BROUGHT_IN)
    if wanted.regressed:
        conditions.append(issue.regressed.is_(True))
    if wanted.fixable:
        conditions.append(issue.auto_fixable.is_(True))
    if wanted.check_id is not None:
        changed = select(HealthIssueChange.issue_id).where(HealthIssueChange.check_id == wanted.check_id)
        if wanted.change is not None:
            changed = changed.where(HealthIssueChange.change == wanted.change)
        conditions.append(issue.id.in_(changed))
    if wanted.ids:
        conditions.append(issue.id == any_(literal(list(wanted.ids), ARRAY(Integer))))
    if wanted.group is not None:
        conditions.append(KEYS[wanted.group[0]] == wanted.group[1])
    return and_(*conditions)


def _has(word: str) -> ColumnElement[bool]:
    issue = HealthIssue
    texts = (issue.title, issue.message, issue.rule, func.coalesce(issue.file_path, ""))
    return or_(
        *(text.icontains(word, autoescape=True) for text in texts),
        issue.fingerprint.startswith(word.lower(), autoescape=True),
    )


def listed(repository_id: int, wanted: IssueFilter, order: Order, limit: int, offset: int) -> Select[Any]:
    """The wanted issues in their order."""
    issue = HealthIssue
    keys: dict[Order, tuple[ColumnElement[Any], ...]] = {
        Order.WORST: (issue.regressed.desc(), RANK, HARM, issue.first_detected_at.desc(), issue.id.desc()),
        Order.NEWEST: (BROUGHT_IN.desc(), RANK, issue.id.desc()),
        Order.OLDEST: (BROUGHT_IN.asc(), RANK, issue.id.asc()),
    }
    # Sorted are the ids alone: whole rows with their code would be ten times as much to move.
    first = select(issue.id).where(wanted_issues(repository_id, wanted)).order_by(*keys[order])
    ids = first.limit(limit).offset(offset).subquery()
    return select(*COLUMNS).join(ids, ids.c.id == issue.id).order_by(*keys[order])


def versions(repository_id: int, wanted: IssueFilter, limit: int) -> Select[int, int, str]:
    """Of the wanted issues only what a decision about them needs."""
    issue = HealthIssue
    found = select(issue.id, issue.version, issue.status).where(wanted_issues(repository_id, wanted))
    return found.order_by(issue.id).limit(limit)


def counted(repository_id: int, wanted: IssueFilter) -> Select[Any]:
    """How many issues are wanted."""
    return select(func.count()).select_from(HealthIssue).where(wanted_issues(repository_id, wanted))


def counted_by_severity(repository_id: int, wanted: IssueFilter) -> Select[str, int]:
    """How many issues of each severity are wanted."""
    issue = HealthIssue
    return select(issue.severity, func.count()).where(wanted_issues(repository_id, wanted)).group_by(issue.severity)


def grouped(repository_id: int, wanted: IssueFilter, by: GroupBy, limit: int) -> Select[Any]:
    """The wanted issues in groups, those with the worst and the most issues first."""
    issue, key = HealthIssue, KEYS[by].label("key")
    of_severity = [func.count().filter(issue.severity == severity).label(severity.value) for severity in Severity]
    titles = func.array_agg(issue.title).filter(issue.title != "")
    found = select(
        key,
        func.min(RANK).label("rank"),
        func.count().label("number"),
        func.min(issue.title).label("title") if by is GroupBy.RULE else titles[1].label("title"),
        func.coalesce(func.sum(issue.effort_minutes), 0).label("effort_minutes"),
        func.count().filter(issue.auto_fixable).label("fixable"),
        func.max(issue.first_detected_at).label("newest_at"),
        func.count().over().label("total"),
        *of_severity,
    ).where(wanted_issues(repository_id, wanted))
    worst = [func.count().filter(issue.severity == severity).desc() for severity in Severity]
    return found.group_by(key).order_by(*worst, key).limit(limit)


def areas_and_rules(repository_id: int) -> Select[str | None, str, int]:
    """What the filters offer: the areas and rules of issues that stand or stood lately."""
    issue = HealthIssue
    lately = or_(issue.resolved_at.is_(None), issue.last_seen_at > func.now() - timedelta(days=90))
    return (
        select(issue.feature_area, issue.rule, func.count())
        .where(issue.repository_id == repository_id, lately)
        .group_by(issue.feature_area, issue.rule)
    )


def one_issue(issue_id: int) -> Select[Any]:
    """One issue."""
    return select(*COLUMNS).where(HealthIssue.id == cast(issue_id, HealthIssue.id.type))
