"""Search by words and by meaning at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core import embeddings  # loads its runtime only when it is used
from ci_core.backlog.listing import Condition, Sort, check_page, list_enhancements, read_enhancements, to_conditions
from ci_core.backlog.queries import STORED
from ci_core.backlog.query_syntax import Query, parse_query
from ci_core.backlog.search_queries import TextMatches, contains, neighbours, one_of_ids, planner_settings, text_matches
from ci_core.backlog.text_query import TextQuery, all_tsquery, any_tsquery, as_text, read_text, wanted_tsquery
from ci_core.backlog.values import Enhancement

if TYPE_CHECKING:
    from ci_core.embeddings import Encoder

# The constant of reciprocal rank fusion: Cormack, Clarke and Büttcher (2009), "Reciprocal rank fusion outperforms
# Condorcet and individual rank learning methods".
RANK_CONSTANT = 60
# Texts about different things are rarely more alike than this.
LEAST_SIMILARITY = 0.3
WORDS_ONLY = "The embedding model is not ready: found by words only, not by meaning."


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of what was found, best first.

    Attributes:
        total: how many can be paged through.
        note: what a person should know about the result (a missing model, a search too wide), or None.
    """

    total: int
    enhancements: tuple[Enhancement, ...]
    note: str | None = None


def search_enhancements(
    session: Session,
    query: str | Query,
    *,
    encoder: Encoder | None,
    actor: str | None = None,
    limit: int = 50,
    offset: int = 0,
    now: datetime | None = None,
) -> SearchPage:
    """Find enhancements by their words and by their meaning, fused by reciprocal rank; the filters hold for both.

    The order is the same each time as long as nothing is changed, so pages do not overlap. Without text this is a list
    by score. Of what very common words find, the titles and the highest scores are ranked; the note says so.

    Args:
        query: as typed (see `query_syntax`), or parsed.
        encoder: None searches by words only.
        actor: whom `assignee:me` means.

    Raises:
        QueryError: the query means nothing.
        InvalidInput: the page cannot be.
    """
    check_page(limit, offset)
    parsed = parse_query(query) if isinstance(query, str) else query
    moment = now or datetime.now(UTC)
    text = read_text(parsed.text)
    if not text.alternatives:
        page = list_enhancements(session, parsed, limit=limit, offset=offset, sort=Sort.SCORE, actor=actor, now=moment)
        return SearchPage(page.total, page.enhancements)
    ids, note = _found(session, text, to_conditions(parsed, now=moment, actor=actor), encoder)
    return SearchPage(len(ids), _enhancements(session, ids[offset : offset + limit]), note)


def fuse(*rankings: Sequence[int]) -> list[int]:
    """One ranking out of several by reciprocal rank: every list gives 1 / (60 + rank) to each of its ids."""
    points: dict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            points[item] += 1 / (RANK_CONSTANT + rank)
    return sorted(points, key=lambda item: (-points[item], item))


def _found(
    session: Session, text: TextQuery, conditions: list[Condition], encoder: Encoder | None
) -> tuple[list[int], str | None]:
    """Ids of what fits, best first, and the note."""
    # The model works while the database looks for the words.
    with ThreadPoolExecutor(max_workers=1) as aside, planner_settings(session) as server:
        encoding = aside.submit(embeddings.encode_query, encoder, text.meaning) if encoder else None
        wanted, quoted, excluded = session.execute(
            select(
                as_text(wanted_tsquery(text)), as_text(all_tsquery(text.phrases)), as_text(any_tsquery(text.excluded))
            )
        ).one()
        matches = text_matches(session, wanted, excluded, conditions, server) if wanted else TextMatches()
        if encoding is None or encoder is None:
            return list(matches.ids), _note(matches, WORDS_ONLY)
        near_to: list[Condition] = [*conditions, *([~contains(excluded)] if excluded else [])]
        if quoted:
            # Whoever quotes wants these very words: meaning only orders what has them.
            near_to.append(one_of_ids(matches.ids))
        near = neighbours(session, encoding.result(), encoder.name, near_to, server)
    close = [neighbour.enhancement_id for neighbour in near if neighbour.similarity >= LEAST_SIMILARITY]
    return fuse(matches.ids, close), _note(matches, None)


def _note(matches: TextMatches, other: str | None) -> str | None:
    if matches.total <= len(matches.ids):
        return other
    count = f"{matches.total:,}" if matches.is_counted else f"About {matches.total:,}"
    wide = f"{count} enhancements have these words; the best {len(matches.ids)} are shown. Add a word or a filter."
    return f"{wide} {other}" if other else wide


def _enhancements(session: Session, ids: Sequence[int]) -> tuple[Enhancement, ...]:
    found = {one.id: one for one in read_enhancements(session, select(*STORED).where(one_of_ids(ids)))}
    return tuple(found[item] for item in ids if item in found)
