"""A menu that gives what a page shows as a file: markdown, CSV, JSON or a workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import streamlit as st

from ci_core.backlog.export import MIME, ExportColumn, ExportFormat, export_rows, file_name

Rows = tuple[Sequence[ExportColumn], Iterable[Any]]
LABELS = {
    ExportFormat.MARKDOWN: "Markdown",
    ExportFormat.CSV: "CSV",
    ExportFormat.JSON: "JSON",
    ExportFormat.XLSX: "Excel",
}


def draw_export(name: str, make_rows: Callable[[], Rows]) -> None:
    """Draw the menu.

    Args:
        name: what the file and its heading are called, and unique on the page.
        make_rows: gives columns and rows; called when somebody chooses a format, and not before.
    """
    popover = st.popover(
        "Export", icon=":material/download:", key=f"export-{name}", on_change="rerun", type="tertiary", help=None
    )
    if not popover.open:
        return
    with popover:
        st.caption("What the filters show, as a file")
        for kind in ExportFormat:
            st.download_button(
                LABELS[kind],
                data=partial(_document, make_rows, kind, name),
                file_name=file_name(name, kind, datetime.now(UTC).date()),
                mime=MIME[kind],
                key=f"export-{name}-{kind}",
                on_click="ignore",
                width="stretch",
            )


def _document(make_rows: Callable[[], Rows], kind: ExportFormat, name: str) -> bytes:
    columns, rows = make_rows()
    return export_rows(columns, rows, kind, name)
