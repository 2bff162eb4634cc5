"""Decisions as people make them in the feed: many findings at once; and what browsers send, exactly once."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy.orm import Session

from ci_core.backlog import queries as backlog_queries
from ci_core.backlog.bulk import BulkProblem, BulkResult
from ci_core.backlog.operations import Operation, OutcomeKind, Result, answer_to, carry_out_once
from ci_core.backlog.scoring import DEFAULT_POLICY, ScoringPolicy
from ci_core.backlog.undo import undo_transaction
from ci_core.errors import CiError, InvalidInput, NotAllowed, NotFound
from ci_core.research import decisions as one_by_one
from ci_core.research import finding_queries
from ci_core.research.conversion import ConversionForm
from db.engine import Database
from db.enums import Verdict

log = logging.getLogger(__name__)
MOST_FINDINGS = 1_000
Seen = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class Convert:
    """Make an enhancement of it; without a form as the finding itself suggests."""

    form: ConversionForm | None = None


@dataclass(frozen=True, slots=True)
class Attach:
    """Let it speak for an enhancement that exists."""

    enhancement_id: int


@dataclass(frozen=True, slots=True)
class Reject:
    """Decide against it."""

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Snooze:
    """Put it aside until a moment."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Reopen:
    """Bring it back into the feed."""


@dataclass(frozen=True, slots=True)
class Merge:
    """Say that it is the same as another finding."""

    canonical_id: int


@dataclass(frozen=True, slots=True)
class Split:
    """Say that it is not the same as the finding that it was taken to repeat."""

    verdict: Verdict = Verdict.DIFFERENT


Decision = Convert | Attach | Reject | Snooze | Reopen | Merge | Split


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Undo an earlier decision of the same client, which its sequence number names."""

    earlier: int


@dataclass(frozen=True, slots=True)
class Numbered:
    """A decision and its place in its client's order; `findings` are pairs of id and the version that was seen."""

    sequence: int
    findings: tuple[Seen, ...]
    decision: Decision | TakeBack


@dataclass(frozen=True, slots=True)
class DecisionOutcome:
    """What became of one numbered decision.

    Attributes:
        message: why nothing of it was stored.
        versions: by finding, the version that it has now.
        problems: by finding, why it alone was left as it is.
        enhancement_id: what a single finding became a part of.
    """

    sequence: int
    kind: OutcomeKind
    message: str | None = None
    versions: Mapping[int, int] | None = None
    problems: Mapping[int, str] | None = None
    enhancement_id: int | None = None


def decide(
    session: Session,
    finding_id: int,
    decision: Decision,
    *,
    actor: str,
    expected_version: int | None = None,
    policy: ScoringPolicy = DEFAULT_POLICY,
) -> int | None:
    """Carry out one decision about one finding; gives the enhancement that it became a part of.

    Raises:
        DecidedMeanwhile, NotAllowed, NotFound, InvalidInput: as the functions of `ci_core.research.decisions`.
    """
    seen = {"actor": actor, "expected_version": expected_version}
    match decision:
        case Convert(form):
            return one_by_one.convert_finding(session, finding_id, form=form, policy=policy, **seen).id  # type: ignore[arg-type]
        case Attach(enhancement_id):
            one_by_one.attach_finding(session, finding_id, enhancement_id, **seen)  # type: ignore[arg-type]
            return enhancement_id
        case Reject(reason):
            one_by_one.reject_finding(session, finding_id, reason, **seen)  # type: ignore[arg-type]
        case Snooze(until):
            one_by_one.snooze_finding(session, finding_id, until, **seen)  # type: ignore[arg-type]
        case Reopen():
            one_by_one.reopen_finding(session, finding_id, **seen)  # type: ignore[arg-type]
        case Merge(canonical_id):
            one_by_one.merge_finding(session, finding_id, canonical_id, **seen)  # type: ignore[arg-type]
        case Split(verdict):
            one_by_one.split_finding(session, finding_id, verdict=verdict, **seen)  # type: ignore[arg-type]
    return None


