"""What a person types in the search box, read into filters and free text; no SQL here.

    priority:high,critical category:security -is:done score:>=70 updated:7d "connection pool" -redis

`field:value` narrows, a comma means "or", `-` in front means "not", repeated filters must all hold. Everything else is
text, with its own "quoted phrases", -words and OR, and stays as it was typed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from difflib import get_close_matches
from enum import StrEnum

from ci_core.backlog.query_filters import (
    Choice,
    Field,
    Filter,
    NumberRange,
    Query,
    Special,
    State,
    TimeRange,
)
from ci_core.errors import QueryError
from db.enums import Category, Complexity, Priority, Source, Status

__all__ = [
    "Choice",
    "Field",
    "Filter",
    "NumberRange",
    "Query",
    "Special",
    "State",
    "TimeRange",
    "closed_values",
    "parse_query",
]

MOST_CHARACTERS = 2_000
MOST_ID = 2**31 - 1
OLDEST_DAYS = 36_500
HOURS_IN = {"h": 1, "d": 24, "w": 7 * 24, "mo": 30 * 24, "y": 365 * 24}

_UNUSABLE = re.compile(r"[\x00\ud800-\udfff]")  # PostgreSQL stores neither
_CURLY = str.maketrans("“”„«»", '"""""')
_PHRASE = re.compile(r'(-?)"([^"]*)(?:"|$)')
_FIELD = re.compile(r"(-?)([^\W\d][\w-]*):(?!:|//|\s|$)")
_KNOWN_FIELD_ALONE = re.compile(rf"-?(?:{'|'.join(Field)}):(?=\s|$)", re.IGNORECASE)
_VALUE = re.compile(r'"([^"]*)(?:"|$)|([^\s,"]*)')
_NUMBER = re.compile(r"(>=|<=|>|<|=)?(\d{1,9}(?:\.\d{1,6})?)|(\d{1,9}(?:\.\d{1,6})?)?\.\.(\d{1,9}(?:\.\d{1,6})?)?")
_DATE = r"\d{4}-\d{2}-\d{2}"
_TIME = re.compile(rf"(>=|<=|>|<|=)?({_DATE})|({_DATE})?\.\.({_DATE})?", re.ASCII)
_AGE = re.compile(r"([<>]?)(\d{1,6})(h|d|w|mo|y)", re.ASCII)

_SYNONYMS = {
    "bug": "bug_fix",
    "bugfix": "bug_fix",
    "feature": "new_feature",
    "docs": "documentation",
    "perf": "performance",
    "tests": "testing",
    "wip": "in_progress",
    "done": "completed",
}
_CLOSED: dict[Field, tuple[type[StrEnum], bool]] = {  # the values, and whether there may be none
    Field.STATUS: (Status, False),
    Field.PRIORITY: (Priority, False),
    Field.CATEGORY: (Category, False),
    Field.COMPLEXITY: (Complexity, True),
    Field.SOURCE: (Source, False),
    Field.IS: (State, False),
}


def parse_query(typed: str) -> Query:
    """Read what was typed.

    Raises:
        QueryError: a field or a value means nothing; the text names it, what is allowed, and what was probably meant.
    """
    line = _UNUSABLE.sub(" ", typed).translate(_CURLY)
    if len(line) > MOST_CHARACTERS:
        raise QueryError(f"A search has at most {MOST_CHARACTERS:,} characters; this one has {len(line):,}.")
    parts = list(_parts(line))
    for place, part in enumerate(parts):
        if part == "OR" and any(not isinstance(near, str) for near in parts[max(0, place - 1) : place + 2]):
            raise QueryError("OR stands between words only. For a field write a list, such as priority:high,critical.")
    words = [part for part in parts if isinstance(part, str)]
    while words and words[0] == "OR":
        words.pop(0)
    while words and words[-1] == "OR":
        words.pop()
    return Query(text=" ".join(words), filters=tuple(part for part in parts if not isinstance(part, str)))


def closed_values(field: Field) -> tuple[str, ...]:
    """Every value that `field` accepts, in the order of its enum; empty where the values are not a closed set."""
    if field not in _CLOSED:
        return ()
    values, may_be_none = _CLOSED[field]
    return (*values, *([Special.NONE.value] if may_be_none else []))


def _parts(line: str) -> Iterable[str | Filter]:
    """Words and phrases as they are, and filters, in their order."""
    place = 0
    while place < len(line):
        if line[place].isspace():
            place += 1
        elif match := _PHRASE.match(line, place):
            place = match.end()
            if match[2].strip():
                yield f'{match[1]}"{match[2]}"'
        elif match := _FIELD.match(line, place):
            values, place = _values(line, match.end())
            yield _filter(match[2], values, bool(match[1]))
        elif match := _KNOWN_FIELD_ALONE.match(line, place):
            raise QueryError(f"{match[0]} has no value. {_allowed(Field(match[0].strip('-:').lower()))}")
        else:
            end = next((at for at in range(place, len(line)) if line[at].isspace()), len(line))
            word = line[place:end]
            yield Choice(Field.ID, (_id(word[1:]),)) if re.fullmatch(r"#\d{1,9}", word, re.ASCII) else word
            place = end


def _values(line: str, place: int) -> tuple[list[tuple[str, bool]], int]:
    """The values of a comma list with whether each is quoted, and the place after the list."""
    values = []
    while True:
        match = _VALUE.match(line, place)
        assert match is not None  # noqa: S101 - it matches nothing as well
        quoted = match[1] is not None
        values.append((match[1] if quoted else match[2], quoted))
        place = match.end()
        if place >= len(line) or line[place] != ",":
            return values, place
        place += 1


