"""The keyless scorer: the team's interests, MiniLM and what people answered; no account, no network, no other model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy.orm import Session

from ci_core.research.scoring import queries
from ci_core.research.scoring.background import BACKGROUND
from ci_core.research.scoring.certainty import Numbers, probability
from ci_core.research.scoring.cold_start import ColdStart, Look
from ci_core.research.scoring.estimates import Estimate, applicability, cues_of, difficulty
from ci_core.research.scoring.interests import Interests, stored_interests, vectors_of
from ci_core.research.scoring.keyphrases import keyphrases
from ci_core.research.scoring.learning import Learned
from ci_core.research.scoring.novelty import Known, Nearest, novelty_of
from ci_core.research.scoring.reasons import Alike, reason_for
from ci_core.research.scoring.summary import summarise
from ci_core.research.scoring.technologies import technologies
from ci_core.research.values import NormalItem, Score, Vector

if TYPE_CHECKING:
    from ci_core.embeddings import Encoder

NAME = "local 1"
WINDOW = timedelta(days=30)
MOST_KNOWN = 5_000
MOST_ACCEPTED = 500
MOST_ALIKE = 3
ALIKE_FROM = 0.5

# Where the team might as well say yes as no: its answer teaches most, and the feed mixes some of these in.
UNCERTAIN_FROM, UNCERTAIN_TO = 40.0, 75.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """Findings that people accepted: ids and titles, and their vectors row by row."""

    ids: tuple[int, ...]
    titles: tuple[str, ...]
    vectors: Vector

    def like(self, vectors: Vector) -> list[tuple[Alike, ...]]:
        """For each vector, up to three accepted findings that are like it, the nearest first."""
        if not self.ids:
            return [()] * len(vectors)
        cosines = vectors @ self.vectors.T
        nearest = np.argsort(-cosines, axis=1)[:, :MOST_ALIKE]
        return [
            tuple(
                Alike(self.ids[place], self.titles[place], round(float(row[place]), 3))
                for place in places
                if row[place] >= ALIKE_FROM
            )
            for row, places in zip(cosines, nearest, strict=True)
        ]


class LocalScorer:
    """Scores items from what it was given; takes part in no transaction, and any number of threads may use it."""

    name = NAME

    def __init__(
        self, cold_start: ColdStart, centre: Numbers, learned: Learned | None, accepted: Accepted, known: Known
    ):
        """Take what `local_scorer` has read, or what an evaluation makes up."""
        self._cold_start = cold_start
        self._centre = centre
        self._learned = learned
        self._accepted = accepted
        self._known = known

    def score(self, items: Sequence[NormalItem], vectors: Sequence[Vector]) -> list[Score]:
        """One score for each item, in their order; see `ci_core.research.values.Scorer`."""
        if not items:
            return []
        stacked = np.asarray(vectors, dtype=np.float32)
        looks = self._cold_start.look(items, vectors)
        cold = np.array([look.logit for look in looks])
        logits = self._learned.logits(cold, centred(stacked, self._centre)).tolist() if self._learned else cold.tolist()
        alike = self._accepted.like(stacked)
        nearest = self._known.nearest(items, vectors)
        return [self._score(*parts) for parts in zip(items, looks, logits, alike, nearest, strict=True)]

    def _score(
        self, item: NormalItem, look: Look, logit: float, alike: tuple[Alike, ...], nearest: Nearest | None
    ) -> Score:
        found = technologies(item.title, item.text)
        said = cues_of(item)
        usable, work = applicability(item, said, found, look.probability), difficulty(item, said)
        new = _novelty(look, nearest)
        answers, weight = (self._learned.answers, self._learned.weight) if self._learned else (0, 0.0)
        relevance = None if self._cold_start.interests.are_none else round(100 * probability(logit, weight), 1)
        reason = reason_for(look, alike, logit - look.logit, answers)
        if relevance is None:
            reason = "No relevance: the team has no interests and no keywords. Add some on the Sources page."
        return Score(
            relevance=relevance,
            novelty=new.value,
            applicability=usable.value,
            difficulty=work.value,
            reason=reason,
            summary=summarise(item.title, item.text),
            keywords=keyphrases(item.title, item.text, named=self._cold_start.phrases.words),
            technologies=found,
            scored_by=self.name,
            uncertain=relevance is not None and is_uncertain(relevance),
            details={
                "interest": look.interest,
                "similarity": round(look.similarity, 3),
                "unwanted": look.unwanted,
                "words": list(look.words),
                "accepted_like_it": [
                    {"id": one.finding_id, "title": one.title, "similarity": one.similarity} for one in alike
                ],
                "before_answers": None if relevance is None else round(100 * look.probability, 1),
                "answers": answers,
                "why": {
                    "relevance": reason,
                    "novelty": new.because,
                    "applicability": usable.because,
                    "difficulty": work.because,
                },
            },
        )


def local_scorer(session: Session, encoder: Encoder, now: datetime) -> LocalScorer:
    """The scorer with the team's interests of this moment and what was learned last.

    It keeps what it read, and is meant for one scan. To learn from new answers first, call `retrain`.
    """
    interests = stored_interests(session, encoder.name)
    model = queries.newest_model(session)
    rows = queries.accepted(session, encoder.name, limit=MOST_ACCEPTED)
    accepted = Accepted(
        ids=tuple(row.id for row in rows),
        titles=tuple(row.title for row in rows),
        vectors=_matrix([row.embedding for row in rows], encoder),
    )
    before = queries.found_before(session, encoder.name, now - WINDOW, limit=MOST_KNOWN)[::-1]
    known = Known(
        [row.content_hash for row in before],
        [row.title for row in before],
        _matrix([row.embedding for row in before], encoder),
    )
    learned = Learned.from_parameters(model.parameters, encoder.name) if model else None
    return LocalScorer(ColdStart(interests, encoder), centre_of(encoder), learned, accepted, known)


def scorer_of(
    interests: Interests, encoder: Encoder, learned: Learned | None = None, *, accepted: Accepted | None = None
) -> LocalScorer:
    """A scorer without a database: of given interests and of what was learned."""
    nothing = _matrix([], encoder)
    return LocalScorer(
        ColdStart(interests, encoder),
        centre_of(encoder),
        learned,
        accepted or Accepted((), (), nothing),
        Known((), (), nothing),
    )


def is_uncertain(relevance: float) -> bool:
    """Whether the team might as well say yes as no to what has this relevance of 0–100."""
    return UNCERTAIN_FROM <= relevance < UNCERTAIN_TO


def centre_of(encoder: Encoder) -> Numbers:
    """The middle of all subjects: what vectors have in common only because they are of texts."""
    return np.asarray(vectors_of(encoder, BACKGROUND).mean(axis=0), dtype=np.float64)


def centred(vectors: Vector, centre: Numbers) -> Numbers:
    """Vectors as seen from the centre, of unit length again."""
    moved = vectors.astype(np.float64) - centre
    length = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.asarray(moved / np.maximum(length, 1e-9))


def _novelty(look: Look, nearest: Nearest | None) -> Estimate:
    """By the nearer of what was found before and the open enhancements."""
    idea = look.idea if look.idea is not None else None
    if idea is not None and (nearest is None or look.idea_similarity > nearest.similarity):
        return Estimate(novelty_of(look.idea_similarity), f"Nearest to it is your open enhancement “{idea.title}”.")
    if nearest is None:
        return Estimate(None, "Nothing was found before that it could be compared with.")
    return Estimate(nearest.novelty, f"Nearest to it of the last 30 days is “{nearest.title}”.")


def _matrix(vectors: Sequence[object], encoder: Encoder) -> Vector:
    return np.array(vectors, dtype=np.float32).reshape(-1, encoder.dimensions)
