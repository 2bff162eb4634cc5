"""Since when changes are told: since the last visit, or for a time that somebody names."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from ci_core.errors import InvalidInput
from ci_core.overview.values import Period
from ci_core.overview.visits import Visit

SINCE_LAST_VISIT = "visit"
DAY = "1d"
WEEK = "7d"
MONTH = "30d"
CHOICES = (SINCE_LAST_VISIT, DAY, WEEK, MONTH)
LONGEST = timedelta(days=3660)
_AGE = re.compile(r"(\d{1,5})([hdw])", re.ASCII)
_UNITS = {"h": ("hour", timedelta(hours=1)), "d": ("day", timedelta(days=1)), "w": ("week", timedelta(weeks=1))}


def period_from(text: str, now: datetime, visit: Visit | None = None) -> Period:
    """The period that a text names: "visit" (since the one before `visit`), an age ("12h", "7d", "2w") or a date.

    Whoever was never here before sees the last seven days.

    Raises:
        InvalidInput: the text is none of these, or names a time to come or one more than ten years ago.
    """
    wanted = text.strip().lower()
    if wanted == SINCE_LAST_VISIT:
        if visit is None or visit.previous_at is None:
            return Period(SINCE_LAST_VISIT, now - timedelta(days=7), "in the last 7 days (this is your first visit)")
        return Period(SINCE_LAST_VISIT, visit.previous_at, "since you were last here")
    if match := _AGE.fullmatch(wanted):
        name, unit = _UNITS[match[2]]
        count = int(match[1])
        age = count * unit
        if count and age <= LONGEST:
            return Period(wanted, now - age, f"in the last {f'{count} {name}s' if count > 1 else name}")
    elif (day := _day(wanted)) is not None and now - LONGEST <= day <= now:
        return Period(wanted, day, f"since {day:%Y-%m-%d}")
    raise InvalidInput(
        "since",
        f"{text.strip()[:40]!r} is no time to look back to. Use 12h, 7d, 2w, a past date such as "
        f"{now:%Y-%m}-01, or {SINCE_LAST_VISIT}.",
    )


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
