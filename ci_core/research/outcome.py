"""What follows from a score: waits for a person, is set aside by the agent, or is taken by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from ci_core.research.values import Score
from db.enums import FindingStatus

AGENT = "agent:research"
SET_ASIDE_BELOW = 60.0
REASON_MAX = 500


@dataclass(frozen=True, slots=True)
class Rules:
    """What follows from a relevance of 0–100.

    Attributes:
        set_aside_below: what is less relevant is rejected by the agent, visibly.
        accept_above: what is more relevant becomes an enhancement by itself; None: never.
        accept: makes an enhancement of the finding with this id, in the given transaction.
    """

    set_aside_below: float = SET_ASIDE_BELOW
    accept_above: float | None = None
    accept: Callable[[Session, int], object] | None = None

    def accepts(self, score: Score | None) -> bool:
        """Whether the product takes it by itself."""
        relevance = None if score is None else score.relevance
        return self.accept_above is not None and relevance is not None and relevance > self.accept_above


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a finding stands after its score; `decided_by` and `reason` where the agent itself decided."""

    status: FindingStatus
    decided_by: str | None = None
    reason: str | None = None


def outcome_of(score: Score | None, rules: Rules) -> Outcome:
    """Where a finding with this score stands; without a score it stays new."""
    if score is None or score.relevance is None:
        return Outcome(FindingStatus.NEW)
    if score.relevance >= rules.set_aside_below:
        return Outcome(FindingStatus.ANALYZED)
    why = f"Set aside: relevance {_shown(score.relevance)} is below {rules.set_aside_below:g}. {score.reason}".strip()
    return Outcome(FindingStatus.REJECTED, AGENT, why if len(why) <= REASON_MAX else why[: REASON_MAX - 1] + "…")


def _shown(relevance: float) -> str:
    """Without a fraction that says nothing; rounded down, so that it is never the limit itself."""
    return f"{int(relevance * 10) / 10:g}"
