"""Options that take one value of a closed set."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

E = TypeVar("E", bound=StrEnum)


def one_of(kind: type[E], value: str, option: str) -> E:
    """The value as one of a closed set, in upper or lower case.

    Raises:
        InvalidInput: it is none of them.
    """
    from ci_core.errors import InvalidInput

    try:
        return kind(value.strip().lower())
    except ValueError:
        raise InvalidInput(option, f"There is no {option} “{value}”. There are: {', '.join(kind)}.") from None
