"""The backlog: enhancements with their lifecycle, priorities, dependencies and history."""

from ci_core.backlog.comments import Comment, add_comment, comments_of, delete_comment, edit_comment
from ci_core.backlog.dependencies import (
    Dependencies,
    LinkedEnhancement,
    add_dependency,
    dependencies_of,
    open_blockers,
    remove_dependency,
)
from ci_core.backlog.enhancements import (
    create_enhancement,
    create_enhancements,
    get_enhancement,
    move_enhancement,
    move_enhancements,
    update_enhancement,
)
from ci_core.backlog.history import FieldChange, HistoryEntry, history_of
from ci_core.backlog.lifecycle import TRANSITIONS, allowed_transitions, check_transition
from ci_core.backlog.merging import Merged, merge_duplicate, take_apart
from ci_core.backlog.scoring import (
    DEFAULT_POLICY,
    ScoringPolicy,
    policy_from,
    rescore_all,
    score_enhancement,
    set_score_override,
)
from ci_core.backlog.undo import UndoResult, undo_last, undo_transaction
from ci_core.backlog.values import Enhancement, NewEnhancement, Page

__all__ = [
    "DEFAULT_POLICY",
    "TRANSITIONS",
    "Comment",
    "Dependencies",
    "Enhancement",
    "FieldChange",
    "HistoryEntry",
    "LinkedEnhancement",
    "Merged",
    "NewEnhancement",
    "Page",
    "ScoringPolicy",
    "UndoResult",
    "add_comment",
    "add_dependency",
    "allowed_transitions",
    "check_transition",
    "comments_of",
    "create_enhancement",
    "create_enhancements",
    "delete_comment",
    "dependencies_of",
    "edit_comment",
    "get_enhancement",
    "history_of",
    "merge_duplicate",
    "move_enhancement",
    "move_enhancements",
    "open_blockers",
    "policy_from",
    "remove_dependency",
    "rescore_all",
    "score_enhancement",
    "set_score_override",
    "take_apart",
    "undo_last",
    "undo_transaction",
    "update_enhancement",
]
