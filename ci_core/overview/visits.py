"""When a person was here last: a visit ends after half an hour without a sign of life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from ci_core.overview import queries
from db import tables

VISIT_ENDS_AFTER = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Visit:
    """The visit that goes on: last seen at `active_at`, and before it at `previous_at` (None: never)."""

    previous_at: datetime | None
    active_at: datetime


def touch_visit(session: Session, person: str, now: datetime) -> Visit:
    """Record that a person is here at `now`; the first sign after half an hour of silence begins a new visit."""
    row = session.execute(queries.TOUCH_VISIT, {"person": person, "now": now, "silence": VISIT_ENDS_AFTER}).one()
    return Visit(row.previous_at, row.active_at)


def current_visit(session: Session, person: str) -> Visit | None:
    """The newest visit of a person, without taking part in it; None when there was never one."""
    visit = session.get(tables.Visit, person)
    return None if visit is None else Visit(visit.previous_at, visit.active_at)
