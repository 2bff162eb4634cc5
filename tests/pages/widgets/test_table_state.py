"""What the table asks the database for, and the plain table that stands in for more rows than the grid carries."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ci_core.backlog import NewEnhancement, create_enhancements
from ci_core.backlog.table_rows import RowChoice, RowOrder
from db.engine import Database
from pages.widgets.table_grid.column_filters import filters_of
from pages.widgets.table_state import Wanted, exported_rows


def everything(**given: Any) -> Wanted:
    usual: dict[str, Any] = {
        "query": "", "choice": RowChoice(), "order": RowOrder.TITLE, "reverse": False, "person": "ada",
    }  # fmt: skip
    return Wanted(**{**usual, **given})


@pytest.fixture
def filled(database: Database) -> Database:
    with database.transaction("ada") as session:
        news = [NewEnhancement(title=title, assignee="Ada" if title == "B" else None) for title in "CAB"]
        create_enhancements(session, news, actor="ada")
    return database


def test_rows_are_read_as_the_address_asks(filled: Database) -> None:
    assert [row.title for row in everything().read(filled, 10).rows] == ["A", "B", "C"]
    assert [row.title for row in everything(reverse=True).read(filled, 10).rows] == ["C", "B", "A"]
    assert [row.title for row in everything(query="assignee:me").read(filled, 10).rows] == ["B"]
    few = everything().read(filled, 2)
    assert (len(few.rows), few.total) == (2, 3)


def test_a_file_holds_what_the_filters_of_the_columns_let_through(filled: Database) -> None:
    filters = filters_of({"assignee": {"filterType": "text", "type": "notBlank"}})

    columns, rows = exported_rows(SimpleNamespace(database=filled), everything(), ("id", "title"), filters)  # type: ignore[arg-type]

    assert [column.title for column in columns] == ["ID", "Title"]
    assert [row.title for row in rows] == ["B"]


def test_more_rows_than_the_grid_carries_are_a_plain_table_that_says_why(filled: Database) -> None:
    def page(found) -> None:
        from pages.widgets import table_state
        from pages.widgets.table_grid.column_filters import ColumnFilters

        table_state.GRID_ROWS = 2
        try:
            table_state.draw_table(None, found, ColumnFilters())  # type: ignore[arg-type]
        finally:
            table_state.GRID_ROWS = 5_000

    shown = AppTest.from_function(page, kwargs={"found": everything().read(filled, 10)}).run(timeout=20)

    assert not shown.exception
    assert list(shown.dataframe[0].value["Title"]) == ["A", "B", "C"]
    assert "3 rows are more than can be edited in place. Narrow them to 2" in shown.caption[0].value
