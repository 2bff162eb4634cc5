"""A search as values: what must hold for an enhancement, and how a person would write that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum, StrEnum


class Field(StrEnum):
    """What can be filtered by."""

    STATUS = "status"
    PRIORITY = "priority"
    CATEGORY = "category"
    COMPLEXITY = "complexity"
    AREA = "area"
    ASSIGNEE = "assignee"
    TAG = "tag"
    SOURCE = "source"
    ID = "id"
    SCORE = "score"
    HOURS = "hours"
    VOTES = "votes"
    UPDATED = "updated"
    CREATED = "created"
    IS = "is"


class State(StrEnum):
    """What `is:` asks for: waiting for another one or in the column of the blocked; not ended; completed.

    A proposal that nobody has decided is in the inbox, or snoozed.
    """

    BLOCKED = "blocked"
    OPEN = "open"
    DONE = "done"
    INBOX = "inbox"
    SNOOZED = "snoozed"


class Special(Enum):
    """Values that stand for something: the person who asks, and the absence of a value."""

    ME = "me"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Choice:
    """The field has one of the values (or none of them, when negated). Ids are integers, all others are text."""

    field: Field
    values: tuple[str | int | Special, ...]
    negated: bool = False

    def __str__(self) -> str:
        return f"{_minus(self)}{self.field}:{','.join(map(written, self.values))}"


@dataclass(frozen=True, slots=True)
class NumberRange:
    """low ≤ value ≤ high, without the bound itself where it is not included; None is no bound."""

    field: Field
    low: float | None = None
    high: float | None = None
    low_included: bool = True
    high_included: bool = True
    negated: bool = False

    def __str__(self) -> str:
        if self.low is not None and self.high is not None:
            bounds = f"{_number(self.low)}" + ("" if self.low == self.high else f"..{_number(self.high)}")
        elif self.low is not None:
            bounds = f"{'>=' if self.low_included else '>'}{_number(self.low)}"
        else:
            bounds = f"{'<=' if self.high_included else '<'}{_number(self.high or 0)}"
        return f"{_minus(self)}{self.field}:{bounds}"


@dataclass(frozen=True, slots=True)
class TimeRange:
    """since ≤ time < until; a date is its first moment in UTC, a timedelta lies so long before now."""

    field: Field
    since: date | timedelta | None = None
    until: date | timedelta | None = None
    negated: bool = False

    def bounds(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Both ends as moments, for the given one."""
        return _moment(self.since, now), _moment(self.until, now)

    def __str__(self) -> str:
        if isinstance(self.since, timedelta):
            span = _age(self.since)
        elif isinstance(self.until, timedelta):
            span = f">{_age(self.until)}"
        elif self.until is None:
            span = f">={self.since}"
        elif self.since is None:
            span = f"<{self.until}"
        else:
            last = self.until - timedelta(days=1)
            span = f"{self.since}" if self.since == last else f"{self.since}..{last}"
        return f"{_minus(self)}{self.field}:{span}"


Filter = Choice | NumberRange | TimeRange


@dataclass(frozen=True, slots=True)
class Query:
    """Free text (words, "phrases", -words, OR) and filters that must all hold. `str()` gives it back to type."""

    text: str = ""
    filters: tuple[Filter, ...] = ()

    def __str__(self) -> str:
        return " ".join([*map(str, self.filters), *([self.text] if self.text else [])])

    @property
    def empty(self) -> bool:
        """Whether it asks for everything."""
        return not self.text and not self.filters


_PLAIN = re.compile(r'[^\s,"]+')


def _minus(part: Filter) -> str:
    return "-" if part.negated else ""


def written(value: str | int | Special) -> str:
    """The value as it stands after the colon of a filter, quoted where it would be read otherwise without."""
    if isinstance(value, Special):
        return value.value
    text = str(value)
    plain = _PLAIN.fullmatch(text) and text.lower() not in ("me", "none")
    return text if plain else f'"{text}"'


def _number(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _moment(bound: date | timedelta | None, now: datetime) -> datetime | None:
    if isinstance(bound, timedelta):
        return now - bound
    return None if bound is None else datetime.combine(bound, time(), UTC)


def _age(ago: timedelta) -> str:
    hours = int(ago.total_seconds()) // 3600
    return f"{hours // 24}d" if hours % 24 == 0 else f"{hours}h"
