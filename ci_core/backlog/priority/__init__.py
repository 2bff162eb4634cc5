"""How urgent an enhancement is: six scores 0–100, one weighted priority, and the reasons in words."""

from ci_core.backlog.priority.combine import explain, prioritise
from ci_core.backlog.priority.issues import IssuesBehind
from ci_core.backlog.priority.local import LocalScorer
from ci_core.backlog.priority.model import (
    TOTAL,
    Assessment,
    Component,
    Contribution,
    Override,
    Reason,
    Scorer,
    ScoreResult,
    ScoringInput,
    Weights,
)

__all__ = [
    "TOTAL",
    "Assessment",
    "Component",
    "Contribution",
    "IssuesBehind",
    "LocalScorer",
    "Override",
    "Reason",
    "ScoreResult",
    "Scorer",
    "ScoringInput",
    "Weights",
    "explain",
    "prioritise",
]
