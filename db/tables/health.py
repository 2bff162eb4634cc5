"""What the health agent knows: repositories, checks, what each checker looked at, issues and their life, files."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Double, ForeignKey, Identity, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.enums import (
    CheckerStatus,
    CheckStatus,
    CheckType,
    HealthChange,
    IssueStatus,
    IssueType,
    Severity,
)
from db.tables.base import ACTOR, EMPTY_LIST, EMPTY_OBJECT, NOW, Base, Json, one_of, score_between

NOTHING = text("0")
NO = text("false")
EMPTY = text("''")
EMPTY_LIST_OF_OBJECTS = text("'[]'")


class HealthRepository(Base):
    """One code base that was ever checked."""

    __tablename__ = "ci_health_repositories"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    identity: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (
        CheckConstraint("char_length(identity) BETWEEN 1 AND 1000"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 200"),
    )


class HealthCheck(Base):
    """One run of the checkers over a repository."""

    __tablename__ = "ci_health_checks"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    repository_id: Mapped[int] = mapped_column(ForeignKey("ci_health_repositories.id", ondelete="CASCADE"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("ci_automation_runs.id", ondelete="SET NULL"))
    check_type: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'running'"))
    actor: Mapped[str] = mapped_column(server_default=ACTOR)
    commit_sha: Mapped[str | None]
    branch: Mapped[str | None]
    dirty: Mapped[bool] = mapped_column(server_default=NO)
    paths: Mapped[list[str]] = mapped_column(server_default=EMPTY_LIST)
    since_commit: Mapped[str | None]
    overall_health_score: Mapped[int | None] = mapped_column(Integer)
    scores: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    confidence: Mapped[Decimal | None]
    delta: Mapped[int | None] = mapped_column(Integer)
    metrics: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    thresholds: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    issues: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    by_severity: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    gate: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    excluded: Mapped[list[Json]] = mapped_column(JSONB, server_default=EMPTY_LIST_OF_OBJECTS)
    files: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    lines: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    error: Mapped[str | None]
    started_at: Mapped[datetime] = mapped_column(server_default=NOW)
    ended_at: Mapped[datetime | None]
    duration_seconds: Mapped[float | None] = mapped_column(Double)

    __table_args__ = (
        one_of("check_type", CheckType),
        one_of("status", CheckStatus),
        CheckConstraint("commit_sha ~ '^[0-9a-f]{40,64}$'"),
        score_between("overall_health_score"),
        score_between("confidence"),
        CheckConstraint("delta BETWEEN -100 AND 100"),
        CheckConstraint("files >= 0"),
        CheckConstraint("lines >= 0"),
        CheckConstraint("duration_seconds >= 0"),
        Index("idx_ci_health_checks_newest", "repository_id", text("id DESC")),
        Index("idx_ci_health_checks_run", "run_id", postgresql_where=text("run_id IS NOT NULL")),
    )


class HealthChecker(Base):
    """What one checker did in one check."""

    __tablename__ = "ci_health_checkers"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    check_id: Mapped[int] = mapped_column(ForeignKey("ci_health_checks.id", ondelete="CASCADE"))
    name: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    version: Mapped[str] = mapped_column(server_default=EMPTY)
    seconds: Mapped[float | None] = mapped_column(Double)
    files_expected: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    files_seen: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    findings: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    error: Mapped[str | None]
    remedy: Mapped[str | None]
    unseen: Mapped[list[Json]] = mapped_column(JSONB, server_default=EMPTY_LIST_OF_OBJECTS)
    metrics: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("check_id", "name"),
        CheckConstraint("name ~ '^[a-z][a-z0-9_]{0,39}$'"),
        one_of("status", CheckerStatus),
        CheckConstraint("seconds >= 0"),
        CheckConstraint("files_expected >= 0"),
        CheckConstraint("files_seen >= 0"),
        CheckConstraint("findings >= 0"),
    )


class HealthIssue(Base):
    """One defect that a check found, followed from check to check."""

    __tablename__ = "ci_health_issues"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    repository_id: Mapped[int] = mapped_column(ForeignKey("ci_health_repositories.id", ondelete="CASCADE"))
    fingerprint: Mapped[str]
    match_keys: Mapped[list[str]] = mapped_column(server_default=EMPTY_LIST)
    issue_type: Mapped[str]
    checker: Mapped[str]
    rule: Mapped[str]
    severity: Mapped[str]
    title: Mapped[str]
    message: Mapped[str] = mapped_column(server_default=EMPTY)
    file_path: Mapped[str | None]
    line_number: Mapped[int | None] = mapped_column(Integer)
    end_line: Mapped[int | None] = mapped_column(Integer)
    column_number: Mapped[int | None] = mapped_column(Integer)
    scope: Mapped[str] = mapped_column(server_default=EMPTY)
    snippet: Mapped[str] = mapped_column(server_default=EMPTY)
    feature_area: Mapped[str | None]
    cwe: Mapped[str | None]
    effort_minutes: Mapped[int | None] = mapped_column(Integer)
    auto_fixable: Mapped[bool] = mapped_column(server_default=NO)
    fixer: Mapped[str | None]
    details: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    status: Mapped[str] = mapped_column(server_default=text("'open'"))
    status_reason: Mapped[str | None]
    status_by: Mapped[str | None]
    status_at: Mapped[datetime | None]
    status_until: Mapped[datetime | None]
    regressed: Mapped[bool] = mapped_column(server_default=NO)
    regressions: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    withdrawn: Mapped[bool] = mapped_column(server_default=NO)
    first_detected_at: Mapped[datetime] = mapped_column(server_default=NOW)
    first_check_id: Mapped[int | None] = mapped_column(ForeignKey("ci_health_checks.id", ondelete="SET NULL"))
    last_seen_at: Mapped[datetime] = mapped_column(server_default=NOW)
    last_check_id: Mapped[int | None] = mapped_column(ForeignKey("ci_health_checks.id", ondelete="SET NULL"))
    resolved_at: Mapped[datetime | None]
    resolved_check_id: Mapped[int | None] = mapped_column(ForeignKey("ci_health_checks.id", ondelete="SET NULL"))
    occurrence_count: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    introduced_commit: Mapped[str | None]
    introduced_at: Mapped[datetime | None]
    introduced_by: Mapped[str | None]
    enhancement_id: Mapped[int | None] = mapped_column(ForeignKey("ci_enhancements.id", ondelete="SET NULL"))
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (
        UniqueConstraint("repository_id", "fingerprint"),
        CheckConstraint("fingerprint ~ '^[0-9a-f]{32}$'"),
        one_of("issue_type", IssueType),
        one_of("severity", Severity),
        one_of("status", IssueStatus),
        CheckConstraint("occurrence_count >= 1"),
        CheckConstraint("regressions >= 0"),
        Index("idx_ci_health_issues_listed", "repository_id", "status", "severity", text("id DESC")),
        Index("idx_ci_health_issues_rule", "repository_id", "rule"),
        Index("idx_ci_health_issues_file", "repository_id", "file_path"),
        Index(
            "idx_ci_health_issues_enhancement",
            "enhancement_id",
            postgresql_where=text("enhancement_id IS NOT NULL"),
        ),
        Index("idx_ci_health_issues_first_check", "first_check_id"),
        Index("idx_ci_health_issues_last_check", "last_check_id"),
        Index(
            "idx_ci_health_issues_resolved_check",
            "resolved_check_id",
            postgresql_where=text("resolved_check_id IS NOT NULL"),
        ),
    )


class HealthIssueChange(Base):
    """What one check changed about one issue."""

    __tablename__ = "ci_health_changes"

    check_id: Mapped[int] = mapped_column(ForeignKey("ci_health_checks.id", ondelete="CASCADE"), primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("ci_health_issues.id", ondelete="CASCADE"), primary_key=True)
    change: Mapped[str] = mapped_column(primary_key=True)

    __table_args__ = (one_of("change", HealthChange), Index("idx_ci_health_changes_issue", "issue_id"))


class HealthFile(Base):
    """One file as the newest check that looked at it left it."""

    __tablename__ = "ci_health_files"

    repository_id: Mapped[int] = mapped_column(
        ForeignKey("ci_health_repositories.id", ondelete="CASCADE"), primary_key=True
    )
    path: Mapped[str] = mapped_column(primary_key=True)
    blob: Mapped[str] = mapped_column(server_default=EMPTY)
    lines: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    score: Mapped[int | None] = mapped_column(Integer)
    churn_commits: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    churn_lines: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    complexity: Mapped[int | None] = mapped_column(Integer)
    coverage_percent: Mapped[Decimal | None]
    documented_percent: Mapped[Decimal | None]
    issues: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    feature_area: Mapped[str | None]
    check_id: Mapped[int | None] = mapped_column(ForeignKey("ci_health_checks.id", ondelete="SET NULL"))

    __table_args__ = (
        score_between("score"),
        score_between("coverage_percent"),
        score_between("documented_percent"),
        Index("idx_ci_health_files_check", "check_id"),
    )


class HealthProposal(Base):
    """What the agent proposed on the board for a rule and an area, so that the next check finds it again."""

    __tablename__ = "ci_health_proposals"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    repository_id: Mapped[int] = mapped_column(ForeignKey("ci_health_repositories.id", ondelete="CASCADE"))
    rule: Mapped[str]
    area: Mapped[str] = mapped_column(server_default=EMPTY)
    enhancement_id: Mapped[int | None] = mapped_column(ForeignKey("ci_enhancements.id", ondelete="SET NULL"))
    standing: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    told: Mapped[str] = mapped_column(server_default=EMPTY)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (
        UniqueConstraint("repository_id", "rule", "area"),
        CheckConstraint("char_length(rule) BETWEEN 1 AND 200"),
        CheckConstraint("char_length(area) <= 500"),
        Index(
            "idx_ci_health_proposals_enhancement",
            "enhancement_id",
            postgresql_where=text("enhancement_id IS NOT NULL"),
        ),
    )


class HealthCacheEntry(Base):
    """What a checker found in a file of this content; it can be lost without harm."""

    __tablename__ = "ci_health_cache"

    checker: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    blob: Mapped[str] = mapped_column(primary_key=True)
    sightings: Mapped[list[Json]] = mapped_column(JSONB)
    used_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (
        Index("idx_ci_health_cache_used", "used_at"),
        {"prefixes": ["UNLOGGED"]},
    )
