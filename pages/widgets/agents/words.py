"""Kinds of jobs, lengths of time and moments, in words of people."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from ci_core.jobs import KINDS
from db.enums import RunStatus, RunTrigger
from pages.widgets.text import label

# A symbol and a word, so that no state is told by its colour alone.
STATES = {
    RunStatus.QUEUED: ("○", "Waits", "calm"),
    RunStatus.RUNNING: ("▶", "Runs", "busy"),
    RunStatus.COMPLETED: ("✓", "Completed", "well"),
    RunStatus.FAILED: ("✕", "Failed", "bad"),
    RunStatus.CANCELLED: ("–", "Cancelled", "calm"),
}
TRIGGERS = {
    RunTrigger.SCHEDULED: "on schedule",
    RunTrigger.MANUAL: "asked for",
    RunTrigger.API_CALL: "asked for by a program",
    RunTrigger.EVENT: "after something happened",
}


def kind_title(kind: str) -> str:
    """What people call a kind of job."""
    return KINDS[kind].title if kind in KINDS else label(kind)


def agent_title(agent: str) -> str:
    """What people call an agent."""
    return label(agent)


def run_title(kind: str, subject: str | None) -> str:
    """A run by its kind and what it is about."""
    return f"{kind_title(kind)}: {subject}" if subject else kind_title(kind)


def lasting(span: timedelta) -> str:
    """A length of time in at most two units: "0.4 s", "12 s", "3 min 20 s", "2 h 5 min", "3 days"."""
    seconds = max(0.0, span.total_seconds())
    if seconds < 9.95:
        return f"{seconds:.1f} s" if 0.05 <= seconds < 0.95 else f"{seconds:.0f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    minutes = whole // 60
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
    days = round(minutes / 1440)
    return "1 day" if days == 1 else f"{days:,} days"


def from_now(moment: datetime, now: datetime) -> str:
    """When something is due: "due", "in 12 s", "in 5 min", "in 3 h"."""
    seconds = (moment - now).total_seconds()
    if seconds < 1:
        return "due"
    for limit, unit, name in ((60, 1, "s"), (3600, 60, "min"), (48 * 3600, 3600, "h")):
        if seconds < limit:
            return f"in {max(1, round(seconds / unit))} {name}"
    return f"in {round(seconds / 86400):,} days"


def at(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """A moment as the reader's clock and calendar have it: "14:05", "tomorrow 02:00", "Thu 3 Dec 02:00"."""
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    days = (local.date() - today).days
    time = f"{local:%H:%M}"
    if days in (-1, 0, 1):
        return {-1: f"yesterday {time}", 0: time, 1: f"tomorrow {time}"}[days]
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year} {time}"


def asked_by(trigger: RunTrigger, actor: str, schedule: str | None) -> str:
    """Why a run is there."""
    if trigger is RunTrigger.SCHEDULED:
        return f"on schedule “{schedule}”" if schedule else "on schedule"
    of_schedule = f", schedule “{schedule}”" if schedule else ""
    return f"{TRIGGERS[trigger]} by {actor}{of_schedule}" if trigger is RunTrigger.MANUAL else TRIGGERS[trigger]
