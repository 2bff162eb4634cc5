"""Sums up what agents did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ci_core.jobs.context import JobContext


def sum_up(context: JobContext) -> Mapping[str, Any]:
    """Bring the figures of every agent up to date; what has not changed since the last time is not looked at again."""
    from ci_core.jobs.registry import KINDS
    from ci_core.runs.performance import roll_up

    agents = {kind.name: kind.agent for kind in KINDS.values()}
    with context.transaction() as session:
        return {"figures": roll_up(session, agents=agents, now=context.clock())}
