"""The cost ledger. A call is entered with the most it can cost before it is made, so that the day's limit holds.

Every worker on every machine reserves under one lock of the database, in a transaction of its own that lasts a few
milliseconds; the sum of the day, reservations included, can therefore never pass the limit. A worker that dies leaves
its reservation behind, which counts until midnight (UTC): nobody knows what its call has cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ci_core.llm.models import ChatModel
from db.engine import Database
from db.enums import LlmCallStatus
from db.tables import LlmCall, Prompt

LOCK = text("SELECT pg_advisory_xact_lock(hashtext('ci_llm_budget'))")
# The clock of the database, which all workers share; and not the start of the transaction, which may have waited for
# the lock over midnight.
# A server that counts more tokens than were sent (a gateway may add its own) is believed from its first answer on.
SPENT_TODAY = text("""
    SELECT coalesce(sum(cost_usd), 0) AS spent,
           coalesce(max(cost_usd) FILTER (
               WHERE provider = :provider AND model = :model AND purpose = :purpose AND tokens_in IS NOT NULL
           ), 0) AS dearest
    FROM ci_llm_calls
    WHERE created_at >= date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
""")
RESERVE = text("""
    INSERT INTO ci_llm_calls (run_id, prompt_id, purpose, provider, model, status, cost_usd, created_at)
    VALUES (:run_id, :prompt_id, :purpose, :provider, :model, 'reserved', :cost_usd, clock_timestamp())
    RETURNING id
""")
COMPLETE = text("""
    UPDATE ci_llm_calls
    SET status = :status, tokens_in = :tokens_in, tokens_out = :tokens_out, latency_ms = :latency_ms, error = :error,
        cost_usd = coalesce(:cost_usd, cost_usd)
    WHERE id = :id AND status = 'reserved'
""")


@dataclass(frozen=True, slots=True)
class Refused:
    """That a call would pass the limit of the day: what is spent or reserved so far, and what it could cost."""

    spent_usd: Decimal
    wanted_usd: Decimal
    limit_usd: Decimal

    def __str__(self) -> str:
        return (
            f"today's budget does not allow it: ${self.spent_usd:.4f} of ${self.limit_usd:f} are spent or reserved, "
            f"and the call could cost ${self.wanted_usd:.4f} (CI_LLM_DAILY_MAX_COST_USD; a new day begins at 00:00 UTC)"
        )


@dataclass(frozen=True, slots=True)
class Call:
    """One entry of the ledger. `cost_usd` of a reserved one is the most it can cost."""

    id: int
    created_at: datetime
    purpose: str
    provider: str
    model: str
    prompt: str | None
    status: LlmCallStatus
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: Decimal
    latency_ms: int | None
    error: str | None
    run_id: int | None


def reserve(
    database: Database,
    model: ChatModel,
    *,
    purpose: str,
    most_usd: Decimal,
    limit_usd: Decimal,
    prompt_id: int | None,
    run_id: int | None,
    actor: str,
) -> int | Refused:
    """Enter a call that is about to be made, and give its id; nothing is entered where it could pass the limit.

    Args:
        most_usd: the most that it can cost; no less is reserved than the dearest call of its kind has cost today.
        limit_usd: what the whole day may cost.
    """
    entry = {
        "run_id": run_id,
        "prompt_id": prompt_id,
        "purpose": purpose,
        "provider": model.provider,
        "model": model.name,
        "cost_usd": most_usd,
    }
    with database.transaction(actor) as session:
        if most_usd > 0:  # what costs nothing waits for nobody
            session.execute(LOCK)
            spent, dearest = session.execute(SPENT_TODAY, entry).one()
            entry["cost_usd"] = most_usd = max(most_usd, dearest)
            if spent + most_usd > limit_usd:
                return Refused(spent, most_usd, limit_usd)
        return int(session.scalars(RESERVE, entry).one())


def complete(
    database: Database,
    call_id: int,
    status: LlmCallStatus,
    *,
    cost_usd: Decimal | None,
    latency_ms: int,
    tokens_in: int | None = None,
    tokens_out: int | None = None,
    error: str | None = None,
    actor: str,
) -> None:
    """Enter what became of a reserved call.

    Args:
        cost_usd: what it cost; None leaves what was reserved, because it may have cost that much.
    """
    with database.transaction(actor) as session:
        session.execute(
            COMPLETE,
            {
                "id": call_id,
                "status": status.value,
                "tokens_in": tokens_in,
                "tokens_out": tokens_out,
                "latency_ms": latency_ms,
                "error": error,
                "cost_usd": cost_usd,
            },
        )


def list_calls(
    session: Session, *, limit: int = 50, statuses: Sequence[LlmCallStatus] = (), run_id: int | None = None
) -> tuple[Call, ...]:
    """The newest calls first."""
    prompt = Prompt.name + " " + func.cast(Prompt.version, Prompt.name.type)
    wanted = select(LlmCall, prompt).outerjoin(Prompt, Prompt.id == LlmCall.prompt_id)
    if statuses:
        wanted = wanted.where(LlmCall.status.in_([status.value for status in statuses]))
    if run_id is not None:
        wanted = wanted.where(LlmCall.run_id == run_id)
    rows = session.execute(wanted.order_by(LlmCall.created_at.desc(), LlmCall.id.desc()).limit(limit))
    return tuple(
        Call(
            call.id,
            call.created_at,
            call.purpose,
            call.provider,
            call.model,
            label,
            LlmCallStatus(call.status),
            call.tokens_in,
            call.tokens_out,
            call.cost_usd,
            call.latency_ms,
            call.error,
            call.run_id,
        )
        for call, label in rows
    )
