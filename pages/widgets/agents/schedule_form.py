"""What a person has typed into the fields of a schedule, what it means, and when it comes round."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from ci_core.errors import InvalidInput
from ci_core.jobs.due_times import Plan
from ci_core.jobs.plain_times import Times, times_from_words, times_in_words
from ci_core.jobs.recurrence import Recurrence, checked_cron, checked_interval, checked_zone
from ci_core.jobs.schedules import NewSchedule, Schedule
from db.enums import MissedRuns

LABELS = {
    "name": "Name",
    "kind": "What it starts",
    "times": "When",
    "time_zone": "Time zone",
    "jitter_minutes": "Later by up to … minutes",
    "missed": "Times that pass while nothing runs",
    "description": "What it is for",
    "parameters": "Parameters, one a line",
    "priority": "Priority",
    "enabled": "Runs at its times",
}
FIELDS = tuple(LABELS)
# What the library calls them.
FIELD_OF = {"cron": "times", "every_seconds": "times", "jitter_seconds": "jitter_minutes"}
SHOWN_TIMES = 5
MISSED = {MissedRuns.ONCE: "one run makes up for all of them", MissedRuns.SKIP: "are left out"}


def typed_of(schedule: Schedule | None, time_zone: str, kind: str) -> dict[str, Any]:
    """The values of the fields as their widgets hold them; of a new schedule, with these to begin with."""
    if schedule is None:
        first = NewSchedule(name="", kind=kind, cron="0 2 * * *", time_zone=time_zone)
        return _fields(first)
    return _fields(schedule)


def _fields(source: Schedule | NewSchedule) -> dict[str, Any]:
    return {
        "name": source.name,
        "kind": source.kind,
        "times": times_in_words(source.cron, source.every_seconds),
        "time_zone": source.time_zone,
        "jitter_minutes": round(source.jitter_seconds / 60, 2),
        "missed": source.missed,
        "description": source.description,
        "parameters": parameters_as_text(source.parameters),
        "priority": source.priority,
        "enabled": source.enabled,
    }


def changes_of(typed: Mapping[str, Any], seen: Schedule) -> dict[str, Any]:
    """What was typed differently from what was opened: what others changed meanwhile in other fields stays.

    Raises:
        InvalidInput: as `values_of`.
    """
    before = typed_of(seen, "", "")
    values = values_of(typed)
    # The same words may stand for a cron line that was written in another way: it stays as it was.
    same = {"cron", "every_seconds"} if typed.get("times") == before["times"] else set()
    if typed.get("jitter_minutes") == before["jitter_minutes"]:
        same.add("jitter_seconds")
    return {name: value for name, value in values.items() if name not in same and value != getattr(seen, name)}


def values_of(typed: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, by the names that the library has for it.

    Raises:
        InvalidInput: something has not the form that it must have; `field` is the library's name of it.
    """
    times = checked_times(str(typed.get("times") or ""))
    return {
        "name": str(typed.get("name") or "").strip(),
        "kind": str(typed.get("kind") or ""),
        "cron": times.cron,
        "every_seconds": times.every_seconds,
        "time_zone": str(typed.get("time_zone") or ""),
        "jitter_seconds": round(float(typed.get("jitter_minutes") or 0) * 60),
        "missed": typed.get("missed") or MissedRuns.ONCE,
        "description": str(typed.get("description") or "").strip(),
        "parameters": parameters_from_text(str(typed.get("parameters") or "")),
        "priority": int(typed.get("priority") or 0),
        "enabled": bool(typed.get("enabled", True)),
    }


def checked_times(typed: str) -> Times:
    """The times that were typed in plain words, or as a cron line that comes round.

    Raises:
        InvalidInput: they are none.
    """
    times = times_from_words(typed)
    if times.cron is not None:
        return Times(cron=checked_cron(times.cron))
    return Times(every_seconds=checked_interval(times.every_seconds))


def next_times(typed: Mapping[str, Any], schedule: Schedule | None, now: datetime) -> tuple[datetime, ...]:
    """The next times of what was typed, in UTC; fewer than five where there are no more.

    Raises:
        InvalidInput: times or zone cannot be used.
    """
    times = checked_times(str(typed.get("times") or ""))
    # The clock counts intervals from when the schedule was made.
    anchor = schedule.created_at if schedule else now
    recurrence = Recurrence(times.cron, times.every_seconds, checked_zone(typed.get("time_zone")), anchor)
    jitter = round(float(typed.get("jitter_minutes") or 0) * 60)
    plan = Plan(schedule.id if schedule else 0, recurrence, jitter)

    def following() -> Any:
        moment: datetime | None = now
        while (moment := plan.after(moment)) is not None:
            yield moment

    return tuple(islice(following(), SHOWN_TIMES))


def parameters_as_text(parameters: Mapping[str, Any]) -> str:
    """Parameters as lines "name: value", the value as JSON has it."""
    return "\n".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in parameters.items())


def parameters_from_text(typed: str) -> dict[str, Any]:
    """The parameters of such lines; a value that is no JSON is a text.

    Raises:
        InvalidInput: a line has no name, or one comes twice.
    """
    found: dict[str, Any] = {}
    for line in filter(None, (one.strip() for one in typed.splitlines())):
        name, colon, value = line.partition(":")
        name = name.strip()
        if not colon or not name or name in found:
            raise InvalidInput("parameters", f"“{line[:60]}” is no parameter. Write one a line, such as source_id: 3")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value.strip()
    return found
