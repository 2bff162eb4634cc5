"""What is worked out from enhancements, or tells where they came from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pgvector.sqlalchemy import Vector
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import NOW, Base, Json

EMBEDDING_DIMENSIONS = 384


class EnhancementEmbedding(Base):
    """The vector of an enhancement's text; stale until the background embedder has seen the newest text."""

    __tablename__ = "ci_enhancement_embeddings"

    enhancement_id: Mapped[int] = mapped_column(
        ForeignKey("ci_enhancements.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    model: Mapped[str | None]
    embedding: Mapped[Any | None] = mapped_column(Vector(EMBEDDING_DIMENSIONS))
    stale: Mapped[bool] = mapped_column(server_default=text("true"))
    revision: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    embedded_at: Mapped[datetime | None]

    __table_args__ = (Index("idx_ci_enhancement_embeddings_stale", "enhancement_id", postgresql_where=text("stale")),)


class Similarity(Base):
    """Two enhancements whose texts mean nearly the same (cosine −1…1)."""

    __tablename__ = "ci_enhancement_similarities"

    low_id: Mapped[int] = mapped_column(
        ForeignKey("ci_enhancements.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    high_id: Mapped[int] = mapped_column(
        ForeignKey("ci_enhancements.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    similarity: Mapped[float]

    __table_args__ = (
        CheckConstraint("low_id < high_id"),
        Index("idx_ci_enhancement_similarities_high", "high_id"),
    )


class WishlistOrigin(Base):
    """Which item of which wishlist file an enhancement was imported from, and the values it had there.

    It outlives its enhancement, so that the import does not bring back what a person deleted.
    """

    __tablename__ = "ci_wishlist_items"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    path: Mapped[str]
    item_key: Mapped[str]
    line: Mapped[int] = mapped_column(Integer)
    enhancement_id: Mapped[int | None] = mapped_column(ForeignKey("ci_enhancements.id", ondelete="SET NULL"))
    imported: Mapped[Json]
    first_imported_at: Mapped[datetime] = mapped_column(server_default=NOW)
    missing_since: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("path", "item_key", deferrable=True),
        Index("idx_ci_wishlist_items_enhancement", "enhancement_id"),
    )
