"""The tables as SQLAlchemy sees them. The migrations make them; a test compares the two."""

from db.tables.audit import AuditEntry
from db.tables.base import Base, Json
from db.tables.board import BoardColumn, BoardOperation
from db.tables.derived import EMBEDDING_DIMENSIONS, EnhancementEmbedding, Similarity, WishlistOrigin
from db.tables.enhancements import Comment, Dependency, Enhancement, Merge
from db.tables.health import (
    HealthCacheEntry,
    HealthCheck,
    HealthChecker,
    HealthFile,
    HealthIssue,
    HealthIssueChange,
    HealthProposal,
    HealthRepository,
)
from db.tables.jobs import AgentPerformance, Schedule, Worker
from db.tables.learned import (
    Correction,
    Exposure,
    FindingEmbedding,
    FindingRelation,
    Interest,
    LearnedModel,
)
from db.tables.research import Evidence, ResearchFinding, ResearchSite, ResearchSource
from db.tables.runs import AutomationRun, LlmCall, Prompt, RunLogEntry, RunStep
from db.tables.triage import DefaultView, Follower, Notification, Reaction, SavedView, Visit

__all__ = [
    "EMBEDDING_DIMENSIONS",
    "AgentPerformance",
    "AuditEntry",
    "AutomationRun",
    "Base",
    "BoardColumn",
    "BoardOperation",
    "Comment",
    "Correction",
    "DefaultView",
    "Dependency",
    "Enhancement",
    "EnhancementEmbedding",
    "Evidence",
    "Exposure",
    "FindingEmbedding",
    "FindingRelation",
    "Follower",
    "HealthCacheEntry",
    "HealthCheck",
    "HealthChecker",
    "HealthFile",
    "HealthIssue",
    "HealthIssueChange",
    "HealthProposal",
    "HealthRepository",
    "Interest",
    "Json",
    "LearnedModel",
    "LlmCall",
    "Merge",
    "Notification",
    "Prompt",
    "Reaction",
    "ResearchFinding",
    "ResearchSite",
    "ResearchSource",
    "RunLogEntry",
    "RunStep",
    "SavedView",
    "Schedule",
    "Similarity",
    "Visit",
    "WishlistOrigin",
    "Worker",
]
