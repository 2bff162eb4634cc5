"""The append-only history of every change."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    Identity,
    Index,
    Integer,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, Json


class AuditEntry(Base):
    """One change of one row: who, when, what, before and after. Written by triggers only."""

    __tablename__ = "ci_audit_log"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    occurred_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    actor: Mapped[str]
    action: Mapped[str]
    table_name: Mapped[str]
    row_id: Mapped[int | None]
    row_version: Mapped[int | None] = mapped_column(Integer)
    changed_fields: Mapped[list[str]]
    before: Mapped[Json | None]
    after: Mapped[Json | None]
    reason: Mapped[str | None]
    undo_of: Mapped[int | None]
    transaction_id: Mapped[int]
    application_name: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("action IN ('insert', 'update', 'delete')"),
        Index("idx_ci_audit_log_row", "table_name", "row_id", text("id DESC")),
        Index("idx_ci_audit_log_transaction", "transaction_id"),
        Index("idx_ci_audit_log_actor", "actor", text("id DESC")),
        Index(
            "idx_ci_audit_log_status",
            "id",
            postgresql_where=text(
                "table_name = 'ci_enhancements' AND (action <> 'update' OR changed_fields @> '{status}')"
            ),
        ),
        Index("idx_ci_audit_log_undo_of", "undo_of", postgresql_where=text("undo_of IS NOT NULL")),
        # Which comments, links, merges and evidence an enhancement has, or once had.
        Index(
            "idx_ci_audit_log_belonging",
            "before",
            "after",
            postgresql_using="gin",
            postgresql_ops={"before": "jsonb_path_ops", "after": "jsonb_path_ops"},
            postgresql_with={"fastupdate": "off"},
            postgresql_where=text(
                "table_name IN ('ci_comments', 'ci_enhancement_dependencies', 'ci_enhancement_evidence', "
                "'ci_enhancement_merges')"
            ),
        ),
    )
