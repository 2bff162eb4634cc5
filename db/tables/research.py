"""Where the research agent looks, and what it found there."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import (
    ForeignKey,
    Identity,
    Index,
    Integer,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.enums import FindingStatus
from db.tables.base import ACTOR, EMPTY_LIST, EMPTY_OBJECT, NOW, Base, Json, one_of


class ResearchSource(Base):
    """One configured place to scan, with its queries and frequency."""

    __tablename__ = "ci_research_sources"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source_type: Mapped[str]
    source_name: Mapped[str]
    source_url: Mapped[str | None]
    search_queries: Mapped[list[str]] = mapped_column(server_default=EMPTY_LIST)
    search_filters: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    scan_frequency_hours: Mapped[int] = mapped_column(Integer, server_default=text("24"))
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    last_scan_at: Mapped[datetime | None]
    next_scan_at: Mapped[datetime | None]
    max_requests_per_minute: Mapped[int | None] = mapped_column(Integer)
    precision_score: Mapped[Decimal | None]
    created_by: Mapped[str] = mapped_column(server_default=ACTOR)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (UniqueConstraint("source_type", "source_name"),)


class ResearchFinding(Base):
    """One thing that the research agent found; may be converted to an enhancement."""

    __tablename__ = "ci_research_findings"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("ci_research_sources.id", ondelete="SET NULL"))
    source_type: Mapped[str]
    source_url: Mapped[str]
    source_title: Mapped[str]
    author: Mapped[str | None]
    published_at: Mapped[datetime | None]
    content: Mapped[str] = mapped_column(server_default=text("''"))
    summary: Mapped[str | None]
    keywords: Mapped[list[str]] = mapped_column(server_default=EMPTY_LIST)
    technologies: Mapped[list[str]] = mapped_column(server_default=EMPTY_LIST)
    relevance_score: Mapped[Decimal | None]
    novelty_score: Mapped[Decimal | None]
    applicability_score: Mapped[Decimal | None]
    difficulty_score: Mapped[Decimal | None]
    score_reasoning: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default=text("'new'"))
    content_hash: Mapped[str] = mapped_column(unique=True)
    canonical_finding_id: Mapped[int | None] = mapped_column(ForeignKey("ci_research_findings.id", ondelete="SET NULL"))
    duplicate_similarity: Mapped[float | None]
    enhancement_id: Mapped[int | None] = mapped_column(ForeignKey("ci_enhancements.id", ondelete="SET NULL"))
    engagement: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    discovered_at: Mapped[datetime] = mapped_column(server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (
        one_of("status", FindingStatus),
        Index("idx_ci_research_findings_status", "status", text("relevance_score DESC NULLS LAST"), text("id DESC")),
        Index("idx_ci_research_findings_source", "source_id", text("discovered_at DESC")),
        Index(
            "idx_ci_research_findings_canonical",
            "canonical_finding_id",
            postgresql_where=text("canonical_finding_id IS NOT NULL"),
        ),
        Index(
            "idx_ci_research_findings_enhancement",
            "enhancement_id",
            postgresql_where=text("enhancement_id IS NOT NULL"),
        ),
    )
