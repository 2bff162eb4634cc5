"""The schedules that the product brings: one line each. A kind of job that is not there yet is passed over."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy.orm import Session

from ci_core.jobs import schedule_queries
from ci_core.jobs.kinds import Kinds
from ci_core.jobs.recurrence import checked_zone
from ci_core.jobs.registry import KINDS
from ci_core.jobs.schedules import NewSchedule, checked_schedule
from ci_core.settings.health import HealthSettings
from db.engine import act_as

DAY_HOURS, WEEK_HOURS = 24, 168


def _schedule(name: str, kind: str, cron: str, description: str, **values: Any) -> NewSchedule:
    return NewSchedule(name, kind, cron=cron, description=description, **values)


def health_schedules(settings: HealthSettings) -> tuple[NewSchedule, ...]:
    """The checks that come by themselves, as often as the settings say.

    A day is a night at two, a week the night of a Sunday; the check of what changed keeps out of the way of the full
    one. What no cron line can say is an interval.
    """
    return (
        NewSchedule(
            "health-full-scan",
            "health_full_scan",
            description="Looks at all of the repository.",
            **_every(settings.full_scan_hours, minute=0, hour=2),
        ),
        NewSchedule(
            "health-quick-scan",
            "health_quick_scan",
            description="Looks at what changed since the check before.",
            **_every(settings.quick_scan_hours, minute=30, hour=6),
        ),
        NewSchedule(
            "health-security-scan",
            "health_security_scan",
            description="Looks for what makes an attack possible.",
            **_every(settings.security_scan_hours, minute=30, hour=3),
        ),
    )


def _every(hours: int, *, minute: int, hour: int) -> dict[str, Any]:
    """Times of a schedule that comes every so many hours; daily or less often at this time of the day."""
    if hours == WEEK_HOURS:
        return {"cron": f"{minute} {hour} * * SUN"}
    if hours == DAY_HOURS:
        return {"cron": f"{minute} {hour} * * *"}
    if hours < DAY_HOURS and DAY_HOURS % hours == 0:
        return {"cron": f"{minute} {'*' if hours == 1 else f'*/{hours}'} * * *"}
    return {"every_seconds": hours * 3600}


# Times are meant where the product was set up. The sources of research say themselves how often they are scanned.
DEFAULT_SCHEDULES: tuple[NewSchedule, ...] = (
    _schedule("database-backup", "database_backup", "30 2 * * *", "Backs up the database that the product brings."),
    _schedule("database-upkeep", "database_upkeep", "20 3 * * *", "Statistics, bloat, and rows that are too old."),
    _schedule("embeddings", "embeddings", "*/15 * * * *", "Lets new texts be found by meaning.", jitter_seconds=120),
    _schedule("learning", "learning", "40 3 * * *", "Learns from what people decided.", jitter_seconds=600),
    _schedule("agent-figures", "agent_figures", "10 * * * *", "Sums up what the agents did.", jitter_seconds=120),
    _schedule("digest-daily", "digest_daily", "0 7 * * *", "What happened yesterday, and what waits."),
    _schedule("digest-weekly", "digest_weekly", "5 7 * * MON", "What happened in the last week."),
    _schedule("archive-completed", "archive_completed", "30 4 1 * *", "Archives what was completed long ago."),
    # Before the nightly check of everything, which looks at what is known by then.
    _schedule(
        "health-advisories", "health_advisories", "20 1 * * *", "Learns of new vulnerabilities.", jitter_seconds=1200
    ),
    *health_schedules(HealthSettings.model_construct()),
)


def ensure_default_schedules(
    session: Session, *, time_zone: str, actor: str, health: HealthSettings | None = None, kinds: Kinds = KINDS
) -> int:
    """Add the schedules that are lacking; what people changed stays. Gives how many were added.

    Args:
        time_zone: whose wall clock their times mean.
        health: how often checks come; as they do without settings where it is None.

    Raises:
        InvalidInput: there is no such time zone.
    """
    zone = checked_zone(time_zone)
    act_as(session, actor)
    # Looked up first: an insert that finds its name taken would use up a number at every set-up.
    present = set(session.execute(schedule_queries.NAMES).scalars())
    added = 0
    of_health = {one.name: one for one in health_schedules(health)} if health else {}
    for default in DEFAULT_SCHEDULES:
        schedule = of_health.get(default.name, default)
        if schedule.kind not in kinds or schedule.name in present:
            continue
        one = checked_schedule(schedule, kinds)
        row = {
            "name": one.name,
            "kind": one.kind,
            "description": one.description,
            "parameters": json.dumps(dict(one.parameters)),
            "cron": one.cron,
            "every_seconds": one.every_seconds,
            "time_zone": zone,
            "jitter_seconds": one.jitter_seconds,
            "missed": one.missed,
            "priority": one.priority,
        }
        added += session.execute(schedule_queries.ADD_DEFAULT, row).first() is not None
    return added
