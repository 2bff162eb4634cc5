"""What is learned and computed in the background, so that a scan or a search need not wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from ci_core.jobs.context import JobContext
from ci_core.research.scan_parts import Parts, learn_anew, make_intake

if TYPE_CHECKING:
    from ci_core.embeddings import Encoder

WAITING = text("SELECT EXISTS (SELECT FROM ci_enhancement_embeddings WHERE stale OR model <> :model)")


def learn(context: JobContext, parts: Parts | None = None) -> Mapping[str, Any]:
    """Learn from what people answered, give findings their vectors, and score those that wait without a score.

    Each part goes on where it stopped: what is stored is not computed again.

    Raises:
        EmbeddingModelMissing: the embedding model has not been prepared.
    """
    from ci_core.research.pipeline import score_again, score_unscored
    from ci_core.research.reembedding import reembed
    from ci_core.research.source_scan import one_scores

    given = parts or Parts(clock=context.clock)
    encoder = given.encoder or _encoder(context)
    given = Parts(encoder, given.scorer, given.read, given.clock, given.longest_seconds)
    answers = learn_anew(context.fenced, encoder, context.clock())
    context.progress(None)
    embedded = reembed(context.fenced, encoder, stop=context.cancelled, progress=lambda _done: context.progress(None))
    scored = 0
    with one_scores(context.database, context.run_id) as alone:
        if alone:
            intake = make_intake(context.fenced, context.settings, context.run_id, given)
            scored = score_unscored(intake) + score_again(intake)
    return {"learned_from": answers or 0, "embedded": embedded, "scored": scored}


def embed_enhancements(context: JobContext, encoder: Encoder | None = None) -> Mapping[str, Any]:
    """Give new and changed enhancements their vectors; the model is loaded only where there are any.

    Raises:
        EmbeddingModelMissing: the embedding model has not been prepared.
    """
    from ci_core.backlog.embedder import embed_stale
    from ci_core.embeddings.manifest import MODEL_NAME

    with context.database.reading() as session:
        if not session.execute(WAITING, {"model": encoder.name if encoder else MODEL_NAME}).scalar_one():
            return {"embedded": 0}
    done = embed_stale(
        context.fenced,
        encoder or _encoder(context),
        stop=context.cancelled,
        progress=lambda _done: context.progress(None),
    )
    return {"embedded": done}


def _encoder(context: JobContext) -> Encoder:
    from ci_core.embeddings import load_encoder

    return load_encoder(context.settings.models_dir)
