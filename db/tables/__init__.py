"""The tables as SQLAlchemy sees them. The migrations make them; a test compares the two."""

from db.tables.audit import AuditEntry
from db.tables.base import Base, Json
from db.tables.board import BoardColumn, BoardOperation
from db.tables.derived import EMBEDDING_DIMENSIONS, EnhancementEmbedding, Similarity, WishlistOrigin
from db.tables.enhancements import Comment, Dependency, Enhancement, Merge
from db.tables.research import ResearchFinding, ResearchSource
from db.tables.triage import DefaultView, Follower, Notification, Reaction, SavedView, Visit

__all__ = [
    "EMBEDDING_DIMENSIONS",
    "AuditEntry",
    "Base",
    "BoardColumn",
    "BoardOperation",
    "Comment",
    "DefaultView",
    "Dependency",
    "Enhancement",
    "EnhancementEmbedding",
    "Follower",
    "Json",
    "Merge",
    "Notification",
    "Reaction",
    "ResearchFinding",
    "ResearchSource",
    "SavedView",
    "Similarity",
    "Visit",
    "WishlistOrigin",
]
