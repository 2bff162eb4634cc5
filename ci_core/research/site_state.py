"""Whether a site may be asked now: its rate limit and its circuit breaker, shared by every worker on every machine.

The rules are functions of a state and a moment; `SiteGate` applies them to the row of the site in ci_research_sites,
under its lock and by the database's clock, in transactions of their own that are over before anything is waited for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ci_core.errors import SiteError, SiteLimited, SiteNotFound, SiteRefused, SiteUnreachable
from ci_core.research.sources.reading import Pace
from ci_core.web import News
from ci_core.web.retry_after import next_try
from db.engine import Database
from db.enums import Circuit
from db.tables import ResearchSite

ACTOR = "agent:research"
# So many failures in a row open the circuit: then nobody asks for a minute, and twice as long after each failed try.
FAILURES_TO_OPEN = 3
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
# Whoever tries whether a site answers again may be killed meanwhile; then somebody else may.
PROBE = timedelta(minutes=2)
# A worker waits so long for its turn; otherwise the source is told when it is.
LONGEST_WAIT_SECONDS = 120.0
LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True)
class SiteState:
    """What is known of a site; the fields are the columns of ci_research_sites."""

    circuit: Circuit = Circuit.CLOSED
    failures: int = 0
    last_error: str | None = None
    retry_at: datetime | None = None
    next_request_at: datetime | None = None
    quota_remaining: int | None = None
    quota_resets_at: datetime | None = None

    @property
    def is_well(self) -> bool:
        """Whether there is nothing that a good answer would change."""
        return self.circuit is Circuit.CLOSED and self.failures == 0 and self.last_error is None


class Admission(NamedTuple):
    """Whether a request may leave: `wait_seconds` from now, or not before `refused_until`."""

    state: SiteState
    wait_seconds: float = 0.0
    refused_until: datetime | None = None


def admitted(state: SiteState, now: datetime, pace: Pace, *, patience_seconds: float) -> Admission:
    """Whether one request may leave, and the state with its place taken.

    The rate limit is the generic cell rate algorithm (ITU-T I.371), which needs one moment only: the one up to which
    places are taken. A refused request takes none.
    """
    if state.circuit is not Circuit.CLOSED and state.retry_at is not None and now < state.retry_at:
        return Admission(state, refused_until=state.retry_at)
    interval = timedelta(minutes=1) / pace.per_minute
    taken = max(state.next_request_at or now, now)
    leaves = max(taken - interval * (pace.burst - 1), now)
    if state.quota_remaining == 0 and state.quota_resets_at is not None:
        leaves = max(leaves, state.quota_resets_at)
    wait = (leaves - now).total_seconds()
    if wait > patience_seconds:
        return Admission(state, refused_until=leaves)
    state = replace(state, next_request_at=taken + interval)
    if state.circuit is not Circuit.CLOSED:  # its time is over: this request tries whether the site answers again
        state = replace(state, circuit=Circuit.HALF_OPEN, retry_at=now + PROBE)
    return Admission(state, wait_seconds=wait)


def after(state: SiteState, error: SiteError | None, now: datetime) -> SiteState:
    """The state after a request that ended with this error, or well."""
    if error is None or isinstance(error, SiteRefused | SiteNotFound):  # it answered
        return replace(state, circuit=Circuit.CLOSED, failures=0, last_error=None, retry_at=None)
    told = str(error)[:LONGEST_ERROR]
    if isinstance(error, SiteLimited):
        again = error.retry_at or now + FIRST_PAUSE
        return replace(state, circuit=Circuit.OPEN, last_error=told, retry_at=_later(state.retry_at, again))
    failures = state.failures + 1
    state = replace(state, failures=failures, last_error=told)
    if failures < FAILURES_TO_OPEN and state.circuit is Circuit.CLOSED and error.retry_at is None:
        return state
    pause = min(FIRST_PAUSE * 2 ** min(max(failures - FAILURES_TO_OPEN, 0), 10), LONGEST_PAUSE)
    return replace(state, circuit=Circuit.OPEN, retry_at=_later(error.retry_at, now + pause))


def told(state: SiteState, news: News, now: datetime, pace: Pace) -> SiteState:
    """The state with what the site said about its limits."""
    if news.quota_remaining is not None:
        state = replace(state, quota_remaining=news.quota_remaining, quota_resets_at=news.quota_resets_at)
    if news.hold_seconds > 0:
        # As if as many places were taken as nobody may have meanwhile.
        burst = timedelta(minutes=1) / pace.per_minute * (pace.burst - 1)
        free = now + timedelta(seconds=news.hold_seconds) + burst
        state = replace(state, next_request_at=_later(state.next_request_at, free))
    return state


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)


class SiteGate:
    """The gate of a site for one reading of a source.

    Args:
        database: where the state is; each change of it is a transaction of its own.
        source_type: whose state.
        label: the site's name for people.
        pace: how often it may be asked.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        database: Database,
        source_type: str,
        label: str,
        pace: Pace,
        *,
        patience_seconds: float = LONGEST_WAIT_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._database = database
        self._site = source_type
        self._label = label
        self._pace = pace
        self._patience_seconds = patience_seconds
        self._sleep = sleep
        self._refusal: SiteError | None = None
        self._well = False
        self._known: News | None = None
        self.requests = 0

    def enter(self) -> None:
        """Wait for the turn of one request.

        Raises:
            SiteLimited: the site wants fewer requests.
            SiteUnreachable: it failed too often.
        """
        with self._database.transaction(ACTOR) as session:
            state, now = locked(session, self._site)
            admission = admitted(state, now, self._pace, patience_seconds=self._patience_seconds)
            if admission.refused_until is None:
                store(session, self._site, admission.state)
        self._well = admission.state.is_well
        if admission.refused_until is not None:
            self._refusal = refusal(self._label, state, admission.refused_until, now)
            raise self._refusal
        if admission.wait_seconds > 0:
            self._sleep(admission.wait_seconds)
        self.requests += 1

    def leave(self, error: SiteError | None) -> None:
        """Store how it went; a good answer of a site that is known to be well changes nothing."""
        if error is not None and error is self._refusal:
            return  # it was not asked
        if error is None and self._well:
            return
        with self._database.transaction(ACTOR) as session:
            state, now = locked(session, self._site)
            state = after(state, error, now)
            store(session, self._site, state)
        self._well = state.is_well

    def heard(self, news: News) -> None:
        """Store what the site said about its limits."""
        if news == self._known:
            return
        self._known = news
        with self._database.transaction(ACTOR) as session:
            state, now = locked(session, self._site)
            store(session, self._site, told(state, news, now, self._pace))


