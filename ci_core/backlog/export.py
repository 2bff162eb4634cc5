"""Rows as a document to take away: a markdown table, CSV, JSON, or a workbook.

Texts of the backlog come from anywhere. A spreadsheet takes a cell that begins with =, +, - or @ for a formula, so
CSV puts an apostrophe before such a text, and a workbook stores every text as text.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any

from ci_core.errors import InvalidInput

# What a spreadsheet may take for the beginning of a formula: OWASP, "CSV Injection".
FORMULA = re.compile(r"^[\s\x00-\x1f]*[=+\-@＝＋－＠]|^[\t\r\n]")
# What would end a cell of a markdown table, begin a mark-up, or be taken for HTML.
MARKDOWN = re.compile(r"([\\`*_\[\]<>|~#])")
SHEET_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
LONGEST_SHEET_NAME = 31
LONGEST_CELL = 32_767
MOST_ROWS_OF_A_SHEET = 1_048_575
FIRST_DAY_OF_SHEETS = date(1900, 3, 1)
# A double holds every whole number up to here; a longer one is kept as text, so that no digit changes.
LARGEST_EXACT = 2**53
WIDEST = 60
NARROWEST = 8


class ExportFormat(StrEnum):
    """What a document can be."""

    MARKDOWN = "md"
    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"


MIME: Mapping[ExportFormat, str] = {
    ExportFormat.MARKDOWN: "text/markdown; charset=utf-8",
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.JSON: "application/json",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column: `key` names it for programs (and is its attribute of a row), `title` for people."""

    key: str
    title: str


ENHANCEMENT_COLUMNS = (
    ExportColumn("id", "ID"),
    ExportColumn("title", "Title"),
    ExportColumn("status", "Status"),
    ExportColumn("priority", "Priority"),
    ExportColumn("category", "Category"),
    ExportColumn("complexity", "Complexity"),
    ExportColumn("feature_area", "Area"),
    ExportColumn("assignee", "Assignee"),
    ExportColumn("estimated_hours", "Estimate (h)"),
    ExportColumn("actual_hours", "Spent (h)"),
    ExportColumn("ai_priority_score", "Score"),
    ExportColumn("tags", "Tags"),
    ExportColumn("blocked_by", "Blocked by"),
    ExportColumn("votes", "Votes"),
    ExportColumn("source", "Source"),
    ExportColumn("status_entered_at", "In status since"),
    ExportColumn("created_at", "Created"),
    ExportColumn("updated_at", "Updated"),
    ExportColumn("snoozed_until", "Snoozed until"),
)


def export_rows(columns: Sequence[ExportColumn], rows: Iterable[Any], format: str, title: str) -> bytes:
    """The rows as one document, in the order given.

    Args:
        rows: objects with an attribute for each column's key, or mappings with such a key; what is missing is empty.
        format: one of `ExportFormat`.
        title: the heading of a markdown document, the name of a workbook's sheet.

    Raises:
        InvalidInput: there is no such format, or a workbook cannot hold so many rows.
    """
    table = [[_value(row, column.key) for column in columns] for row in rows]
    kind = checked_format(format)
    if kind is ExportFormat.MARKDOWN:
        return _markdown(columns, table, title).encode()
    if kind is ExportFormat.CSV:
        return _csv(columns, table).encode()
    if kind is ExportFormat.JSON:
        return _json(columns, table).encode()
    return _xlsx(columns, table, title)


def checked_format(format: str) -> ExportFormat:
    """The format of this name.

    Raises:
        InvalidInput: there is none.
    """
    try:
        return ExportFormat(format.lower())
    except ValueError:
        allowed = ", ".join(ExportFormat)
        raise InvalidInput("format", f"{format!r} is no format of an export. There are: {allowed}.") from None


def file_name(title: str, format: str, day: date) -> str:
    """A plain name for the file: "board-2026-11-25.csv"."""
    stem = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "export"
    return f"{stem}-{day.isoformat()}.{checked_format(format)}"


