"""From issues to the board and back: proposals, what stands behind an enhancement, and conversion by hand."""

from ci_core.health.proposals.conversion import attach_issues, create_enhancement
from ci_core.health.proposals.lineage import Behind, behind
from ci_core.health.proposals.proposing import AGENT, propose
from ci_core.health.proposals.values import IssueBehind, Proposed

__all__ = [
    "AGENT",
    "Behind",
    "IssueBehind",
    "Proposed",
    "attach_issues",
    "behind",
    "create_enhancement",
    "propose",
]
