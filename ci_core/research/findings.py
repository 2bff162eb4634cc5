"""One finding with everything that a person wants to see before deciding it. All of its text is strangers' words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core.backlog.history import Told
from ci_core.backlog.queries import LARGEST_ID
from ci_core.errors import NotFound
from ci_core.research import finding_queries
from ci_core.research.feed import FeedRow, rows_of
from ci_core.research.finding_history import history_of_finding
from db.enums import FindingStatus
from db.tables import ResearchFinding

QUOTE_MAX = 600
MOST_NEAR = 12
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
SHORTEST_SENTENCE = 20


@dataclass(frozen=True, slots=True)
class NearFinding:
    """Another finding that is the same or speaks of the same thing.

    `similarity` is the cosine of both texts, −1…1; None where it was not measured. `reason` says why in words.
    """

    id: int
    title: str
    source_name: str
    source_url: str
    status: FindingStatus
    similarity: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Lineage:
    """An enhancement that a finding speaks for; it was made from it where it is its `origin`."""

    enhancement_id: int
    title: str
    status: str
    completion_percentage: int
    origin: bool


@dataclass(frozen=True, slots=True)
class FindingDetail:
    """A finding as the reading view shows it.

    Attributes:
        finding: what the feed shows of it.
        text: its text, plain, as it was stored.
        quote: the passage that says most of what it is about; None where it has no text.
        details: what the score was made of, as the scorer recorded it.
        duplicate_of: the finding that it repeats.
        duplicates: those that repeat it.
        related: those that speak of the same thing, the most similar first.
        became: the enhancements that it speaks for.
        history: its changes in words, the newest first.
    """

    finding: FeedRow
    text: str
    quote: str | None
    keywords: tuple[str, ...]
    technologies: tuple[str, ...]
    links: tuple[str, ...]
    language: str | None
    details: Mapping[str, Any]
    duplicate_of: NearFinding | None
    duplicates: tuple[NearFinding, ...]
    related: tuple[NearFinding, ...]
    became: tuple[Lineage, ...]
    history: tuple[Told, ...]


def finding(session: Session, finding_id: int) -> FindingDetail:
    """The finding with this id, with all that belongs to it.

    Raises:
        NotFound: there is none.
    """
    shown = rows_of(session, [usable_id(finding_id)])
    stored = session.execute(
        select(*(getattr(ResearchFinding, name) for name in BESIDE)).where(ResearchFinding.id == finding_id)
    ).first()
    if not shown or stored is None:
        raise NotFound(f"There is no finding {finding_id}.")
    row = shown[0]
    repeats = finding_queries.canonical_of(session, finding_id) if row.duplicate_of is not None else None
    return FindingDetail(
        finding=row,
        text=stored.content,
        quote=quote_of(stored.content, (*stored.keywords, *stored.technologies), beside=row.summary or ""),
        keywords=tuple(stored.keywords),
        technologies=tuple(stored.technologies),
        links=tuple(stored.links),
        language=stored.language,
        details=dict(stored.score_details),
        duplicate_of=None if repeats is None else _near(repeats),
        duplicates=tuple(_near(one) for one in finding_queries.duplicates_of(session, finding_id, MOST_NEAR)),
        related=tuple(_near(one) for one in finding_queries.related_to(session, finding_id, MOST_NEAR)),
        became=tuple(Lineage(**one) for one in finding_queries.lineage_of(session, finding_id)),
        history=history_of_finding(session, finding_id),
    )


def quote_of(text: str, words: Sequence[str], longest: int = QUOTE_MAX, beside: str = "") -> str | None:
    """The passage of a text that has the most of these words; of two that are equal, the earlier one.

    Args:
        words: what the text is about, in any case.
        longest: most characters; a longer passage is cut, with an ellipsis.
        beside: what is shown beside it: sentences of it are not quoted again, unless there is nothing else.

    Returns:
        Whole sentences on one line; None when the text is empty.
    """
    sentences = [" ".join(one.split()) for one in SENTENCE_END.split(text)]
    said = " ".join(beside.split())
    sentences = [one for one in sentences if one and one not in said] or [one for one in sentences if one]
    if not sentences:
        return None
    wanted = [re.compile(rf"(?<!\w){re.escape(word.lower())}", re.UNICODE) for word in words if word.strip()]
    worth = [sum(bool(word.search(one.lower())) for word in wanted) for one in sentences]
    best, most = (0, 0), -1.0
    for start in range(len(sentences)):
        end, length = start, 0
        while end < len(sentences) and (end == start or length + 1 + len(sentences[end]) <= longest):
            length += len(sentences[end]) + 1
            end += 1
        # A heading or a "Hi all," is no beginning of a quotation.
        short = len(sentences[start]) < SHORTEST_SENTENCE and start + 1 < len(sentences)
        if (value := sum(worth[start:end]) - 0.5 * short) > most:
            best, most = (start, end), value
    quote = " ".join(sentences[best[0] : best[1]])
    return quote if len(quote) <= longest else quote[: longest - 1].rstrip() + "…"


def usable_id(finding_id: int) -> int:
    """The id itself, so that a number no column can hold is simply not found.

    Raises:
        NotFound: no finding can have this id.
    """
    if isinstance(finding_id, bool) or not 1 <= finding_id <= LARGEST_ID:
        raise NotFound(f"There is no finding {finding_id}.")
    return finding_id


BESIDE = ("content", "keywords", "technologies", "links", "language", "score_details")


def _near(row: Mapping[str, Any]) -> NearFinding:
    return NearFinding(**{**row, "status": FindingStatus(row["status"])})
