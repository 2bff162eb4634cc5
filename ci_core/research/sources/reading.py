"""What every site offers: given a configured source and a moment, the items since, the newest first."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ci_core.errors import CiError, InvalidInput
from ci_core.research.values import Item
from ci_core.settings import Settings
from ci_core.web import Gate, Limits, WebClient
from ci_core.web.client import Judge
from db.enums import SourceHealth

T = TypeVar("T")
F = TypeVar("F", bound="Filters")
# One page of an answer; every site gives at least that many.
PAGE = 100
# So many pages are read for what does not count, such as pull requests among issues.
SPARE_PAGES = 10


class Filters(BaseModel):
    """The filters that a kind of site knows; each is optional, an unknown one is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a site lets itself be asked: steadily so often, and at most `burst` at once."""

    per_minute: float
    burst: int = 1

    def no_faster_than(self, per_minute: int | None) -> Pace:
        """This pace, slowed down to what a source was given."""
        return self if per_minute is None or per_minute >= self.per_minute else Pace(per_minute, min(self.burst, 1))


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One configured place to read; `id` is None for one that has not been stored yet."""

    source_type: str
    source_name: str
    source_url: str | None = None
    search_queries: tuple[str, ...] = ()
    search_filters: Mapping[str, Any] = field(default_factory=dict)
    scan_frequency_hours: int = 24
    max_results: int = 50
    max_requests_per_minute: int | None = None
    enabled: bool = True
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """One kind of site.

    Attributes:
        source_type: its name in the tables.
        label: its name for people.
        filters: what `search_filters` may have.
        pace: how often it lets itself be asked, which depends on the credentials.
        read: gives its items.
        place: raises `InvalidInput` for a source that does not say where to read.
        overlap: how far before the newest item a scan begins, because items appear late or become good enough later.
        changes: whether "since" is about the last change; then a scan continues from its own beginning, and otherwise
            from the newest item that it read.
        credentials: the settings that hold its credentials, as the environment names them, each with whether it must
            be filled in.
    """

    source_type: str
    label: str
    filters: type[Filters]
    pace: Callable[[Settings], Pace]
    read: Callable[[Asked], Generator[Item, None, None]]
    place: Callable[[SourceConfig], object]
    overlap: timedelta
    changes: bool = False
    credentials: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is read, and with what.

    Attributes:
        since: nothing before it is wanted; the overlap is off already. None: from as early as the limit allows.
        limit: no more items are wanted.
        gate: asked before each request.
        remarks: what was not as it should be, though the rest could be used; a source adds to it.
        gaps: why something between `since` and now may be missing, so that the next reading begins where this one did.
    """

    source: SourceConfig
    since: datetime | None
    limit: int
    settings: Settings
    gate: Gate
    now: datetime
    remarks: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)

    def filters(self, kind: type[F]) -> F:
        """The source's filters, checked."""
        return checked_filters(kind, self.source)

    def client(
        self,
        label: str,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        judge: Judge | None = None,
        credentials_hint: str = "",
        secrets: Sequence[str | None] = (),
        follow: bool = True,
    ) -> WebClient:
        """The HTTP client for this reading."""
        seconds = self.settings.site_timeout_seconds
        web = WebClient(
            label,
            base_url,
            gate=self.gate,
            limits=Limits(connect_seconds=min(10, seconds), read_seconds=min(20, seconds), total_seconds=seconds),
            headers=headers,
            judge=judge,
            credentials_hint=credentials_hint,
            secrets=[secret for secret in secrets if secret],
            follow=follow,
        )
        web.remarks = self.remarks
        return web

    def remark(self, what: str, *, gap: bool = False) -> None:
        """Keep that something was not as it should be; with a `gap`, that something is missing because of it."""
        if what not in self.remarks:
            self.remarks.append(what)
            self.gaps.extend([what] if gap else [])

    def stopped_short(self) -> None:
        """Keep that more may wait behind a bound, so that the next reading goes back as far.

        The first reading of a source has no end to go back to; unless it only took a glance, it counts as whole.
        """
        if self.since is not None or self.limit < self.source.max_results:
            self.gaps.append("a bound was reached")

    def pages(self, size: int) -> Iterator[int]:
        """Numbers of pages, from 0, of a stream with `size` entries on each: enough for the limit, and never for ever.

        Entries that do not fit, and those that came before, do not count for the limit; so some pages more are read.
        """
        yield from range(-(-self.limit // size) + SPARE_PAGES)
        self.stopped_short()

    def is_old(self, moment: datetime | None) -> bool:
        """Whether something of this moment is before what is wanted."""
        return moment is not None and self.since is not None and moment < self.since


@dataclass(frozen=True, slots=True)
class SourceReading:
    """What came of reading a source; what came before a failure is in it.

    Attributes:
        items: each once, mostly the newest first.
        health: ok; degraded: some of it could not be read; failed: nothing could.
        message: what went wrong, on one line for people, at most 500 characters; None for ok.
        retry_at: no sooner than this, because the site said so or fails too often.
        newest_item_at: where the next reading continues (`since`); None leaves it where it was.
        requests: how many requests it took.
        cause: the error that ended it early, which `message` tells.
    """

    items: tuple[Item, ...]
    health: SourceHealth
    message: str | None = None
    retry_at: datetime | None = None
    newest_item_at: datetime | None = None
    requests: int = 0
    cause: CiError | None = None


def checked_filters(kind: type[F], source: SourceConfig) -> F:
    """The filters of a source.

    Raises:
        InvalidInput: one is unknown, or has a value that cannot be used; the text names it, and those that there are.
    """
    try:
        return kind.model_validate(dict(source.search_filters))
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "filters"
        known = ", ".join(kind.model_fields)
        if first["type"] == "extra_forbidden":
            text = f"Filter “{name}” is not known for {source.source_type}. Known are: {known}."
        else:
            text = f"Filter “{name}” of {source.source_name} cannot be used: {_reason(first)}."
        raise InvalidInput("search_filters", text) from None


def interleaved(streams: Sequence[Iterator[T]]) -> Iterator[T]:
    """One of each stream in turn until all have ended, so that the first query does not use up the limit alone."""
    open_streams = list(streams)
    while open_streams:
        for stream in tuple(open_streams):
            try:
                yield next(stream)
            except StopIteration:
                open_streams.remove(stream)


def _reason(error: Any) -> str:
    place = [str(part) for part in error["loc"][1:]]
    where = f"item {int(place[0]) + 1}: " if place and place[0].isdecimal() else ""
    return where + str(error["msg"]).removeprefix("Value error, ").rstrip(".")
