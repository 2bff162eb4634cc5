"""Items as JSON lines: one object a line, as `ci research ingest` reads them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args

from ci_core.errors import InvalidInput
from ci_core.research.sources.entry import LARGEST_FIGURE, address, storable, utc
from ci_core.research.values import Item, Markup

KNOWN = ("id", "source_type", "url", "title", "text", "author", "date", "score", "comments")
LONGEST_LINE = 2_000_000
LONGEST = {"id": 500, "title": 2_000, "text": 200_000, "author": 200}
KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")
# How sites write their texts, where a line does not say it itself by "markup".
MARKUP: Mapping[str, Markup] = {
    "reddit": "markdown",
    "github": "markdown",
    "hacker_news": "html",
    "stack_overflow": "html",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file: its number (1 is the first), and the item or what is wrong with it."""

    number: int
    item: Item | None = None
    problem: str | None = None


def read_lines(lines: Iterable[bytes]) -> list[Line]:
    """The items of a file in the order in which they were published, those without a date last.

    Empty lines are left out. What cannot be used is there with its number and the remedy.
    """
    found = [_line(number, raw) for number, raw in enumerate(lines, start=1) if raw.strip(b"\xef\xbb\xbf \t\r\n")]
    latest = datetime.max.replace(tzinfo=UTC)
    return sorted(found, key=lambda line: (line.item and line.item.published_at) or latest)


def _line(number: int, raw: bytes) -> Line:
    try:
        if len(raw) > LONGEST_LINE:
            raise InvalidInput("line", f"it has {len(raw):,} bytes; {LONGEST_LINE:,} can be read. Shorten its text")
        return Line(number, _item(_object(raw)))
    except InvalidInput as error:
        return Line(number, problem=str(error))


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InvalidInput("line", "it is not UTF-8. Save the file as UTF-8") from None
    except (ValueError, RecursionError) as error:
        what = error.msg if isinstance(error, json.JSONDecodeError) else "it cannot be read"
        raise InvalidInput("line", f"no JSON: {what}. Write one JSON object on the line") from None
    if not isinstance(found, dict):
        raise InvalidInput("line", f"it is a {type(found).__name__}. Write one JSON object on the line")
    return found


def _item(fields: Mapping[str, Any]) -> Item:
    kind = _text(fields, "source_type", needed=True)
    if not KIND.fullmatch(kind):
        raise InvalidInput("source_type", f"source_type is “{kind[:60]}”. Use small letters, digits and _: hacker_news")
    markup = fields.get("markup", MARKUP.get(kind, "plain"))
    if markup not in get_args(Markup):
        raise InvalidInput("markup", f"markup is {markup!r}. Use one of {', '.join(get_args(Markup))}")
    title, text = _text(fields, "title"), _text(fields, "text")
    if not (title or text):
        raise InvalidInput("title", "title is missing. Give it a title")
    return Item(
        source_type=kind,
        external_id=_text(fields, "id", needed=True),
        url=_url(fields.get("url")),
        title=title,
        text=text,
        markup=markup,
        author=_text(fields, "author") or None,
        published_at=_moment(fields.get("date")),
        engagement={
            name: _figure(name, fields[name]) for name in ("score", "comments") if fields.get(name) is not None
        },
    )


def _text(fields: Mapping[str, Any], name: str, *, needed: bool = False) -> str:
    value = fields.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and name == "id":
        value = str(value)
    if value is not None and not isinstance(value, str):
        raise InvalidInput(name, f"{name} is {_short(value)}. Write it as a text")
    text = storable(value or "").strip()
    if needed and not text:
        raise InvalidInput(name, f"{name} is missing. Every item needs id, source_type and title")
    longest = LONGEST.get(name)
    if name == "id" and longest and len(text) > longest:
        raise InvalidInput(name, f"id has {len(text)} characters; {longest} can be stored. Shorten it")
    return text[:longest]


def _url(value: object) -> str:
    if value is None or value == "":
        return ""
    found = address(value) if isinstance(value, str) else None
    if found is None:
        raise InvalidInput("url", f"url is {_short(value)}. Write a whole address that begins with http:// or https://")
    return found


def _moment(value: object) -> datetime | None:
    """A date as ISO 8601 or in Unix seconds."""
    if value is None or value == "":
        return None
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            return utc(datetime.fromisoformat(value))
    except (ValueError, OverflowError, OSError):
        pass
    raise InvalidInput("date", f"date is {_short(value)}. Write 2026-11-25, 2026-11-25T14:30:00Z or Unix seconds")


def _figure(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidInput(name, f"{name} is {_short(value)}. Write a number")
    return max(-LARGEST_FIGURE, min(LARGEST_FIGURE, int(value)))


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:59] + "…"
