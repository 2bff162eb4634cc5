"""The backlog: enhancements with their lifecycle, priorities, dependencies and history."""

from ci_core.backlog.enhancements import (
    create_enhancement,
    create_enhancements,
    get_enhancement,
    move_enhancement,
    move_enhancements,
    update_enhancement,
)
from ci_core.backlog.lifecycle import TRANSITIONS, allowed_transitions, check_transition
from ci_core.backlog.scoring import (
    DEFAULT_POLICY,
    ScoringPolicy,
    policy_from,
    rescore_all,
    score_enhancement,
    set_score_override,
)
from ci_core.backlog.values import Enhancement, NewEnhancement, Page

__all__ = [
    "DEFAULT_POLICY",
    "TRANSITIONS",
    "Enhancement",
    "NewEnhancement",
    "Page",
    "ScoringPolicy",
    "allowed_transitions",
    "check_transition",
    "create_enhancement",
    "create_enhancements",
    "get_enhancement",
    "move_enhancement",
    "move_enhancements",
    "policy_from",
    "rescore_all",
    "score_enhancement",
    "set_score_override",
    "update_enhancement",
]
