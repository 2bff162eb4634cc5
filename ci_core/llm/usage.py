"""What chat models did and cost on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.enums import LlmCallStatus

BY_MODEL = text("""
    SELECT provider, model, status, count(*) AS calls, coalesce(sum(tokens_in), 0) AS tokens_in,
           coalesce(sum(tokens_out), 0) AS tokens_out, sum(cost_usd) AS cost_usd,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY latency_ms) AS median_latency_ms
    FROM ci_llm_calls WHERE created_at >= :since AND created_at < :until
    GROUP BY provider, model, status ORDER BY provider, model, status
""")


@dataclass(frozen=True, slots=True)
class ModelCalls:
    """The calls of one model that ended alike; the median latency leaves out calls without an answer yet."""

    provider: str
    model: str
    status: LlmCallStatus
    calls: int
    tokens_in: int
    tokens_out: int
    cost_usd: Decimal
    median_latency_ms: int | None


@dataclass(frozen=True, slots=True)
class LlmUsage:
    """A day (UTC) of chat models.

    Attributes:
        begins_at: 00:00 UTC; the budget begins anew at the next one.
        limit_usd: the most that the day may cost.
        spent_usd: what counts towards the limit, reservations included.
        reserved_usd: of that, calls that have not ended, or whose worker died.
    """

    begins_at: datetime
    limit_usd: Decimal
    spent_usd: Decimal
    reserved_usd: Decimal
    calls: tuple[ModelCalls, ...]

    @property
    def left_usd(self) -> Decimal:
        """What may still be spent today."""
        return max(self.limit_usd - self.spent_usd, Decimal(0))


def llm_usage(session: Session, limit_usd: Decimal, now: datetime) -> LlmUsage:
    """What chat models did and cost on the day (UTC) of `now`, by model and outcome.

    Args:
        limit_usd: `llm_daily_max_cost_usd` of the settings.
    """
    begins = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = session.execute(BY_MODEL, {"since": begins, "until": begins + timedelta(days=1)})
    calls = tuple(ModelCalls(**{**row, "status": LlmCallStatus(row["status"])}) for row in rows.mappings())
    return LlmUsage(
        begins_at=begins,
        limit_usd=limit_usd,
        spent_usd=sum((entry.cost_usd for entry in calls), Decimal(0)),
        reserved_usd=sum((e.cost_usd for e in calls if e.status is LlmCallStatus.RESERVED), Decimal(0)),
        calls=calls,
    )
