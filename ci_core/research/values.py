"""What the parts of the research agent hand to one another, from a site's answer to a scored finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from db.enums import Verdict

Vector = NDArray[np.float32]
Markup = Literal["plain", "html", "markdown"]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing as a site gave it; all of its text is data from strangers.

    Attributes:
        source_type: the kind of site, for example "reddit".
        external_id: the site's own id of it, unique within `source_type`.
        url: where a person reads it.
        text: the body, written in `markup`; empty where there is none.
        published_at: in UTC; None where the site does not say.
        engagement: figures as the site counts them, for example {"score": 12, "comments": 3}.
        links: addresses that it speaks of, besides its own.
    """

    source_type: str
    external_id: str
    url: str
    title: str
    text: str = ""
    markup: Markup = "plain"
    author: str | None = None
    published_at: datetime | None = None
    engagement: Mapping[str, int] = field(default_factory=dict)
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NormalItem:
    """An item in the form in which it is compared, scored and stored.

    Attributes:
        item: what it was made of.
        title: plain text on one line.
        text: plain text, without markup; never HTML.
        canonical_url: its address, or that of the thing it links to, without what only tracks or varies.
        identities: names of the things it is or announces, such as "arxiv:2401.01234", "doi:10.1000/1",
            "github:owner/name", "pypi:name"; lower case, sorted.
        language: the ISO 639-1 code; None where the text is too short to tell.
        text_hash: SHA-256 of the normalised title and text; equal for equal wording.
        content_hash: SHA-256 of the kind of site, the site's id and the text; unique among findings.
    """

    item: Item
    title: str
    text: str
    canonical_url: str | None
    identities: tuple[str, ...]
    language: str | None
    text_hash: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class Match:
    """How near another finding is.

    Attributes:
        finding_id: the other one.
        similarity: the cosine of the two texts, −1…1; 1 where an address, an identity or the wording is the same.
        probability: how sure it is that both are the same, 0–1.
        reason: in words, for people.
        measured: what was compared, by name, so that a correction can teach.
    """

    finding_id: int
    similarity: float
    probability: float
    reason: str
    measured: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What an item is to those before it: `same` is the finding that it repeats, `related` the ones near it."""

    verdict: Verdict
    same: Match | None = None
    related: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """What an item is worth to the team; every figure is 0–100, or None where it is not known.

    Attributes:
        relevance: how probable it is that the team accepts it.
        novelty: how unlike it is to what was found before and to the open enhancements.
        applicability: how much of it can be used on this platform.
        difficulty: how much work it would be; higher is harder.
        reason: one or two sentences, for people.
        summary: the gist in one to three sentences of the item's own, or of a model that read it.
        scored_by: the scorer with its version, for example "local 1" or "openai:gpt-4.1-mini research.score 1".
        uncertain: it is shown to learn from the answer.
        details: what the score was made of: nearest interest, words that mattered, accepted items like it.
    """

    relevance: float | None
    novelty: float | None
    applicability: float | None
    difficulty: float | None
    reason: str
    summary: str
    keywords: tuple[str, ...]
    technologies: tuple[str, ...]
    scored_by: str
    uncertain: bool = False
    details: Mapping[str, object] = field(default_factory=dict)


class Scorer(Protocol):
    """Scores items; the local one and the chat model are interchangeable."""

    @property
    def name(self) -> str:
        """What `Score.scored_by` begins with."""

    def score(self, items: Sequence[NormalItem], vectors: Sequence[Vector]) -> list[Score]:
        """One score for each item, in their order; `vectors` has each one's embedding, 384 floats of unit length."""
