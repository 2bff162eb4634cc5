"""Enhancements that mean nearly the same as another one, or as a text that is being typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core import embeddings  # loads its runtime only when it is used
from ci_core.backlog.listing import read_enhancements
from ci_core.backlog.queries import ENHANCEMENTS, STORED, usable_id
from ci_core.backlog.search_queries import neighbours, one_of_ids, planner_settings
from ci_core.backlog.values import Enhancement
from db.enums import Status
from db.tables import EnhancementEmbedding

if TYPE_CHECKING:
    from ci_core.embeddings import Encoder

LEAST_SIMILARITY = 0.5
SHORTEST_TEXT = 3


@dataclass(frozen=True, slots=True)
class SimilarEnhancement:
    """Another enhancement and how alike it is, from 0 (nothing in common) to 1 (the same)."""

    enhancement: Enhancement
    similarity: float


def similar_enhancements(session: Session, enhancement_id: int, limit: int = 5) -> tuple[SimilarEnhancement, ...]:
    """The enhancements most like this one, most alike first; none while its vector is still to be computed.

    Archived and merged ones are left out, and so is what is less alike than 0.5.

    Raises:
        NotFound: the id cannot be one.
    """
    stored = session.execute(
        select(EnhancementEmbedding.embedding, EnhancementEmbedding.model).where(
            EnhancementEmbedding.enhancement_id == usable_id(enhancement_id),
            EnhancementEmbedding.embedding.is_not(None),
        )
    ).first()
    return () if stored is None else _nearest(session, stored[0], stored[1], limit, without=enhancement_id)


def similar_to_text(
    session: Session, text: str, *, encoder: Encoder, limit: int = 5, without: int | None = None
) -> tuple[SimilarEnhancement, ...]:
    """The enhancements most like a text, most alike first; nothing for less than three letters.

    `without`: id of the enhancement that the text belongs to.
    """
    if sum(character.isalnum() for character in text) < SHORTEST_TEXT:
        return ()
    return _nearest(session, embeddings.encode_query(encoder, text), encoder.name, limit, without=without)


def similar_to_vector(session: Session, vector: Any, model: str, *, limit: int = 5) -> tuple[SimilarEnhancement, ...]:
    """The enhancements most like a text of which only the vector is at hand, most alike first.

    Args:
        vector: as the model of this name made it; vectors of different models cannot be compared.
    """
    return _nearest(session, vector, model, limit, without=None)


def _nearest(
    session: Session, vector: Any, model: str, limit: int, *, without: int | None
) -> tuple[SimilarEnhancement, ...]:
    columns = ENHANCEMENTS.c
    conditions = [columns.status != Status.ARCHIVED.value, columns.merged_into_id.is_(None)]
    with planner_settings(session) as server:
        near = neighbours(session, vector, model, conditions, server)
    alike = {
        found.enhancement_id: min(found.similarity, 1.0)
        for found in near
        if found.similarity >= LEAST_SIMILARITY and found.enhancement_id != without
    }
    ids = list(alike)[:limit]
    enhancements = {one.id: one for one in read_enhancements(session, select(*STORED).where(one_of_ids(ids)))}
    return tuple(SimilarEnhancement(enhancements[item], alike[item]) for item in ids if item in enhancements)
