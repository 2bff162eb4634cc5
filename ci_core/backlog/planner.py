"""The planner's view of a query, which costs a millisecond however many rows there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ClauseElement, ColumnElement, Executable, FromClause, Select, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal


def expected_rows(session: Session, table: FromClause, conditions: Sequence[ColumnElement[bool]]) -> int:
    """How many rows of the table the planner expects to fulfil the conditions."""
    plan = session.execute(_Explain(select(literal(1)).select_from(table).where(*conditions))).scalar_one()
    return int(plan[0]["Plan"]["Plan Rows"])


class _Explain(Executable, ClauseElement):
    """The planner's view of a query, as JSON."""

    # What SQLAlchemy needs to know to compile it once.
    _traverse_internals = [("query", InternalTraversal.dp_clauseelement)]  # noqa: RUF012 - as SQLAlchemy declares it
    _all_selected_columns: Sequence[Any] = ()
    inherit_cache = True

    def __init__(self, query: Select[Any]) -> None:
        self.query = query


@compiles(_Explain)
def _compile_explain(element: _Explain, compiler: SQLCompiler, **options: Any) -> str:
    return "EXPLAIN (FORMAT JSON) " + compiler.process(element.query, **options)
