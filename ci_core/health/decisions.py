"""What people decide about issues: acknowledge, dismiss, reopen; one or thousands at once, and all can be undone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from ci_core.backlog.queries import LARGEST_ID
from ci_core.backlog.validation import body
from ci_core.errors import DecidedMeanwhile, InvalidInput, NotAllowed, NotFound
from ci_core.health import decision_queries as queries
from ci_core.health.decision_queries import Row
from db.engine import act_as
from db.enums import IssueStatus

REASON_MAX = 2_000
MOST_AT_ONCE = 20_000
LONGEST = timedelta(days=3 * 366)
DISMISSED = (IssueStatus.WONT_FIX, IssueStatus.FALSE_POSITIVE)
WORDS = {
    "open": "opened it again", "acknowledged": "acknowledged it", "fixing": "began to mend it", "fixed": "fixed it",
    "wont_fix": "decided not to fix it", "false_positive": "said that it is a false alarm",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decisions:
    """What became of issues: those that are as was decided now, and why each of the others was left as it was."""

    issue_ids: tuple[int, ...]
    left: Mapping[int, str] = field(default_factory=dict)


def acknowledge(
    session: Session,
    issue_ids: Collection[int],
    *,
    actor: str,
    reason: str | None = None,
    until: datetime | None = None,
    versions: Mapping[int, int] | None = None,
    partly: bool = False,
    now: datetime | None = None,
) -> Decisions:
    """Say that issues are known and accepted for now; they still count, until somebody mends them.

    Args:
        reason: why, or what is planned; None for nothing to say.
        until: when they are to be open again; None: not by themselves.
        versions: the version that the person saw of each, here as in every decision; None: whatever is stored.
        partly: whether to go on with the rest where some cannot be decided (any more).

    Raises:
        InvalidInput: the reason or the moment cannot be stored, or there are too many; nothing was changed.
        NotFound: there is no such issue.
        NotAllowed: one is fixed already; the text names it.
        DecidedMeanwhile: somebody else decided one since that version.
    """
    why = _reason(reason) if reason is not None and reason.strip() else None
    return _decide(session, issue_ids, IssueStatus.ACKNOWLEDGED, why, until, actor, versions, partly, now)


def dismiss(
    session: Session,
    issue_ids: Collection[int],
    status: IssueStatus,
    *,
    reason: str,
    actor: str,
    until: datetime | None = None,
    versions: Mapping[int, int] | None = None,
    partly: bool = False,
    now: datetime | None = None,
) -> Decisions:
    """Decide that issues will not be mended, or are none; they count no more, and stay so from check to check.

    Args:
        status: `WONT_FIX` for what is true and stays so, `FALSE_POSITIVE` for what is no defect.
        until: when they are to be open again; None: never by themselves.

    Raises:
        InvalidInput, NotFound, NotAllowed, DecidedMeanwhile: as `acknowledge`; or there is no reason.
    """
    if status not in DISMISSED:
        raise InvalidInput("status", "Dismiss an issue as wont_fix or as false_positive.")
    return _decide(session, issue_ids, status, _reason(reason), until, actor, versions, partly, now)


def reopen(
    session: Session,
    issue_ids: Collection[int],
    *,
    actor: str,
    versions: Mapping[int, int] | None = None,
    partly: bool = False,
) -> Decisions:
    """Take decisions back: the issues are open again; one that is not there any more counts as fixed.

    Raises:
        InvalidInput, NotFound, NotAllowed, DecidedMeanwhile: as `acknowledge`.
    """
    act_as(session, actor)
    rows, left = _decidable(session, issue_ids, versions, actor, partly)
    nothing = {"reason": None, "until": None, "by": None, "at": None}
    gone = [issue for issue, row in rows.items() if row["resolved_at"] is not None]
    here = [issue for issue, row in rows.items() if row["resolved_at"] is None and row["status"] != IssueStatus.OPEN]
    queries.write(session, gone, {**nothing, "status": IssueStatus.FIXED.value})
    queries.write(session, here, {**nothing, "status": IssueStatus.OPEN.value})
    return Decisions(tuple(rows), left)


def _decide(
    session: Session,
    issue_ids: Collection[int],
    status: IssueStatus,
    reason: str | None,
    until: datetime | None,
    actor: str,
    versions: Mapping[int, int] | None,
    partly: bool,
    now: datetime | None,
) -> Decisions:
    at = now or datetime.now(UTC)
    if until is not None:
        _check_moment(until, at)
    act_as(session, actor)
    rows, left = _decidable(session, issue_ids, versions, actor, partly)
    same = (status, reason, until)
    other = [issue for issue, row in rows.items() if (row["status"], row["status_reason"], row["status_until"]) != same]
    values = {"status": status.value, "reason": reason, "until": until, "by": actor, "at": at}
    queries.write(session, other, values)
    return Decisions(tuple(rows), left)


def _decidable(
    session: Session, issue_ids: Collection[int], versions: Mapping[int, int] | None, actor: str, partly: bool
) -> tuple[dict[int, Row], dict[int, str]]:
    """The issues that one can decide, locked; and of the others the reason, which is raised unless `partly`."""
    ids = set(issue_ids)
    if not ids or len(ids) > MOST_AT_ONCE:
        raise InvalidInput("issue_ids", f"Name 1 to {MOST_AT_ONCE:,} issues; these are {len(ids):,}.")
    rows = queries.locked(session, {issue for issue in ids if 0 < issue <= LARGEST_ID})
    if missing := sorted(ids - set(rows)):
        raise NotFound(
            f"There is no issue {missing[0]}. List those that there are with: python -m ci_core health issues"
        )
    stale = {issue: seen for issue, seen in (versions or {}).items() if issue in rows and seen < rows[issue]["version"]}
    since = queries.decided_since(session, stale) if stale else {}
    problems: dict[int, NotAllowed | DecidedMeanwhile] = {}
    for issue, row in rows.items():
        if row["status"] == IssueStatus.FIXED:
            problems[issue] = NotAllowed(
                f"Issue {issue} is fixed: a check did not find it any more. If it comes back, it is open again."
            )
        elif issue in since and since[issue][0] != actor:
            who, what = since[issue]
            said = WORDS.get(what or "", "changed until when that holds")
            problems[issue] = DecidedMeanwhile(issue, said, current_version=row["version"], changed_by=who)
    if problems and not partly:
        raise next(iter(problems.values()))
    return (
        {issue: row for issue, row in rows.items() if issue not in problems},
        {issue: str(problem) for issue, problem in problems.items()},
    )


def _reason(reason: str) -> str:
    text = body("reason", reason, REASON_MAX).strip()
    if not text:
        raise InvalidInput("reason", "Say why: whoever meets this issue next will want to know.")
    return text


def _check_moment(until: datetime, now: datetime) -> None:
    if until.tzinfo is None:
        raise InvalidInput("until", "The moment until which this holds needs a time zone.")
    if until <= now:
        raise InvalidInput("until", f"{until:%Y-%m-%d %H:%M} has passed. Choose a time that is still to come.")
    if until > now + LONGEST:
        raise InvalidInput("until", "Three years is the longest. Choose an earlier time, or none.")
