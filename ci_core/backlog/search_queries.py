"""The SQL of the search: candidates by words, candidates by meaning, and what decides how each is found."""

from __future__ import annotations

import typing
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    Table,
    cast,
    func,
    literal,
    select,
    text,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY, REAL, TSQUERY
from sqlalchemy.orm import Session

from ci_core.backlog.planner import expected_rows
from ci_core.backlog.queries import ENHANCEMENTS
from db.tables import EnhancementEmbedding

# Tables and not mapped classes: each of a search's dozen statements is then built in half the time.
VECTORS = typing.cast(Table, EnhancementEmbedding.__table__)
Conditions = Sequence[ColumnElement[bool]]

# Of more matches, some are ranked: reading the long text of one takes 20 µs.
MOST_RANKED = 200
MOST_TITLED = 100
SEEN_TITLES = 300
NEIGHBOURS = 100
# A filter that most rows fail makes the graph search go on and on: then fewer.
FILTERED_NEIGHBOURS = 30
WIDE_SHARE = 0.5
SEARCH_WIDTH = 100  # hnsw.ef_search
# Up to so many, comparing with every vector is as fast as walking the graph.
COMPARE_ALL = 4_000
# More matches are not all looked at: this many expected ones with the highest scores are enough to choose from.
MOST_COUNTED = 3_000
ENOUGH = 600
# Reading the long text of a row costs as much as looking at so many short ones.
NARROW = 10
WEIGHTS = [0.1, 0.4, 0.5, 1.0]  # of a word in nothing, in description (C), area and tags (B), title (A)
BY_SCORE = (ENHANCEMENTS.c.ai_priority_score.desc().nulls_last(), ENHANCEMENTS.c.id)
# As the index idx_ci_enhancements_title has it.
TITLED = "(to_tsvector('english', ci_words(ARRAY[title])) || to_tsvector('simple', ci_words(ARRAY[title])))"

SETTINGS = {
    "enable_seqscan": "off",
    "plan_cache_mode": "force_custom_plan",
    "jit": "off",
    "hnsw.ef_search": str(SEARCH_WIDTH),
    "hnsw.iterative_scan": "relaxed_order",
}
# pgvector has the last one since 0.8, and refuses names that it does not know.
_SET = [f"set_config('{name}', '{value}', true)" for name, value in SETTINGS.items()]
_RESET = [f"set_config('{name}', CAST(:value_{place} AS text), true)" for place, name in enumerate(SETTINGS)]
BEGIN_SETTINGS = text(f"""
    SELECT v.extversion, c.reltuples, {", ".join(f"current_setting('{name}', true)" for name in SETTINGS)},
           {", ".join(_SET[:-1])},
           CASE WHEN string_to_array(substring(v.extversion FROM '^[0-9]+[.][0-9]+'), '.')::int[] >= ARRAY[0, 8]
                THEN {_SET[-1]} END
    FROM pg_extension v, pg_class c WHERE v.extname = 'vector' AND c.oid = 'ci_enhancements'::regclass
""")  # noqa: S608 - constants of this module
END_SETTINGS = text(f"SELECT {', '.join(_RESET[:-1])}, CASE WHEN :iterative THEN {_RESET[-1]} END")


