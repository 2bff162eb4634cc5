"""What health issues stand behind enhancements, as figures. Which these are, and why, is the health agent's matter."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ci_core.backlog.priority import IssuesBehind
from db.tables import HealthIssue

ISSUES = HealthIssue.__tablename__
BESIDE_THE_PRODUCT = r"(^|/)(tests?|testing|examples?|benchmarks?|scripts?|docs)/|(^|/)(test_[^/]*|conftest)\.py$"
# Follows what comes from outside to where it does harm; the other checkers do not know whether anybody gets there.
FOLLOWS_INPUT = "flows"
# Ages are as of the last check, so that a score follows what was measured and not the clock.
FIGURES = text("""
    SELECT i.enhancement_id,
        count(*) FILTER (WHERE i.severity = 'critical') AS critical,
        count(*) FILTER (WHERE i.severity = 'high') AS high,
        count(*) FILTER (WHERE i.severity = 'medium') AS medium,
        count(*) FILTER (WHERE i.severity = 'low') AS low,
        count(*) FILTER (WHERE i.file_path ~ :beside) AS beside,
        count(*) FILTER (WHERE i.checker = :follows AND i.issue_type = 'security') AS exposed,
        count(*) FILTER (WHERE i.regressed) AS came_back,
        avg(f.churn_commits)::float8 AS commits,
        avg(extract(epoch FROM i.last_seen_at - coalesce(i.introduced_at, i.first_detected_at)) / 86400)::float8 AS age
    FROM ci_health_issues i
    LEFT JOIN ci_health_files f ON f.repository_id = i.repository_id AND f.path = i.file_path
    WHERE i.enhancement_id = ANY (:ids) AND i.status IN ('open', 'acknowledged', 'fixing') AND i.severity <> 'info'
    GROUP BY i.enhancement_id
""")


def issues_behind(session: Session, ids: Collection[int]) -> Mapping[int, IssuesBehind]:
    """By enhancement, the figures of the issues behind it that are still to be repaired; without those of none."""
    values = {"ids": list(ids), "beside": BESIDE_THE_PRODUCT, "follows": FOLLOWS_INPUT}
    return {
        row.enhancement_id: IssuesBehind(
            critical=row.critical,
            high=row.high,
            medium=row.medium,
            low=row.low,
            beside=row.beside,
            exposed=row.exposed,
            came_back=row.came_back,
            commits=row.commits,
            age_days=max(0.0, row.age),
        )
        for row in session.execute(FIGURES, values)
    }


def enhancements_of(session: Session, issue_ids: Collection[int]) -> set[int]:
    """The enhancements that these issues stand behind."""
    behind = select(HealthIssue.enhancement_id).where(
        HealthIssue.id.in_(issue_ids), HealthIssue.enhancement_id.is_not(None)
    )
    return {enhancement_id for enhancement_id in session.scalars(behind) if enhancement_id is not None}
