"""The inbox: proposals that nobody has decided, best first, and the decisions that people make there."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core.backlog import queries
from ci_core.backlog.dependencies import lock_dependencies
from ci_core.backlog.enhancements import update_enhancement
from ci_core.backlog.listing import Sort, conditions_of, list_enhancements
from ci_core.backlog.merging import merge_duplicate
from ci_core.backlog.operations import Operation, OutcomeKind, answer_to, carry_out_once
from ci_core.backlog.query_filters import Choice, Field, Query, State
from ci_core.backlog.scoring import DEFAULT_POLICY, ScoringPolicy
from ci_core.backlog.snoozing import snooze, undecided, wake
from ci_core.backlog.triage_queries import proposed
from ci_core.backlog.undo import undo_transaction
from ci_core.backlog.validation import REJECTION_REASON_MAX, line
from ci_core.backlog.values import Enhancement, Page
from ci_core.errors import NotAllowed, NotFound
from db.engine import Database, act_as
from db.enums import Priority, Status

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RejectionReason:
    """A common reason to reject, with the one key that chooses it."""

    key: str
    text: str


REJECTION_REASONS = (
    RejectionReason("1", "Exists already"),
    RejectionReason("2", "Out of scope"),
    RejectionReason("3", "Not worth the effort"),
    RejectionReason("4", "Cannot be reproduced"),
    RejectionReason("5", "Already done"),
    RejectionReason("6", "Too vague to act on"),
    RejectionReason("7", "Risk outweighs the benefit"),
)


@dataclass(frozen=True, slots=True)
class Inbox:
    """Some proposals that wait for a decision, best first; how many wait in all, and how many are snoozed."""

    total: int
    snoozed: int
    enhancements: tuple[Enhancement, ...]


@dataclass(frozen=True, slots=True)
class Approve:
    """Accept the proposal. `version` is what the person saw, here as in every decision; None: whatever is stored."""

    enhancement_id: int
    version: int | None


@dataclass(frozen=True, slots=True)
class MergeInto:
    """The proposal says what another enhancement says already: merge it into that one."""

    enhancement_id: int
    version: int | None
    original_id: int


@dataclass(frozen=True, slots=True)
class Reject:
    """Decide against the proposal; the reason is kept with it."""

    enhancement_id: int
    version: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Snooze:
    """Put the proposal aside until a moment or until another one is done; with neither, bring it back now."""

    enhancement_id: int
    version: int | None
    until: datetime | None = None
    until_done: int | None = None


@dataclass(frozen=True, slots=True)
class Assign:
    """Say who works on it; None: nobody."""

    enhancement_id: int
    version: int | None
    assignee: str | None


@dataclass(frozen=True, slots=True)
class Prioritise:
    """Say how urgent it is."""

    enhancement_id: int
    version: int | None
    priority: Priority


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Undo an earlier decision of the same client, which its sequence number names."""

    enhancement_id: int
    earlier: int


Decision = Approve | MergeInto | Reject | Snooze | Assign | Prioritise | TakeBack


@dataclass(frozen=True, slots=True)
class Numbered:
    """A decision and its place in the order of its client's."""

    sequence: int
    decision: Decision


@dataclass(frozen=True, slots=True)
class DecisionOutcome:
    """What became of one decision; `message` says why it was not applied."""

    sequence: int
    enhancement_id: int
    kind: OutcomeKind
    message: str | None = None


def inbox(
    session: Session,
    query: Query | None = None,
    *,
    limit: int = 50,
    offset: int = 0,
    actor: str | None = None,
    now: datetime | None = None,
) -> Inbox:
    """The proposals that fulfil the query and wait for a decision, the most urgent first, then by score.

    What is snoozed is left out until its time has come or what it waits for is done.

    Args:
        limit: 0–1,000 per page.
        actor: whom `assignee:me` means.
        now: when snoozes are looked at; None for now.

    Raises:
        InvalidInput: the page cannot be.
    """
    moment = now or datetime.now(UTC)

    def page(state: State, most: int, start: int) -> Page:
        asked = query or Query()
        narrowed = Query(asked.text, (*asked.filters, Choice(Field.IS, (state.value,))))
        return list_enhancements(
            session, narrowed, limit=most, offset=start, sort=Sort.PRIORITY, actor=actor, now=moment
        )

    waiting = page(State.INBOX, limit, offset)
    return Inbox(waiting.total, page(State.SNOOZED, 0, 0).total, waiting.enhancements)


def proposals_matching(session: Session, ids: Sequence[int], query: Query, *, actor: str | None) -> frozenset[int]:
    """Those of these proposals that fulfil the query, whatever their number."""
    conditions = conditions_of(query, now=datetime.now(UTC), actor=actor)
    rows = session.scalars(select(queries.ENHANCEMENTS.c.id).where(proposed(), *conditions))
    return frozenset(rows) & frozenset(ids)


