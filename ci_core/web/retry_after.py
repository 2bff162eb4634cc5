"""When a site wants to be asked again, and how that is told to people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# A site may say what it likes; nobody waits longer than this because of a header.
LONGEST = timedelta(days=1)


def retry_at(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When the header Retry-After allows the next request, given in seconds or as a date; at most a day from now."""
    value = headers.get("retry-after", "").strip()
    seconds = _number(value)
    if seconds is not None:
        return now + min(timedelta(seconds=min(seconds, LONGEST.total_seconds())), LONGEST)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(moment.astimezone(UTC), now), now + LONGEST)


def reset_at(value: str | None, now: datetime) -> datetime | None:
    """When a limit starts anew, from a header with either the seconds until then or the Unix time of it."""
    seconds = _number((value or "").strip())
    if seconds is None:
        return None
    # Sites that count in Unix time are decades away from those that count down.
    if seconds > LONGEST.total_seconds() * 365:
        seconds -= now.timestamp()
    return now + timedelta(seconds=min(max(seconds, 0), LONGEST.total_seconds()))


def next_try(moment: datetime | None, now: datetime) -> str:
    """The words to end a message with: ", next try 14:05 UTC", with the day unless it is today; none for None."""
    if moment is None:
        return ""
    # Up to the full minute, so that a person who comes then does not come too early.
    shown = (moment.astimezone(UTC) + timedelta(seconds=59)).replace(second=0, microsecond=0)
    return f", next try {shown:%H:%M} UTC" if shown.date() == now.date() else f", next try {shown:%Y-%m-%d %H:%M} UTC"


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return max(number, 0.0) if math.isfinite(number) else None
