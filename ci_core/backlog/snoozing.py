"""Put a proposal aside until a date, or until another enhancement is done; it comes back by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from ci_core.backlog import queries
from ci_core.backlog.conflicts import changed_since, check_version, fields_to_write, refuse_conflicts
from ci_core.backlog.dependencies import lock_dependencies
from ci_core.backlog.lifecycle import LABELS, OPEN_STATUSES
from ci_core.backlog.queries import Stored
from ci_core.backlog.triage_queries import waits_for
from ci_core.backlog.values import Enhancement, enhancement_from
from ci_core.errors import InvalidInput, NotAllowed
from db.engine import act_as
from db.enums import Status

LONGEST_SNOOZE = timedelta(days=3 * 366)


def snooze(
    session: Session,
    enhancement_id: int,
    *,
    actor: str,
    until: datetime | None = None,
    until_done: int | None = None,
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Enhancement:
    """Take a proposal out of the inbox until a moment, or until another enhancement is done or closed.

    Args:
        until: when it comes back, with a time zone; at most three years ahead.
        until_done: id of the other enhancement, which must still be open and must not wait for this one.
        expected_version: the version that the person saw; None to write whatever has happened since.

    Raises:
        InvalidInput: none or both of the two are given, the moment has passed or has no zone, or the other one cannot
            be waited for.
        EditConflict: somebody else decided it, or snoozed it otherwise, since.
        NotAllowed: it is no proposal any more.
        NotFound: one of the two does not exist.
    """
    if (until is None) == (until_done is None):
        raise InvalidInput("until", "Snooze until a date, or until another enhancement is done: one of the two.")
    act_as(session, actor)
    ids = [enhancement_id]
    if until is not None:
        check_moment(until, now or datetime.now(UTC))
    elif until_done is not None:
        if until_done == enhancement_id:
            raise InvalidInput("until_done", f"#{enhancement_id} cannot wait for itself. Name another enhancement.")
        # Two people could each make one half of a circle: one at a time.
        lock_dependencies(session)
        ids.append(until_done)
    rows = queries.locked_rows(session, ids)
    proposal = undecided(session, rows[enhancement_id], expected_version)
    if until_done is not None:
        _check_other(session, enhancement_id, rows[until_done])
    return _write(session, proposal, {"snoozed_until": until, "snoozed_for_id": until_done}, expected_version)


def wake(session: Session, enhancement_id: int, *, actor: str, expected_version: int | None = None) -> Enhancement:
    """Bring a snoozed proposal back into the inbox now; one that is awake stays as it is.

    Raises:
        EditConflict: somebody else decided it, or snoozed it otherwise, since.
        NotAllowed: it is no proposal any more.
        NotFound: there is no such enhancement.
    """
    act_as(session, actor)
    row = undecided(session, queries.locked_rows(session, [enhancement_id])[enhancement_id], expected_version)
    return _write(session, row, {"snoozed_until": None, "snoozed_for_id": None}, expected_version)


def undecided(session: Session, row: Stored, expected_version: int | None) -> Stored:
    """The row, if it is a proposal that nobody has decided.

    Raises:
        EditConflict: somebody has decided it since `expected_version`; names who.
        NotAllowed: it was decided before.
        InvalidInput: there is no such version.
    """
    check_version(row["version"], expected_version)
    if row["status"] == Status.PROPOSED and row["merged_into_id"] is None:
        return row
    if expected_version not in (None, row["version"]):
        since = changed_since(session, row["id"], expected_version or 0)
        refuse_conflicts(row["id"], row, {"status": Status.PROPOSED.value}, since)
    if row["merged_into_id"] is not None:
        raise NotAllowed(f"#{row['id']} was merged into #{row['merged_into_id']}. Take that merge apart first.")
    raise NotAllowed(f"#{row['id']} is {LABELS[Status(row['status'])].lower()} and no proposal any more.")


def check_moment(until: datetime, now: datetime, field: str = "until") -> None:
    """Accept a time to come back at.

    Raises:
        InvalidInput: it has passed, or is too far away, or has no zone; of the input `field`.
    """
    if until.tzinfo is None:
        raise InvalidInput(field, "The time to come back at needs a time zone.")
    if until <= now:
        raise InvalidInput(field, f"{until:%Y-%m-%d %H:%M} has passed. Choose a time that is still to come.")
    if until > now + LONGEST_SNOOZE:
        raise InvalidInput(field, "Three years is the longest. Reject it, or choose an earlier time.")


def _check_other(session: Session, enhancement_id: int, other: Stored) -> None:
    if other["merged_into_id"] is not None:
        merged = f"#{other['id']} was merged into #{other['merged_into_id']}. Name that one instead."
        raise InvalidInput("until_done", merged)
    status = Status(other["status"])
    if status not in OPEN_STATUSES:
        raise InvalidInput(
            "until_done", f"#{other['id']} is {LABELS[status].lower()} already, so there is nothing to wait for."
        )
    if waits_for(session, other["id"], enhancement_id):
        raise InvalidInput(
            "until_done", f"#{other['id']} itself waits for #{enhancement_id}; neither would ever come back."
        )


def _write(session: Session, row: Stored, wanted: Mapping[str, Any], expected_version: int | None) -> Enhancement:
    real = fields_to_write(session, row, wanted, expected_version)
    return queries.write_columns(session, row["id"], real) if real else enhancement_from(row)
