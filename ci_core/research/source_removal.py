"""Removes a source that has found nothing; one that has is switched off, so that its findings keep their origin."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from ci_core.errors import NotAllowed, NotFound
from db.engine import act_as
from db.tables import ResearchFinding, ResearchSource


def findings_of(session: Session, source_id: int) -> int:
    """How many findings came from a source."""
    counted = select(func.count()).select_from(ResearchFinding).where(ResearchFinding.source_id == source_id)
    return session.scalar(counted) or 0


def remove_source(session: Session, source_id: int, *, actor: str) -> None:
    """Remove a source; an undo brings it back.

    Raises:
        NotFound: there is none with this number.
        NotAllowed: it has found something, which would lose its origin.
    """
    name = session.scalar(select(ResearchSource.source_name).where(ResearchSource.id == source_id).with_for_update())
    if name is None:
        raise NotFound(f"There is no source {source_id} (any more).")
    if found := findings_of(session, source_id):
        raise NotAllowed(f"“{name}” has found {found:,}, which would lose their origin. Switch it off instead.")
    act_as(session, actor)
    session.execute(delete(ResearchSource).where(ResearchSource.id == source_id))
