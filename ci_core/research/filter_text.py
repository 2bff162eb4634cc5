"""The filters of a source as people write them, one a line ("min_stars: 50"), and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ci_core.errors import InvalidInput

MOST_LINES = 50
FIELD = "search_filters"


def filters_as_text(filters: Mapping[str, Any]) -> str:
    """One line for each filter; a list is written with commas."""
    return "\n".join(f"{name}: {_written(value)}" for name, value in filters.items())


def filters_from_text(text: str) -> dict[str, Any]:
    """The filters that the lines name.

    What is JSON is read as such (a number, true, a list in brackets, a text in quotes); commas make a list of texts.

    Raises:
        InvalidInput: a line is no filter, or a name comes twice; the text says which line and how it should look.
    """
    found: dict[str, Any] = {}
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if len(lines) > MOST_LINES:
        raise InvalidInput(FIELD, f"{len(lines)} filters are too many; up to {MOST_LINES} can be.")
    for number, line in lines:
        name, colon, written = line.partition(":")
        name, written = name.strip(), written.strip()
        if not colon or not name.isidentifier():
            raise InvalidInput(FIELD, f"Line {number}: write a filter as “name: value”, for example “min_stars: 50”.")
        if not written:
            raise InvalidInput(FIELD, f"Line {number}: “{name}” has no value. Leave the line out for no filter.")
        if name in found:
            raise InvalidInput(FIELD, f"Line {number}: “{name}” is there already. Join several values by commas.")
        found[name] = _read(written)
    return found


def _read(written: str) -> Any:
    try:
        return json.loads(written, parse_constant=_refuse)
    except ValueError:
        pass
    if "," in written:
        return [part for part in (part.strip() for part in written.split(",")) if part]
    return written


def _refuse(constant: str) -> Any:
    raise ValueError(constant)  # "NaN" and "Infinity" are words here, and no numbers


def _written(value: Any) -> str:
    plain = value if isinstance(value, str) else ""
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        # A list of one is told from a lone value by its comma.
        plain = f"{value[0]}," if len(value) == 1 else ", ".join(value)
    if (
        plain
        and plain == plain.strip()
        and "\n" not in plain
        and _read(plain) == (value if value == plain else [*value])
    ):
        return plain
    return json.dumps(value, ensure_ascii=False)