@dataclass(frozen=True, slots=True)
class TextMatches:
    """Ids of the ranked ones, best first; how many match in all, and whether that is counted or estimated."""

    ids: tuple[int, ...] = ()
    total: int = 0
    is_counted: bool = True


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An enhancement and its cosine similarity to the searched vector, −1…1."""

    enhancement_id: int
    similarity: float


@dataclass(frozen=True, slots=True)
class Server:
    """What decides how to search: (major, minor) of pgvector, and about how many enhancements there are."""

    pgvector: tuple[int, int]
    rows: int


@contextmanager
def planner_settings(session: Session) -> Iterator[Server]:
    """Tell about the server, with settings for search queries that end with the block.

    The planner takes reading a long text for free and would read them all; and after some repetitions it would plan
    without knowing what is searched for.
    """
    row = session.execute(BEGIN_SETTINGS).one()
    major, minor = (int(part) for part in str(row[0]).split(".")[:2])
    rows = int(row[1]) if row[1] > 0 else estimated_rows(session, ())  # negative while never counted
    yield Server((major, minor), rows)
    # A setting that pgvector has not claimed yet reads as empty, and pgvector refuses empty once it is there.
    before = {f"value_{place}": old or None for place, old in enumerate(row[2 : 2 + len(SETTINGS)])}
    session.execute(END_SETTINGS, {**before, "iterative": (major, minor) >= (0, 8)})


def estimated_rows(session: Session, conditions: Conditions) -> int:
    """How many enhancements the planner expects to fulfil the conditions: a millisecond, however many they are."""
    return expected_rows(session, ENHANCEMENTS, conditions)


def contains(query: str) -> ColumnElement[bool]:
    """The condition that the tsquery (as text) matches an enhancement's words."""
    return ENHANCEMENTS.c.search_vector.op("@@", is_comparison=True)(_tsquery(query))


def one_of_ids(ids: Collection[int]) -> ColumnElement[bool]:
    """The condition that an enhancement is one of these; as one array, which costs less than hundreds of values."""
    return ENHANCEMENTS.c.id == func.any(cast(list(ids), ARRAY(BigInteger)))


