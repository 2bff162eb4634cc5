"""Enhancements by filters, in a stable order, page by page."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Table,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from ci_core.backlog import values
from ci_core.backlog.lifecycle import OPEN_STATUSES
from ci_core.backlog.queries import ENHANCEMENTS, STORED
from ci_core.backlog.query_syntax import Choice, Field, Filter, NumberRange, Query, Special, State, TimeRange
from ci_core.backlog.text_query import any_tsquery, read_text, wanted_tsquery
from ci_core.backlog.triage_queries import proposed, snoozed
from ci_core.backlog.values import Page, enhancement_from
from ci_core.errors import InvalidInput
from db.enums import DependencyKind, ReactionKind, Status
from db.tables import Dependency, Reaction

Condition = ColumnElement[bool]

DEPENDENCIES = typing.cast(Table, Dependency.__table__)
REACTIONS = typing.cast(Table, Reaction.__table__)

MOST_PER_PAGE = 1_000
LARGEST_OFFSET = 2**31
OPEN = tuple(status.value for status in OPEN_STATUSES)
# As the index idx_ci_enhancements_urgency has it; with bound values the planner could not recognise it.
URGENCY: ColumnElement[int] = literal_column(
    "(CASE priority WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END)", Integer
)
VOTES: ColumnElement[int] = (
    select(func.count())
    .select_from(REACTIONS)
    .where(
        REACTIONS.c.enhancement_id == ENHANCEMENTS.c.id,
        REACTIONS.c.comment_id.is_(None),
        REACTIONS.c.kind == ReactionKind.VOTE.value,
    )
    .correlate(ENHANCEMENTS)
    .scalar_subquery()
)
PLAIN_COLUMNS = {
    Field.STATUS: ENHANCEMENTS.c.status,
    Field.PRIORITY: ENHANCEMENTS.c.priority,
    Field.CATEGORY: ENHANCEMENTS.c.category,
    Field.COMPLEXITY: ENHANCEMENTS.c.complexity,
    Field.SOURCE: ENHANCEMENTS.c.source,
    Field.ID: ENHANCEMENTS.c.id,
    Field.SCORE: ENHANCEMENTS.c.ai_priority_score,
    Field.HOURS: ENHANCEMENTS.c.estimated_hours,
    Field.VOTES: VOTES,
    Field.UPDATED: ENHANCEMENTS.c.updated_at,
    Field.CREATED: ENHANCEMENTS.c.created_at,
}


class Sort(StrEnum):
    """Orders of a list. Each ends with the id, so that pages of an unchanged backlog never overlap."""

    PRIORITY = "priority"
    SCORE = "score"
    BOARD = "board"
    UPDATED = "updated"
    CREATED = "created"
    TITLE = "title"
    HOURS = "hours"
    VOTES = "votes"


ORDERS: dict[Sort, tuple[ColumnElement[Any], ...]] = {
    Sort.PRIORITY: (URGENCY, ENHANCEMENTS.c.ai_priority_score.desc().nulls_last()),
    Sort.SCORE: (ENHANCEMENTS.c.ai_priority_score.desc().nulls_last(),),
    Sort.BOARD: (
        case({status.value: place for place, status in enumerate(Status)}, value=ENHANCEMENTS.c.status),
        ENHANCEMENTS.c.board_position,
    ),
    Sort.UPDATED: (ENHANCEMENTS.c.updated_at.desc(),),
    Sort.CREATED: (ENHANCEMENTS.c.created_at.desc(),),
    Sort.TITLE: (func.lower(ENHANCEMENTS.c.title),),
    Sort.HOURS: (ENHANCEMENTS.c.estimated_hours.asc().nulls_last(),),
    Sort.VOTES: (VOTES.desc(), ENHANCEMENTS.c.ai_priority_score.desc().nulls_last()),
}


def list_enhancements(
    session: Session,
    query: Query | None = None,
    *,
    limit: int = 50,
    offset: int = 0,
    sort: Sort = Sort.PRIORITY,
    actor: str | None = None,
    now: datetime | None = None,
) -> Page:
    """One page of the enhancements that fulfil the query, and how many there are in all.

    Text in the query must occur in the enhancement's words. Merged duplicates are left out unless they are asked for
    by id or by `status:archived`.

    Args:
        limit: 0–1,000 per page.
        actor: whom `assignee:me` means; without one it means nobody.
        now: from when ages such as `updated:7d` count, and when a snooze ends; None for now.

    Raises:
        InvalidInput: the page cannot be.
    """
    check_page(limit, offset)
    conditions = conditions_of(query or Query(), now=now or datetime.now(UTC), actor=actor)
    total = session.scalar(select(func.count()).select_from(ENHANCEMENTS).where(*conditions)) or 0
    ordered = select(*STORED).where(*conditions).order_by(*ORDERS[sort], ENHANCEMENTS.c.id).limit(limit).offset(offset)
    return Page(total, tuple(read_enhancements(session, ordered)))


def conditions_of(query: Query, *, now: datetime, actor: str | None) -> list[Condition]:
    """The filters and the text of the query as conditions on `ci_enhancements`."""
    conditions = to_conditions(query, now=now, actor=actor)
    text = read_text(query.text)
    for words, wanted in ((wanted_tsquery(text), True), (any_tsquery(text.excluded), False)):
        if words is not None:
            # A query of words such as "the" is empty and would match nothing: it asks for nothing instead.
            found = or_(func.numnode(words) == 0, ENHANCEMENTS.c.search_vector.op("@@", is_comparison=True)(words))
            conditions.append(
                found if wanted else not_(ENHANCEMENTS.c.search_vector.op("@@", is_comparison=True)(words))
            )
    return conditions


def read_enhancements(session: Session, query: Select[Any]) -> list[values.Enhancement]:
    """The enhancements that a query of the columns `STORED` gives, in its order."""
    return [enhancement_from(typing.cast(Mapping[str, Any], row)) for row in session.execute(query).mappings()]


def check_page(limit: int, offset: int) -> None:
    """Accept a page that can be.

    Raises:
        InvalidInput: it is too large, or begins before the first or after any imaginable enhancement.
    """
    if not 0 <= limit <= MOST_PER_PAGE:
        raise InvalidInput("limit", f"A page has 0 to {MOST_PER_PAGE:,} enhancements, not {limit}.")
    if not 0 <= offset < LARGEST_OFFSET:
        raise InvalidInput("offset", f"A page begins at 0 to {LARGEST_OFFSET - 1:,}, not at {offset}.")


def to_conditions(query: Query, *, now: datetime, actor: str | None) -> list[Condition]:
    """The filters of the query as conditions on `ci_enhancements`; its text is none of them."""
    conditions = [_condition(part, now, actor) for part in query.filters]
    if not any(_asks_for_merged(part) for part in query.filters):
        conditions.append(ENHANCEMENTS.c.merged_into_id.is_(None))
    return conditions


def _asks_for_merged(part: Filter) -> bool:
    if not isinstance(part, Choice) or part.negated:
        return False
    return part.field is Field.ID or (part.field is Field.STATUS and Status.ARCHIVED in part.values)


def _condition(part: Filter, now: datetime, actor: str | None) -> Condition:
    if isinstance(part, Choice):
        condition = or_(*(_equals(part.field, value, actor, now) for value in part.values))
        if part.field in PLAIN_COLUMNS and Special.NONE not in part.values:
            condition = PLAIN_COLUMNS[part.field].in_(part.values)
    elif isinstance(part, NumberRange):
        condition = _between(PLAIN_COLUMNS[part.field], part)
    else:
        condition = _during(PLAIN_COLUMNS[part.field], part, now)
    # "not Ada's" holds for what is nobody's, of which SQL would say that it is unknown.
    return not_(func.coalesce(condition, false())) if part.negated else condition


def _equals(field: Field, value: str | int | Special, actor: str | None, now: datetime) -> Condition:
    if field is Field.IS:
        return _state(value, now)
    if field in SPECIAL_FIELDS:
        return SPECIAL_FIELDS[field](value, actor)
    column = PLAIN_COLUMNS[field]
    return column.is_(None) if value is Special.NONE else column == value


def _area(value: Any, _actor: str | None) -> Condition:
    if value is Special.NONE:
        return ENHANCEMENTS.c.feature_area.is_(None)
    return func.lower(ENHANCEMENTS.c.feature_area) == func.lower(value)


def _assignee(value: Any, actor: str | None) -> Condition:
    if value is Special.NONE:
        return ENHANCEMENTS.c.assignee.is_(None)
    name = actor if value is Special.ME else value
    return false() if name is None else func.lower(ENHANCEMENTS.c.assignee) == func.lower(name)


def _tag(value: Any, _actor: str | None) -> Condition:
    if value is Special.NONE:
        return ENHANCEMENTS.c.tags == cast([], ARRAY(Text))
    return ENHANCEMENTS.c.tags.op("@>", is_comparison=True)(cast([value], ARRAY(Text)))


def _state(value: Any, now: datetime) -> Condition:
    if value == State.SNOOZED:
        return snoozed(now)
    if value == State.INBOX:
        return and_(proposed(), not_(snoozed(now)))
    if value == State.DONE:
        return ENHANCEMENTS.c.status == Status.COMPLETED.value
    if value == State.OPEN:
        return ENHANCEMENTS.c.status.in_(OPEN)
    blocker = ENHANCEMENTS.alias()
    waits = exists(
        select(literal(1))
        .select_from(DEPENDENCIES)
        .join(blocker, blocker.c.id == DEPENDENCIES.c.other_id)
        .where(
            DEPENDENCIES.c.enhancement_id == ENHANCEMENTS.c.id,
            DEPENDENCIES.c.kind == DependencyKind.BLOCKED_BY.value,
            blocker.c.status.in_(OPEN),
        )
    )
    return or_(ENHANCEMENTS.c.status == Status.BLOCKED.value, and_(ENHANCEMENTS.c.status.in_(OPEN), waits))


SPECIAL_FIELDS: dict[Field, Callable[[Any, str | None], Condition]] = {
    Field.AREA: _area,
    Field.ASSIGNEE: _assignee,
    Field.TAG: _tag,
}


def _between(column: Any, part: NumberRange) -> Condition:
    bounds: list[Condition] = []
    if part.low is not None:
        bounds.append(column >= part.low if part.low_included else column > part.low)
    if part.high is not None:
        bounds.append(column <= part.high if part.high_included else column < part.high)
    return and_(*bounds)


def _during(column: Any, part: TimeRange, now: datetime) -> Condition:
    since, until = part.bounds(now)
    bounds: Sequence[Condition] = [
        *([column >= since] if since is not None else []),
        *([column < until] if until is not None else []),
    ]
    return and_(*bounds)
