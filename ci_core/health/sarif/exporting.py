"""A repository's issues as SARIF, as its newest check left them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy.orm import Session

from ci_core.errors import NotFound
from ci_core.health.issue_values import STANDING, Issue, IssueFilter
from ci_core.health.issues import MOST_LISTED, find_issues
from ci_core.health.rules import catalogue
from ci_core.health.sarif import queries
from ci_core.health.sarif.writing import Json, WrittenCheck, WrittenChecker, sarif_of
from db.enums import CheckerStatus, IssueStatus

# What was fixed is not there any more; what was dismissed is, and is written as suppressed.
EXPORTED = (*STANDING, IssueStatus.WONT_FIX, IssueStatus.FALSE_POSITIVE)


def export_sarif(session: Session, repository_id: int, wanted: IssueFilter | None = None) -> Json:
    """The issues as a SARIF 2.1.0 document.

    Args:
        wanted: which ones; where it names no states, all but those that were fixed.

    Raises:
        NotFound: the repository was never checked.
    """
    wanted = wanted or IssueFilter()
    if not wanted.statuses:
        wanted = replace(wanted, statuses=EXPORTED)
    check = _newest(session, repository_id)
    issues = _all(session, repository_id, wanted)
    return sarif_of(check, issues, _explanations({issue.rule for issue in issues}))


def _all(session: Session, repository_id: int, wanted: IssueFilter) -> list[Issue]:
    found: list[Issue] = []
    while True:
        page = find_issues(session, repository_id, wanted, limit=MOST_LISTED, offset=len(found))
        found += page.issues
        if not page.issues or len(found) >= page.total:
            return found


def _newest(session: Session, repository_id: int) -> WrittenCheck:
    row = session.execute(queries.NEWEST, {"repository": repository_id}).one_or_none()
    if row is None:
        raise NotFound("The repository was never checked, so that there is nothing to export. Run: ci health check")
    checkers = tuple(
        WrittenChecker(
            one.name,
            CheckerStatus(one.status),
            one.version,
            one.error,
            tuple((unseen["path"], unseen["reason"]) for unseen in one.unseen),
        )
        for one in session.execute(queries.CHECKERS, {"check": row.id})
    )
    return WrittenCheck(
        id=row.id,
        check_type=row.check_type,
        successful=True,
        error=row.error,
        started_at=row.started_at,
        ended_at=row.ended_at,
        repository_url=address_of(row.identity),
        commit=row.commit_sha,
        branch=row.branch,
        checkers=checkers,
        files=tuple(session.scalars(queries.FILES, {"repository": repository_id})),
    )


def address_of(identity: str) -> str | None:
    """Where a repository comes from, of which git knows that; without what stands below its folder."""
    if not identity.startswith("git:"):
        return None
    return "https://" + identity.removeprefix("git:").split("//", 1)[0]


def _explanations(rules: Iterable[str]) -> dict[str, str]:
    table = catalogue()
    found = {rule: table.explain(rule) for rule in rules}
    return {
        rule: " ".join(part for part in (words.why, words.remedy) if part)
        for rule, words in found.items()
        if words is not None
    }
