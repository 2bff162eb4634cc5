"""How probable it is that a team accepts an item, before it has answered anything: from its interests alone.

Two things are measured. How much nearer the item is to the team's short texts than to those of a background of other
subjects: each side is a soft maximum of cosines, so that one text that fits is enough, and several that fit a little
count too. And how many of the team's keywords occur, each once, those in the title twice. A fixed logistic map makes a
probability of the two; its four numbers were fitted once, on papers and repositories together, and are the same for
every team and every site. Long texts hold a keyword by chance, so that length counts against them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ci_core.research.scoring.background import BACKGROUND
from ci_core.research.scoring.certainty import probability
from ci_core.research.scoring.interests import Interests, OpenIdea, Wanted, vectors_of
from ci_core.research.scoring.words import stems
from ci_core.research.values import NormalItem, Vector

if TYPE_CHECKING:
    from ci_core.embeddings import Encoder

READ_CHARACTERS = 2_000
SHARPNESS = 10.0
# How many background texts one unwanted text of weight 1 stands for: people name it because it comes too often.
UNWANTED_TIMES = 3.0

BASE, PER_NEARNESS, PER_LOG_WORDS, PER_LOG_LENGTH = -3.71, 26.4, 2.75, -1.1
USUAL_LENGTH = 23.0  # words beyond the first ten, at which the length counts neither for nor against
# An item as near as this to an open enhancement speaks of what the team is about to do.
NEAR_IDEA, PER_IDEA = 0.5, 4.4


@dataclass(frozen=True, slots=True)
class Look:
    """What an item shows of the interests.

    Attributes:
        logit: the logarithm of the odds that it is accepted, before `certainty` holds it.
        interest: the nearest interest; None where there are none.
        similarity: the cosine to it.
        unwanted: the nearest unwanted text, where it is nearer than every interest, and the cosine to it.
        words: keywords that occur, those that count most first.
        idea: the nearest open enhancement, with the cosine to it.
    """

    logit: float
    interest: str | None
    similarity: float
    unwanted: str | None
    unwanted_similarity: float
    words: tuple[str, ...]
    idea: OpenIdea | None = None
    idea_similarity: float = 0.0

    @property
    def probability(self) -> float:
        """How probable it is that the team accepts it, 0–1, without any answer."""
        return probability(self.logit)


class ColdStart:
    """Compares items with the interests of a team."""

    def __init__(self, interests: Interests, encoder: Encoder) -> None:
        """Make the vectors of the interests, 0.2 s the first time in a process and nothing afterwards."""
        self.interests = interests
        self.phrases = interests.phrases()
        self._wanted = _Side.of(interests.wanted, encoder)
        others = [Wanted(one.wording, one.weight * UNWANTED_TIMES) for one in interests.unwanted]
        self._others = _Side.of([*others, *map(Wanted, BACKGROUND)], encoder)
        self._ideas: Vector = np.array([one.vector for one in interests.ideas], dtype=np.float32)
        self._ideas = self._ideas.reshape(-1, encoder.dimensions)

    def look(self, items: Sequence[NormalItem], vectors: Sequence[Vector]) -> list[Look]:
        """What each of the items shows of the interests, in their order."""
        if not items:
            return []
        stacked = np.asarray(vectors, dtype=np.float32)
        wanted, others, ideas = (stacked @ side.T for side in (self._wanted.vectors, self._others.vectors, self._ideas))
        nearness = self._wanted.soft_maximum(wanted) - self._others.soft_maximum(others)
        return [
            self._look(item, float(nearness[place]), wanted[place], others[place], ideas[place])
            for place, item in enumerate(items)
        ]

    def _look(self, item: NormalItem, nearness: float, wanted: Vector, others: Vector, ideas: Vector) -> Look:
        weights, length = self._words(item.title, item.text[:READ_CHARACTERS])
        logit = BASE + PER_NEARNESS * nearness + PER_LOG_WORDS * math.log1p(sum(weights.values()))
        logit += PER_LOG_LENGTH * math.log((10 + length) / (10 + USUAL_LENGTH))
        nearest, similarity = _nearest(wanted)
        idea, idea_similarity = _nearest(ideas)
        logit += PER_IDEA * max(idea_similarity - NEAR_IDEA, 0.0)
        unwanted, unwanted_similarity = _nearest(others[: len(self.interests.unwanted)])
        return Look(
            logit=logit,
            interest=None if nearest is None else self._wanted.texts[nearest].wording,
            similarity=similarity,
            unwanted=None if unwanted is None or unwanted_similarity < similarity else self._unwanted(unwanted),
            unwanted_similarity=unwanted_similarity,
            words=tuple(sorted(weights, key=lambda word: -weights[word])),
            idea=None if idea is None else self.interests.ideas[idea],
            idea_similarity=idea_similarity,
        )

    def _unwanted(self, place: int) -> str:
        return self.interests.unwanted[place].wording

    def _words(self, title: str, text: str) -> tuple[dict[str, float], int]:
        """The keywords that occur with what each adds, and how many words the item has."""
        in_title, in_text = stems(title), stems(text)
        titled = set(self.phrases.occurring(in_title))
        found = titled.union(self.phrases.occurring(in_text))
        weights = self.interests.keywords
        added = {word: weights[word] * (2 if word in titled else 1) for word in sorted(found)}
        return added, len(in_title) + len(in_text)


@dataclass(frozen=True, slots=True)
class _Side:
    """Texts that items are compared with: those of the team, or those of everything else."""

    texts: tuple[Wanted, ...]
    vectors: Vector
    weights: NDArray[np.float64]

    @classmethod
    def of(cls, texts: Sequence[Wanted], encoder: Encoder) -> _Side:
        used = tuple(texts)
        weights = np.array([one.weight for one in used])
        return cls(used, vectors_of(encoder, [one.wording for one in used]), weights)

    def soft_maximum(self, cosines: Vector) -> NDArray[np.float64]:
        """Near to the largest cosine of each row, larger where several are large; 0 where there are no texts."""
        total = self.weights.sum()
        if not total:
            return np.zeros(len(cosines))
        powers = np.exp(SHARPNESS * cosines.astype(np.float64)) @ self.weights
        softened: NDArray[np.float64] = np.log(powers / total) / SHARPNESS
        return softened


def _nearest(cosines: Vector) -> tuple[int | None, float]:
    if not len(cosines):
        return None, 0.0
    place = int(cosines.argmax())
    return place, float(cosines[place])
