"""When agents run by themselves, who carries it out, and how well they do. The queue itself is Procrastinate's."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, Double, ForeignKey, Identity, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.enums import MissedRuns, Period, WorkerState
from db.tables.base import ACTOR, EMPTY_OBJECT, NOW, Base, Json, one_of, score_between
from db.tables.runs import NOTHING, USD

ONE = text("1")


class Schedule(Base):
    """When a kind of job is due: at the times of a cron line, or every so many seconds."""

    __tablename__ = "ci_schedules"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(server_default=text("''"))
    kind: Mapped[str]
    parameters: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    cron: Mapped[str | None]
    every_seconds: Mapped[int | None] = mapped_column(Integer)
    time_zone: Mapped[str] = mapped_column(server_default=text("'UTC'"))
    jitter_seconds: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    missed: Mapped[str] = mapped_column(server_default=text("'once'"))
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    priority: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    built_in: Mapped[bool] = mapped_column(server_default=text("false"))
    next_due_at: Mapped[datetime | None]
    computed_at: Mapped[datetime | None]
    last_due_at: Mapped[datetime | None]
    last_run_id: Mapped[int | None] = mapped_column(ForeignKey("ci_automation_runs.id", ondelete="SET NULL"))
    version: Mapped[int] = mapped_column(Integer, server_default=ONE)
    created_by: Mapped[str] = mapped_column(server_default=ACTOR)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (
        one_of("missed", MissedRuns),
        CheckConstraint("(cron IS NULL) <> (every_seconds IS NULL)"),
        CheckConstraint("every_seconds BETWEEN 10 AND 366 * 86400"),
        CheckConstraint("jitter_seconds BETWEEN 0 AND 86400"),
        CheckConstraint("priority BETWEEN -100 AND 100"),
        Index("idx_ci_schedules_due", "next_due_at", postgresql_where=text("enabled")),
        Index("idx_ci_schedules_computed", "computed_at", postgresql_where=text("enabled")),
        Index("idx_ci_schedules_last_run", "last_run_id", postgresql_where=text("last_run_id IS NOT NULL")),
    )


class Worker(Base):
    """One living process that carries out jobs."""

    __tablename__ = "ci_workers"

    # A key of Procrastinate's table, which the models do not know: the migration says so.
    worker_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    host: Mapped[str]
    pid: Mapped[int] = mapped_column(Integer)
    version: Mapped[str] = mapped_column(server_default=text("''"))
    queues: Mapped[list[str] | None]
    concurrency: Mapped[int] = mapped_column(Integer, server_default=ONE)
    has_clock: Mapped[bool] = mapped_column(server_default=text("false"))
    state: Mapped[str] = mapped_column(server_default=text("'working'"))
    started_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (one_of("state", WorkerState), CheckConstraint("concurrency BETWEEN 1 AND 100"))


class AgentPerformance(Base):
    """What one agent did in one stretch of time."""

    __tablename__ = "ci_agent_performance"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    agent: Mapped[str]
    period: Mapped[str] = mapped_column(server_default=text("'day'"))
    period_start: Mapped[date]
    runs: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    completed: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    failed: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    cancelled: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    busy_seconds: Mapped[float] = mapped_column(Double, server_default=NOTHING)
    median_seconds: Mapped[float | None] = mapped_column(Double)
    cost_usd: Mapped[Decimal] = mapped_column(USD, server_default=NOTHING)
    counts: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    accuracy: Mapped[Decimal | None]
    samples: Mapped[int] = mapped_column(Integer, server_default=NOTHING)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (
        one_of("period", Period),
        score_between("accuracy"),
        CheckConstraint("runs >= 0"),
        UniqueConstraint("agent", "period", "period_start"),
    )
