"""What board and inbox show as rows of a file."""

from __future__ import annotations

from collections.abc import Sequence

from ci_core.backlog.export import ENHANCEMENT_COLUMNS
from ci_core.backlog.table_rows import RowChoice, RowOrder, table_rows
from pages.widgets.board_source import CardFilter, matching_ids
from pages.widgets.export_menu import Rows
from pages.widgets.session import Backend

MOST_ROWS = 100_000


def board_rows(shared: Backend, wanted: CardFilter) -> Rows:
    """The cards that the filters let through, column by column of the board."""
    return rows_of(shared, matching_ids(shared.store, wanted), RowOrder.STATUS)


def rows_of(shared: Backend, ids: Sequence[int] | None, order: RowOrder = RowOrder.PRIORITY) -> Rows:
    """These enhancements (None: all) as rows of a file."""
    choice = RowChoice(ids=None if ids is None else tuple(ids))
    with shared.database.reading() as session:
        found = table_rows(session, choice=choice, order=order, limit=MOST_ROWS)
    return ENHANCEMENT_COLUMNS, found.rows
