"""Puts away what was completed long ago, as a person would: recorded, and undone like everything else."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog.bulk import BulkResult, change_many
from ci_core.backlog.scoring import DEFAULT_POLICY, ScoringPolicy
from db.enums import Status

# One that somebody wrote to since is still of interest.
LONG_DONE = text("""
    SELECT e.id FROM ci_enhancements e
    WHERE e.status = 'completed' AND e.completed_at < :before AND e.merged_into_id IS NULL AND e.id > :after
        AND NOT EXISTS (SELECT FROM ci_comments c WHERE c.enhancement_id = e.id AND c.created_at >= :before)
    ORDER BY e.id LIMIT :most
""")


def archive_long_done(
    session: Session,
    *,
    before: datetime,
    actor: str,
    reason: str,
    after_id: int = 0,
    most: int = 200,
    policy: ScoringPolicy = DEFAULT_POLICY,
) -> tuple[BulkResult, int | None]:
    """Archive what was completed before this moment and not talked about since.

    Args:
        after_id: only those with a greater id, in the order of their ids.
        most: so many at once, 1 to 1,000.

    Returns:
        What became of them, with the transaction to undo; and the last id looked at, None when there are no more.
    """
    ids = list(session.scalars(LONG_DONE, {"before": before, "after": after_id, "most": most}))
    if not ids:
        return BulkResult((), (), (), None), None
    cards = [(item, None) for item in ids]
    changes = {"status": Status.ARCHIVED}
    return change_many(session, cards, changes, actor=actor, reason=reason, policy=policy), ids[-1]
