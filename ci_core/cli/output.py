"""What commands print: one JSON document, or a table for people. Text from the backlog is shown, never obeyed."""

from __future__ import annotations

import json
import os
import shutil
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
GAP = "  "
NARROWEST = 12
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


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
    """A table: on a terminal its flexible columns give way to the width, for a pipe every line is whole."""
    from rich.cells import cell_len  # an emoji is two columns wide

    lines = [[column.title for column in columns], *([_cell(value) for value in row] for row in rows)]
    widths = [max(cell_len(line[place]) for line in lines) for place in range(len(columns))]
    terminal = sys.stdout.isatty()
    if terminal:
        _fit(columns, widths, shutil.get_terminal_size().columns)
    for number, line in enumerate(lines):
        cells = (_padded(cell, width, column) for cell, width, column in zip(line, widths, columns, strict=True))
        text = GAP.join(cells).rstrip()
        write(f"{BOLD}{text}{PLAIN}" if terminal and number == 0 and "NO_COLOR" not in os.environ else text)


def _fit(columns: Sequence[Column], widths: list[int], available: int) -> None:
    """Make flexible columns narrower, the widest first, until the table fits; they keep at least a few letters."""
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - available
    for place in sorted((place for place, column in enumerate(columns) if column.flexible), key=lambda p: -widths[p]):
        narrower = max(NARROWEST, widths[place] - max(excess, 0))
        if narrower < widths[place]:
            excess -= widths[place] - narrower
            widths[place] = narrower


def _padded(cell: str, width: int, column: Column) -> str:
    from rich.cells import cell_len, set_cell_size

    if cell_len(cell) > width:
        return set_cell_size(cell, width - 1) + ELLIPSIS
    space = " " * (width - cell_len(cell))
    return space + cell if column.numeric else cell + space


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.10g}"
    return " ".join(clean(str(value)).split())


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
