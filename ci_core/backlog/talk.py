"""Where people may say something: comments, votes and following all ask here first."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core.backlog import queries
from ci_core.errors import NotAllowed, NotFound
from db import tables


def title_to_talk_about(session: Session, enhancement_id: int, *, instead: str) -> str:
    """The title of the enhancement, which cannot be merged away until the transaction ends.

    Args:
        instead: what to do at the original of a merged one, such as "Comment there".

    Raises:
        NotFound: there is no such enhancement.
        NotAllowed: it was merged into another one, which is where the talk goes on.
    """
    card = tables.Enhancement
    # Shared with others who say something; a merge that is under way has to finish first.
    present = select(card.title, card.merged_into_id).where(card.id == queries.usable_id(enhancement_id))
    row = session.execute(present.with_for_update(read=True)).first()
    if row is None:
        raise NotFound(f"There is no enhancement #{enhancement_id}.")
    if row.merged_into_id is not None:
        raise NotAllowed(f"#{enhancement_id} was merged into #{row.merged_into_id}. {instead}.")
    return str(row.title)
