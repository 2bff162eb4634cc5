"""Sums up what the agents did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ci_core.jobs.context import JobContext
from ci_core.jobs.registry import KINDS
from ci_core.runs.performance import roll_up


def sum_up(context: JobContext) -> Mapping[str, Any]:
    """Bring the figures of agents up to date with the runs that have ended; repeated, it changes nothing more."""
    agents = {kind.name: kind.agent for kind in KINDS.values()}
    with context.transaction() as session:
        return {"figures": roll_up(session, agents=agents, now=context.clock())}
