"""When a schedule runs next, and what becomes of times that have passed: pure decisions over moments.

A slot is one due time of a schedule, and is known by its moment. Every clock works out the same moments, also their
random part, so that it does not matter which clock takes a slot.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ci_core.jobs.recurrence import Recurrence
from db.enums import MissedRuns

# A slot that is to be skipped when missed is not missed before this: workers restart, a database is upgraded.
GRACE = timedelta(minutes=5)
# What ran lies in the future by less: the clock was set back, and it does not run again. By more: it was wrong before.
SET_BACK = timedelta(days=1)
# Hosts do not agree to the second about the time.
DISAGREEMENT = timedelta(seconds=5)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a schedule says about its slots.

    Attributes:
        number: of the schedule; two of them have different random parts.
        jitter_seconds: a slot comes up to so much later than the recurrence says, yet before the next one.
        missed: what becomes of slots that passed while no clock looked.
    """

    number: int
    recurrence: Recurrence
    jitter_seconds: int = 0
    missed: MissedRuns = MissedRuns.ONCE

    def after(self, moment: datetime) -> datetime | None:
        """The first slot later than this moment, in UTC; None where there is none any more."""
        if self.jitter_seconds:
            reach = timedelta(seconds=self.jitter_seconds)
            base = self.recurrence.latest(moment, not_before=moment - reach)
            if base is not None and (slot := self._slot(base)) > moment:
                return slot
        base = self.recurrence.after(moment)
        return None if base is None else self._slot(base)

    def latest(self, moment: datetime, *, not_before: datetime) -> datetime | None:
        """The last slot that is not later than this moment, nor earlier than `not_before`; None where there is none."""
        if not self.jitter_seconds:
            return self.recurrence.latest(moment, not_before=not_before)
        earliest = not_before - timedelta(seconds=self.jitter_seconds)
        base = self.recurrence.latest(moment, not_before=earliest)
        while base is not None and self._slot(base) > moment:  # at most once: it comes before the next one
            base = self.recurrence.latest(base - SECOND, not_before=earliest)
        slot = None if base is None else self._slot(base)
        return slot if slot is not None and slot >= not_before else None

    def _slot(self, base: datetime) -> datetime:
        """The slot of a moment of the recurrence: later by a part that looks random and is the same for all clocks."""
        if not self.jitter_seconds:
            return base
        following = self.recurrence.after(base)
        longest = timedelta(seconds=self.jitter_seconds)
        if following is not None:
            longest = min(longest, following - base - SECOND)
        part = zlib.crc32(f"{self.number}:{base.timestamp():.0f}".encode()) / 2**32
        return base + timedelta(seconds=int(part * (longest / SECOND + 1)))


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a schedule is.

    Attributes:
        next_due_at: its next slot; None: to be worked out, because somebody changed when it runs, at `changed_at`.
        last_due_at: the last slot that ran, or was skipped.
        computed_at: when the next one was worked out.
    """

    next_due_at: datetime | None
    last_due_at: datetime | None
    computed_at: datetime | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done now.

    Attributes:
        run_for: the slot to run for; None for no run.
        skipped: whether slots passed that are not run for.
        next_due_at: the next slot; None where there is none any more.
        last_due_at: as `Standing.last_due_at`, afterwards.
    """

    run_for: datetime | None
    skipped: bool
    next_due_at: datetime | None
    last_due_at: datetime | None


def decide(plan: Plan, standing: Standing, now: datetime) -> Decision:
    """What a clock that looks at a schedule at this moment has to do.

    Raises:
        InvalidInput: cron line or time zone cannot be used.
    """
    standing = _settled(plan, standing, now)
    due = standing.next_due_at
    if due is None or due > now:
        return Decision(None, False, due, standing.last_due_at)
    following = plan.after(due)
    if following is None or following > now:
        slot = due
    else:  # more than one passed: they are one run
        slot = plan.latest(now, not_before=due) or due
        following = plan.after(now)
    missed = plan.missed is MissedRuns.SKIP and now - slot > GRACE
    return Decision(None if missed else slot, missed or slot > due, following, slot)


def _settled(plan: Plan, standing: Standing, now: datetime) -> Standing:
    """The standing with a next slot that fits the present time."""
    set_back = standing.computed_at is not None and standing.computed_at > now + DISAGREEMENT
    if standing.next_due_at is not None and not set_back:
        return standing
    last = standing.last_due_at
    if last is not None and last > now + SET_BACK:
        last = None
    since = now if set_back else min(standing.changed_at, now)
    return replace(standing, last_due_at=last, next_due_at=plan.after(since if last is None else max(since, last)))
