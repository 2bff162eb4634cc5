"""Where the research agent looks, and what it found there."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Computed, ForeignKey, Identity, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from db.enums import Circuit, FindingStatus, SourceHealth
from db.tables.base import ACTOR, EMPTY_LIST, EMPTY_OBJECT, NOW, Base, Json, one_of

# As the index idx_ci_research_findings_title has it.
TITLE_WORDS = (
    "to_tsvector('english', ci_words(ARRAY[left(source_title, 1000)])) "
    "|| to_tsvector('simple', ci_words(ARRAY[left(source_title, 1000)]))"
)


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
    max_results: Mapped[int] = mapped_column(Integer, server_default=text("50"))
    last_status: Mapped[str | None]
    last_error: Mapped[str | None]
    last_success_at: Mapped[datetime | None]
    newest_item_at: Mapped[datetime | None]
    scan_state: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    retry_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    created_by: Mapped[str] = mapped_column(server_default=ACTOR)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (UniqueConstraint("source_type", "source_name"), one_of("last_status", SourceHealth))


class ResearchSite(Base):
    """A site's circuit breaker and rate limit, shared by every worker on every machine."""

    __tablename__ = "ci_research_sites"

    site: Mapped[str] = mapped_column(primary_key=True)
    circuit: Mapped[str] = mapped_column(server_default=text("'closed'"))
    failures: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    last_error: Mapped[str | None]
    retry_at: Mapped[datetime | None]
    next_request_at: Mapped[datetime | None]
    quota_remaining: Mapped[int | None] = mapped_column(Integer)
    quota_resets_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (one_of("circuit", Circuit),)


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
    external_id: Mapped[str | None]
    canonical_url: Mapped[str | None]
    identities: Mapped[list[str]] = mapped_column(server_default=EMPTY_LIST)
    text_hash: Mapped[str | None]
    language: Mapped[str | None]
    links: Mapped[list[str]] = mapped_column(server_default=EMPTY_LIST)
    last_seen_at: Mapped[datetime] = mapped_column(server_default=NOW)
    duplicate_reason: Mapped[str | None]
    scored_by: Mapped[str | None]
    scored_at: Mapped[datetime | None]
    score_details: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    uncertain: Mapped[bool] = mapped_column(server_default=text("false"))
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None]
    snoozed_until: Mapped[datetime | None]
    run_id: Mapped[int | None] = mapped_column(ForeignKey("ci_automation_runs.id", ondelete="SET NULL"))
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    search_vector: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            f"setweight({TITLE_WORDS}, 'A') "
            "|| setweight(to_tsvector('english', ci_words(ARRAY[left(coalesce(summary, ''), 4000)])), 'B') "
            "|| setweight(to_tsvector('english', ci_words(ARRAY[left(content, 50000)])), 'C')",
            persisted=True,
        ),
        deferred=True,
    )

    __table_args__ = (
        one_of("status", FindingStatus),
        Index("uq_ci_research_findings_external", "source_type", "external_id", unique=True),
        Index("idx_ci_research_findings_url", "canonical_url", postgresql_where=text("canonical_url IS NOT NULL")),
        Index("idx_ci_research_findings_identities", "identities", postgresql_using="gin"),
        Index("idx_ci_research_findings_text", "text_hash", postgresql_where=text("text_hash IS NOT NULL")),
        Index("idx_ci_research_findings_discovered", text("discovered_at DESC"), text("id DESC")),
        Index("idx_ci_research_findings_search", "search_vector", postgresql_using="gin"),
        Index(
            "idx_ci_research_findings_waiting",
            text("relevance_score DESC NULLS LAST"),
            text("id DESC"),
            postgresql_where=text("status IN ('new', 'analyzed')"),
        ),
        Index(
            "idx_ci_research_findings_decided",
            text("decided_at DESC"),
            postgresql_where=text("decided_by IS NOT NULL"),
        ),
        Index(
            "idx_ci_research_findings_answered",
            text("decided_at DESC"),
            postgresql_where=text("decided_by IS NOT NULL AND decided_by NOT LIKE 'agent:%'"),
        ),
        Index("idx_ci_research_findings_run", "run_id", postgresql_where=text("run_id IS NOT NULL")),
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


class Evidence(Base):
    """That a finding speaks for an enhancement, with its words; the one it was made from is its origin."""

    __tablename__ = "ci_enhancement_evidence"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    enhancement_id: Mapped[int] = mapped_column(ForeignKey("ci_enhancements.id", ondelete="CASCADE"))
    finding_id: Mapped[int] = mapped_column(ForeignKey("ci_research_findings.id", ondelete="CASCADE"))
    origin: Mapped[bool] = mapped_column(server_default=text("false"))
    quote: Mapped[str | None]
    created_by: Mapped[str] = mapped_column(server_default=ACTOR)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (
        UniqueConstraint("enhancement_id", "finding_id"),
        Index("idx_ci_enhancement_evidence_finding", "finding_id"),
    )
