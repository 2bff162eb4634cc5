"""The rows that the table shows, the edits that come back from it, and what to say when one was not stored."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache, partial

import pandas as pd
import streamlit as st

from ci_core.backlog.export import ENHANCEMENT_COLUMNS
from ci_core.backlog.query_syntax import Query, parse_query
from ci_core.backlog.table_rows import LARGEST_FIRST, RowChoice, RowOrder, TableRows, table_rows
from ci_core.errors import InvalidInput, QueryError
from db.engine import Database
from pages.widgets import address, table_bar
from pages.widgets.acting import show_own_change
from pages.widgets.board_source import CardFilter
from pages.widgets.bulk_dialog import ask_for_bulk
from pages.widgets.export_menu import Rows
from pages.widgets.session import Backend, actor
from pages.widgets.snackbar import offer_undo
from pages.widgets.table_grid.column_filters import ColumnFilters
from pages.widgets.table_grid.columns import BY_KEY, DEFAULT_SORTING, chosen_columns, chosen_sorting
from pages.widgets.table_grid.edits import GridMemory, Problem, forget, label_of, store_edits, write_mine
from pages.widgets.table_grid.frame import grid_frame
from pages.widgets.table_grid.messages import parse_cards, parse_id, parse_keys, parse_message
from pages.widgets.table_grid.mount import draw_grid, waiting_message
from pages.widgets.text import as_text

KEY, SORT = "table-grid", "sort"
MEMORY = "table-memory"
GRID_ROWS = 5_000
PLAIN_ROWS = 20_000
MOST_ROWS = 100_000
FRESH_SECONDS = 20
WATCH_SECONDS = 1.0
# However much others change, a table of thousands of rows is drawn anew only so often.
REDRAW_SECONDS = 3.0


def memory() -> GridMemory:
    """What this session's grid was answered."""
    remembered: GridMemory = st.session_state.setdefault(MEMORY, GridMemory())
    return remembered


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are asked for, and in which order."""

    query: str
    choice: RowChoice
    order: RowOrder
    reverse: bool
    person: str

    def read(self, database: Database, limit: int) -> TableRows:
        """At most so many of them, as they are stored now."""
        with database.reading() as session:
            return table_rows(
                session,
                parse_query(self.query),
                choice=self.choice,
                order=self.order,
                reverse=self.reverse,
                limit=limit,
                actor=self.person,
            )


def wanted_rows(filters: CardFilter) -> tuple[Wanted, str | None]:
    """What the filters and the address ask for, and what could not be understood of the words."""
    try:
        query, misunderstood = parse_query(filters.text), None
    except (QueryError, InvalidInput) as problem:
        query, misunderstood = Query(), f"{problem} Shown without these words."
    choice = RowChoice(
        filters.priorities, filters.categories, filters.areas, filters.assignees, only_blocked=filters.only_blocked
    )
    first = chosen_sorting(st.query_params.get(SORT))[0]
    order = BY_KEY[first.key].order or RowOrder.PRIORITY
    reverse = first.descending is not (order in LARGEST_FIRST)
    return Wanted(str(query), choice, order, reverse, actor()), misunderstood


def found_rows(shared: Backend, wanted: Wanted) -> TableRows:
    """The rows as they were at the board's present revision; votes and ages may be some seconds older."""
    revision = st.session_state["table-revision"] = shared.store.revision
    return _rows(shared.database, revision, int(time.time() // FRESH_SECONDS), wanted)


# One answer serves every rerun and every session that looks at the same.
@lru_cache(maxsize=4)
def _rows(database: Database, revision: int, moment: int, wanted: Wanted) -> TableRows:  # noqa: ARG001 - part of the key
    return wanted.read(database, PLAIN_ROWS)


def draw_table(shared: Backend, found: TableRows, filters: ColumnFilters) -> None:
    """Draw the rows: in the grid as far as it carries them well, else in a plain table that says why."""
    keys = shown_columns()
    with st.container(key="table-grid-box"):
        if len(found.rows) > GRID_ROWS:
            _draw_plain(found, keys, filters)
            return
        grouping = table_bar.chosen_grouping()
        draw_grid(
            grid_frame(found.rows, keys, grouping, memory().answers),
            keys,
            chosen_sorting(st.query_params.get(SORT)),
            filters,
            answered_filters=memory().wishes.get("filters", 0),
            grouped=grouping is not None,
            key=KEY,
            on_message=partial(_came, shared),
        )


def shown_columns() -> tuple[str, ...]:
    """The columns that the address asks for."""
    return chosen_columns(st.query_params.get(table_bar.COLS))


def shown_filters() -> tuple[ColumnFilters, str | None]:
    """The filters of the columns that are shown, and in words what of them was left out."""
    filters, left_out = table_bar.chosen_filters()
    return filters.of(shown_columns()), left_out


def exported_rows(shared: Backend, wanted: Wanted, keys: tuple[str, ...], filters: ColumnFilters) -> Rows:
    """All rows that pass the filters, with the columns that are shown, as a file holds them."""
    by_key = {column.key: column for column in ENHANCEMENT_COLUMNS}
    rows = filters.passing(wanted.read(shared.database, MOST_ROWS).rows)
    return [by_key[BY_KEY[key].exported] for key in keys], rows


def _draw_plain(found: TableRows, keys: tuple[str, ...], filters: ColumnFilters) -> None:
    rows = filters.passing(found.rows)
    st.caption(
        f"{found.total:,} rows are more than can be edited in place. Narrow them to {GRID_ROWS:,} with a filter, "
        "and cells can be edited and rows grouped again."
    )
    frame = pd.DataFrame({BY_KEY[key].title: [BY_KEY[key].value(row) for row in rows] for key in keys})
    chosen = st.dataframe(
        frame, hide_index=True, height=560, key="table-plain", on_select="rerun", selection_mode="single-row"
    )
    if chosen["selection"]["rows"]:
        place = chosen["selection"]["rows"][0]
        item = rows[place].id if place < len(rows) else None
        if item is not None:
            st.button(f"Open #{item}", key="open-plain", on_click=partial(_open, item))


def _open(item: int) -> None:
    st.query_params[address.ITEM] = str(item)


def store_waiting_edits(shared: Backend) -> None:
    """Store what the grid sent while the database was away."""
    _store(shared, waiting_message(KEY))


def _came(shared: Backend, raw: object) -> None:
    _store(shared, raw)
    remembered = memory()
    wishes = parse_message(raw).wishes or {}
    for kind, wish in wishes.items():
        if not remembered.is_new(kind, wish.sequence):
            continue
        if kind == "open" and (item := parse_id(wish.value)) is not None:
            _open(item)
        elif kind == "sort":
            _remember_sorting(str(wish.value or ""))
        elif kind == "filters":
            table_bar.remember_filters(wish.value)
        elif kind == "columns":
            table_bar.remember_columns(list(parse_keys(wish.value)))
        elif kind == "bulk" and (cards := parse_cards(wish.value)):
            ask_for_bulk(cards)


def _store(shared: Backend, raw: object) -> None:
    stored = store_edits(shared.database, memory(), parse_message(raw), actor=actor(), policy=shared.policy)
    if stored:
        show_own_change(shared)
        edit, changed = stored[-1]
        offer_undo(f"Changed the {label_of(edit)} of #{changed.id}", changed.id)


def _remember_sorting(text: str) -> None:
    chosen = chosen_sorting(text)
    if chosen == DEFAULT_SORTING:
        st.query_params.pop(SORT, None)
    else:
        st.query_params[SORT] = ",".join(map(str, chosen))


def draw_problems(shared: Backend) -> None:
    """Say which edits were not stored and why, with the way on."""
    for place, problem in enumerate(memory().problems):
        with st.container(
            horizontal=True, vertical_alignment="center", border=True, key=f"table-problem-{place}", gap="small"
        ):
            st.markdown(f":red[:material/error:] {as_text(problem.text)}", width="stretch")
            if problem.current_version is not None:
                st.button("Write mine", key=f"mine-{place}", on_click=partial(_write_mine, shared, problem))
            st.button("Dismiss", key=f"dismiss-{place}", type="tertiary", on_click=partial(forget, memory(), problem))


def _write_mine(shared: Backend, problem: Problem) -> None:
    write_mine(shared.database, memory(), problem, actor=actor(), policy=shared.policy)
    show_own_change(shared)


@st.fragment(run_every=WATCH_SECONDS)
def watch(shared: Backend) -> None:
    """Draw the table anew when somebody has changed something in it."""
    now = time.monotonic()
    changed = shared.store.revision != st.session_state.get("table-revision")
    if changed and address.open_item() is None and now - st.session_state.get("table-drawn", 0.0) > REDRAW_SECONDS:
        st.session_state["table-drawn"] = now
        st.rerun()
