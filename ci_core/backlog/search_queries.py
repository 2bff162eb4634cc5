"""The SQL of the search: candidates by words, candidates by meaning, and what decides how each is found."""

from __future__ import annotations

import typing
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ClauseElement,
    ColumnElement,
    Executable,
    Select,
    String,
    Table,
    cast,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, REAL, TSQUERY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal

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
ENOUGH = 800
# Reading the long text of a row costs as much as looking at so many short ones.
NARROW = 10
WEIGHTS = [0.1, 0.4, 0.5, 1.0]  # of a word in nothing, in description (C), area and tags (B), title (A)
BY_SCORE = (ENHANCEMENTS.c.ai_priority_score.desc().nulls_last(), ENHANCEMENTS.c.id)
# As the index idx_ci_enhancements_title has it.
TITLED = "(to_tsvector('english', ci_words(ARRAY[title])) || to_tsvector('simple', ci_words(ARRAY[title])))"


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
    wanted = {
        "enable_seqscan": "off",
        "plan_cache_mode": "force_custom_plan",
        "jit": "off",
        "hnsw.ef_search": str(SEARCH_WIDTH),
        "hnsw.iterative_scan": "relaxed_order",
    }
    installed = select(text("extversion")).select_from(text("pg_extension")).where(text("extname = 'vector'"))
    version, *before = session.execute(
        select(installed.scalar_subquery(), *(func.current_setting(name, True) for name in wanted))
    ).one()
    major, minor = (int(part) for part in str(version).split(".")[:2])
    if (major, minor) < (0, 8):
        del wanted["hnsw.iterative_scan"]
    session.execute(select(*(func.set_config(name, value, True) for name, value in wanted.items())))
    yield Server((major, minor), estimated_rows(session, ()))
    # A setting that pgvector has not claimed yet reads as empty, and pgvector refuses empty once it is there.
    restored = (func.set_config(name, old or None, True) for name, old in zip(wanted, before, strict=False))
    session.execute(select(*restored))


def estimated_rows(session: Session, conditions: Conditions) -> int:
    """How many enhancements the planner expects to fulfil the conditions: a millisecond, however many they are."""
    plan = session.execute(_Explain(select(literal(1)).select_from(ENHANCEMENTS).where(*conditions))).scalar_one()
    return int(plan[0]["Plan"]["Plan Rows"])


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
    found: Sequence[int] = ()
    # Of words that must stand together most matches are none: how many are enough cannot be told beforehand.
    if total > MOST_COUNTED and "<->" not in query:
        # Two bitmaps, of the words and of the highest scores, have few rows in common: only these are read.
        bound = _score_at(session, server.rows * ENOUGH // total)
        high = ENHANCEMENTS.c.ai_priority_score >= bound
        found = _by_score(session, (*filters, contains(query), high))[1] if bound is not None else ()
    is_counted = len(found) < MOST_RANKED
    if is_counted:
        total, found = _by_score(session, (*filters, contains(query)))
    if len(found) < total:
        _, titled = _by_score(session, (*filters, _titled(wanted)), among=SEEN_TITLES)
        found = [*titled[:MOST_TITLED], *found]
    return TextMatches(_ranked(session, query, found), max(total, len(found)), is_counted)


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


class _Explain(Executable, ClauseElement):
    """The planner's view of a query, as JSON."""

    # What SQLAlchemy needs to know to compile it once.
    _traverse_internals = [("query", InternalTraversal.dp_clauseelement)]  # noqa: RUF012 - as SQLAlchemy declares it
    _all_selected_columns: Sequence[Any] = ()
    inherit_cache = True

    def __init__(self, query: Select[Any]) -> None:
        self.query = query


@compiles(_Explain)
def _compile_explain(element: _Explain, compiler: SQLCompiler, **options: Any) -> str:
    return "EXPLAIN (FORMAT JSON) " + compiler.process(element.query, **options)


def _tsquery(query: str) -> ColumnElement[Any]:
    return cast(literal(query, String), TSQUERY)


def _score_at(session: Session, place: int) -> Any:
    """The score at this place, counted from the highest at 0; None where nothing is scored any more."""
    ranked = select(ENHANCEMENTS.c.ai_priority_score).where(ENHANCEMENTS.c.ai_priority_score.is_not(None))
    return session.scalar(ranked.order_by(*BY_SCORE).offset(place).limit(1))


def _by_score(session: Session, matches: Conditions, *, among: int | None = None) -> tuple[int, Sequence[int]]:
    """How many match, and the first of them by score; with `among`, of whichever so many the index finds first."""
    columns = (ENHANCEMENTS.c.id, ENHANCEMENTS.c.ai_priority_score)
    found = select(*columns).where(*matches).limit(among).cte("found").prefix_with("MATERIALIZED")
    rows = session.execute(
        select(found.c.id, select(func.count()).select_from(found).scalar_subquery())
        .order_by(found.c.ai_priority_score.desc().nulls_last(), found.c.id)
        .limit(MOST_RANKED)
    ).all()
    return (rows[0][1] if rows else 0), [row[0] for row in rows]


def _titled(query: str) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = text(f"{TITLED} @@ CAST(:titled AS tsquery)").bindparams(titled=query)  # type: ignore[assignment]
    return condition


def _ranked(session: Session, query: str, ids: Sequence[int]) -> tuple[int, ...]:
    rank = func.ts_rank(cast(WEIGHTS, ARRAY(REAL)), ENHANCEMENTS.c.search_vector, _tsquery(query))
    ranked = select(ENHANCEMENTS.c.id).where(one_of_ids(ids), contains(query)).order_by(rank.desc(), *BY_SCORE)
    return tuple(session.scalars(ranked.limit(MOST_RANKED)))


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
