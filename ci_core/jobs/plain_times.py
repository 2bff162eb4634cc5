"""Recurring times in plain words: "every day at 02:00" is the cron line "0 2 * * *", and the other way round.

Whatever is told here in words can be typed again in the same words. A cron line that has no plain words stays one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ci_core.errors import InvalidInput

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
EXAMPLES = "every day at 02:00 · every weekday at 8:30 · every Monday and Thursday at 6:00 · every 4 hours"
WEEKDAYS, EVERY_DAY = "1-5", "*"
LAST_DAY = 31
# More of them are no easier to read than the cron line.
MOST_MINUTES = 6
_SPOKEN = {
    "daily": "every day",
    "hourly": "every hour",
    "weekly": "every monday",
    "monthly": "on the 1st of every month",
}
_EVERY = re.compile(r"every (?:(\d{1,8}) )?(second|minute|hour|day)s?")
_HOURLY = re.compile(r"every hour at minutes? (.+)")
_AT = re.compile(r"every (.+?)(?: at (.+))?")
_MONTHLY = re.compile(r"(?:every month )?on the (.+?)(?: of every month| of the month| every month)?(?: at (.+))?")
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(?: ?(am|pm))?")
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?")
_LISTED = re.compile(r"\s*(?:,|\band\b)\s*")
_STEPS = re.compile(r"\*/([1-9]\d?)")
_NUMBER = re.compile(r"\d{1,2}")
# Minute and hour of a cron line know no words.
_CRON = re.compile(r"(?:[\d*/,-]+ ){2}\S+ \S+ \S+")
_CRON_DAYS = {name[:3].upper(): number for number, name in enumerate(DAYS)}


@dataclass(frozen=True, slots=True)
class Times:
    """When something comes round: the times of a cron line, or every so many seconds; one of both."""

    cron: str | None = None
    every_seconds: int | None = None


def times_in_words(cron: str | None, every_seconds: int | None) -> str:
    """The times in plain words; a cron line that has none is quoted."""
    if every_seconds is not None:
        return _interval_in_words(every_seconds)
    return _cron_in_words(cron or "") or f"cron {cron}"


def times_from_words(typed: str) -> Times:
    """The times that plain words or a cron line mean.

    Raises:
        InvalidInput: they are neither; the text shows some that are.
    """
    words = " ".join(typed.split()).removesuffix(".")
    spoken = words.lower()
    for short, long in _SPOKEN.items():
        if spoken == short or spoken.startswith(f"{short} "):
            spoken = long + spoken.removeprefix(short)
    found = _interval(spoken) or _hourly(spoken) or _monthly(spoken) or _on_days(spoken)
    if found is not None:
        return found
    line = words.removeprefix("cron ")
    if _CRON.fullmatch(line):
        return Times(cron=line)
    raise InvalidInput("times", f"“{words}” is not understood. Write for example: {EXAMPLES}, or a cron line.")


def _interval_in_words(seconds: int) -> str:
    for name, size in (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)):
        # "Every day" means a time of day; an interval of one is told in hours.
        if seconds % size == 0 and not (name == "day" and seconds == size):
            number = seconds // size
            return f"every {name}" if number == 1 else f"every {number} {name}s"
    return ""


def _interval(words: str) -> Times | None:
    found = _EVERY.fullmatch(words)
    if found is None:
        return None
    number, unit = int(found[1] or 1), found[2]
    if (number, unit) == (1, "day"):
        return Times(cron="0 0 * * *")
    return Times(every_seconds=number * UNITS[unit])


def _hourly(words: str) -> Times | None:
    found = _HOURLY.fullmatch(words)
    minutes = _LISTED.split(found[1]) if found else []
    if not minutes or not all(_NUMBER.fullmatch(minute) and int(minute) < 60 for minute in minutes):
        return None
    return Times(cron=f"{_joined([int(minute) for minute in minutes])} * * * *")


def _on_days(words: str) -> Times | None:
    found = _AT.fullmatch(words)
    if found is None:
        return None
    days, times = _weekdays(found[1]), _times(found[2] or "0:00")
    return Times(cron=f"{times} * * {days}") if days and times else None


def _monthly(words: str) -> Times | None:
    found = _MONTHLY.fullmatch(words)
    if found is None:
        return None
    ordinals = [_ORDINAL.fullmatch(word) for word in _LISTED.split(found[1])]
    days = [int(ordinal[1]) for ordinal in ordinals if ordinal is not None]
    times = _times(found[2] or "0:00")
    if times is None or len(days) < len(ordinals) or not all(1 <= day <= LAST_DAY for day in days):
        return None
    return Times(cron=f"{times} {_joined(days)} * *")


def _weekdays(words: str) -> str | None:
    """The days of the week as cron has them; None where the words are no days."""
    if words == "day":
        return EVERY_DAY
    if words in ("weekday", "workday"):
        return WEEKDAYS
    if words in ("weekend", "weekend day"):
        return "0,6"
    days = []
    for word in _LISTED.split(words):
        fits = [number for number, name in enumerate(DAYS) if len(word) > 2 and name.lower().startswith(word)]
        if not fits:
            return None
        days.append(fits[0])
    return _joined(days)


def _times(words: str) -> str | None:
    """Minute and hours as cron has them; None where the words are no times, or not all of the same minute."""
    read = [_time(word) for word in _LISTED.split(words)]
    known = [time for time in read if time is not None]
    if len(known) < len(read) or len({minute for _, minute in known}) != 1:
        return None
    return f"{known[0][1]} {_joined([hour for hour, _ in known])}"


def _time(word: str) -> tuple[int, int] | None:
    if word in ("midnight", "noon"):
        return (0, 0) if word == "midnight" else (12, 0)
    found = _TIME.fullmatch(word)
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    return (hour, minute) if hour < 24 and minute < 60 else None


def _joined(numbers: Sequence[int]) -> str:
    return ",".join(str(number) for number in sorted(set(numbers)))


def _cron_in_words(line: str) -> str | None:
    fields = line.split()
    if len(fields) != 5:
        return None
    minute, hour, day, month, weekday = fields
    minutes = _numbers(minute, 0, 59)
    if month != "*" or minutes is None:
        return None
    if (hour, day, weekday) == ("*", "*", "*") and len(minutes) <= MOST_MINUTES:
        return f"every hour at minute{'s' if len(minutes) > 1 else ''} {_and([str(each) for each in minutes])}"
    if len(minutes) > 1:
        return None
    hours, days, weekdays = _numbers(hour, 0, 23), _numbers(day, 1, LAST_DAY), _week(weekday)
    if hours is None:
        return None
    times = _and([f"{each:02}:{minutes[0]:02}" for each in hours])
    if day == "*":
        if weekday == EVERY_DAY:
            return f"every day at {times}"
        if weekdays == [1, 2, 3, 4, 5]:
            return f"every weekday at {times}"
        named = None if weekdays is None else _and([DAYS[number] for number in sorted({n % 7 for n in weekdays})])
        return None if named is None else f"every {named} at {times}"
    if weekday != "*" or days is None:
        return None
    return f"on the {_and([_ordinal(number) for number in days])} of every month at {times}"


def _numbers(field: str, least: int, most: int) -> list[int] | None:
    """The numbers that a field of a cron line lists, or counts up to in steps; None where it is more than that."""
    if step := _STEPS.fullmatch(field):
        return list(range(least, most + 1, int(step[1])))
    words = field.split(",")
    if not all(_NUMBER.fullmatch(word) for word in words):
        return None
    numbers = sorted({int(word) for word in words})
    return numbers if all(least <= number <= most for number in numbers) else None


def _week(field: str) -> list[int] | None:
    """The days of the week that a field of a cron line names, by number or name, also from one to another."""
    found: list[int] = []
    for part in field.upper().split(","):
        ends = [_CRON_DAYS.get(word, int(word) if _NUMBER.fullmatch(word) else -1) for word in part.split("-")]
        if len(ends) > 2 or not all(0 <= end <= 7 for end in ends) or ends[0] > ends[-1]:
            return None
        found += range(ends[0], ends[-1] + 1)
    return sorted(set(found))


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _ordinal(number: int) -> str:
    ending = "th" if 11 <= number <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
