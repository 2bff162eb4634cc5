"""What the agents did: runs with their steps, the versions of prompts, and what chat models cost."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.enums import LlmCallStatus, LogLevel, RunStatus, RunTrigger, StepStatus
from db.tables.base import ACTOR, EMPTY_OBJECT, NOW, Base, Json, one_of

NOTHING = text("0")
EMPTY_LIST_OF_OBJECTS = text("'[]'")
USD = Numeric(12, 6)


class AutomationRun(Base):
    """One execution of an agent."""

    __tablename__ = "ci_automation_runs"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    run_type: Mapped[str]
    trigger: Mapped[str] = mapped_column(server_default=text("'manual'"))
    status: Mapped[str] = mapped_column(server_default=text("'queued'"))
    actor: Mapped[str] = mapped_column(server_default=ACTOR)
    parameters: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    counts: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    error: Mapped[str | None]
    cost_usd: Mapped[Decimal] = mapped_column(USD, server_default=NOTHING)
    progress_percent: Mapped[Decimal | None]
    host: Mapped[str | None]
    version: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    started_at: Mapped[datetime | None]
    alive_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    job_id: Mapped[int | None]
    queue: Mapped[str | None]
    priority: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    lock_key: Mapped[str | None]
    attempt: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    failures: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    kills: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    error_kind: Mapped[str | None]
    due_at: Mapped[datetime | None]
    schedule_id: Mapped[int | None] = mapped_column(ForeignKey("ci_schedules.id", ondelete="SET NULL", use_alter=True))
    retry_of_id: Mapped[int | None] = mapped_column(ForeignKey("ci_automation_runs.id", ondelete="SET NULL"))
    worker_id: Mapped[int | None]
    cancel_requested_at: Mapped[datetime | None]
    cancel_requested_by: Mapped[str | None]
    links: Mapped[list[Json]] = mapped_column(JSONB, server_default=EMPTY_LIST_OF_OBJECTS)

    __table_args__ = (
        one_of("trigger", RunTrigger),
        one_of("status", RunStatus),
        CheckConstraint("char_length(queue) BETWEEN 1 AND 60"),
        CheckConstraint("char_length(lock_key) BETWEEN 1 AND 200"),
        CheckConstraint("attempt >= 0"),
        CheckConstraint("failures >= 0"),
        CheckConstraint("kills >= 0"),
        CheckConstraint("error_kind ~ '^[a-z][a-z_]{0,39}$'"),
        CheckConstraint("jsonb_typeof(links) = 'array'"),
        Index(
            "uq_ci_automation_runs_open_key",
            "lock_key",
            unique=True,
            postgresql_where=text("status IN ('queued', 'running')"),
        ),
        Index("uq_ci_automation_runs_job", "job_id", unique=True),
        Index(
            "idx_ci_automation_runs_schedule",
            "schedule_id",
            text("id DESC"),
            postgresql_where=text("schedule_id IS NOT NULL"),
        ),
        Index("idx_ci_automation_runs_retry_of", "retry_of_id", postgresql_where=text("retry_of_id IS NOT NULL")),
        Index("idx_ci_automation_runs_ended", text("ended_at DESC"), postgresql_where=text("ended_at IS NOT NULL")),
        Index("idx_ci_automation_runs_newest", "run_type", text("id DESC")),
        Index("idx_ci_automation_runs_open", "id", postgresql_where=text("status IN ('queued', 'running')")),
    )


class RunStep(Base):
    """One step of a run; a scan has one for each source."""

    __tablename__ = "ci_run_steps"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("ci_automation_runs.id", ondelete="CASCADE"))
    name: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'running'"))
    source_id: Mapped[int | None] = mapped_column(ForeignKey("ci_research_sources.id", ondelete="SET NULL"))
    counts: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    message: Mapped[str | None]
    started_at: Mapped[datetime] = mapped_column(server_default=NOW)
    ended_at: Mapped[datetime | None]
    attempt: Mapped[int] = mapped_column(Integer, server_default=NOTHING)

    __table_args__ = (
        one_of("status", StepStatus),
        CheckConstraint("attempt >= 0"),
        UniqueConstraint("run_id", "name"),
        Index("idx_ci_run_steps_source", "source_id", text("id DESC"), postgresql_where=text("source_id IS NOT NULL")),
    )


class RunLogEntry(Base):
    """One line of what a run said."""

    __tablename__ = "ci_run_log"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("ci_automation_runs.id", ondelete="CASCADE"))
    attempt: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    logged_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    level: Mapped[str]
    event: Mapped[str]
    fields: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)

    __table_args__ = (
        one_of("level", LogLevel),
        CheckConstraint("char_length(event) BETWEEN 1 AND 2000"),
        CheckConstraint("jsonb_typeof(fields) = 'object'"),
        Index("idx_ci_run_log_run", "run_id", "id"),
    )


class Prompt(Base):
    """One version of a prompt; of each name, one version is in use."""

    __tablename__ = "ci_prompts"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    template: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default=text("false"))
    created_by: Mapped[str] = mapped_column(server_default=ACTOR)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (
        UniqueConstraint("name", "version"),
        Index("uq_ci_prompts_active", "name", unique=True, postgresql_where=text("active")),
    )


class LlmCall(Base):
    """One call of a chat model: entered with the most it can cost, completed with what it did."""

    __tablename__ = "ci_llm_calls"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("ci_automation_runs.id", ondelete="SET NULL"))
    prompt_id: Mapped[int | None] = mapped_column(ForeignKey("ci_prompts.id", ondelete="SET NULL"))
    purpose: Mapped[str]
    provider: Mapped[str]
    model: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'reserved'"))
    tokens_in: Mapped[int | None] = mapped_column(Integer)
    tokens_out: Mapped[int | None] = mapped_column(Integer)
    cost_usd: Mapped[Decimal] = mapped_column(USD, server_default=NOTHING)
    latency_ms: Mapped[int | None] = mapped_column(Integer)
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (
        one_of("status", LlmCallStatus),
        Index("idx_ci_llm_calls_created", text("created_at DESC")),
        Index("idx_ci_llm_calls_run", "run_id", postgresql_where=text("run_id IS NOT NULL")),
        Index("idx_ci_llm_calls_prompt", "prompt_id", postgresql_where=text("prompt_id IS NOT NULL")),
    )
