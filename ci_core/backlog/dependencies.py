"""What waits for what, what belongs together, and what is the same thing twice."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ci_core.backlog import queries
from ci_core.backlog.lifecycle import OPEN_STATUSES
from ci_core.backlog.scoring import DEFAULT_POLICY, ScoringPolicy, rescore
from ci_core.errors import DependencyCycle, InvalidInput, NotAllowed, NotFound
from db import tables
from db.engine import act_as
from db.enums import DependencyKind, Priority, Status

CIRCLE = "ci_no_dependency_circle"


@dataclass(frozen=True, slots=True)
class LinkedEnhancement:
    """The other end of a dependency."""

    id: int
    title: str
    status: Status
    priority: Priority

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return self.status in OPEN_STATUSES


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Everything an enhancement is linked with, each by id: what it waits for, what waits for it, and so on."""

    blocked_by: tuple[LinkedEnhancement, ...] = ()
    blocks: tuple[LinkedEnhancement, ...] = ()
    related: tuple[LinkedEnhancement, ...] = ()
    duplicates: tuple[LinkedEnhancement, ...] = ()
    duplicate_of: tuple[LinkedEnhancement, ...] = ()


def add_dependency(
    session: Session,
    enhancement_id: int,
    other_id: int,
    kind: DependencyKind | str,
    *,
    actor: str,
    policy: ScoringPolicy = DEFAULT_POLICY,
) -> Dependencies:
    """Say that an enhancement is blocked by, related to, or a duplicate of another one; twice is once.

    Raises:
        DependencyCycle: it would wait for itself through others, be they blocked or snoozed; names the circle.
        NotAllowed: one of them was merged, or the other one already counts as the duplicate of this.
        NotFound: one of them does not exist.
        InvalidInput: both are the same, or the kind is unknown.
    """
    link = _checked_kind(kind)
    if enhancement_id == other_id:
        raise InvalidInput("other_id", f"#{enhancement_id} cannot depend on itself. Choose another enhancement.")
    act_as(session, actor)
    lock_dependencies(session)
    for row in queries.locked_rows(session, [enhancement_id, other_id], with_blockers=True).values():
        if row["merged_into_id"] is not None:
            raise NotAllowed(f"#{row['id']} was merged into #{row['merged_into_id']}. Link that one instead.")
    if link is not DependencyKind.BLOCKED_BY and _exists(session, other_id, enhancement_id, link):
        if link is DependencyKind.DUPLICATE_OF:
            raise NotAllowed(f"#{other_id} is already marked as a duplicate of #{enhancement_id}. Remove that first.")
        return dependencies_of(session, enhancement_id)
    values = {"enhancement_id": enhancement_id, "other_id": other_id, "kind": link.value}
    try:
        with session.begin_nested():
            session.execute(insert(tables.Dependency).values(values).on_conflict_do_nothing())
    except IntegrityError as error:
        raise circle_error(session, error) from error
    _rescore_blockers(session, other_id, link, policy)
    return dependencies_of(session, enhancement_id)


def remove_dependency(
    session: Session,
    enhancement_id: int,
    other_id: int,
    kind: DependencyKind | str,
    *,
    actor: str,
    policy: ScoringPolicy = DEFAULT_POLICY,
) -> Dependencies:
    """Take a dependency away again.

    Raises:
        NotFound: there is no such dependency.
        InvalidInput: the kind is unknown.
    """
    link = _checked_kind(kind)
    act_as(session, actor)
    lock_dependencies(session)
    removed = session.execute(
        delete(tables.Dependency).where(_is(enhancement_id, other_id, link)).returning(tables.Dependency.id)
    ).all()
    if not removed:
        words = link.replace("_", " ")
        raise NotFound(f"#{enhancement_id} is not recorded as {words} #{other_id} (any more).")
    _rescore_blockers(session, other_id, link, policy)
    return dependencies_of(session, enhancement_id)


def dependencies_of(session: Session, enhancement_id: int) -> Dependencies:
    """Everything this enhancement is linked with; empty when there is no such enhancement."""
    link, card = tables.Dependency, tables.Enhancement
    rows = session.execute(
        select(link.kind, link.enhancement_id == enhancement_id, card.id, card.title, card.status, card.priority)
        .join(
            card,
            or_(
                and_(link.enhancement_id == enhancement_id, card.id == link.other_id),
                and_(link.other_id == enhancement_id, card.id == link.enhancement_id),
            ),
        )
        .where(or_(link.enhancement_id == enhancement_id, link.other_id == enhancement_id))
        .order_by(card.id)
    )
    found: dict[str, list[LinkedEnhancement]] = {}
    for kind, from_here, other_id, title, status, priority in rows:
        name = _side(DependencyKind(kind), from_here)
        found.setdefault(name, []).append(LinkedEnhancement(other_id, title, Status(status), Priority(priority)))
    return Dependencies(**{name: tuple(linked) for name, linked in found.items()})


def open_blockers(session: Session, enhancement_id: int) -> tuple[LinkedEnhancement, ...]:
    """What this enhancement still waits for."""
    return tuple(blocker for blocker in dependencies_of(session, enhancement_id).blocked_by if blocker.is_open)


def lock_dependencies(session: Session) -> None:
    """Let nobody else add dependencies until the transaction ends; the trigger against circles takes the same lock.

    Taken before any row is locked, so that nobody waits for it while holding what its owner needs.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("ci_enhancement_dependencies"))))


def circle_error(session: Session, error: IntegrityError) -> Exception:
    """The error to raise for a refused dependency: the circle with its titles, or the error itself."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is None or diagnosis.constraint_name != CIRCLE:
        return error
    path = [int(item) for item in (diagnosis.message_detail or "").split(",")]
    card = tables.Enhancement
    found = session.execute(select(card.id, card.title, card.snoozed_for_id).where(card.id.in_(path))).all()
    steps = set(pairwise(path))
    asleep = {row.id for row in found if (row.id, row.snoozed_for_id) in steps}
    return DependencyCycle(path, {row.id: row.title for row in found}, asleep)


def _side(kind: DependencyKind, from_here: bool) -> str:
    match kind:
        case DependencyKind.BLOCKED_BY:
            return "blocked_by" if from_here else "blocks"
        case DependencyKind.DUPLICATE_OF:
            return "duplicate_of" if from_here else "duplicates"
        case _:
            return "related"


def _checked_kind(kind: DependencyKind | str) -> DependencyKind:
    try:
        return DependencyKind(kind)
    except ValueError:
        allowed = ", ".join(DependencyKind)
        raise InvalidInput("kind", f"Kind {str(kind)[:40]!r} is unknown. Allowed are: {allowed}.") from None


def _is(enhancement_id: int, other_id: int, kind: DependencyKind) -> Any:
    link = tables.Dependency
    given = and_(link.enhancement_id == enhancement_id, link.other_id == other_id)
    reverse = and_(link.enhancement_id == other_id, link.other_id == enhancement_id)
    # "Related" has no direction.
    return and_(link.kind == kind.value, or_(given, reverse) if kind is DependencyKind.RELATED else given)


def _exists(session: Session, enhancement_id: int, other_id: int, kind: DependencyKind) -> bool:
    return session.scalar(select(tables.Dependency.id).where(_is(enhancement_id, other_id, kind)).limit(1)) is not None


def _rescore_blockers(session: Session, blocker_id: int, kind: DependencyKind, policy: ScoringPolicy) -> None:
    if kind is DependencyKind.BLOCKED_BY:
        rescore(session, {blocker_id} | queries.blockers_of(session, [blocker_id]), policy=policy)
