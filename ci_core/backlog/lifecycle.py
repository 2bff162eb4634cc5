"""Which status may follow which, and what a status means for others."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ci_core.errors import NotAllowed
from db.enums import Status

# Accepted work moves freely; only what was accepted can be completed or blocked; what is closed is reopened first.
TRANSITIONS: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.PROPOSED: frozenset(
            {Status.APPROVED, Status.IN_PROGRESS, Status.DEFERRED, Status.REJECTED, Status.ARCHIVED}
        ),
        Status.APPROVED: frozenset(set(Status) - {Status.APPROVED}),
        Status.IN_PROGRESS: frozenset(set(Status) - {Status.IN_PROGRESS}),
        Status.BLOCKED: frozenset(set(Status) - {Status.BLOCKED}),
        Status.COMPLETED: frozenset({Status.APPROVED, Status.IN_PROGRESS, Status.ARCHIVED}),
        Status.DEFERRED: frozenset(
            {Status.PROPOSED, Status.APPROVED, Status.IN_PROGRESS, Status.REJECTED, Status.ARCHIVED}
        ),
        Status.REJECTED: frozenset({Status.PROPOSED, Status.APPROVED, Status.ARCHIVED}),
        Status.ARCHIVED: frozenset({Status.PROPOSED, Status.APPROVED}),
    }
)

# A blocker in one of these is still to be done.
OPEN_STATUSES = frozenset({Status.PROPOSED, Status.APPROVED, Status.IN_PROGRESS, Status.BLOCKED, Status.DEFERRED})

LABELS: Mapping[Status, str] = MappingProxyType({status: status.replace("_", " ").capitalize() for status in Status})


def allowed_transitions(status: Status) -> tuple[Status, ...]:
    """Where an enhancement may go from `status`, in the order of the board."""
    return tuple(target for target in Status if target in TRANSITIONS[status])


def check_transition(old: Status, new: Status) -> None:
    """Accept the step from `old` to `new`; staying is no step.

    Raises:
        NotAllowed: this step is not in `TRANSITIONS`; the text lists those that are.
    """
    if new == old or new in TRANSITIONS[old]:
        return
    allowed = ", ".join(LABELS[target] for target in allowed_transitions(old))
    raise NotAllowed(f"{LABELS[old]} cannot become {LABELS[new]} directly. From {LABELS[old]} it may go to: {allowed}.")
