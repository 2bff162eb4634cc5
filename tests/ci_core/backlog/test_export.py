"""Documents to take away: nothing in them is a formula or mark-up that a person did not write, and nothing is lost."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest

from ci_core.backlog.export import (
    ENHANCEMENT_COLUMNS,
    ExportColumn,
    ExportFormat,
    export_rows,
    file_name,
    safe_cell,
)
from ci_core.backlog.table_rows import TableRow
from ci_core.errors import InvalidInput
from db.enums import Status

COLUMNS = (ExportColumn("id", "ID"), ExportColumn("text", "Text"))
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def exported(format: str, *texts: Any) -> bytes:
    return export_rows(COLUMNS, [{"id": n, "text": text} for n, text in enumerate(texts, 1)], format, "Rows")


def cells_of_csv(*texts: Any) -> list[str]:
    rows = list(csv.reader(io.StringIO(exported("csv", *texts).decode("utf-8"), newline="")))
    assert rows[0] == ["ID", "Text"]
    return [row[1] for row in rows[1:]]


def sheet(document: bytes) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(document)) as book:
        return ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - our own document


def strings(document: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(document)) as book:
        shared = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))  # noqa: S314 - our own document
    return ["".join(part.text or "" for part in item.iter(f"{MAIN}t")) for item in shared.iter(f"{MAIN}si")]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "  =1", "=HYPERLINK(\"http://x\")", "＝1",
        "\n@x",
    ],
)  # fmt: skip
def test_a_text_that_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    assert cells_of_csv(text) == [f"'{text}"]


@pytest.mark.parametrize(
    "text", ["a=b", "1+1", "x - y", "mail@example.org", "'quoted'", "", "ünïcödé 🎉", 'say "hi", now']
)
def test_every_other_text_comes_back_letter_for_letter(text: str) -> None:
    assert cells_of_csv(text) == [text]
    assert json.loads(exported("json", text)) == [{"id": 1, "text": text}]


def test_numbers_stay_numbers_even_below_zero() -> None:
    assert cells_of_csv(-1.5, 0, 3.0, 10**20, Decimal("2.50"), 1e-7, 1e21) == [
        "-1.5", "0", "3", "100000000000000000000", "2.50", "0.0000001", "1000000000000000000000",
    ]  # fmt: skip


def test_csv_has_no_byte_order_mark_and_lines_as_the_standard_says() -> None:
    document = exported("csv", "two\nlines", "ü")

    assert document == 'ID,Text\r\n1,"two\nlines"\r\n2,ü\r\n'.encode()


@pytest.mark.parametrize("format", list(ExportFormat))
def test_nothing_is_a_document_too(format: str) -> None:
    document = export_rows(COLUMNS, [], format, "Rows")

    if format == "json":
        assert json.loads(document) == []
    elif format == "csv":
        assert document == b"ID,Text\r\n"
    elif format == "md":
        assert b"Nothing fits." in document
    else:
        assert len(list(sheet(document).iter(f"{MAIN}row"))) == 1


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("a|b", "a\\|b"),
        ("<script>", "\\<script\\>"),
        ("[x](http://y)", "\\[x\\](http://y)"),
        ("*bold* _it_ `code`", "\\*bold\\* \\_it\\_ \\`code\\`"),
        ("two\nlines", "two lines"),
        ("back\\slash", "back\\\\slash"),
        (None, ""),
    ],
)
def test_a_markdown_cell_shows_the_text_itself(text: Any, cell: str) -> None:
    lines = exported("md", text).decode().splitlines()

    assert lines[:4] == ["# Rows", "", "| ID | Text |", "| ---: | --- |"]
    assert lines[4] == f"| 1 | {cell} |"


def test_json_has_the_keys_in_order_and_plain_values() -> None:
    row = {"id": Status.APPROVED, "text": [datetime(2026, 11, 25, 9, 30, tzinfo=UTC), Decimal("1.5"), float("nan")]}

    (document,) = json.loads(export_rows(COLUMNS, [row], "JSON", "Rows"))

    assert document == {"id": "approved", "text": ["2026-11-25T09:30:00+00:00", 1.5, None]}
    assert list(document) == ["id", "text"]


def test_a_workbook_holds_texts_as_texts_and_figures_as_figures() -> None:
    document = exported("xlsx", "=1+1", "http://x.example", 2.5, datetime(2026, 11, 25, 12, 0, tzinfo=UTC), 10**20)

    root = sheet(document)
    cells = {cell.get("r"): cell for cell in root.iter(f"{MAIN}c")}
    assert list(root.iter(f"{MAIN}f")) == []
    assert {"=1+1", "http://x.example", "100000000000000000000"} <= set(strings(document))
    assert cells["B2"].get("t") == "s"
    assert (cells["B4"].get("t"), cells["B4"].findtext(f"{MAIN}v")) == (None, "2.5")
    # 46,351 days after 30 December 1899, at noon.
    assert (cells["B5"].get("t"), cells["B5"].findtext(f"{MAIN}v")) == (None, "46351.5")
    assert [area.get("ref") for area in root.iter(f"{MAIN}autoFilter")] == ["A1:B6"]
    assert [(pane.get("ySplit"), pane.get("state")) for pane in root.iter(f"{MAIN}pane")] == [("1", "frozen")]


@pytest.mark.parametrize("title", ["", "a/b:c*d?[e]", "x" * 100, "History", "'quoted'"])
def test_any_title_makes_a_sheet(title: str) -> None:
    assert sheet(export_rows(COLUMNS, [], "xlsx", title)) is not None


def test_control_characters_and_endless_texts_break_no_workbook() -> None:
    document = exported("xlsx", "bell\x07", "x" * 40_000, "\ufffe", float("inf"), datetime(1850, 1, 1, tzinfo=UTC))

    assert len(list(sheet(document).iter(f"{MAIN}row"))) == 6
    assert max(map(len, strings(document))) == 32_767


def test_rows_of_the_table_fill_every_column() -> None:
    moment = datetime(2026, 11, 25, tzinfo=UTC)
    row = TableRow(
        7, "T", "approved", "high", "security", "simple", "Scanner", "ada", 2.0, 1.0, 50.0, ("a", "b"), "manual",
        moment, moment, moment, moment, None, 1, (3, 4), 2,
    )  # fmt: skip

    (document,) = json.loads(export_rows(ENHANCEMENT_COLUMNS, [row], "json", "Rows"))

    assert None not in document.values()
    assert (document["tags"], document["blocked_by"], document["votes"]) == (["a", "b"], [3, 4], 2)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(InvalidInput, match="md, csv, json, xlsx"):
        export_rows(COLUMNS, [], "pdf", "Rows")


def test_a_file_is_named_after_its_title_and_day() -> None:
    assert file_name("Board: mine / ours", "csv", date(2026, 11, 25)) == "board-mine-ours-2026-11-25.csv"
    assert file_name("…", "xlsx", date(2026, 11, 25)) == "export-2026-11-25.xlsx"


def test_a_safe_cell_is_safe_again() -> None:
    assert safe_cell(safe_cell("=1")) == "'=1"
