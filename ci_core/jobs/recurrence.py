"""When a cron line or an interval comes round: pure functions over moments, in any time zone.

A cron line is read by cronsim. What becomes of it where the clocks change is decided here, so that nothing runs twice
and nothing is lost: a time that does not exist comes at the first moment after the gap, one that exists twice comes the
first time; a line for every hour ("30 * * * *") follows the hours as they pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ci_core.errors import InvalidInput

if TYPE_CHECKING:
    from cronsim import CronSim

FIELDS = 5
LONGEST_CRON = 200
SHORTEST_INTERVAL, LONGEST_INTERVAL = 10, 366 * 86_400
SECOND = timedelta(seconds=1)
FEW = 12
# A cron line that is due at all is due within the years until the 29th of February falls on a certain weekday again.
FARTHEST_BACK = timedelta(days=366 * 41)
# They would mean another time on every machine, or none.
NO_ZONES = frozenset({"", "localtime", "posixrules", "Factory"})
EVERY_HOUR = frozenset({"*", "*/1", "0-23"})
MOST_DAYS = FARTHEST_BACK.days
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """The moments at which something comes round: those of a cron line, or every so many seconds.

    Attributes:
        cron: five fields: minute, hour, day of the month, month, day of the week; None with `every_seconds`.
        every_seconds: counted from `anchor`, so that it does not drift; None with `cron`.
        time_zone: whose wall clock a cron line means, such as "Europe/Berlin".
        anchor: a moment of the interval; where it stands among them does not matter.
    """

    cron: str | None = None
    every_seconds: int | None = None
    time_zone: str = "UTC"
    anchor: datetime = EARLIEST

    def after(self, moment: datetime) -> datetime | None:
        """The first one later than this moment, in UTC; None where there is none in fifty years."""
        if self.cron is None:
            return self._grid(moment) + timedelta(seconds=self.every_seconds or 0)
        line, zone = _line(self.cron), known_zone(self.time_zone)
        local = moment.astimezone(zone).replace(microsecond=0)
        found = (
            line.hours_after(local) if line.hourly else _moments(line.readings_after(local.replace(tzinfo=None)), zone)
        )
        return next((due for due in found if due > moment), None)

    def latest(self, moment: datetime, *, not_before: datetime) -> datetime | None:
        """The last one that is not later than this moment, nor earlier than `not_before`; None where there is none."""
        if self.cron is None:
            found: datetime | None = self._grid(moment)
        elif (line := _line(self.cron)).hourly:
            found = self._latest_hour(moment, not_before)
        else:
            found = _latest_reading(line, known_zone(self.time_zone), moment, not_before)
        return found if found is not None and found >= not_before else None

    def _grid(self, moment: datetime) -> datetime:
        """The last moment of the interval that is not later."""
        anchor, every = self.anchor.replace(microsecond=0), timedelta(seconds=self.every_seconds or 0)
        return (anchor + (moment - anchor) // every * every).astimezone(UTC)

    def _latest_hour(self, moment: datetime, not_before: datetime) -> datetime | None:
        # Farther and farther back until there is one, then on to the last. Where many lie between, by halves.
        earliest, back = not_before - SECOND, timedelta(minutes=1)
        while (found := self.after(low := max(moment - back, earliest))) is None or found > moment:
            if low == earliest or back > FARTHEST_BACK:
                return None
            back *= 4
        for _ in range(FEW):
            later = self.after(found)
            if later is None or later > moment:
                return found
            found = later
        low, high = found, moment
        while high - low > SECOND:
            middle = low + (high - low) / 2
            later = self.after(middle)
            if later is None or later > moment:
                high = middle
            else:
                low, found = middle, later
        return found


@dataclass(frozen=True, slots=True)
class _Line:
    """A cron line, as cronsim reads it; `hourly` is one for every hour."""

    parsed: CronSim
    hourly: bool
    hours: tuple[int, ...]
    minutes: tuple[int, ...]

    def hours_after(self, local: datetime) -> Iterator[datetime]:
        """The moments after one in a zone, as the hours pass."""
        simulation = copy(self.parsed)  # to read a line takes longer than to follow it
        simulation.dt = local
        return (found.astimezone(UTC) for found in simulation)

    def readings_after(self, reading: datetime) -> Iterator[datetime]:
        """What the wall clock shows later than this when the line is due, in order."""
        for day in self._days(reading.date(), 1):
            for hour in self.hours:
                if day > reading.date() or hour >= reading.hour:
                    for minute in self.minutes:
                        found = datetime.combine(day, time(hour, minute))
                        if found > reading:
                            yield found

    def readings_until(self, reading: datetime) -> Iterator[datetime]:
        """What it showed before, this reading included, the latest first."""
        for day in self._days(reading.date(), -1):
            for hour in reversed(self.hours):
                if day < reading.date() or hour <= reading.hour:
                    for minute in reversed(self.minutes):
                        found = datetime.combine(day, time(hour, minute))
                        if found <= reading:
                            yield found

    def _days(self, day: date, step: int) -> Iterator[date]:
        for _ in range(MOST_DAYS):
            if day.month in self.parsed.months and self.parsed.match_day(day):
                yield day
            day += timedelta(days=step)


def checked_cron(line: object) -> str:
    """The cron line with single spaces.

    Raises:
        InvalidInput: it is none of five fields, or it never comes round; the text says which field is wrong.
    """
    if not isinstance(line, str) or not line.isascii() or len(line) > LONGEST_CRON:
        raise InvalidInput("cron", f"A cron line is plain text of at most {LONGEST_CRON} characters: 0 2 * * *")
    text = " ".join(line.split())
    if Recurrence(cron=text).after(datetime(2026, 1, 1, tzinfo=UTC)) is None:
        raise _no_cron(text, "it never comes")
    return text


def checked_zone(name: object) -> str:
    """The name of a time zone that is known here.

    Raises:
        InvalidInput: it is none.
    """
    if not isinstance(name, str):
        raise _no_zone(name)
    return known_zone(name.strip()).key


def checked_interval(seconds: object) -> int:
    """The interval in seconds.

    Raises:
        InvalidInput: it is no whole number from 10 seconds to 366 days.
    """
    if isinstance(seconds, int) and not isinstance(seconds, bool) and SHORTEST_INTERVAL <= seconds <= LONGEST_INTERVAL:
        return seconds
    raise InvalidInput("every_seconds", "An interval is a whole number of seconds, from 10 of them to 366 days.")


def _no_cron(line: str, reason: str) -> InvalidInput:
    return InvalidInput("cron", f"The cron line “{line}” cannot be used: {reason}. Every day at two is: 0 2 * * *")


def _no_zone(name: object) -> InvalidInput:
    return InvalidInput("time_zone", f"“{name}” is no time zone. Write one such as Europe/Berlin or UTC.")


@lru_cache(maxsize=1_000)
def known_zone(name: str) -> ZoneInfo:
    """The time zone of this name. Raises InvalidInput."""
    try:
        if name not in NO_ZONES:
            return ZoneInfo(name)
    except (OSError, ValueError, LookupError):  # also a path, or a folder of zones
        pass
    raise _no_zone(name)


@lru_cache(maxsize=10_000)
def _line(text: str) -> _Line:
    from cronsim import CronSim, CronSimError

    fields = text.split()
    if len(fields) != FIELDS:
        named = "minute, hour, day of the month, month, day of the week"
        raise _no_cron(text, f"it has {len(fields)} fields instead of {FIELDS}: {named}")
    hourly = fields[1] in EVERY_HOUR
    if hourly:
        fields[1] = "*"
    try:
        parsed = CronSim(" ".join(fields), EARLIEST.replace(tzinfo=None))
    except CronSimError as error:
        raise _no_cron(text, f"the {str(error).removeprefix('Bad ')} cannot be read, or never comes") from None
    return _Line(parsed, hourly, tuple(sorted(parsed.hours)), tuple(sorted(parsed.minutes)))


def _moments(readings: Iterator[datetime], zone: ZoneInfo) -> Iterator[datetime]:
    return (_moment_of(reading, zone) for reading in readings)


def _latest_reading(line: _Line, zone: ZoneInfo, moment: datetime, not_before: datetime) -> datetime | None:
    local = moment.astimezone(zone)
    reading = local.replace(tzinfo=None)
    if local.fold:  # later readings have been shown before the clock was put back
        first = local.replace(fold=0)
        reading += (first.utcoffset() or timedelta()) - (local.utcoffset() or timedelta())
    farthest = (not_before - timedelta(days=2)).replace(tzinfo=None)
    for found in line.readings_until(reading):
        due = _moment_of(found, zone)
        if due <= moment:
            return due
        if found < farthest:
            break
    return None


def _moment_of(reading: datetime, zone: ZoneInfo) -> datetime:
    """When the wall clock of a zone shows this for the first time; where it never does, the first moment after."""
    first = reading.replace(tzinfo=zone).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == reading:
        return first
    # In a gap: read with the later offset it lies before the change, with the earlier one after it.
    low, high = reading.replace(tzinfo=zone, fold=1).astimezone(UTC), first
    after = high.astimezone(zone).utcoffset()
    while high - low > SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle <= low:
            break
        low, high = (low, middle) if middle.astimezone(zone).utcoffset() == after else (middle, high)
    return high
