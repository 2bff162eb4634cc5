"""A planned change of enhancements: the rules that it has to pass and how it is written, for one and for a thousand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ci_core.backlog import queries
from ci_core.backlog.lifecycle import LABELS, OPEN_STATUSES, check_transition
from ci_core.backlog.queries import Stored
from ci_core.backlog.readiness import bring_up_waiting
from ci_core.backlog.scoring import SCORED_FIELDS, ScoringPolicy, Surroundings, rescore
from ci_core.backlog.validation import body
from ci_core.backlog.values import Enhancement
from ci_core.errors import NotAllowed
from db.enums import Status

REASON_MAX = 2_000
SNOOZES = frozenset({"snoozed_until", "snoozed_for_id"})
# What is stored now, and the columns to write over it.
Planned = tuple[Stored, Mapping[str, Any]]
Blockers = Mapping[int, tuple[tuple[int, str], ...]]


def checked_reason(reason: str | None) -> str | None:
    """The reason trimmed; None when there is none.

    Raises:
        InvalidInput: it is too long or cannot be stored.
    """
    return body("reason", reason, REASON_MAX).strip() or None if reason is not None else None


def check_step(row: Stored, changes: Mapping[str, Any]) -> None:
    """Accept the change as far as the enhancement alone can tell.

    Raises:
        NotAllowed: the lifecycle forbids it, or what is written means nothing in the status that it will have.
    """
    item, status = row["id"], Status(changes.get("status", row["status"]))
    if "status" in changes:
        if row["merged_into_id"] is not None:
            raise NotAllowed(
                f"#{item} was merged into #{row['merged_into_id']} and stays archived. Take the merge apart first."
            )
        check_transition(Status(row["status"]), status)
    elif status is Status.COMPLETED and changes.get("completion_percentage", 100) != 100:
        raise NotAllowed(f"#{item} is completed, which is 100 %. Reopen it to change that.")
    if status is not Status.PROPOSED and any(changes.get(name) is not None for name in SNOOZES):
        raise NotAllowed(f"#{item} is decided ({LABELS[status]}); only a proposal can be snoozed.")
    if status is not Status.REJECTED and changes.get("rejection_reason") is not None:
        raise NotAllowed(f"#{item} is not rejected ({LABELS[status]}), so there is no reason of a rejection to keep.")


def check_rules(session: Session, planned: Iterable[Planned]) -> None:
    """Accept all of these changes, which are made together.

    Raises:
        NotAllowed: one of them may not be made, or completes what still waits for others, without a reason.
    """
    completing = []
    for row, changes in planned:
        check_step(row, changes)
        if _completes(changes):
            completing.append(row["id"])
    if not completing or has_reason(session):
        return
    _, waiting = still_waiting(completing, queries.blockers_still_open(session, completing))
    if waiting:
        named = "; ".join(f"#{item} still waits for {', '.join(blockers)}" for item, blockers in waiting.items())
        raise NotAllowed(f"{named}. Complete that first, or give a reason why it is done nevertheless.")


def refusals(session: Session, planned: Sequence[Planned]) -> dict[int, str]:
    """By id, why some of these changes may not be made; the rest may be made together."""
    refused: dict[int, str] = {}
    completing = []
    for row, changes in planned:
        try:
            check_step(row, changes)
        except NotAllowed as refusal:
            refused[row["id"]] = str(refusal)
        else:
            if _completes(changes):
                completing.append(row["id"])
    if not completing or has_reason(session):
        return refused
    blocked = queries.blockers_still_open(session, completing)
    while True:
        completing, waiting = still_waiting(completing, blocked)
        if not waiting:
            return refused
        # What is refused now may be what another one of them waits for: look again.
        for item, blockers in waiting.items():
            refused[item] = (
                f"#{item} still waits for {', '.join(blockers)}. "
                "Complete that first, or give a reason why it is done nevertheless."
            )


def still_waiting(completing: Sequence[int], blocked: Blockers) -> tuple[list[int], dict[int, list[str]]]:
    """Those that can be completed together, and for the others what they wait for.

    What is completed together does not stand in its own way.
    """
    together = set(completing)
    waiting = {
        item: [f"#{blocker} {title}" for blocker, title in blocked.get(item, ()) if blocker not in together]
        for item in completing
    }
    waiting = {item: blockers for item, blockers in waiting.items() if blockers}
    return [item for item in completing if item not in waiting], waiting


def has_reason(session: Session) -> bool:
    """Whether the transaction says why."""
    return bool(session.scalar(select(func.nullif(func.current_setting("ci.reason", True), ""))))


def write(session: Session, planned: Sequence[Planned], policy: ScoringPolicy) -> list[Enhancement]:
    """Write changes that are allowed, with what follows from them, in few statements; gives them as stored.

    Scores follow, and what waited only for something that ends here comes up (see `readiness`).

    Each enhancement is written once, so that its history has one entry for the change.
    """
    stored = queries.write_rows(session, _values(session, planned, policy))
    stored |= _follow(session, planned, policy)
    return [stored[row["id"]] for row, _ in planned]


def write_unread(session: Session, planned: Sequence[Planned], policy: ScoringPolicy) -> None:
    """As `write`, for who does not want to read hundreds of enhancements back."""
    queries.write_rows(session, _values(session, planned, policy), read=False)
    _follow(session, planned, policy)


def _values(session: Session, planned: Sequence[Planned], policy: ScoringPolicy) -> dict[int, dict[str, Any]]:
    scored = [row["id"] for row, changes in planned if SCORED_FIELDS & changes.keys()]
    around = Surroundings.of(session, scored)
    return {row["id"]: _with_scores(row, changes, around, policy) for row, changes in planned}


def _follow(session: Session, planned: Sequence[Planned], policy: ScoringPolicy) -> dict[int, Enhancement]:
    """See to what hangs on enhancements that have just ended or begun anew; gives those that came up for it."""
    now = {row["id"]: changes["status"] for row, changes in planned if "status" in changes}
    reach = {
        row["id"]
        for row, _ in planned
        if row["id"] in now and (row["status"] in OPEN_STATUSES) is not (now[row["id"]] in OPEN_STATUSES)
    }
    if not reach:
        return {}
    # What they waited for now unblocks fewer (or more) than before.
    rescore(session, queries.blockers_of(session, reach), policy=policy)
    closed = [item for item in reach if now[item] not in OPEN_STATUSES]
    return bring_up_waiting(session, closed) if closed else {}


def _with_scores(
    row: Stored, changes: Mapping[str, Any], around: Surroundings, policy: ScoringPolicy
) -> dict[str, Any]:
    if not SCORED_FIELDS & changes.keys():
        return dict(changes)
    return {**changes, **around.scores(policy, {**row, **changes}, row["score_overrides"])}


def _completes(changes: Mapping[str, Any]) -> bool:
    return bool(changes.get("status") == Status.COMPLETED)