def safe_cell(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula: with an apostrophe before it where it might."""
    return f"'{text}" if FORMULA.match(text) else text


def _value(row: Any, key: str) -> Any:
    value = row.get(key) if isinstance(row, Mapping) else getattr(row, key, None)
    return value.value if isinstance(value, Enum) else value


def _in_words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | Decimal):
        digits = format(Decimal(repr(value)) if isinstance(value, float) else value, "f")
        return digits.removesuffix(".0")
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(_in_words(part) for part in value)
    return str(value)


def _markdown(columns: Sequence[ExportColumn], table: Sequence[Sequence[Any]], title: str) -> str:
    lines = [f"# {_markdown_cell(title)}", ""]
    lines.append("| " + " | ".join(_markdown_cell(column.title) for column in columns) + " |")
    numeric = [any(_is_number(row[place]) for row in table) for place in range(len(columns))]
    lines.append("| " + " | ".join("---:" if right else "---" for right in numeric) + " |")
    lines += ["| " + " | ".join(_markdown_cell(_in_words(value)) for value in row) + " |" for row in table]
    if not table:
        lines += ["", "Nothing fits."]
    return "\n".join(lines) + "\n"


def _markdown_cell(text: str) -> str:
    return MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def _csv(columns: Sequence[ExportColumn], table: Sequence[Sequence[Any]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")  # RFC 4180
    writer.writerow(safe_cell(column.title) for column in columns)
    for row in table:
        # A negative number is a number; a text that looks like one is not.
        writer.writerow(
            _in_words(value) if _is_number(value) else safe_cell(_in_words(value).replace("\0", "")) for value in row
        )
    return out.getvalue()


def _json(columns: Sequence[ExportColumn], table: Sequence[Sequence[Any]]) -> str:
    keys = [column.key for column in columns]
    documents = [dict(zip(keys, map(_plain, row), strict=True)) for row in table]
    return json.dumps(documents, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and not _is_number(value):
        return None
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(part) for part in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    return value.value if isinstance(value, Enum) else value


def _is_number(value: Any) -> bool:
    """Whether it is a finite figure; not a number (NaN) is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    return isinstance(value, int) or (value == value and abs(value) != float("inf"))


def _xlsx(columns: Sequence[ExportColumn], table: Sequence[Sequence[Any]], title: str) -> bytes:
    import xlsxwriter

    if len(table) > MOST_ROWS_OF_A_SHEET:
        raise InvalidInput("format", f"A workbook holds {MOST_ROWS_OF_A_SHEET:,} rows; export this as CSV.")
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": title[:250], "created": datetime.now(UTC).replace(tzinfo=None)})
        sheet = book.add_worksheet(_sheet_name(title))
        heading = book.add_format({"bold": True, "bottom": 1})
        formats = {
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column.title, heading)
            sheet.set_column(place, place, _width(column, [row[place] for row in table[:200]]))
        for number, row in enumerate(table, start=1):
            for place, value in enumerate(row):
                _write_cell(sheet, number, place, value, formats)
        sheet.freeze_panes(1, 0)
        if columns:
            sheet.autofilter(0, 0, len(table), len(columns) - 1)
    return out.getvalue()


def _write_cell(sheet: Any, row: int, place: int, value: Any, formats: Mapping[Any, Any]) -> None:
    if value is None or value == "" or value == ():
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif _is_number(value) and abs(value) <= LARGEST_EXACT:
        sheet.write_number(row, place, value)
    elif isinstance(value, datetime) and value.date() >= FIRST_DAY_OF_SHEETS:
        # A sheet knows no time zones: every time in it is UTC.
        moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        sheet.write_datetime(row, place, moment, formats[datetime])
    elif isinstance(value, date) and not isinstance(value, datetime) and value >= FIRST_DAY_OF_SHEETS:
        sheet.write_datetime(row, place, value, formats[date])
    else:
        sheet.write_string(row, place, _in_words(value)[:LONGEST_CELL])


def _width(column: ExportColumn, values: Iterable[Any]) -> int:
    longest = max([len(column.title) + 3, *(len(_in_words(value)) for value in values)])
    return max(NARROWEST, min(WIDEST, longest + 1))


def _sheet_name(title: str) -> str:
    name = SHEET_NAME.sub(" ", title).strip().strip("'")[:LONGEST_SHEET_NAME].strip().strip("'")
    # "History" is a name that workbooks keep for themselves.
    return name if name and name.lower() != "history" else "Rows"
