"""What the board keeps beside the cards: limits of columns, and answered operations of browsers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    Identity,
    Index,
    Integer,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.enums import Status
from db.tables.base import NOW, Base, Json, one_of


class BoardColumn(Base):
    """What people decided about a column of the board: its soft limit of work in progress."""

    __tablename__ = "ci_board_columns"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    status: Mapped[str] = mapped_column(unique=True)
    wip_limit: Mapped[int | None] = mapped_column(Integer)
    wip_limit_set_by: Mapped[str | None]

    __table_args__ = (one_of("status", Status), CheckConstraint("wip_limit > 0"))


class BoardOperation(Base):
    """What a browser's operation led to, so that a repeated operation is answered and not repeated."""

    __tablename__ = "ci_board_operations"

    client_id: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    outcome: Mapped[Json]
    applied_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (Index("idx_ci_board_operations_applied_at", "applied_at"),)