def decide_many(
    session: Session,
    findings: Sequence[Seen],
    decision: Decision,
    *,
    actor: str,
    policy: ScoringPolicy = DEFAULT_POLICY,
) -> BulkResult:
    """Decide the same about many findings in one transaction, each with an entry of its own in the history.

    What was decided by others meanwhile, or may not be decided so, is left as it is and named; the rest is done, and
    `undo_transaction` takes all of it back at once.

    Args:
        findings: pairs of id and the version that the person saw (None: whatever is stored), at most 1,000.

    Raises:
        InvalidInput: a finding is given twice, or there are too many, or a form is to serve for several.
        NotFound: there is no such enhancement to attach to.
    """
    ids = [item for item, _ in findings]
    if len(set(ids)) < len(ids):
        raise InvalidInput("findings", "A finding can be decided only once at a time.")
    if len(ids) > MOST_FINDINGS:
        raise InvalidInput("findings", f"{len(ids):,} findings are too many at once; {MOST_FINDINGS:,} are possible.")
    if isinstance(decision, Convert) and decision.form is not None and len(ids) > 1:
        raise InvalidInput("form", "Each finding becomes an enhancement of its own, with words of its own.")
    if isinstance(decision, Attach):
        backlog_queries.locked_rows(session, [decision.enhancement_id])
    # All at once and in one order, so that two who decide the same ones do not wait for each other.
    before = {item: row["version"] for item, row in finding_queries.locked(session, ids).items()}
    problems: dict[int, str] = {}
    for item, version in findings:
        try:
            with session.begin_nested():
                decide(session, item, decision, actor=actor, expected_version=version, policy=policy)
        except CiError as problem:
            problems[item] = str(problem)
    after = versions_of(session, ids)
    changed = {item for item in ids if item not in problems and after.get(item) != before.get(item)}
    return BulkResult(
        changed=tuple(item for item in ids if item in changed),
        unchanged=tuple(item for item in ids if item not in changed and item not in problems),
        problems=tuple(BulkProblem(item, message) for item, message in problems.items()),
        transaction_id=session.scalars(backlog_queries.THIS_TRANSACTION).one() if changed else None,
    )


def versions_of(session: Session, ids: Sequence[int]) -> dict[int, int]:
    """The present version of each of these findings."""
    return finding_queries.versions(session, ids)


def apply_decisions(
    database: Database,
    client_id: str,
    numbered: Sequence[Numbered],
    *,
    actor: str,
    policy: ScoringPolicy = DEFAULT_POLICY,
) -> list[DecisionOutcome]:
    """Carry out a browser's decisions in order, each in a transaction of its own, and each exactly once.

    A decision that was answered before (the same client and sequence) gets the stored answer again.

    Raises:
        db.errors.DatabaseError: the database cannot be reached; decisions not answered yet were not carried out.
    """
    return [_apply(database, client_id, one, actor, policy) for one in numbered]


def _apply(
    database: Database, client_id: str, numbered: Numbered, actor: str, policy: ScoringPolicy
) -> DecisionOutcome:
    def change(session: Session) -> Result:
        return _change(session, client_id, numbered, actor, policy)

    fingerprint = {"findings": [list(one) for one in numbered.findings], **_fingerprint(numbered.decision)}
    answer = carry_out_once(database, Operation(client_id, numbered.sequence, fingerprint), change, actor=actor)
    what = type(numbered.decision).__name__
    log.info("feed_decision what=%s kind=%s findings=%d", what, answer.kind, len(numbered.findings))
    value = answer.value or {}
    return DecisionOutcome(
        numbered.sequence,
        answer.kind,
        answer.message,
        {int(item): version for item, version in value.get("versions", {}).items()},
        {int(item): message for item, message in value.get("problems", {}).items()},
        value.get("enhancement_id"),
    )


def _change(session: Session, client_id: str, numbered: Numbered, actor: str, policy: ScoringPolicy) -> Result:
    decision, ids = numbered.decision, [item for item, _ in numbered.findings]
    problems: dict[str, str] = {}
    enhancement_id = None
    if isinstance(decision, TakeBack):
        _take_back(session, client_id, decision, actor, policy)
    elif len(numbered.findings) == 1:
        item, version = numbered.findings[0]
        enhancement_id = decide(session, item, decision, actor=actor, expected_version=version, policy=policy)
    else:
        result = decide_many(session, numbered.findings, decision, actor=actor, policy=policy)
        problems = {str(problem.id): problem.message for problem in result.problems}
        if len(problems) == len(ids):
            raise NotAllowed(f"None of the {len(ids)} could be decided so. The first: {result.problems[0].message}")
    versions = {str(item): version for item, version in versions_of(session, ids).items()}
    return Result({"versions": versions, "problems": problems, "enhancement_id": enhancement_id})


def _take_back(session: Session, client_id: str, decision: TakeBack, actor: str, policy: ScoringPolicy) -> None:
    earlier = answer_to(session, client_id, decision.earlier)
    if earlier is None:
        raise NotFound("The decision to take back is not known any more. The history of the finding still is.")
    if earlier.kind is not OutcomeKind.APPLIED or earlier.transaction_id is None:
        raise NotAllowed("That decision was not stored, so there is nothing to take back.")
    try:
        undo_transaction(session, earlier.transaction_id, actor=actor, policy=policy)
    except NotFound:
        # It changed nothing: that was so already.
        log.info("feed_decision_without_effect client=%s sequence=%d", client_id, decision.earlier)


def _fingerprint(decision: Decision | TakeBack) -> dict[str, Any]:
    return {"what": type(decision).__name__, **{name: _as_json(value) for name, value in asdict(decision).items()}}


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(name): _as_json(item) for name, item in value.items()}
    return [_as_json(item) for item in value] if isinstance(value, list | tuple) else value
