"""The rows of the table: what fits, in which order, and what is counted beside them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, insert, update
from sqlalchemy.orm import Session

from ci_core.backlog import add_dependency, merge_duplicate
from ci_core.backlog.query_syntax import parse_query
from ci_core.backlog.table_rows import RowChoice, RowOrder, TableRow, table_rows
from ci_core.errors import InvalidInput
from db import tables
from tests.ci_core.backlog.conftest import Make


def ids(session: Session, query: str = "", **given: Any) -> list[int]:
    return [row.id for row in table_rows(session, parse_query(query), actor="ada", **given).rows]


def only(session: Session, **given: Any) -> TableRow:
    (row,) = table_rows(session, **given).rows
    return row


def test_a_row_has_what_the_table_shows(session: Session, make: Make) -> None:
    made = make(
        "Cache it", feature_area="Scanner", category="performance", priority="high", complexity="simple",
        estimated_hours=Decimal("2.5"), assignee="ada", tags=("pool",), source="wishlist",
    )  # fmt: skip

    row = only(session)

    assert (row.id, row.title, row.feature_area, row.assignee, row.tags) == (
        made.id, "Cache it", "Scanner", "ada", ("pool",),
    )  # fmt: skip
    assert (row.status, row.priority, row.category, row.complexity, row.source) == (
        "proposed", "high", "performance", "simple", "wishlist",
    )  # fmt: skip
    assert (row.estimated_hours, row.actual_hours, row.votes, row.blocked_by) == (2.5, None, 0, ())
    assert (row.ai_priority_score, row.version) == (made.ai_priority_score, made.version)
    assert row.status_entered_at == made.status_entered_at


def test_only_blockers_that_are_still_open_are_named(session: Session, make: Make) -> None:
    waiting, done, first, second = make("Waiting"), make("Done", status="completed"), make("First"), make("Second")
    for blocker in (second, done, first):
        add_dependency(session, waiting.id, blocker.id, "blocked_by", actor="tess")

    rows = {row.id: row.blocked_by for row in table_rows(session).rows}

    assert rows[waiting.id] == (first.id, second.id)
    assert rows[first.id] == ()
    assert ids(session, choice=RowChoice(only_blocked=True)) == [waiting.id]


def test_votes_for_the_enhancement_are_counted_and_nothing_else(session: Session, make: Make) -> None:
    item = make()
    comment = session.scalar(
        insert(tables.Comment).values(enhancement_id=item.id, body="Yes").returning(tables.Comment.id)
    )
    for person, kind, about in (("a", "vote", None), ("b", "vote", None), ("c", "heart", None), ("d", "vote", comment)):
        session.execute(
            insert(tables.Reaction).values(enhancement_id=item.id, person=person, kind=kind, comment_id=about)
        )

    assert only(session).votes == 2


def test_archived_and_merged_are_shown_only_when_asked_for(session: Session, make: Make) -> None:
    shown, archived, duplicate = make("Shown"), make("Archived", status="archived"), make("Twice")
    merge_duplicate(session, duplicate.id, shown.id, actor="tess")

    assert ids(session) == [shown.id]
    assert archived.id in ids(session, "status:archived")
    assert ids(session, f"id:{duplicate.id}") == [duplicate.id]


@pytest.mark.parametrize(
    ("choice", "title"),
    [
        (RowChoice(priorities=("critical", "low")), "A"),
        (RowChoice(categories=("security",)), "A"),
        (RowChoice(areas=("Scanner",)), "B"),
        (RowChoice(assignees=("Grace",)), "B"),
    ],
)
def test_each_filter_narrows_the_rows(session: Session, make: Make, choice: RowChoice, title: str) -> None:
    make("A", priority="low", category="security")
    make("B", feature_area="Scanner", assignee="Grace")

    assert [row.title for row in table_rows(session, choice=choice).rows] == [title]


def test_the_query_syntax_holds_here_too(session: Session, make: Make) -> None:
    pool, mine, other = make("Connection pool leak"), make("Mine", assignee="Ada"), make("Pool party", priority="low")

    assert set(ids(session, "pool")) == {pool.id, other.id}
    assert ids(session, "pool -party") == [pool.id]
    assert ids(session, "assignee:me") == [mine.id]
    assert ids(session, "pool priority:low") == [other.id]
    assert set(ids(session, "the")) == {pool.id, mine.id, other.id}


def test_rows_come_in_the_order_asked_for_and_emptiness_last(session: Session, make: Make) -> None:
    small, none, large = make("b", estimated_hours=1), make("C"), make("A", estimated_hours=8)

    assert ids(session, order=RowOrder.ESTIMATE) == [small.id, large.id, none.id]
    assert ids(session, order=RowOrder.ESTIMATE, reverse=True) == [large.id, small.id, none.id]
    assert ids(session, order=RowOrder.TITLE) == [large.id, small.id, none.id]
    assert ids(session, order=RowOrder.ID, reverse=True) == [large.id, none.id, small.id]


def test_priority_and_status_have_the_order_of_their_meaning(session: Session, make: Make) -> None:
    low, critical = make(priority="low", status="approved"), make(priority="critical", status="completed")
    medium = make(priority="medium")

    assert ids(session, order=RowOrder.PRIORITY) == [critical.id, medium.id, low.id]
    assert ids(session, order=RowOrder.STATUS) == [medium.id, low.id, critical.id]


@pytest.mark.parametrize("order", list(RowOrder))
def test_every_order_is_one_the_database_knows(session: Session, make: Make, order: RowOrder) -> None:
    made = {make().id, make().id}

    assert set(ids(session, order=order)) == made


def test_the_oldest_in_its_status_comes_first_by_age(session: Session, make: Make) -> None:
    young, old = make("Young"), make("Old")
    session.execute(
        update(tables.Enhancement)
        .where(tables.Enhancement.id == old.id)
        .values(status_entered_at=datetime.now(UTC) - timedelta(days=9))
    )

    assert ids(session, order=RowOrder.AGE) == [old.id, young.id]


def test_more_than_the_limit_are_counted_but_not_given(session: Session, make: Make) -> None:
    for title in "ABC":
        make(title)

    found = table_rows(session, order=RowOrder.TITLE, limit=2)

    assert ([row.title for row in found.rows], found.total) == (["A", "B"], 3)
    assert table_rows(session, limit=3).total == 3
    with pytest.raises(InvalidInput):
        table_rows(session, limit=100_001)


def test_one_statement_gives_all_of_it(session: Session, make: Make) -> None:
    for _ in range(5):
        make()
    seen: list[str] = []
    connection = session.connection()

    def note(*given: Any) -> None:
        seen.append(given[2])

    event.listen(connection, "before_cursor_execute", note)
    table_rows(session)
    event.remove(connection, "before_cursor_execute", note)

    assert len(seen) == 1
