"""What people decide about findings, one finding at a time: convert, attach, reject, snooze, reopen, split, merge."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from ci_core.backlog import queries as backlog_queries
from ci_core.backlog.enhancements import create_enhancement
from ci_core.backlog.lifecycle import LABELS, OPEN_STATUSES
from ci_core.backlog.scoring import DEFAULT_POLICY, ScoringPolicy
from ci_core.backlog.snoozing import check_moment
from ci_core.backlog.triage import RejectionReason
from ci_core.backlog.validation import REJECTION_REASON_MAX, line
from ci_core.backlog.values import Enhancement
from ci_core.errors import DecidedMeanwhile, InvalidInput, NotAllowed, NotFound
from ci_core.research import finding_queries
from ci_core.research.conversion import ConversionForm, enhancement_from_form, proposed_form
from ci_core.research.correcting import measured_of
from ci_core.research.duplicates import record
from ci_core.research.finding_queries import Row
from ci_core.research.findings import finding, usable_id
from db.engine import act_as
from db.enums import FindingStatus, Status, Verdict

EVIDENCE_QUOTE_MAX = 2_000
DECISIVE = frozenset({"status", "canonical_finding_id", "enhancement_id", "snoozed_until"})
UNDECIDED = frozenset({FindingStatus.NEW, FindingStatus.ANALYZED})

REJECTION_REASONS = (
    RejectionReason("1", "Not for an options platform"),
    RejectionReason("2", "Known already"),
    RejectionReason("3", "Too vague to use"),
    RejectionReason("4", "Self-promotion"),
    RejectionReason("5", "Not trustworthy"),
    RejectionReason("6", "Too much work for what it brings"),
    RejectionReason("7", "Outdated"),
)


@dataclass(frozen=True, slots=True)
class Decided:
    """A finding after a decision; `enhancement_id` is what it became a part of, if it did."""

    id: int
    status: FindingStatus
    version: int
    enhancement_id: int | None = None


def convert_finding(
    session: Session,
    finding_id: int,
    *,
    actor: str,
    form: ConversionForm | None = None,
    expected_version: int | None = None,
    policy: ScoringPolicy = DEFAULT_POLICY,
    now: datetime | None = None,
) -> Enhancement:
    """Make an enhancement of a finding, which becomes its origin, with the quotation as evidence.

    Args:
        form: what the enhancement says; None takes what the finding itself suggests.
        expected_version: the version that the person saw, here as in every decision; None: whatever is stored.

    Raises:
        InvalidInput: a field of the form cannot be stored.
        DecidedMeanwhile: somebody else decided the finding since that version.
        NotAllowed: it became a part of an enhancement already, or repeats another finding.
        NotFound: there is no such finding.
    """
    act_as(session, actor)
    row = _undecided(session, finding_id, expected_version)
    detail = finding(session, row["id"])
    made = create_enhancement(
        session, enhancement_from_form(detail, form or proposed_form(detail)), actor=actor, policy=policy
    )
    _become_part_of(session, row, made.id, detail.quote, actor, now, origin=True)
    return made


def attach_finding(
    session: Session,
    finding_id: int,
    enhancement_id: int,
    *,
    actor: str,
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Decided:
    """Let a finding speak for an enhancement that exists, as evidence with its quotation.

    Raises:
        DecidedMeanwhile, NotAllowed, NotFound: as `convert_finding`; or the enhancement is closed, or unknown.
    """
    act_as(session, actor)
    # The enhancement first, as whoever undoes it locks them.
    other = backlog_queries.locked_rows(session, [enhancement_id])[enhancement_id]
    if other["merged_into_id"] is not None:
        raise NotAllowed(f"#{enhancement_id} was merged into #{other['merged_into_id']}. Attach it to that one.")
    status = Status(other["status"])
    if status not in OPEN_STATUSES and status is not Status.DEFERRED:
        raise NotAllowed(
            f"#{enhancement_id} is {LABELS[status].lower()}; evidence helps what is still open. Convert the finding."
        )
    row = _undecided(session, finding_id, expected_version)
    quote = finding(session, row["id"]).quote
    return _become_part_of(session, row, enhancement_id, quote, actor, now, origin=False)


def reject_finding(
    session: Session,
    finding_id: int,
    reason: str | None = None,
    *,
    actor: str,
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Decided:
    """Decide against a finding; the reason, if there is one, is kept with it and in its history.

    Raises:
        InvalidInput: the reason is too long or no line of text.
        DecidedMeanwhile, NotAllowed, NotFound: as `convert_finding`.
    """
    why = line("reason", reason, REJECTION_REASON_MAX) if reason is not None and reason.strip() else None
    act_as(session, actor)
    row = _undecided(session, finding_id, expected_version)
    values = {"status": FindingStatus.REJECTED.value, "decision_reason": why, "snoozed_until": None}
    return _write(session, row, values | _signed(actor, now))


def snooze_finding(
    session: Session,
    finding_id: int,
    until: datetime,
    *,
    actor: str,
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Decided:
    """Take a finding that waits out of the feed until a moment, at most three years ahead.

    One that only the agent set aside waits from then on: somebody wants to see it again.

    Raises:
        InvalidInput: the moment has passed, is too far away, or has no zone.
        DecidedMeanwhile, NotAllowed, NotFound: as `convert_finding`.
    """
    check_moment(until, now or datetime.now(UTC))
    act_as(session, actor)
    row = _undecided(session, finding_id, expected_version)
    if row["status"] in UNDECIDED:
        return _write(session, row, {"snoozed_until": until})
    if not (row["decided_by"] or "").startswith("agent:"):
        raise NotAllowed(f"Finding {finding_id} was rejected; only one that waits can be snoozed. Reopen it first.")
    return _write(session, row, {"status": _waiting(row), "snoozed_until": until} | _UNSIGNED)


def reopen_finding(session: Session, finding_id: int, *, actor: str, expected_version: int | None = None) -> Decided:
    """Bring a finding that was rejected, set aside or snoozed back into the feed; one that waits stays as it is.

    Raises:
        DecidedMeanwhile, NotAllowed, NotFound: as `convert_finding`.
    """
    act_as(session, actor)
    row = _undecided(session, finding_id, expected_version)
    return _write(session, row, {"status": _waiting(row), "snoozed_until": None} | _UNSIGNED)


def merge_finding(
    session: Session,
    finding_id: int,
    canonical_id: int,
    *,
    actor: str,
    expected_version: int | None = None,
) -> Decided:
    """Say that a finding is the same as another one, which it then repeats; what repeats it follows it there.

    What was measured of the two is kept with the correction, so that the decision about duplicates can learn from it.

    Raises:
        InvalidInput: both are the same finding, or the other one repeats this one.
        DecidedMeanwhile, NotAllowed, NotFound: as `convert_finding`.
    """
    act_as(session, actor)
    repeating = finding_queries.ids_repeating(session, usable_id(finding_id))
    rows = finding_queries.locked(session, {finding_id, usable_id(canonical_id), *repeating})
    row = _checked(session, rows, finding_id, expected_version, repeats=True)
    if canonical_id not in rows:
        raise NotFound(f"There is no finding {canonical_id}.")
    target = rows[canonical_id]["canonical_finding_id"] or canonical_id
    if finding_id in (canonical_id, target):
        raise InvalidInput("canonical_id", f"Finding {finding_id} cannot repeat itself. Name another finding.")
    if row["canonical_finding_id"] == target:
        return Decided(finding_id, FindingStatus.DUPLICATE, row["version"])
    _correct(session, finding_id, target, Verdict.DUPLICATE)
    for other in repeating:
        finding_queries.write(session, other, {"canonical_finding_id": target})
    values = {
        "status": FindingStatus.DUPLICATE.value,
        "canonical_finding_id": target,
        "duplicate_similarity": finding_queries.cosine(session, finding_id, target),
        "duplicate_reason": f"{actor} said that both are the same"[:500],
        "snoozed_until": None,
    }
    return _write(session, row, values | _UNSIGNED)


def split_finding(
    session: Session,
    finding_id: int,
    *,
    actor: str,
    verdict: Verdict = Verdict.DIFFERENT,
    expected_version: int | None = None,
) -> Decided:
    """Say that a finding is not the same as the one that it was taken to repeat; it waits in the feed again.

    Args:
        verdict: whether the two have nothing to do with each other, or are related.

    Raises:
        InvalidInput: "duplicate" is what was said before.
        NotAllowed: it repeats nothing.
        DecidedMeanwhile, NotFound: as `convert_finding`.
    """
    if verdict is Verdict.DUPLICATE:
        raise InvalidInput("verdict", "Say what the two are instead: different or related.")
    act_as(session, actor)
    rows = finding_queries.locked(session, {usable_id(finding_id)})
    row = _checked(session, rows, finding_id, expected_version, repeats=True)
    canonical_id = row["canonical_finding_id"]
    if canonical_id is None:
        raise NotAllowed(f"Finding {finding_id} repeats no other one, so there is nothing to split.")
    _correct(session, finding_id, canonical_id, verdict)
    values = {
        "status": _waiting(row),
        "canonical_finding_id": None,
        "duplicate_similarity": None,
        "duplicate_reason": None,
    }
    return _write(session, row, values | _UNSIGNED)


def _become_part_of(
    session: Session,
    row: Row,
    enhancement_id: int,
    quote: str | None,
    actor: str,
    now: datetime | None,
    *,
    origin: bool,
) -> Decided:
    evidence = {
        "enhancement_id": enhancement_id,
        "finding_id": row["id"],
        "origin": origin,
        "quote": quote[:EVIDENCE_QUOTE_MAX] if quote else None,
    }
    session.execute(finding_queries.STORE_EVIDENCE, evidence)
    values = {
        "status": FindingStatus.CONVERTED_TO_ENHANCEMENT.value,
        "enhancement_id": enhancement_id,
        "snoozed_until": None,
        "decision_reason": None,
    }
    return _write(session, row, values | _signed(actor, now))


def _undecided(session: Session, finding_id: int, expected_version: int | None) -> Row:
    """The finding, locked, if one can still decide it: it waits, or was rejected and somebody thinks otherwise."""
    rows = finding_queries.locked(session, {usable_id(finding_id)})
    return _checked(session, rows, finding_id, expected_version, repeats=False)


def _checked(
    session: Session, rows: Mapping[int, Row], finding_id: int, expected_version: int | None, *, repeats: bool
) -> Row:
    row = rows.get(finding_id)
    if row is None:
        raise NotFound(f"There is no finding {finding_id}.")
    if expected_version is not None and not 1 <= expected_version <= row["version"]:
        raise InvalidInput(
            "expected_version", f"Version {expected_version} does not exist; the newest is {row['version']}."
        )
    if expected_version not in (None, row["version"]):
        _refuse_if_decided(session, row, expected_version or 0)
    status = FindingStatus(row["status"])
    if status is FindingStatus.CONVERTED_TO_ENHANCEMENT:
        raise NotAllowed(f"Finding {finding_id} is a part of #{row['enhancement_id']} already. Undo that first.")
    if status is FindingStatus.DUPLICATE and not repeats:
        raise NotAllowed(
            f"Finding {finding_id} repeats finding {row['canonical_finding_id']}. Decide that one, or split the two."
        )
    return row


def _refuse_if_decided(session: Session, row: Row, version: int) -> None:
    for change in reversed(finding_queries.changes_since(session, row["id"], version)):
        if DECISIVE & set(change.changed_fields):
            raise DecidedMeanwhile(
                row["id"], _in_words(change.after or {}), current_version=row["version"], changed_by=change.actor
            )


def _in_words(after: Mapping[str, Any]) -> str:
    if after.get("enhancement_id") is not None:
        return f"made it a part of #{after['enhancement_id']}"
    if after.get("status") == FindingStatus.REJECTED:
        return "rejected it"
    if after.get("canonical_finding_id") is not None:
        return f"said that it is the same as finding {after['canonical_finding_id']}"
    return "snoozed it" if after.get("snoozed_until") is not None else "brought it back to the feed"


def _correct(session: Session, one: int, other: int, verdict: Verdict) -> None:
    values = {
        "one": one,
        "other": other,
        "verdict": verdict.value,
        "measured": json.dumps(measured_of(session, one, other)),
    }
    session.execute(finding_queries.STORE_CORRECTION, values)
    record(session)


def _waiting(row: Row) -> str:
    return (FindingStatus.NEW if row["scored_at"] is None else FindingStatus.ANALYZED).value


def _signed(actor: str, now: datetime | None) -> dict[str, Any]:
    return {"decided_by": actor, "decided_at": now or datetime.now(UTC)}


_UNSIGNED: dict[str, Any] = {"decided_by": None, "decided_at": None, "decision_reason": None}


def _write(session: Session, row: Row, values: Mapping[str, Any]) -> Decided:
    version = row["version"]
    if any(row.get(name, value) != value for name, value in values.items() if name != "decided_at"):
        version = finding_queries.write(session, row["id"], values)
    now = {**row, **values}
    return Decided(row["id"], FindingStatus(now["status"]), version, now["enhancement_id"])