def _filter(name: str, values: list[tuple[str, bool]], negated: bool) -> Filter:
    token = f"{name}:{','.join(value for value, _ in values)}"
    try:
        field = Field(name.lower())
    except ValueError:
        raise QueryError(
            f'{_short(token)}: there is no field "{_short(name)}".{_meant(name, Field)} '
            f'Fields: {", ".join(Field)}. To search for these words themselves, quote them: "{_short(token)}".'
        ) from None
    if field in _RANGES:
        if [value.lower() for value, _ in values] == ["none"] and field in (Field.SCORE, Field.HOURS):
            return Choice(field, (Special.NONE,), negated)
        if len(values) == 1 and (found := _RANGES[field](field, values[0][0].lower(), negated)):
            return found
        raise _refusal(field, token)
    return Choice(field, tuple(dict.fromkeys(_value(field, value, quoted) for value, quoted in values)), negated)


def _value(field: Field, value: str, quoted: bool) -> str | int | Special:
    if not value.strip():
        raise QueryError(f"{field}: has an empty value. {_allowed(field)}")
    if field is Field.ID:
        return _id(value)
    if field in _CLOSED:
        return _closed(field, value)
    if not quoted and value.lower() == "none":
        return Special.NONE
    if not quoted and value.lower() == "me" and field is Field.ASSIGNEE:
        return Special.ME
    return value.strip().lower() if field is Field.TAG else value.strip()


def _closed(field: Field, value: str) -> str | Special:
    values, may_be_none = _CLOSED[field]
    plain = re.sub(r"[\s-]+", "_", value.strip().lower())
    if may_be_none and plain == "none":
        return Special.NONE
    for candidate in (plain, _SYNONYMS.get(plain, plain)):
        if candidate in values.__members__.values():
            return values(candidate).value
    raise _refusal(field, value, _meant(plain, values))


def _id(value: str) -> int:
    digits = value.removeprefix("#")
    if not (re.fullmatch(r"\d{1,10}", digits, re.ASCII) and 0 < int(digits) <= MOST_ID):
        raise _refusal(Field.ID, value)
    return int(digits)


def _number_range(field: Field, value: str, negated: bool) -> NumberRange | None:
    match = _NUMBER.fullmatch(value)
    if not match or value == "..":
        return None
    sign, alone, low, high = match.groups()
    lowest, highest = (float(bound) if bound else None for bound in (low, high))
    if alone:
        number = float(alone)
        lowest = number if sign in (None, "=", ">", ">=") else None
        highest = number if sign in (None, "=", "<", "<=") else None
    limit = 100.0 if field is Field.SCORE else math.inf
    if (lowest or 0) > limit or (highest or 0) > limit or (lowest or 0) > (math.inf if highest is None else highest):
        return None
    return NumberRange(field, lowest, highest, sign != ">", sign != "<", negated)


def _time_range(field: Field, value: str, negated: bool) -> TimeRange | None:
    if match := _AGE.fullmatch(value):
        hours = int(match[2]) * HOURS_IN[match[3]]
        if not 0 < hours <= OLDEST_DAYS * 24:
            return None
        ago = timedelta(hours=hours)
        return TimeRange(field, until=ago, negated=negated) if match[1] == ">" else TimeRange(field, ago, None, negated)
    match = _TIME.fullmatch(value)
    if not match or value == "..":
        return None
    sign, alone, first, last = match.groups()
    try:
        since, until = (date.fromisoformat(day) if day else None for day in (first, last))
        if alone:
            since = until = date.fromisoformat(alone)
        day = timedelta(days=1)
        after, before = (since + day if since else None), (until + day if until else None)
    except (ValueError, OverflowError):  # 30 February; the last day of the calendar
        return None
    if since and until and since > until:
        return None
    start = {"<": None, "<=": None, ">": after}.get(sign, since)
    end = {">": None, ">=": None, "<": until}.get(sign, before)
    return TimeRange(field, start, end, negated)


_RANGES: dict[Field, Callable[[Field, str, bool], Filter | None]] = {
    Field.SCORE: _number_range,
    Field.HOURS: _number_range,
    Field.VOTES: _number_range,
    Field.UPDATED: _time_range,
    Field.CREATED: _time_range,
}


def _refusal(field: Field, token: str, meant: str = "") -> QueryError:
    shown = token if token.startswith(f"{field}:") else f"{field}:{token}"
    return QueryError(f"{_short(shown)} means nothing.{meant} {_allowed(field)}")


def _allowed(field: Field) -> str:
    if field in _CLOSED:
        return f"Allowed for {field}: {', '.join(closed_values(field))}."
    examples = {
        Field.AREA: 'area:scanner, area:"options flow", area:none',
        Field.ASSIGNEE: "assignee:ada, assignee:me, assignee:none",
        Field.TAG: "tag:database, tag:database,cache, tag:none",
        Field.ID: "id:12, id:12,15, #12",
        Field.SCORE: "score:>=70, score:50..80, score:none; a score lies between 0 and 100",
        Field.HOURS: "hours:<4, hours:2..8, hours:none",
        Field.VOTES: "votes:>=3, votes:0",
    }
    times = f"{field}:>2026-01-31, {field}:2026-01-01..2026-01-31, {field}:7d (in the last week), {field}:>4w (before)"
    return f"Write for example {examples.get(field, times)}."


def _meant(value: str, known: Iterable[str]) -> str:
    close = get_close_matches(value.lower()[:40], list(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]}?" if close else ""


def _short(token: str) -> str:
    line = " ".join(token.split())
    return line if len(line) <= 60 else f"{line[:59]}…"
