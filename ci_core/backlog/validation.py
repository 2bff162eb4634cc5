"""What people may write into each field, and the message they get when they may not."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from ci_core.errors import InvalidInput
from db.enums import Category, Complexity, Priority, Source, Status

TITLE_MAX = 300
DESCRIPTION_MAX = 200_000
COMMENT_MAX = 20_000
NAME_MAX = 120
BRANCH_MAX = 250
URL_MAX = 2_000
TAGS_MAX = 30
TAG_MAX = 40
HOURS_LIMIT = 1_000_000
IMPACT_MAX = 50_000
REJECTION_REASON_MAX = 500
# Marks that turn the reading direction around make a text look like another one.
DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)


def line(field: str, value: object, longest: int) -> str:
    """One trimmed line of readable text, 1 to `longest` characters.

    Raises:
        InvalidInput: it is no such line.
    """
    name = field.replace("_", " ").capitalize()
    if not isinstance(value, str):
        raise InvalidInput(field, f"{name} must be text.")
    value = value.strip()
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in value):
        raise InvalidInput(field, f"{name} must be one line without control characters.")
    if DIRECTION_MARKS & set(value):
        raise InvalidInput(field, f"{name} must not contain marks that change the reading direction.")
    if all(unicodedata.category(character) in {"Cf", "Zs"} for character in value):
        raise InvalidInput(field, f"{name} must not be empty.")
    if len(value) > longest:
        raise InvalidInput(field, f"{name} has {len(value):,} characters; {longest:,} are allowed.")
    return value


def body(field: str, value: object, longest: int) -> str:
    """Text of any number of lines, at most `longest` characters, with line feeds only.

    Raises:
        InvalidInput: it is no text, too long, or has characters that cannot be stored.
    """
    name = field.replace("_", " ").capitalize()
    if not isinstance(value, str):
        raise InvalidInput(field, f"{name} must be text.")
    value = value.replace("\r\n", "\n")
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidInput(field, f"{name} has characters that cannot be stored (NUL or half of a pair).")
    if len(value) > longest:
        raise InvalidInput(field, f"{name} has {len(value):,} characters; {longest:,} are allowed.")
    return value


def _optional(check: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    def checked(field: str, value: Any) -> Any:
        return None if value is None or (isinstance(value, str) and not value.strip()) else check(field, value)

    return checked


def _line_of(longest: int) -> Callable[[str, Any], str]:
    return lambda field, value: line(field, value, longest)


def _one_of(values: type[StrEnum]) -> Callable[[str, Any], str]:
    def checked(field: str, value: Any) -> str:
        text = value.strip().lower().replace(" ", "_") if isinstance(value, str) else value
        if not isinstance(text, str) or text not in set(values):
            allowed = ", ".join(values)
            raise InvalidInput(field, f"{field.capitalize()} {_shown(value)} is unknown. Allowed are: {allowed}.")
        return str(text)

    return checked


def _shown(value: Any) -> str:
    text = repr(str(value))
    return text if len(text) <= 60 else text[:57] + "…'"


def _hours(field: str, value: Any) -> Decimal:
    name = field.replace("_", " ").capitalize()
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise InvalidInput(field, f"{name} must be a number, not {_shown(value)}.")
    if not 0 <= number < HOURS_LIMIT:
        raise InvalidInput(field, f"{name} must be from 0 to less than {HOURS_LIMIT:,}.")
    return number.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _percentage(field: str, value: Any) -> int:
    whole = not isinstance(value, bool) and isinstance(value, int | float) and float(value).is_integer()
    if not whole or not 0 <= value <= 100:
        raise InvalidInput(field, "Completion must be a whole number from 0 to 100 per cent.")
    return int(value)


def _web_address(field: str, value: Any) -> str:
    address = line(field, value, URL_MAX)
    try:
        parts = urlsplit(address)
        usable = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in address):
        raise InvalidInput(field, f"{field.replace('_', ' ').capitalize()} must start with https:// or http://.")
    return address


def _origin(field: str, value: Any) -> str:
    """A web address, or a path in the repository such as ``docs/WISHLIST.md#L40``."""
    text = line(field, value, URL_MAX)
    return _web_address(field, text) if SCHEME.match(text) or text.startswith("//") else text


def _tags(field: str, value: Any) -> list[str]:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise InvalidInput(field, "Tags must be a list of words.")
    lowered = (tag.lower() if isinstance(tag, str) else tag for tag in value)
    tags = list(dict.fromkeys(line(field, tag, TAG_MAX) for tag in lowered))
    if len(tags) > TAGS_MAX:
        raise InvalidInput(field, f"{len(tags)} tags are too many; {TAGS_MAX} are allowed.")
    return tags


def _impact(field: str, value: Any) -> dict[str, Any]:
    name = field.replace("_", " ").capitalize()
    if not isinstance(value, Mapping):
        raise InvalidInput(field, f"{name} must be a set of named values.")
    try:
        text = json.dumps(dict(value), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidInput(field, f"{name} cannot be stored as JSON: {error}.") from None
    if "\\u0000" in text or len(text) > IMPACT_MAX:
        raise InvalidInput(field, f"{name} has NUL characters or more than {IMPACT_MAX:,} characters as JSON.")
    stored: dict[str, Any] = json.loads(text)
    return stored


CHECKS: Mapping[str, Callable[[str, Any], Any]] = {
    "title": _line_of(TITLE_MAX),
    "description": lambda field, value: body(field, value, DESCRIPTION_MAX),
    "feature_area": _optional(_line_of(NAME_MAX)),
    "category": _one_of(Category),
    "priority": _one_of(Priority),
    "complexity": _optional(_one_of(Complexity)),
    "status": _one_of(Status),
    "completion_percentage": _percentage,
    "estimated_hours": _optional(_hours),
    "actual_hours": _optional(_hours),
    "source": _one_of(Source),
    "source_url": _optional(_origin),
    "assignee": _optional(_line_of(NAME_MAX)),
    "branch": _optional(_line_of(BRANCH_MAX)),
    "pull_request_url": _optional(_web_address),
    "predicted_impact": lambda field, value: None if value is None else _impact(field, value),
    "actual_impact": lambda field, value: None if value is None else _impact(field, value),
    "tags": _tags,
    "rejection_reason": _optional(_line_of(REJECTION_REASON_MAX)),
}


def checked_fields(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are stored.

    Raises:
        InvalidInput: a field cannot be written at all, or not with this value; its `field` names which.
    """
    for field in changes:
        if field not in CHECKS:
            raise InvalidInput(field, f"{field!r} cannot be changed. These can: {', '.join(CHECKS)}.")
    return {field: CHECKS[field](field, value) for field, value in changes.items()}


def checked_score(field: str, value: Any) -> float:
    """A score from 0 to 100 with two decimals.

    Raises:
        InvalidInput: it is no such number.
    """
    usable = isinstance(value, int | float | Decimal) and not isinstance(value, bool) and math.isfinite(value)
    if not usable or not 0 <= value <= 100:
        raise InvalidInput(field, f"A score is a number from 0 to 100, not {_shown(value)}.")
    return round(float(value), 2)
