"""What the board shows as rows of a file."""

from __future__ import annotations

from ci_core.backlog.export import ENHANCEMENT_COLUMNS
from ci_core.backlog.table_rows import RowChoice, RowOrder, table_rows
from pages.widgets.board_source import CardFilter, matching_ids
from pages.widgets.export_menu import Rows
from pages.widgets.session import Backend

MOST_ROWS = 100_000


def board_rows(shared: Backend, wanted: CardFilter) -> Rows:
    """The cards that the filters let through, column by column."""
    with shared.database.reading() as session:
        found = table_rows(
            session,
            choice=RowChoice(ids=matching_ids(shared.store, wanted)),
            order=RowOrder.STATUS,
            limit=MOST_ROWS,
        )
    return ENHANCEMENT_COLUMNS, found.rows
