"""What the research feed lists: windows of the feed shared by all sessions, and what of them a browser lacks."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any
from uuid import uuid4

from ci_core.research.feed import FeedFilter, FeedPage, FeedRow, feed, rows_of
from ci_core.research.finding_history import place_name, site_name
from db.enums import FindingStatus
from pages.widgets.research.values import FeedUpdate
from pages.widgets.session import Backend
from pages.widgets.text import ago, label

TABLES = ("ci_research_findings",)
FIRST_ROWS = 100
MORE_ROWS = 200
MOST_ROWS = 2_000
# A snoozed finding wakes without a change of any row.
FRESH_SECONDS = 20.0
MOST_WINDOWS = 32
# More changes than these are sent as a new base.
DELTA_LIMIT = 60
COUNTED = {"score": "points", "stars": "stars", "comments": "comments", "answers": "answers", "forks": "forks"}


@dataclass(frozen=True, slots=True)
class FeedWindow:
    """The first rows of a feed as it was at a revision."""

    page: FeedPage
    revision: int
    made_of: object
    read_at: float


class FeedSource:
    """Reads windows of the feed, each once for all sessions until something changes; safe to use from many threads.

    Args:
        read: gives a page for a filter and a number of rows.
        revision_of: a value that changes when findings may have changed.
    """

    def __init__(
        self,
        read: Callable[[FeedFilter, int], FeedPage],
        revision_of: Callable[[], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._revision_of = revision_of
        self._clock = clock
        self._lock = Lock()
        self._windows: OrderedDict[tuple[FeedFilter, int], FeedWindow] = OrderedDict()
        self._count = 0

    def window(self, wanted: FeedFilter, rows: int) -> FeedWindow:
        """The first `rows` of what is wanted.

        Raises:
            db.errors.DatabaseError: the database cannot be reached.
        """
        key = (wanted, rows)
        made_of = self._revision_of()
        with self._lock:
            known = self._windows.get(key)
        now = self._clock()
        if known is not None and known.made_of == made_of and now - known.read_at < FRESH_SECONDS:
            return known
        page = self._read(wanted, rows)
        with self._lock:
            if known is not None and known.page == page:
                window = replace(known, made_of=made_of, read_at=now)
            else:
                self._count += 1
                window = FeedWindow(page, self._count, made_of, now)
            self._windows[key] = window
            self._windows.move_to_end(key)
            while len(self._windows) > MOST_WINDOWS:
                self._windows.popitem(last=False)
        return window


def finding_row(shared: Backend, finding_id: int) -> FeedRow | None:
    """One finding as the feed shows it; None where there is none.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    with shared.database.reading() as session:
        return next(iter(rows_of(session, [finding_id])), None)


def source_of(shared: Backend) -> FeedSource:
    """The source that reads the app's database."""

    def read(wanted: FeedFilter, rows: int) -> FeedPage:
        with shared.database.reading() as session:
            return feed(session, wanted, limit=rows, probes=True)

    return FeedSource(read, lambda: tuple(shared.listener.revision_of(table) for table in TABLES))


@dataclass(slots=True)
class FeedTracker:
    """Remembers for one session which rows its browser was sent; keep it in the session's state.

    `rows` is how many are listed: more when the browser comes near the end.
    """

    rows: int = FIRST_ROWS
    _asked: object = None
    _token: str | None = None
    _base: dict[int, list[Any]] = field(default_factory=dict)

    def forget(self) -> None:
        """Send all rows next time: the browser said that it has none."""
        self._token = None

    def more(self, loaded: int) -> None:
        """List more than the `loaded` rows that the browser has."""
        if loaded >= self.rows:
            self.rows = min(self.rows + MORE_ROWS, MOST_ROWS)

    def about(self, asked: object) -> None:
        """Begin anew where something else is asked for."""
        if asked != self._asked:
            self._asked, self._token, self.rows = asked, None, FIRST_ROWS

    def update_for(self, window: FeedWindow, asked_for: FeedRow | None = None) -> FeedUpdate:
        """The update for this run: what changed since the base travels alone, much of it as a new base.

        `asked_for` is a finding that the address names: it stands first where it would not be listed.
        """
        rows = {one.id: wire_row(one) for one in window.page.findings}
        total = window.page.total
        if asked_for is not None and asked_for.id not in rows:
            rows = {asked_for.id: wire_row(asked_for), **rows}
            total = max(total, len(rows))
        order = list(rows)
        if self._token is not None:
            changed = [row for item, row in rows.items() if self._base.get(item) != row]
            if len(changed) <= DELTA_LIMIT:
                return FeedUpdate(None, self._token, window.revision, order, total, changed)
        self._token, self._base = uuid4().hex, rows
        base = json.dumps(list(rows.values()), separators=(",", ":")).encode()
        return FeedUpdate(base, self._token, window.revision, order, total)


def wire_row(row: FeedRow) -> list[Any]:
    """A finding as the list draws it: a list, because names would be most of the message."""
    also = dict.fromkeys(site_name(one.source_type) for one in row.also_seen_on)
    return [
        row.id,
        row.version,
        row.relevance_score,
        " ".join(row.source_title.split()) or f"Finding {row.id}",
        row.source_type,
        place_name(row.source_name),
        row.discovered_at.timestamp(),
        row.reason,
        row.uncertain,
        engagement(row),
        list(also),
        standing(row),
        row.source_url,
    ]


def engagement(row: FeedRow) -> str:
    """The site's own figures in words: "12 points · 3 comments"."""
    told = []
    for name, value in row.engagement.items():
        if not isinstance(value, int | float) or isinstance(value, bool):
            continue
        words = COUNTED.get(name, name.replace("_", " "))
        told.append(f"{value:,.10g} {words[:-1] if value == 1 and words.endswith('s') else words}")
    return " · ".join(told[:3])


def standing(row: FeedRow) -> str:
    """What became of a finding, where something did."""
    if row.status is FindingStatus.CONVERTED_TO_ENHANCEMENT:
        return f"part of #{row.enhancement_id}" if row.enhancement_id else "converted"
    if row.status is FindingStatus.REJECTED:
        if (row.decided_by or "agent:").startswith("agent:"):
            return "set aside"  # the reason of its score says why
        return f"rejected by {row.decided_by}" + (f": {row.decision_reason}" if row.decision_reason else "")
    if row.status in (FindingStatus.DUPLICATE, FindingStatus.ARCHIVED):
        return label(row.status)
    if row.snoozed_until is not None and row.snoozed_until.timestamp() > time.time():
        return f"snoozed until {row.snoozed_until.day} {row.snoozed_until:%b %Y}"
    return ""


def age(row: FeedRow) -> str:
    """When and by whom it was written, as far as that is known."""
    parts = [f"by {row.author}" if row.author else "", ago(row.published_at) if row.published_at else ""]
    return ", ".join(part for part in parts if part)