def decide(session: Session, decision: Decision, *, actor: str, policy: ScoringPolicy = DEFAULT_POLICY) -> None:
    """Carry out one decision, except `TakeBack`, which only a client's numbered decisions know.

    Raises:
        EditConflict: somebody else decided it, or changed the same field, since the version that the person saw.
        NotAllowed: it is no proposal any more, or the rules forbid it.
        NotFound: it, or the other one, does not exist.
        InvalidInput: a value cannot be used.
    """
    item = decision.enhancement_id
    if isinstance(decision, Approve):
        _check_undecided(session, decision, actor)
        _change(session, decision, {"status": Status.APPROVED.value}, actor, policy)
    elif isinstance(decision, Reject):
        _check_undecided(session, decision, actor)
        reject(session, item, decision.reason, expected_version=decision.version, actor=actor, policy=policy)
    elif isinstance(decision, MergeInto):
        lock_dependencies(session)
        _check_undecided(session, decision, actor)
        merge_duplicate(session, item, decision.original_id, actor=actor, policy=policy)
    elif isinstance(decision, Snooze):
        _snooze(session, decision, actor)
    elif isinstance(decision, Assign):
        _change(session, decision, {"assignee": decision.assignee}, actor, policy)
    elif isinstance(decision, Prioritise):
        _change(session, decision, {"priority": decision.priority.value}, actor, policy)
    else:
        raise NotAllowed("Only the browser that decided can take a decision back by its number.")


def reject(
    session: Session,
    enhancement_id: int,
    reason: str,
    *,
    actor: str,
    expected_version: int | None = None,
    policy: ScoringPolicy = DEFAULT_POLICY,
) -> Enhancement:
    """Decide against an enhancement; the reason is kept with it and in its history.

    Raises:
        InvalidInput: the reason is missing or too long.
        EditConflict: somebody else decided it since `expected_version`.
        NotAllowed: what was completed or archived is reopened first.
        NotFound: there is no such enhancement.
    """
    why = line("reason", reason, REJECTION_REASON_MAX)
    return update_enhancement(
        session,
        enhancement_id,
        {"status": Status.REJECTED.value, "rejection_reason": why},
        expected_version=expected_version,
        actor=actor,
        reason=why,
        policy=policy,
    )


def apply_decisions(
    database: Database,
    client_id: str,
    decisions: Sequence[Numbered],
    *,
    actor: str,
    policy: ScoringPolicy = DEFAULT_POLICY,
) -> list[DecisionOutcome]:
    """Carry out a browser's decisions in order, each in a transaction of its own, and each exactly once.

    A decision that was answered before (the same client and sequence) gets the stored answer again.

    Raises:
        db.errors.DatabaseError: the database cannot be reached; decisions not answered yet were not carried out.
    """
    return [_apply(database, client_id, one, actor, policy) for one in decisions]


def _apply(
    database: Database, client_id: str, numbered: Numbered, actor: str, policy: ScoringPolicy
) -> DecisionOutcome:
    decision = numbered.decision

    def change(session: Session) -> None:
        if isinstance(decision, TakeBack):
            _take_back(session, client_id, decision, actor, policy)
        else:
            decide(session, decision, actor=actor, policy=policy)

    operation = Operation(client_id, numbered.sequence, _fingerprint(decision))
    answer = carry_out_once(database, operation, change, actor=actor)
    log.info("inbox_decision what=%s kind=%s id=%d", type(decision).__name__, answer.kind, decision.enhancement_id)
    return DecisionOutcome(numbered.sequence, decision.enhancement_id, answer.kind, answer.message)


def _take_back(session: Session, client_id: str, decision: TakeBack, actor: str, policy: ScoringPolicy) -> None:
    earlier = answer_to(session, client_id, decision.earlier)
    if earlier is None:
        raise NotFound("The decision to take back is not known any more. Its history in the opened item still is.")
    if earlier.kind is not OutcomeKind.APPLIED or earlier.transaction_id is None:
        raise NotAllowed("That decision was not stored, so there is nothing to take back.")
    try:
        undo_transaction(session, earlier.transaction_id, actor=actor, policy=policy)
    except NotFound:
        # It changed nothing: the value was there already.
        log.info("inbox_decision_without_effect client=%s sequence=%d", client_id, decision.earlier)


def _check_undecided(session: Session, decision: Approve | Reject | MergeInto, actor: str) -> None:
    act_as(session, actor)
    item = decision.enhancement_id
    # With what it waits for, as the change itself will lock them: in one order, so that nobody waits for each other.
    undecided(session, queries.locked_rows(session, [item], with_blockers=True)[item], decision.version)


def _change(
    session: Session,
    decision: Approve | Assign | Prioritise,
    changes: Mapping[str, Any],
    actor: str,
    policy: ScoringPolicy,
) -> None:
    update_enhancement(
        session, decision.enhancement_id, changes, expected_version=decision.version, actor=actor, policy=policy
    )


def _snooze(session: Session, decision: Snooze, actor: str) -> None:
    item, version = decision.enhancement_id, decision.version
    if decision.until is None and decision.until_done is None:
        wake(session, item, actor=actor, expected_version=version)
        return
    snooze(
        session,
        item,
        until=decision.until,
        until_done=decision.until_done,
        expected_version=version,
        actor=actor,
    )


def _fingerprint(decision: Decision) -> dict[str, Any]:
    given = {field.name: getattr(decision, field.name) for field in fields(decision)}
    moment = given.get("until")
    return {"what": type(decision).__name__, **given} | ({"until": moment.isoformat()} if moment else {})
