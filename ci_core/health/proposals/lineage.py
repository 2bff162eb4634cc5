"""Which issues stand behind an enhancement: the way back from the board to what a health check found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from ci_core.health.proposals import queries
from ci_core.health.proposals.values import ACTIVE, IssueBehind
from db.enums import IssueStatus

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Behind:
    """The issues behind an enhancement.

    Attributes:
        issues: what is still to be repaired first, the worst first; at most as many as were asked for.
        counts: how many there are in all, by their status.
    """

    issues: tuple[IssueBehind, ...] = ()
    counts: Mapping[IssueStatus, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many there are, whatever their status."""
        return sum(self.counts.values())

    @property
    def active(self) -> int:
        """How many are still to be repaired."""
        return sum(number for status, number in self.counts.items() if status in ACTIVE)

    @property
    def fixed(self) -> int:
        """How many are verified to be gone."""
        return self.counts.get(IssueStatus.FIXED, 0)


def behind(session: Session, enhancement_id: int, limit: int = MOST_SHOWN) -> Behind:
    """The issues behind an enhancement; nothing where there are none, or no such enhancement."""
    counts = queries.counts_behind(session, enhancement_id)
    if not counts:
        return Behind()
    return Behind(tuple(queries.issues_behind(session, [enhancement_id], limit)), counts)
