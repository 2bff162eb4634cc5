"""Archives enhancements that were completed long ago."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ci_core.backlog import policy_from
from ci_core.backlog.archiving import archive_long_done
from ci_core.errors import InvalidInput
from ci_core.jobs.context import JobContext

DAYS = 180
LONGEST_DAYS = 3660


def archive_completed(context: JobContext) -> Mapping[str, Any]:
    """Archive what was completed more than {"days": 180} ago; people find and undo it as every change.

    What is archived already is not looked at again, so that a second attempt does the rest.

    Raises:
        InvalidInput: "days" is no number of days.
    """
    days = context.parameters.get("days", DAYS)
    if not isinstance(days, int) or not 1 <= days <= LONGEST_DAYS:
        raise InvalidInput("days", f"Say after how many days, 1 to {LONGEST_DAYS}, not {days!r}.")
    before = context.clock() - timedelta(days=days)
    reason = f"Completed more than {days} days ago"
    policy = policy_from(context.settings)
    archived = left = 0
    last: int | None = 0
    while last is not None:
        with context.transaction(reason=reason) as session:
            done, last = archive_long_done(
                session, before=before, actor=context.actor, reason=reason, after_id=last, policy=policy
            )
            archived += len(done.changed)
            left += len(done.problems)
            for item in done.changed:
                context.link(session, "enhancement", item, f"#{item} archived")
    return {"archived": archived, "left": left}
