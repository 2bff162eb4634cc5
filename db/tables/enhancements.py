"""The backlog itself: enhancements, what they wait for, and what people say about them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from db.enums import Category, Complexity, DependencyKind, Priority, Source, Status
from db.tables.base import ACTOR, EMPTY_LIST, EMPTY_OBJECT, NOW, Base, Json, one_of, score_between

SCORES = (
    "business_value_score",
    "user_impact_score",
    "strategic_alignment_score",
    "technical_debt_score",
    "inaction_risk_score",
    "implementation_risk_score",
    "ai_priority_score",
)
POSITION = "coalesce(board_rank, 0.1 + (100 - coalesce(ai_priority_score, 0)) * 0.008 + id * 0.0000000000001)"
SEARCH = """setweight(
            to_tsvector('english', ci_words(ARRAY[title])) || to_tsvector('simple', ci_words(ARRAY[title])), 'A')
        || setweight(to_tsvector('english', ci_words(feature_area || tags)), 'B')
        || setweight(to_tsvector('english', ci_words(ARRAY[left(description, 50000)])), 'C')"""


class Enhancement(Base):
    """One improvement in the backlog; the unit that people move on the board."""

    __tablename__ = "ci_enhancements"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    title: Mapped[str]
    description: Mapped[str] = mapped_column(server_default=text("''"))
    feature_area: Mapped[str | None]
    category: Mapped[str] = mapped_column(server_default=text("'enhancement'"))
    priority: Mapped[str] = mapped_column(server_default=text("'medium'"))
    complexity: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default=text("'proposed'"))
    completion_percentage: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    business_value_score: Mapped[Decimal | None]
    user_impact_score: Mapped[Decimal | None]
    strategic_alignment_score: Mapped[Decimal | None]
    technical_debt_score: Mapped[Decimal | None]
    inaction_risk_score: Mapped[Decimal | None]
    implementation_risk_score: Mapped[Decimal | None]
    ai_priority_score: Mapped[Decimal | None]
    ai_reasoning: Mapped[str | None]
    score_breakdown: Mapped[Json | None]
    score_overrides: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    scored_by: Mapped[str | None]
    estimated_hours: Mapped[Decimal | None] = mapped_column(Numeric(9, 2))
    actual_hours: Mapped[Decimal | None] = mapped_column(Numeric(9, 2))
    source: Mapped[str] = mapped_column(server_default=text("'manual'"))
    source_url: Mapped[str | None]
    assignee: Mapped[str | None]
    branch: Mapped[str | None]
    pull_request_url: Mapped[str | None]
    predicted_impact: Mapped[Json | None]
    actual_impact: Mapped[Json | None]
    tags: Mapped[list[str]] = mapped_column(server_default=EMPTY_LIST)
    rejection_reason: Mapped[str | None]
    snoozed_until: Mapped[datetime | None]
    snoozed_for_id: Mapped[int | None] = mapped_column(ForeignKey("ci_enhancements.id", ondelete="SET NULL"))
    ready_at: Mapped[datetime | None]
    board_rank: Mapped[Decimal | None] = mapped_column(Numeric)
    board_position: Mapped[Decimal] = mapped_column(Numeric, Computed(POSITION, persisted=True))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("ci_enhancements.id"))
    created_by: Mapped[str] = mapped_column(server_default=ACTOR)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)
    status_entered_at: Mapped[datetime] = mapped_column(server_default=NOW)
    approved_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    blocked_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    deferred_at: Mapped[datetime | None]
    rejected_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    changed_xid: Mapped[int] = mapped_column(server_default=text("pg_current_xact_id()::text::bigint"))
    search_vector: Mapped[str] = mapped_column(TSVECTOR, Computed(SEARCH, persisted=True), deferred=True)

    __table_args__ = (
        one_of("category", Category),
        one_of("priority", Priority),
        one_of("complexity", Complexity),
        one_of("status", Status),
        one_of("source", Source),
        *(score_between(column) for column in (*SCORES, "completion_percentage")),
        CheckConstraint("char_length(title) BETWEEN 1 AND 300"),
        CheckConstraint("board_rank > 0 AND board_rank < 1"),
        CheckConstraint("merged_into_id <> id"),
        CheckConstraint("char_length(rejection_reason) BETWEEN 1 AND 500"),
        CheckConstraint("snoozed_for_id <> id"),
        Index("idx_ci_enhancements_priority_status", "priority", "status", text("ai_priority_score DESC")),
        Index("idx_ci_enhancements_board", "status", "board_position", "id"),
        Index("idx_ci_enhancements_score", text("ai_priority_score DESC NULLS LAST"), "id"),
        Index("idx_ci_enhancements_changed", "changed_xid"),
        Index("idx_ci_enhancements_search", "search_vector", postgresql_using="gin"),
        Index("idx_ci_enhancements_tags", "tags", postgresql_using="gin"),
        Index("idx_ci_enhancements_feature_area", text("lower(feature_area)")),
        Index("idx_ci_enhancements_assignee", text("lower(assignee)")),
        Index("idx_ci_enhancements_snoozed_for", "snoozed_for_id", postgresql_where=text("snoozed_for_id IS NOT NULL")),
        Index("idx_ci_enhancements_merged", "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
    )


class Dependency(Base):
    """`enhancement_id` is blocked by, related to, or a duplicate of `other_id`."""

    __tablename__ = "ci_enhancement_dependencies"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    enhancement_id: Mapped[int] = mapped_column(ForeignKey("ci_enhancements.id", ondelete="CASCADE"))
    other_id: Mapped[int] = mapped_column(ForeignKey("ci_enhancements.id", ondelete="CASCADE"))
    kind: Mapped[str]
    created_by: Mapped[str] = mapped_column(server_default=ACTOR)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (
        one_of("kind", DependencyKind),
        UniqueConstraint("enhancement_id", "other_id", "kind"),
        CheckConstraint("enhancement_id <> other_id"),
        Index("idx_ci_enhancement_dependencies_other", "other_id", "kind"),
    )


class Comment(Base):
    """What somebody said about an enhancement, as markdown."""

    __tablename__ = "ci_comments"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    enhancement_id: Mapped[int] = mapped_column(ForeignKey("ci_enhancements.id", ondelete="CASCADE"))
    author: Mapped[str] = mapped_column(server_default=ACTOR)
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    edited_at: Mapped[datetime | None]

    __table_args__ = (Index("idx_ci_comments_enhancement", "enhancement_id", "created_at"),)


class Merge(Base):
    """A duplicate that was merged into its original, with what moved, so that it can be taken apart again."""

    __tablename__ = "ci_enhancement_merges"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    duplicate_id: Mapped[int] = mapped_column(ForeignKey("ci_enhancements.id", ondelete="CASCADE"))
    original_id: Mapped[int] = mapped_column(ForeignKey("ci_enhancements.id", ondelete="CASCADE"))
    duplicate_status: Mapped[str]
    moved: Mapped[Json]
    merged_by: Mapped[str] = mapped_column(server_default=ACTOR)
    merged_at: Mapped[datetime] = mapped_column(server_default=NOW)
    undone_by: Mapped[str | None]
    undone_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("duplicate_id <> original_id"),
        Index(
            "uq_ci_enhancement_merges_standing",
            "duplicate_id",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        Index("idx_ci_enhancement_merges_original", "original_id"),
    )
