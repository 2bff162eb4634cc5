"""What the team wants to hear of, in the form in which items are compared with it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy.orm import Session

from ci_core.research.scoring import queries
from ci_core.research.scoring.default_interests import INTERESTS, UNWANTED, default_keywords
from ci_core.research.scoring.words import Phrases, phrase_of
from ci_core.research.values import Vector
from db.enums import InterestKind

if TYPE_CHECKING:
    from ci_core.embeddings import Encoder

# Open enhancements whose titles count as interests: the newest, because what a team plans now is what it looks for.
MOST_TITLES = 400


@dataclass(frozen=True, slots=True)
class Wanted:
    """A short text of the team with its weight, 0–5."""

    wording: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class OpenIdea:
    """An open enhancement, with the vector that the backlog keeps of it."""

    id: int
    title: str
    vector: Vector


@dataclass(frozen=True, slots=True)
class Interests:
    """All that a team has said about what it wants.

    Attributes:
        wanted: short texts of what it is interested in.
        unwanted: short texts of what it does not want to see.
        keywords: words that count, with their weights.
        ideas: open enhancements.
    """

    wanted: tuple[Wanted, ...] = ()
    unwanted: tuple[Wanted, ...] = ()
    keywords: Mapping[str, float] = field(default_factory=dict)
    ideas: tuple[OpenIdea, ...] = ()

    @property
    def are_none(self) -> bool:
        """Whether there is nothing to compare with."""
        return not (self.wanted or self.keywords)

    def phrases(self) -> Phrases:
        """The keywords as they are looked for, each with how it is written."""
        return Phrases({phrase_of(word): word for word in self.keywords})


def default_interests() -> Interests:
    """What a new installation begins with."""
    return Interests(tuple(map(Wanted, INTERESTS)), tuple(map(Wanted, UNWANTED)), default_keywords())


def stored_interests(session: Session, model: str) -> Interests:
    """The enabled interests of the team, and its open enhancements as far as `model` has made their vectors."""
    texts: dict[InterestKind, list[Wanted]] = {kind: [] for kind in InterestKind}
    for kind, wording, weight in queries.enabled_interests(session):
        texts[InterestKind(kind)].append(Wanted(wording, weight))
    ideas = (OpenIdea(*row) for row in queries.open_ideas(session, model, limit=MOST_TITLES))
    return Interests(
        wanted=tuple(texts[InterestKind.INTEREST]),
        unwanted=tuple(texts[InterestKind.UNWANTED]),
        keywords={one.wording: one.weight for one in texts[InterestKind.KEYWORD]},
        ideas=tuple(ideas),
    )


_remembered: dict[tuple[str, str], Vector] = {}
_remembering = threading.Lock()
MOST_REMEMBERED = 2_000


def vectors_of(encoder: Encoder, texts: Sequence[str]) -> Vector:
    """The vectors of short texts, as an array (number of texts, dimensions); this process makes each only once."""
    with _remembering:
        missing = [one for one in dict.fromkeys(texts) if (encoder.name, one) not in _remembered]
        if len(_remembered) + len(missing) > MOST_REMEMBERED:
            _remembered.clear()
            missing = list(dict.fromkeys(texts))
        if missing:
            made = encoder.encode(missing)
            _remembered.update({(encoder.name, one): vector for one, vector in zip(missing, made, strict=True)})
        return _stacked((_remembered[encoder.name, one] for one in texts), encoder.dimensions)


def _stacked(vectors: Iterable[Vector], dimensions: int) -> Vector:
    return np.array(list(vectors), dtype=np.float32).reshape(-1, dimensions)
