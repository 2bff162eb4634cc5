"""From issues to the board by hand: one enhancement of those that a person chose, or a place behind one there is."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core.backlog import create_enhancement as add_to_backlog
from ci_core.backlog import get_enhancement
from ci_core.backlog.lifecycle import LABELS, OPEN_STATUSES
from ci_core.backlog.queries import ENHANCEMENTS, locked_rows
from ci_core.backlog.scoring import DEFAULT_POLICY, ScoringPolicy, rescore
from ci_core.backlog.validation import TITLE_MAX, line
from ci_core.backlog.values import Enhancement
from ci_core.errors import InvalidInput, NotAllowed, NotFound
from ci_core.health.proposals import queries
from ci_core.health.proposals.explaining import words_for
from ci_core.health.proposals.grouping import area_of
from ci_core.health.proposals.text import new_enhancement, wording
from ci_core.health.proposals.values import ACTIVE, GroupKey, IssueBehind
from db.engine import act_as
from db.enums import Status

MOST_AT_ONCE = 5_000
LARGEST_ID = 2**63 - 1


def create_enhancement(
    session: Session,
    issue_ids: Collection[int],
    *,
    actor: str,
    title: str | None = None,
    status: Status | str = Status.PROPOSED,
    policy: ScoringPolicy = DEFAULT_POLICY,
) -> Enhancement:
    """Make one enhancement of these issues, which stand behind it from then on; an undo takes both back.

    Args:
        title: what it is called; None: what its issues have in common.
        status: "proposed", or "approved" for what is decided already.

    Raises:
        InvalidInput: no issue is named, or too many, or the title cannot be stored.
        NotAllowed: an issue is settled, or stands behind another open enhancement; says which.
        NotFound: an issue does not exist.
    """
    stated = None if title is None or not title.strip() else line("title", title, TITLE_MAX)
    act_as(session, actor)
    issues = _free(session, issue_ids)
    rules = {one.rule for one in issues}
    areas = {area_of(one) for one in issues}
    key = GroupKey(rules.pop() if len(rules) == 1 else "", areas.pop() if len(areas) == 1 else "")
    made = add_to_backlog(
        session,
        new_enhancement(wording(key, issues, words_for(key.rule)), title=stated, status=status),
        actor=actor,
        policy=policy,
    )
    queries.link(session, {one.id: made.id for one in issues})
    rescore(session, [made.id], policy=policy)
    return get_enhancement(session, made.id)


def attach_issues(
    session: Session,
    issue_ids: Collection[int],
    enhancement_id: int,
    *,
    actor: str,
    policy: ScoringPolicy = DEFAULT_POLICY,
) -> Enhancement:
    """Put these issues behind an enhancement that is still open; its score follows.

    Raises:
        InvalidInput, NotAllowed, NotFound: as `create_enhancement`; or the enhancement is closed, merged, or unknown.
    """
    act_as(session, actor)
    # The enhancement first, as whoever undoes it locks them.
    row = locked_rows(session, [enhancement_id])[enhancement_id]
    if row["merged_into_id"] is not None:
        raise NotAllowed(f"#{enhancement_id} was merged into #{row['merged_into_id']}. Attach the issues to that one.")
    status = Status(row["status"])
    if status not in OPEN_STATUSES:
        raise NotAllowed(f"#{enhancement_id} is {LABELS[status].lower()}. Reopen it, or make a new enhancement.")
    issues = _free(session, issue_ids, joining=enhancement_id)
    queries.link(session, {one.id: enhancement_id for one in issues})
    rescore(session, [enhancement_id], policy=policy)
    return get_enhancement(session, enhancement_id)


def _free(session: Session, issue_ids: Collection[int], joining: int | None = None) -> Sequence[IssueBehind]:
    """The issues, locked, if each is still to be repaired and stands behind no other open enhancement."""
    wanted = set(issue_ids)
    if not wanted:
        raise InvalidInput("issue_ids", "Choose at least one issue.")
    if len(wanted) > MOST_AT_ONCE:
        raise InvalidInput(
            "issue_ids", f"{len(wanted):,} issues are too many for one enhancement; at most {MOST_AT_ONCE:,}."
        )
    usable = {one for one in wanted if 1 <= one <= LARGEST_ID}
    issues = queries.issues_by_id(session, usable)
    missing = sorted(wanted - {one.id for one in issues})
    if missing:
        raise NotFound(f"There is no issue {missing[0]}.")
    taken = _open_ones(session, {one.enhancement_id for one in issues if one.enhancement_id is not None} - {joining})
    for one in issues:
        if one.status not in ACTIVE:
            raise NotAllowed(f"Issue {one.id} is {one.status.replace('_', ' ')}. Reopen it first, or leave it out.")
        if one.enhancement_id in taken:
            raise NotAllowed(f"Issue {one.id} stands behind #{one.enhancement_id} already. Leave it out.")
    return issues


def _open_ones(session: Session, ids: Collection[int | None]) -> set[int]:
    if not ids:
        return set()
    open_ones = ENHANCEMENTS.c.status.in_([status.value for status in OPEN_STATUSES])
    return set(session.scalars(select(ENHANCEMENTS.c.id).where(ENHANCEMENTS.c.id.in_(ids), open_ones)))