def text_matches(session: Session, wanted: str, excluded: str, conditions: Conditions, server: Server) -> TextMatches:
    """The enhancements in whose words `wanted` occurs and `excluded` does not, the best `MOST_RANKED` by relevance.

    Both are tsqueries as text; `excluded` may be empty. Of more matches, those with the words in the title and those
    with the highest scores are ranked.
    """
    # Inside the text query the index can answer "not"; as a condition it would have to read every long text.
    query = f"({wanted}) & !({excluded})" if excluded else wanted
    filters = conditions if _is_narrow(session, query, conditions) else [one.is_(True) for one in conditions]
    total = estimated_rows(session, (*conditions, contains(query)))
    ids: tuple[int, ...] = ()
    # Of words that must stand together most matches are none: how many are enough cannot be told beforehand.
    if total > MOST_COUNTED and "<->" not in query:
        # Two bitmaps, of the words and of the highest scores, have few rows in common: only these are read.
        bound = _score_at(session, server.rows * ENOUGH // total)
        if bound is not None:
            high = ENHANCEMENTS.c.ai_priority_score >= bound
            found, ids = _ranked(session, wanted, excluded, query, filters, [high], titles_too=True)
            if found >= MOST_RANKED:
                return TextMatches(ids, max(total, found), is_counted=False)
    found, ids = _ranked(session, wanted, excluded, query, filters, [], titles_too=total > MOST_RANKED // 2)
    return TextMatches(ids, max(found, len(ids)))


def _is_narrow(session: Session, query: str, conditions: Conditions) -> bool:
    """Whether to find the rows by the filters and to read their texts, instead of finding them by the text index.

    Otherwise the filters are written as "… IS TRUE", which no index answers: the planner, to which reading a text
    costs nothing, would read far too many.
    """
    if len(conditions) < 2:
        return False
    return estimated_rows(session, conditions) * NARROW < estimated_rows(session, [contains(query)])


def neighbours(session: Session, vector: Any, model: str, conditions: Conditions, server: Server) -> list[Neighbour]:
    """The enhancements nearest in meaning that fulfil the conditions, nearest first: 100, or 30 of a narrow filter.

    Few rows are all compared. Among many the graph index is asked, which is approximate: it filters what it found
    and, since pgvector 0.8, searches on up to a limit. Where that gives too few, all are compared after all.
    """
    # The one condition that every search has is that of merged duplicates, and they are few.
    expected = estimated_rows(session, conditions) if len(conditions) > 1 else server.rows
    most = NEIGHBOURS if expected > WIDE_SHARE * server.rows else FILTERED_NEIGHBOURS
    if expected > COMPARE_ALL and (server.pgvector >= (0, 8) or most == NEIGHBOURS):
        found = _nearest_by_graph(session, vector, model, conditions, most)
        if len(found) == most:
            return found
    return _nearest_of_all(session, vector, model, conditions)


def _tsquery(query: str) -> ColumnElement[Any]:
    return cast(literal(query, String), TSQUERY)


def _score_at(session: Session, place: int) -> Any:
    """The score at this place, counted from the highest at 0; None where nothing is scored any more."""
    ranked = select(ENHANCEMENTS.c.ai_priority_score).where(ENHANCEMENTS.c.ai_priority_score.is_not(None))
    return session.scalar(ranked.order_by(*BY_SCORE).offset(place).limit(1))


def _titled(query: str) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = text(f"{TITLED} @@ CAST(:titled AS tsquery)").bindparams(titled=query)  # type: ignore[assignment]
    return condition


def _ranked(
    session: Session,
    wanted: str,
    excluded: str,
    query: str,
    filters: Conditions,
    bounds: Conditions,
    *,
    titles_too: bool,
) -> tuple[int, tuple[int, ...]]:
    """How many match within the bounds, and ids by relevance: of the first by score, and of some with a fit title."""
    columns = (ENHANCEMENTS.c.id, ENHANCEMENTS.c.ai_priority_score)
    found = select(*columns).where(*filters, *bounds, contains(query)).cte("found").prefix_with("MATERIALIZED")
    candidates: CompoundSelect[Any] | Select[Any] = _first_by_score(found, MOST_RANKED)
    if titles_too:
        fit = [*filters, _titled(wanted), *([(~contains(excluded)).is_(True)] if excluded else [])]
        titled = select(*columns).where(*fit).limit(SEEN_TITLES).cte("titled").prefix_with("MATERIALIZED")
        candidates = union(candidates, _first_by_score(titled, MOST_TITLED))
    chosen = candidates.cte("chosen").prefix_with("MATERIALIZED")
    rank = func.ts_rank(cast(WEIGHTS, ARRAY(REAL)), ENHANCEMENTS.c.search_vector, _tsquery(query))
    rows = session.execute(
        select(ENHANCEMENTS.c.id, select(func.count()).select_from(found).scalar_subquery())
        .join(chosen, chosen.c.id == ENHANCEMENTS.c.id)
        .order_by(rank.desc(), *BY_SCORE)
        .limit(MOST_RANKED)
    ).all()
    return (rows[0][1] if rows else 0), tuple(row[0] for row in rows)


def _first_by_score(rows: CTE, most: int) -> Select[Any]:
    # In brackets of its own, so that it keeps its order and limit inside a union.
    first = select(rows.c.id).order_by(rows.c.ai_priority_score.desc().nulls_last(), rows.c.id).limit(most)
    return select(first.subquery().c.id)


def _nearest_by_graph(session: Session, vector: Any, model: str, conditions: Conditions, most: int) -> list[Neighbour]:
    distance = VECTORS.c.embedding.cosine_distance(vector)
    query = (
        select(VECTORS.c.enhancement_id, distance)
        .join(ENHANCEMENTS, ENHANCEMENTS.c.id == VECTORS.c.enhancement_id)
        .where(VECTORS.c.model == model, *conditions)
        .order_by(distance)
        .limit(most)
    )
    return _read(session, query)


def _nearest_of_all(session: Session, vector: Any, model: str, conditions: Conditions) -> list[Neighbour]:
    distance = VECTORS.c.embedding.cosine_distance(vector).label("distance")
    compared = (
        select(VECTORS.c.enhancement_id, distance)
        .join(ENHANCEMENTS, ENHANCEMENTS.c.id == VECTORS.c.enhancement_id)
        .where(VECTORS.c.model == model, VECTORS.c.embedding.is_not(None), *conditions)
        .cte("compared")
        .prefix_with("MATERIALIZED")
    )
    return _read(session, select(compared).order_by(compared.c.distance, compared.c.enhancement_id).limit(NEIGHBOURS))


def _read(session: Session, query: Select[Any]) -> list[Neighbour]:
    found = [Neighbour(row[0], 1.0 - float(row[1])) for row in session.execute(query)]
    return sorted(found, key=lambda neighbour: (-neighbour.similarity, neighbour.enhancement_id))
