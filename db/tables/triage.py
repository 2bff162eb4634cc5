"""What people say about enhancements without words, what concerns whom, and how they like to look at them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.enums import NotificationKind, ReactionKind
from db.tables.base import ACTOR, NOW, Base, one_of


class Follower(Base):
    """Somebody who wants to hear of an enhancement, or (`following` is false) does not want to any more."""

    __tablename__ = "ci_enhancement_followers"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    enhancement_id: Mapped[int] = mapped_column(ForeignKey("ci_enhancements.id", ondelete="CASCADE"))
    person: Mapped[str]
    following: Mapped[bool] = mapped_column(server_default=text("true"))
    created_by: Mapped[str] = mapped_column(server_default=ACTOR)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (
        CheckConstraint("char_length(person) BETWEEN 1 AND 120"),
        Index("uq_ci_enhancement_followers_person", "enhancement_id", text("lower(person)"), unique=True),
        Index("idx_ci_enhancement_followers_person", text("lower(person)")),
    )


class Reaction(Base):
    """A mark of one person on an enhancement, or on one of its comments; a vote where it is one for the enhancement."""

    __tablename__ = "ci_reactions"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    enhancement_id: Mapped[int] = mapped_column(ForeignKey("ci_enhancements.id", ondelete="CASCADE"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("ci_comments.id", ondelete="CASCADE"))
    person: Mapped[str] = mapped_column(server_default=ACTOR)
    kind: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (
        one_of("kind", ReactionKind),
        CheckConstraint("char_length(person) BETWEEN 1 AND 200"),
        Index(
            "uq_ci_reactions_person",
            "enhancement_id",
            text("COALESCE(comment_id, 0)"),
            text("lower(person)"),
            "kind",
            unique=True,
        ),
        Index("idx_ci_reactions_comment", "comment_id", postgresql_where=text("comment_id IS NOT NULL")),
    )


class Notification(Base):
    """Something that concerns one person; unread while `read_at` is empty."""

    __tablename__ = "ci_notifications"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    person: Mapped[str]
    kind: Mapped[str]
    enhancement_id: Mapped[int | None] = mapped_column(ForeignKey("ci_enhancements.id", ondelete="CASCADE"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("ci_comments.id", ondelete="CASCADE"))
    summary: Mapped[str]
    actor: Mapped[str] = mapped_column(server_default=ACTOR)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    read_at: Mapped[datetime | None]

    __table_args__ = (
        one_of("kind", NotificationKind),
        CheckConstraint("char_length(person) BETWEEN 1 AND 120"),
        CheckConstraint("char_length(summary) BETWEEN 1 AND 500"),
        Index(
            "idx_ci_notifications_unread", text("lower(person)"), text("id DESC"),
            postgresql_where=text("read_at IS NULL"),
        ),
        Index("idx_ci_notifications_person", text("lower(person)"), text("id DESC")),
        Index(
            "idx_ci_notifications_enhancement", "enhancement_id",
            postgresql_where=text("enhancement_id IS NOT NULL"),
        ),
        Index("idx_ci_notifications_comment", "comment_id", postgresql_where=text("comment_id IS NOT NULL")),
    )  # fmt: skip


class SavedView(Base):
    """A page's address under a name: its owner's, or everybody's where it is shared."""

    __tablename__ = "ci_saved_views"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str]
    page: Mapped[str]
    query: Mapped[str] = mapped_column(server_default=text("''"))
    owner: Mapped[str] = mapped_column(server_default=ACTOR)
    shared: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (
        CheckConstraint("char_length(name) BETWEEN 1 AND 80"),
        CheckConstraint("page ~ '^[a-z][a-z0-9_-]{0,39}$'"),
        CheckConstraint("char_length(query) <= 4000"),
        CheckConstraint("char_length(owner) BETWEEN 1 AND 200"),
        Index("uq_ci_saved_views_name", "page", text("lower(owner)"), text("lower(name)"), unique=True),
    )


class DefaultView(Base):
    """With which view a person's visit to a page begins."""

    __tablename__ = "ci_default_views"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    person: Mapped[str]
    page: Mapped[str]
    view_id: Mapped[int] = mapped_column(ForeignKey("ci_saved_views.id", ondelete="CASCADE"))

    __table_args__ = (
        CheckConstraint("char_length(person) BETWEEN 1 AND 200"),
        Index("uq_ci_default_views_page", text("lower(person)"), "page", unique=True),
        Index("idx_ci_default_views_view", "view_id"),
    )


class Visit(Base):
    """When a person was here last, and the time before."""

    __tablename__ = "ci_visits"

    person: Mapped[str] = mapped_column(primary_key=True)
    previous_at: Mapped[datetime | None]
    active_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (CheckConstraint("char_length(person) BETWEEN 1 AND 200"),)