def refusal(label: str, state: SiteState, until: datetime, now: datetime) -> SiteError:
    """Why a site is not asked now, in the words of what happened last."""
    again = next_try(until, now)
    if state.circuit is Circuit.CLOSED:
        spent = state.quota_remaining == 0 and until == state.quota_resets_at
        why = "no requests are left for now" if spent else "more requests are waiting than it allows"
        return SiteLimited(label, f"{why}{again}", retry_at=until)
    why = (state.last_error or "").removeprefix(f"{label}: ").split(", next try ")[0] or "it failed"
    if state.failures == 0:
        return SiteLimited(label, f"{why}{again}", retry_at=until)
    return SiteUnreachable(label, f"not asked after {state.failures} failures, the last: {why}{again}", retry_at=until)


def locked(session: Session, site: str) -> tuple[SiteState, datetime]:
    """The state of a site, locked until the transaction ends, and the database's time after it was locked."""
    session.execute(insert(ResearchSite).values(site=site).on_conflict_do_nothing())
    found = select(ResearchSite).where(ResearchSite.site == site).with_for_update()
    row = session.scalars(found, execution_options={"populate_existing": True}).one()
    now = session.scalar(select(func.clock_timestamp()))
    if now is None:  # a clock always answers, but the type checker cannot know
        raise AssertionError("no time")
    return _state(row), now


def store(session: Session, site: str, state: SiteState) -> None:
    """Write the state of a site."""
    session.execute(
        update(ResearchSite)
        .where(ResearchSite.site == site)
        .values(
            circuit=state.circuit,
            failures=state.failures,
            last_error=state.last_error,
            retry_at=state.retry_at,
            next_request_at=state.next_request_at,
            quota_remaining=state.quota_remaining,
            quota_resets_at=state.quota_resets_at,
            updated_at=func.clock_timestamp(),
        )
    )


def _state(row: ResearchSite) -> SiteState:
    return SiteState(
        circuit=Circuit(row.circuit),
        failures=row.failures,
        last_error=row.last_error,
        retry_at=row.retry_at,
        next_request_at=row.next_request_at,
        quota_remaining=row.quota_remaining,
        quota_resets_at=row.quota_resets_at,
    )
