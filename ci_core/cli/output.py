"""What commands print: one JSON document, or a table for people. Text from the backlog is shown, never obeyed."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# Control and direction marks: a title must not move the cursor, ring the bell or turn a line around.
UNSAFE = {"Cc", "Cs"}
DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
ELLIPSIS = "…"


class Column(NamedTuple):
    """A column of a table: `numeric` ones stand to the right, `flexible` ones are cut where the terminal ends."""

    title: str
    numeric: bool = False
    flexible: bool = False


def say(message: str) -> None:
    """Tell the person something; stdout belongs to the result."""
    print(message, file=sys.stderr, flush=True)  # noqa: T201


def write(text: str = "") -> None:
    """A line of the result."""
    print(text)  # noqa: T201


def write_json(document: Any) -> None:
    """The result as one JSON document."""
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") in {"utf8", "utf8sig"}
    write(json.dumps(plain(document), ensure_ascii=not unicode, indent=2))


def plain(value: Any) -> Any:
    """A value of the library as JSON knows it: fields in order, times in ISO 8601, hours and scores as numbers."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [plain(item) for item in value]
    return value


def clean(text: str) -> str:
    """Text that is safe on a terminal; line feeds and tabs stay."""
    return "".join(_safe(character) for character in text)


def _safe(character: str) -> str:
    if character in "\n\t":
        return character
    return REPLACEMENT if unicodedata.category(character) in UNSAFE or character in DIRECTION else character


def write_table(columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> None:
    """A table: fitted to a terminal, where flexible columns give way, or whole lines for a pipe."""
    lines = [[_cell(value) for value in row] for row in rows]
    if sys.stdout.isatty():
        _write_fitted(columns, lines)
        return
    widths = [max([len(column.title), *(len(line[place]) for line in lines)]) for place, column in enumerate(columns)]
    for line in [[column.title for column in columns], *lines]:
        cells = (
            cell.rjust(width) if column.numeric else cell.ljust(width)
            for cell, width, column in zip(line, widths, columns, strict=True)
        )
        write("  ".join(cells).rstrip())


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.10g}"
    return " ".join(clean(str(value)).split())


def _write_fitted(columns: Sequence[Column], lines: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        table.add_column(
            column.title,
            justify="right" if column.numeric else "left",
            no_wrap=True,
            overflow="ellipsis",
            min_width=None if column.flexible else max([len(column.title), *(len(line[place]) for line in lines)]),
        )
    for line in lines:
        table.add_row(*(Text(cell) for cell in line))
    Console(highlight=False, markup=False).print(table)


def write_pairs(pairs: Iterable[tuple[str, object]]) -> None:
    """Names and values, one a line; what is empty is left out."""
    shown = [(name, _cell(value)) for name, value in pairs if value not in (None, "", ())]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        write(f"{name.ljust(width)}  {value}")


def write_heading(text: str) -> None:
    """A heading with a free line above it."""
    write()
    write(clean(text).upper())
