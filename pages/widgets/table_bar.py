"""What stands above the table: how many rows, grouped by what, and with which columns. The address holds it."""

from __future__ import annotations

import streamlit as st

from ci_core.backlog.table_rows import TableRows
from pages.widgets.filters import clear_filters
from pages.widgets.outage import outage_is_over
from pages.widgets.session import Backend
from pages.widgets.table_grid.column_filters import ColumnFilters, filters_of, read_filters
from pages.widgets.table_grid.columns import BY_KEY, COLUMNS, USUAL, chosen_columns
from pages.widgets.table_grid.frame import GROUPINGS
from pages.widgets.text import as_text

GROUP, COLS, FILTERS = "group", "cols", "filter"
REFUSED = "table-filter-refused"
TOO_LONG = "The last filter of a column was left out: it is longer than an address may hold."
_GROUP_KEY, _COLS_KEY = "table-group", "table-columns"


def draw_count(shared: Backend, found: TableRows, filters: ColumnFilters) -> None:
    """One line: how many rows fit, and whether changes of others arrive."""
    count = f"{found.total:,} of {len(shared.store.all_cards()):,}"
    if filters:
        count = f"{len(filters.passing(found.rows)):,} of {count}"
    if shared.listener.problem is None:
        outage_is_over()
        st.markdown(f":small[{count} · :green[●] Live]")
    else:
        st.markdown(f":small[{count} · :orange[●] Not live]", help=as_text(shared.listener.problem))


def chosen_grouping() -> str | None:
    """What the address groups by, if it names a column that can be grouped by."""
    named = st.query_params.get(GROUP)
    return named if named in GROUPINGS else None


def draw_grouping() -> None:
    """A choice of what to group by."""
    st.session_state[_GROUP_KEY] = chosen_grouping()
    st.selectbox(
        "Group by",
        GROUPINGS,
        index=None,
        format_func=lambda key: f"By {BY_KEY[key].title.lower()}",
        placeholder="Group by",
        key=_GROUP_KEY,
        label_visibility="collapsed",
        width=150,
        on_change=_remember_grouping,
    )


def _remember_grouping() -> None:
    named = st.session_state[_GROUP_KEY]
    if named:
        st.query_params[GROUP] = named
    else:
        st.query_params.pop(GROUP, None)


def draw_columns() -> None:
    """A popover to choose columns in."""
    popover = st.popover("Columns", icon=":material/view_column:", key="columns", on_change="rerun", type="tertiary")
    if not popover.open:
        return
    st.session_state[_COLS_KEY] = list(chosen_columns(st.query_params.get(COLS)))
    with popover:
        st.pills(
            "Columns",
            [column.key for column in COLUMNS],
            selection_mode="multi",
            format_func=lambda key: BY_KEY[key].title,
            key=_COLS_KEY,
            on_change=_remember_columns,
        )
        st.button("The usual ones", on_click=_usual_columns, type="tertiary", key="usual-columns")
        st.caption("Drag a column's heading to move it.")


def _remember_columns() -> None:
    chosen = st.session_state[_COLS_KEY]
    before = chosen_columns(st.query_params.get(COLS))
    remember_columns([*(key for key in before if key in chosen), *(key for key in chosen if key not in before)])


def remember_columns(keys: list[str]) -> None:
    """Put the columns into the address, unless they are the usual ones; for a callback."""
    if not keys or tuple(keys) == USUAL:
        st.query_params.pop(COLS, None)
    else:
        st.query_params[COLS] = ",".join(keys)


def chosen_filters() -> tuple[ColumnFilters, str | None]:
    """What the address lets through in the columns, and in words what was left out."""
    text = st.query_params.get(FILTERS)
    filters, damaged = read_filters(text)
    refused = REFUSED in st.session_state and st.session_state[REFUSED] == text
    return filters, damaged or (TOO_LONG if refused else None)


def remember_filters(model: object) -> None:
    """Put the filters of the columns into the address; what cannot stand there is refused, and told. For a callback."""
    st.session_state.pop(REFUSED, None)
    try:
        text = str(filters_of(model))
    except ValueError:
        st.session_state[REFUSED] = st.query_params.get(FILTERS)
        return
    if text:
        st.query_params[FILTERS] = text
    else:
        st.query_params.pop(FILTERS, None)


def clear_everything() -> None:
    """Show everything again, also in the columns; for a callback."""
    st.session_state.pop(REFUSED, None)
    st.query_params.pop(FILTERS, None)
    clear_filters()


def _usual_columns() -> None:
    st.query_params.pop(COLS, None)
