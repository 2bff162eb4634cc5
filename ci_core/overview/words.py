"""Numbers and times in words, as a sentence needs them."""

from __future__ import annotations

from datetime import timedelta

_STEPS = ((365, "year"), (30, "month"), (7, "week"), (1, "day"))


def counted(count: int, noun: str) -> str:
    """ "1 proposal", "1,200 proposals"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def lasting(age: timedelta) -> str:
    """How long something lasts, in its largest unit: "3 weeks", "an hour or less" below two hours."""
    for days, name in _STEPS:
        if age.days >= days:
            return counted(age.days // days, name)
    hours = int(age.total_seconds() // 3600)
    return counted(hours, "hour") if hours > 1 else "an hour or less"
