"""What the overview consists of: plain values that a page, an e-mail and a shell can all show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from db.enums import Priority, Status


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is told: `text` names it, `note` says why it is here.

    It leads to an enhancement, to a page of the app (a path such as "board?q=x"), or to an address elsewhere. `people`
    and `agents` are who did what the note tells of. `notification_id` is there where it is an unread notification.
    """

    text: str
    note: str = ""
    enhancement_id: int | None = None
    page: str | None = None
    url: str | None = None
    status: Status | None = None
    priority: Priority | None = None
    score: float | None = None
    at: datetime | None = None
    notification_id: int | None = None


@dataclass(frozen=True, slots=True)
class Hint:
    """What stands where there is nothing to show: the state of things, and what to do next.

    The next step is a page (`page` and `label`) or a command for the shell; either may be missing.
    """

    text: str
    label: str = ""
    page: str | None = None
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Some lines under a title. `total` counts all there are, `more` says in words what is not listed.

    `page` is where all of them are to be seen. A block without lines has a hint instead.
    """

    key: str
    title: str
    lines: tuple[Line, ...] = ()
    total: int = 0
    more: tuple[str, ...] = ()
    page: str | None = None
    hint: Hint | None = None


@dataclass(frozen=True, slots=True)
class StatusCount:
    """How many enhancements have a status, merged duplicates not counted."""

    status: Status
    count: int


@dataclass(frozen=True, slots=True)
class Completions:
    """What was completed per day, oldest first, in the last 14 times 24 hours."""

    days: tuple[int, ...]

    @property
    def last_week(self) -> int:
        """In the last 7 days."""
        return sum(self.days[7:])

    @property
    def week_before(self) -> int:
        """In the 7 days before."""
        return sum(self.days[:7])


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its name, at a glance."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Glance:
    """One part of the product in short: its figures and its newest things."""

    key: str
    title: str
    figures: tuple[Figure, ...]
    block: Block


@dataclass(frozen=True, slots=True)
class Period:
    """Since when changes are told. `words` continues the sentence "What changed …"."""

    key: str
    since: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that a person should see first, as it was at `now`."""

    person: str
    now: datetime
    period: Period
    needs: tuple[Block, ...]
    people: Block
    agents: Block
    top: Block
    statuses: tuple[StatusCount, ...]
    completions: Completions
    glances: tuple[Glance, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is no enhancement at all yet."""
        return not any(status.count for status in self.statuses)
