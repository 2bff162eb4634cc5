"""What may be changed of many enhancements at once, and the message when it may not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from ci_core.backlog import queries
from ci_core.backlog.dependencies import lock_dependencies
from ci_core.backlog.lifecycle import LABELS, OPEN_STATUSES
from ci_core.backlog.snoozing import check_moment
from ci_core.backlog.triage_queries import all_waited_for
from ci_core.backlog.validation import CHECKS
from ci_core.errors import InvalidInput, NotFound
from db.enums import Status

TAG_CHANGES = ("add_tags", "remove_tags")
SNOOZES = ("snoozed_until", "snoozed_for_id")
CHANGEABLE = (*CHECKS, *TAG_CHANGES, *SNOOZES)


@dataclass(frozen=True, slots=True)
class BulkChange:
    """The values to write as they are stored, and the tags to add to and to take from whatever is there.

    `waited_for` is what the enhancement of a snooze itself waits for: these cannot wait for it.
    """

    values: Mapping[str, Any]
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    waited_for: frozenset[int] = frozenset()

    @property
    def changes_tags(self) -> bool:
        """Whether tags are added or taken away."""
        return bool(self.add_tags or self.remove_tags)

    def tags_of(self, present: list[str]) -> list[str]:
        """The tags that come of those `present`.

        Raises:
            InvalidInput: they would be too many.
        """
        kept = [tag for tag in present if tag not in self.remove_tags]
        tags: list[str] = CHECKS["tags"]("tags", [*kept, *self.add_tags])
        return tags


def checked_change(session: Session, changes: Mapping[str, Any]) -> BulkChange:
    """The changes as they are stored.

    Raises:
        InvalidInput: there are none, or a field cannot be written at all, or not with this value.
    """
    if not changes:
        raise InvalidInput("changes", "Name at least one field to change.")
    for name in changes:
        if name not in CHANGEABLE:
            raise InvalidInput(name, f"{name!r} cannot be changed. These can: {', '.join(CHANGEABLE)}.")
    values = {name: CHECKS[name](name, value) for name, value in changes.items() if name in CHECKS}
    waited_for: frozenset[int] = frozenset()
    if changes.keys() & set(SNOOZES):
        # A proposal sleeps until a time or for another enhancement; the new answer takes the place of the old one.
        values["snoozed_until"] = _snoozed_until(changes.get("snoozed_until"))
        other = values["snoozed_for_id"] = _snoozed_for(session, changes.get("snoozed_for_id"))
        if other is not None:
            # Two people could each make one half of a circle: one at a time.
            lock_dependencies(session)
            waited_for = frozenset(all_waited_for(session, other))
    add, remove = (tuple(CHECKS["tags"](name, changes.get(name) or ())) for name in TAG_CHANGES)
    both = set(add) & set(remove)
    if both:
        raise InvalidInput("remove_tags", f"{min(both)!r} cannot be both added and removed.")
    return BulkChange(values, add, remove, waited_for)


def _snoozed_until(value: object) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise InvalidInput("snoozed_until", "The end of a snooze is a time.")
    check_moment(value, datetime.now(UTC), "snoozed_until")
    return value


def _snoozed_for(session: Session, value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidInput("snoozed_for_id", "What a snooze waits for is the number of an enhancement.")
    try:
        row = queries.stored_row(session, value)
    except NotFound as missing:
        raise InvalidInput("snoozed_for_id", str(missing)) from None
    if row["merged_into_id"] is not None:
        merged = f"#{value} was merged into #{row['merged_into_id']}. Name that one instead."
        raise InvalidInput("snoozed_for_id", merged)
    status = Status(row["status"])
    if status not in OPEN_STATUSES:
        raise InvalidInput("snoozed_for_id", f"#{value} is {LABELS[status]} already; there is nothing to wait for.")
    return value
