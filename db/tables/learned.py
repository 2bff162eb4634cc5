"""What the research agent compares and learns with: vectors, relations, corrections, interests, exposures, models."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from pgvector.sqlalchemy import Vector
from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.enums import InterestKind, Verdict
from db.tables.base import ACTOR, EMPTY_OBJECT, NOW, Base, Json, one_of
from db.tables.derived import EMBEDDING_DIMENSIONS


class FindingEmbedding(Base):
    """The vector of a finding's text, with the name of the model that made it."""

    __tablename__ = "ci_research_embeddings"

    finding_id: Mapped[int] = mapped_column(
        ForeignKey("ci_research_findings.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    model: Mapped[str]
    embedding: Mapped[Any] = mapped_column(Vector(EMBEDDING_DIMENSIONS))
    appeared_at: Mapped[datetime]

    __table_args__ = (Index("idx_ci_research_embeddings_appeared", "model", "appeared_at"),)


class FindingRelation(Base):
    """Two findings that speak of the same thing without being the same (cosine −1…1)."""

    __tablename__ = "ci_research_relations"

    low_id: Mapped[int] = mapped_column(
        ForeignKey("ci_research_findings.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    high_id: Mapped[int] = mapped_column(
        ForeignKey("ci_research_findings.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    similarity: Mapped[float]
    reason: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (CheckConstraint("low_id < high_id"), Index("idx_ci_research_relations_high", "high_id"))


class Correction(Base):
    """What a person said about two findings."""

    __tablename__ = "ci_research_corrections"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    low_id: Mapped[int] = mapped_column(ForeignKey("ci_research_findings.id", ondelete="CASCADE"))
    high_id: Mapped[int] = mapped_column(ForeignKey("ci_research_findings.id", ondelete="CASCADE"))
    verdict: Mapped[str]
    measured: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    created_by: Mapped[str] = mapped_column(server_default=ACTOR)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (
        one_of("verdict", Verdict),
        UniqueConstraint("low_id", "high_id"),
        CheckConstraint("low_id < high_id"),
        Index("idx_ci_research_corrections_high", "high_id"),
    )


class Interest(Base):
    """A short text of what the team is interested in, or a word that counts; `weight` is 0–5, 1 the usual."""

    __tablename__ = "ci_research_interests"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(server_default=text("'interest'"))
    wording: Mapped[str]
    weight: Mapped[float] = mapped_column(server_default=text("1"))
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    created_by: Mapped[str] = mapped_column(server_default=ACTOR)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (
        one_of("kind", InterestKind),
        Index("uq_ci_research_interests_wording", "kind", text("lower(wording)"), unique=True),
    )


class Exposure(Base):
    """That a person was shown a finding, at which place (0 is the first) and with which score."""

    __tablename__ = "ci_research_exposures"

    finding_id: Mapped[int] = mapped_column(
        ForeignKey("ci_research_findings.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    person: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    relevance_score: Mapped[Decimal | None]
    shown_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (Index("idx_ci_research_exposures_shown", "shown_at"),)


class LearnedModel(Base):
    """What was learned from clicks or corrections; the newest of a kind is in use."""

    __tablename__ = "ci_research_models"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    trained_at: Mapped[datetime] = mapped_column(server_default=NOW)
    samples: Mapped[int] = mapped_column(Integer)
    parameters: Mapped[Json]

    __table_args__ = (
        CheckConstraint("kind IN ('relevance', 'duplicates')"),
        Index("idx_ci_research_models_newest", "kind", text("id DESC")),
    )
