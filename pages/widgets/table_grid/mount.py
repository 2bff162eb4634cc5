"""AG Grid in its frame: our scripts, the theme in two lights, and what comes back from it."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from pages.widgets.table_grid.column_filters import ColumnFilters
from pages.widgets.table_grid.columns import COLUMNS, SETS, STEPS, Sorting, column_definitions, script

_JS = Path(__file__).parent / "js"
SCRIPTS = ("outbox", "groups", "cells", "keys", "filters", "grid")
PARTS = ("Groups", "HeadingRow", "ItemLink", "SuggestingEditor")
RADIUS = 8  # px


def draw_grid(
    frame: pd.DataFrame,
    keys: Sequence[str],
    sorting: Sequence[Sorting],
    filters: ColumnFilters,
    *,
    answered_filters: int,
    grouped: bool,
    key: str,
    on_message: Callable[[object], None],
) -> None:
    """Draw the grid; `on_message` gets what the browser sends (see `messages.parse_message`), as a callback.

    `answered_filters` is the number of the newest wish for other filters that `filters` already answers.
    """
    # It takes a second to load, and only this page needs it.
    from st_aggrid import AgGrid, DataReturnMode, JsCode

    light = "dark" if st.context.theme.type == "dark" else "light"
    mount_key = f"{key}-{light}"  # the frame forgets its theme when the light changes under it

    def came(_response: object) -> None:
        on_message(st.session_state.get(mount_key))

    AgGrid(
        frame,
        gridOptions=_options(keys, sorting, filters, grouped=grouped),
        height=600,
        key=mount_key,
        theme=_theme(light),
        custom_css=_css(light),
        columns_state=_columns_state(keys, sorting, filters, answered_filters),
        allow_unsafe_jscode=True,
        enable_enterprise_modules=False,
        update_on=[],
        data_return_mode=DataReturnMode.CUSTOM,
        custom_jscode_for_grid_return=JsCode("() => null"),
        callback=came,
        show_toolbar=False,
        server_sync_strategy="client_wins",
        # As JSON, 5,000 rows reach the grid in a third of the time that they take as an Arrow table.
        use_json_serialization=True,
    )


def waiting_message(key: str) -> object:
    """What the grid sent last, for a run that finds the database again."""
    light = "dark" if st.context.theme.type == "dark" else "light"
    return st.session_state.get(f"{key}-{light}")


def _options(
    keys: Sequence[str], sorting: Sequence[Sorting], filters: ColumnFilters, *, grouped: bool
) -> dict[str, Any]:
    options: dict[str, Any] = {
        # First, because everything below refers to it.
        "context": script(grid_script()),
        "getRowId": script("(params) => params.data._key"),
        "onGridReady": script(f"(params) => window.magnusTable.grid.ready(params.api, '{_encoded(filters)}')"),
        "columnDefs": column_definitions(keys, sorting),
        "defaultColDef": {
            "sortable": True,
            "resizable": True,
            "filter": True,
            "suppressHeaderMenuButton": False,
            "suppressKeyboardEvent": script("(params) => window.magnusTable.grid.keys.handle(params)"),
        },
        "rowClassRules": {
            "refused": script("(params) => params.data?._problem != null"),
            "underway": script("(params) => params.data?._underway === true"),
        },
        "rowSelection": {
            "mode": "multiRow",
            "checkboxes": script("(params) => !window.magnusTable.grid.groups.isHeading(params.node)"),
            "headerCheckbox": True,
            "selectAll": "filtered",
            "enableClickSelection": False,
            "isRowSelectable": script("(node) => !window.magnusTable.grid.groups.isHeading(node)"),
        },
        "selectionColumnDef": {"pinned": "left", "width": 44},
        "readOnlyEdit": True,
        "singleClickEdit": False,
        "stopEditingWhenCellsLoseFocus": True,
        "enableBrowserTooltips": True,
        "suppressDragLeaveHidesColumns": True,
        "rowHeight": 34,
        "headerHeight": 36,
        "overlayNoRowsTemplate": "<span>No enhancement matches these filters.</span>",
        "isExternalFilterPresent": script("() => window.magnusTable.grid.groups.folded.size > 0"),
        "doesExternalFilterPass": script("(node) => window.magnusTable.grid.groups.shows(node)"),
    }
    if grouped:
        options |= {
            "isFullWidthRow": script("(params) => window.magnusTable.grid.groups.isHeading(params.rowNode)"),
            "fullWidthCellRenderer": script("window.magnusTable.HeadingRow"),
            "postSortRows": script("(params) => window.magnusTable.grid.groups.arrange(params.nodes)"),
            "alwaysPassFilter": script("(node) => window.magnusTable.grid.groups.isHeading(node)"),
        }
    return options


@cache
def grid_script() -> str:
    """Our scripts as one expression that gives the grid's context, made once per frame."""
    sources = "\n".join((_JS / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    plain = re.sub(r"^\s*(//.*)?\n|^[ \t]+", "", sources, flags=re.MULTILINE)
    choices = json.dumps({"order": SETS, "steps": STEPS, "columns": [column.key for column in COLUMNS]})
    parts = ", ".join(PARTS)
    return (
        f"(() => {{ if (!window.magnusTable) {{ window.magnusTable = (() => {{ const CHOICES = {choices};\n{plain}\n"
        f"const grid = new TableGrid(); return {{ grid, {parts}, compare: grid.compare }}; }})(); }}\n"
        "return window.magnusTable.grid; })()"
    )


def _encoded(filters: ColumnFilters) -> str:
    """The filters in letters that can be no script: the frame searches its options for scripts and runs them."""
    return b64encode(json.dumps(filters.model()).encode()).decode()


def _columns_state(
    keys: Sequence[str], sorting: Sequence[Sorting], filters: ColumnFilters, answered_filters: int
) -> list[dict[str, Any]]:
    sorted_by = {one.key: (place, "desc" if one.descending else "asc") for place, one in enumerate(sorting)}
    # What AG Grid does not know of a column it leaves alone; our script looks for the filters here.
    told = {"after": answered_filters, "model": _encoded(filters)}
    first: list[dict[str, Any]] = [{"colId": "ag-Grid-SelectionColumn", "filters": told}]
    return first + [
        {
            "colId": key,
            "sort": sorted_by[key][1] if key in sorted_by else None,
            "sortIndex": sorted_by[key][0] if key in sorted_by else None,
        }
        for key in keys
    ]


def _colour(light: str, name: str) -> str:
    return str(st.get_option(f"theme.{light}.{name}"))


def _theme(light: str) -> Any:
    from st_aggrid import StAggridTheme

    return StAggridTheme(base="quartz").withParams(
        fontFamily=str(st.get_option("theme.font")),
        fontSize=14,
        spacing=6,
        accentColor=_colour(light, "primaryColor"),
        backgroundColor=_colour(light, "backgroundColor"),
        foregroundColor=_colour(light, "textColor"),
        headerBackgroundColor=_colour(light, "secondaryBackgroundColor"),
        borderColor=_colour(light, "borderColor"),
        browserColorScheme=light,
        wrapperBorderRadius=RADIUS,
        headerFontWeight=600,
        headerFontSize=13,
        cellHorizontalPadding=9,
    )


def _css(light: str) -> dict[str, dict[str, str]]:
    primary, red, orange, text = (
        _colour(light, name) for name in ("primaryColor", "redColor", "orangeColor", "textColor")
    )
    ground, border = _colour(light, "backgroundColor"), _colour(light, "borderColor")
    font = str(st.get_option("theme.font"))
    return {
        "html, body, #root": {"height": "100%", "overflow": "hidden"},
        "#gridContainer": {"height": "100vh !important"},
        "a.item": {"color": _colour(light, "linkColor"), "text-decoration": "none"},
        "a.item:hover": {"text-decoration": "underline"},
        ".ag-row.underway": {"font-style": "italic", "opacity": "0.75"},
        ".ag-row.refused": {"box-shadow": f"inset 3px 0 0 {red}"},
        ".ag-cell.critical": {"color": red, "font-weight": "650"},
        ".ag-cell.high": {"color": orange, "font-weight": "600"},
        ".ag-cell.low": {"opacity": "0.75"},
        ".ag-cell.blocked": {"color": orange},
        ".ag-header-cell:not(:hover, :focus-within, .ag-header-cell-filtered) .ag-header-cell-filter-button": {
            "opacity": "0",
        },
        ".ag-header-cell .ag-sort-order": {"display": "none"},
        "button.heading": {
            "width": "100%", "height": "100%", "border": "0", "background": "transparent", "color": text,
            "text-align": "start", "display": "flex", "gap": "10px", "align-items": "center", "padding": "0 14px",
            "font": f"14px {font}", "cursor": "pointer",
        },
        ".ag-full-width-row": {"background": f"{_colour(light, 'secondaryBackgroundColor')} !important"},
        "button.heading .sums": {"opacity": "0.75"},
        ".suggesting, .suggesting input": {
            "width": "100%", "height": "100%", "border": "0", "outline": "none", "background": ground, "color": text,
            "padding": "0 6px",
        },
        ".selection": {
            "position": "fixed", "z-index": "50", "bottom": "14px", "left": "50%", "transform": "translateX(-50%)",
            "display": "flex", "gap": "10px", "align-items": "center", "padding": "8px 12px", "border-radius": "10px",
            "background": ground, "border": f"1px solid {border}", "box-shadow": "0 6px 24px rgb(0 0 0 / 24%)",
            "color": text, "font": f"14px {font}",
        },
        ".selection[hidden]": {"display": "none"},
        ".selection button": {
            "border": f"1px solid {border}", "border-radius": "7px", "padding": "4px 12px", "background": "transparent",
            "color": text, "font": "inherit", "cursor": "pointer",
        },
        ".selection button:first-of-type": {"background": primary, "color": "#fff", "border-color": primary},
    }  # fmt: skip
