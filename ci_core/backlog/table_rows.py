"""The rows of the table: few columns of many enhancements in one statement, with what people count beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, case, func, not_, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from ci_core.backlog.lifecycle import OPEN_STATUSES
from ci_core.backlog.listing import DEPENDENCIES, URGENCY, Condition, to_conditions
from ci_core.backlog.queries import ENHANCEMENTS
from ci_core.backlog.query_syntax import Choice, Field, Query, State
from ci_core.backlog.search_queries import one_of_ids
from ci_core.backlog.text_query import any_tsquery, read_text, wanted_tsquery
from ci_core.errors import InvalidInput
from db import tables
from db.enums import Complexity, DependencyKind, ReactionKind, Status

MOST_ROWS = 100_000
OPEN = tuple(status.value for status in OPEN_STATUSES)
COLUMNS = (
    "id", "title", "status", "priority", "category", "complexity", "feature_area", "assignee", "estimated_hours",
    "actual_hours", "ai_priority_score", "tags", "source", "status_entered_at", "updated_at", "created_at",
    "snoozed_until", "snoozed_for_id", "version",
)  # fmt: skip


class RowOrder(StrEnum):
    """What the table can be ordered by before any of it reaches a browser."""

    PRIORITY = "priority"
    ID = "id"
    TITLE = "title"
    STATUS = "status"
    CATEGORY = "category"
    COMPLEXITY = "complexity"
    AREA = "area"
    ASSIGNEE = "assignee"
    ESTIMATE = "estimate"
    SPENT = "spent"
    SCORE = "score"
    AGE = "age"
    UPDATED = "updated"
    CREATED = "created"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class TableRow:
    """One enhancement as the table shows it.

    Hours are hours, the score is 0–100 or None while unscored, times are UTC; `blocked_by` holds the ids of the
    blockers that are still open, `votes` how many people voted for it. The names are those of `Enhancement`.
    """

    id: int
    title: str
    status: str
    priority: str
    category: str
    complexity: str | None
    feature_area: str | None
    assignee: str | None
    estimated_hours: float | None
    actual_hours: float | None
    ai_priority_score: float | None
    tags: tuple[str, ...]
    source: str
    status_entered_at: datetime
    updated_at: datetime
    created_at: datetime
    snoozed_until: datetime | None
    snoozed_for_id: int | None
    version: int
    blocked_by: tuple[int, ...]
    votes: int


@dataclass(frozen=True, slots=True)
class RowChoice:
    """What is wanted beside the words of the query: the filters that all pages share; an empty one lets all through.

    With `ids` only these are shown, whatever else they are.
    """

    priorities: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    only_blocked: bool = False
    ids: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class TableRows:
    """The rows that fit, in order, and how many fit in all."""

    total: int
    rows: tuple[TableRow, ...] = field(repr=False)


def _place(values: type[StrEnum], column: ColumnElement[Any]) -> ColumnElement[Any]:
    return case({value.value: place for place, value in enumerate(values)}, value=column)


_E = ENHANCEMENTS.c
KEYS: dict[RowOrder, ColumnElement[Any]] = {
    RowOrder.PRIORITY: URGENCY,
    RowOrder.ID: _E.id,
    RowOrder.TITLE: func.lower(_E.title),
    RowOrder.STATUS: _place(Status, _E.status),
    RowOrder.CATEGORY: _E.category,
    RowOrder.COMPLEXITY: _place(Complexity, _E.complexity),
    RowOrder.AREA: func.lower(_E.feature_area),
    RowOrder.ASSIGNEE: func.lower(_E.assignee),
    RowOrder.ESTIMATE: _E.estimated_hours,
    RowOrder.SPENT: _E.actual_hours,
    RowOrder.SCORE: _E.ai_priority_score,
    RowOrder.AGE: func.now() - _E.status_entered_at,
    RowOrder.UPDATED: _E.updated_at,
    RowOrder.CREATED: _E.created_at,
    RowOrder.SOURCE: _E.source,
}
# Orders that begin at the large end, because that is what matters most there.
LARGEST_FIRST = frozenset({RowOrder.SCORE, RowOrder.AGE, RowOrder.UPDATED, RowOrder.CREATED})


def table_rows(
    session: Session,
    query: Query | None = None,
    *,
    choice: RowChoice | None = None,
    order: RowOrder = RowOrder.PRIORITY,
    reverse: bool = False,
    limit: int = 5_000,
    actor: str | None = None,
    now: datetime | None = None,
) -> TableRows:
    """The enhancements that fulfil the query and the choice, as rows of the table.

    Words of the query must occur in the enhancement's words. What is archived or merged is left out unless the query
    asks for a status or an id.

    Args:
        reverse: from the other end; what has no value stands last either way.
        limit: 0–100,000 rows; `total` counts all that fit.
        actor: whom `assignee:me` means; without one it means nobody.
        now: from when ages such as `updated:7d` count; None for now.

    Raises:
        InvalidInput: the limit cannot be.
    """
    if not 0 <= limit <= MOST_ROWS:
        raise InvalidInput("limit", f"A table has 0 to {MOST_ROWS:,} rows, not {limit}.")
    conditions = _conditions(query or Query(), choice or RowChoice(), now or datetime.now(UTC), actor)
    key = KEYS[order]
    directed = key.desc() if (order in LARGEST_FIRST) is not reverse else key.asc()
    wanted = (
        select(*(_E[name] for name in COLUMNS), _blockers(), _votes())
        .where(*conditions)
        .order_by(directed.nulls_last(), _E.ai_priority_score.desc().nulls_last(), _E.id)
        .limit(limit)
    )
    rows = tuple(_row(found) for found in session.execute(wanted))
    if len(rows) < limit:
        return TableRows(len(rows), rows)
    return TableRows(session.scalar(select(func.count()).select_from(ENHANCEMENTS).where(*conditions)) or 0, rows)


def _conditions(query: Query, choice: RowChoice, now: datetime, actor: str | None) -> list[Condition]:
    conditions = to_conditions(query, now=now, actor=actor)
    if not any(isinstance(part, Choice) and part.field in (Field.STATUS, Field.ID) for part in query.filters):
        conditions.append(_E.status != Status.ARCHIVED.value)
    for column, values in (
        (_E.priority, choice.priorities),
        (_E.category, choice.categories),
        (_E.feature_area, choice.areas),
        (_E.assignee, choice.assignees),
    ):
        if values:
            conditions.append(column.in_(values))
    if choice.ids is not None:
        conditions.append(one_of_ids(choice.ids))
    if choice.only_blocked:
        blocked = Query(filters=(Choice(Field.IS, (State.BLOCKED,)),))
        conditions += to_conditions(blocked, now=now, actor=actor)
    text = read_text(query.text)
    for words, is_wanted in ((wanted_tsquery(text), True), (any_tsquery(text.excluded), False)):
        if words is not None:
            found = _E.search_vector.op("@@", is_comparison=True)(words)
            # A query of words such as "the" is empty and would match nothing: it asks for nothing instead.
            conditions.append(or_(func.numnode(words) == 0, found) if is_wanted else not_(found))
    return conditions


def _blockers() -> ColumnElement[Any]:
    blocker = ENHANCEMENTS.alias("blocker")
    return (
        select(func.array_agg(aggregate_order_by(blocker.c.id, blocker.c.id)))
        .select_from(DEPENDENCIES.join(blocker, blocker.c.id == DEPENDENCIES.c.other_id))
        .where(
            DEPENDENCIES.c.enhancement_id == _E.id,
            DEPENDENCIES.c.kind == DependencyKind.BLOCKED_BY.value,
            blocker.c.status.in_(OPEN),
        )
        .correlate(ENHANCEMENTS)
        .scalar_subquery()
        .label("blocked_by")
    )


def _votes() -> ColumnElement[Any]:
    reaction = tables.Reaction
    return (
        select(func.count())
        .where(
            reaction.enhancement_id == _E.id, reaction.comment_id.is_(None), reaction.kind == ReactionKind.VOTE.value
        )
        .correlate(ENHANCEMENTS)
        .scalar_subquery()
        .label("votes")
    )


def _row(found: Sequence[Any]) -> TableRow:
    values = [float(value) if isinstance(value, Decimal) else value for value in found]
    named: dict[str, Any] = dict(zip((*COLUMNS, "blocked_by", "votes"), values, strict=True))
    named["tags"] = tuple(named["tags"])
    named["blocked_by"] = tuple(named["blocked_by"] or ())
    return TableRow(**named)
