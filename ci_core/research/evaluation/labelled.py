"""Labelled files: streams of items and pairs of texts, each line checked before anything is measured."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ci_core.errors import InvalidInput
from ci_core.research.normalise import normalise
from ci_core.research.values import Item, NormalItem

MOST_LINES = 1_000_000
_LABELS = {"1": True, "0": False, "duplicate": True, "related": False, "different": False, "true": True, "false": False}
_STREAM_REMEDY = 'It needs "id", "created" (Unix seconds), "title" and "story".'
_PAIR_REMEDY = (
    'It needs "a" and "b" (or "a_title", "a_text", "b_title", "b_text") '
    'and "label" (1, 0, duplicate, related or different).'
)


@dataclass(frozen=True, slots=True)
class StreamItem:
    """An item of a stream; two with one `story` are duplicates."""

    item: NormalItem
    at: datetime
    story: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts, whether they are the same, and the days between them where that is known."""

    one: NormalItem
    other: NormalItem
    same: bool
    days: float | None


def read_labelled(path: Path) -> list[StreamItem] | list[Pair]:
    """The items of a stream in the order of time, or pairs in the order of the file; the first line tells which.

    Raises:
        InvalidInput: the file cannot be read, is empty, or has a line that is none; the text names the line.
    """
    rows = list(_rows(path))
    if not rows:
        raise InvalidInput("dedup", f"{path} is empty: there is nothing to measure. {_STREAM_REMEDY}")
    first = rows[0][1]
    if "label" in first or "a" in first or "a_title" in first:
        texts: dict[tuple[str, str], NormalItem] = {}
        return [_pair(path, number, row, texts) for number, row in rows]
    items = [_stream_item(path, number, row) for number, row in rows]
    return sorted(items, key=lambda one: one.at)


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidInput("dedup", f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput("dedup", f"{path} is no UTF-8 text (byte {error.start}). Save it as UTF-8.") from error
    lines = text.split("\n")
    if len(lines) > MOST_LINES:
        raise InvalidInput("dedup", f"{path} has {len(lines):,} lines; {MOST_LINES:,} can be measured at once.")
    if text.lstrip()[:1] == "{":
        yield from _json_rows(path, lines)
    elif text.strip():
        yield from _table_rows(path, lines)


def _json_rows(path: Path, lines: list[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise _bad(path, number, f"is no JSON ({error})", "Each line is one JSON object.") from error
        if not isinstance(row, dict):
            raise _bad(path, number, "is no JSON object", "Each line is one JSON object.")
        yield number, row


def _table_rows(path: Path, lines: list[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.reader((line + "\n" for line in lines), delimiter="\t")
    header: list[str] | None = None
    try:
        for cells in reader:
            if not any(cells):
                continue
            if header is None:
                header = [cell.strip() for cell in cells]
                if "label" not in header or not ({"a", "b"} <= {*header} or {"a_title", "b_title"} <= {*header}):
                    raise _bad(path, 1, "does not name the columns", _PAIR_REMEDY)
                continue
            if len(cells) != len(header):
                found = f"has {len(cells)} columns instead of {len(header)}"
                raise _bad(path, reader.line_num, found, "Columns are separated by tabs; quote a text that has one.")
            yield reader.line_num, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise _bad(path, reader.line_num, f"is no line of a table ({error})", _PAIR_REMEDY) from error


def _stream_item(path: Path, number: int, row: Mapping[str, Any]) -> StreamItem:
    for name in ("id", "created", "title", "story"):
        if row.get(name) in (None, ""):
            raise _bad(path, number, f'has no "{name}"', _STREAM_REMEDY)
    try:
        at = datetime.fromtimestamp(_number(row["created"]), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise _bad(path, number, f'has a "created" that is no time: {row["created"]!r}', _STREAM_REMEDY) from error
    return StreamItem(
        _item(str(row["id"]), row["title"], row.get("text"), _address(number, row), at), at, str(row["story"])
    )


def _address(number: int, row: Mapping[str, Any]) -> str:
    """Its own address; where only the site is told, one on that site which no other line has."""
    if isinstance(row.get("url"), str) and row["url"]:
        return str(row["url"])
    site = str(row.get("domain") or "")
    # "self.options" is what Reddit calls a post without a link.
    return (
        f"https://{site}/line-{number}"
        if "." in site and not site.startswith("self.")
        else f"https://line-{number}.invalid/"
    )


def _pair(path: Path, number: int, row: Mapping[str, Any], texts: dict[tuple[str, str], NormalItem]) -> Pair:
    label = str(row.get("label", "")).strip().lower().removesuffix(".0")
    if label not in _LABELS:
        raise _bad(path, number, f"has the label {row.get('label')!r}", _PAIR_REMEDY)
    sides = []
    for side in ("a", "b"):
        title, text = row.get(side) or row.get(f"{side}_title"), row.get(f"{side}_text")
        if not isinstance(title, str) or not title.strip():
            raise _bad(path, number, f'has no "{side}" and no "{side}_title"', _PAIR_REMEDY)
        key = (title, str(text or ""))
        if key not in texts:
            name = f"text-{len(texts)}"
            texts[key] = _item(name, title, text, f"https://{name}.invalid/", None)
        sides.append(texts[key])
    days = row.get("days")
    try:
        apart = None if days in (None, "") else abs(_number(days))
    except ValueError as error:
        raise _bad(path, number, f"has {days!r} as its days", 'Leave "days" out where it is not known.') from error
    return Pair(sides[0], sides[1], _LABELS[label], apart)


def _item(name: str, title: Any, text: Any, url: str, at: datetime | None) -> NormalItem:
    return normalise(Item("evaluation", name, url, str(title), str(text or ""), published_at=at))


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _bad(path: Path, number: int, what: str, remedy: str) -> InvalidInput:
    return InvalidInput("dedup", f"{path}, line {number} {what}. {remedy}")
