"""The search over findings: which have the words, and which of them are the best."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
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
from ci_core.backlog.search_queries import ENOUGH, MOST_COUNTED, MOST_RANKED, MOST_TITLED, SEEN_TITLES, planner_settings
from ci_core.backlog.text_query import TextQuery, any_tsquery, as_text, wanted_tsquery
from db.enums import FindingStatus
from db.tables import ResearchFinding
from db.tables.research import TITLE_WORDS

FINDINGS = typing.cast(Table, ResearchFinding.__table__)
WEIGHTS = [0.1, 0.4, 0.5, 1.0]  # of a word in nothing, in the content (C), the summary (B), the title (A)
# The finding that a duplicate repeats is there instead.
WORTH_SHOWING = FINDINGS.c.status != FindingStatus.DUPLICATE
SHOWN = (
    FINDINGS.c.id,
    FINDINGS.c.source_title,
    FINDINGS.c.source_url,
    FINDINGS.c.source_type,
    FINDINGS.c.status,
    FINDINGS.c.relevance_score,
    FINDINGS.c.enhancement_id,
)


@dataclass(frozen=True, slots=True)
class FindingMatches:
    """The best findings, as rows of `SHOWN`; how many have the words in all, counted or (of very many) estimated."""

    rows: Sequence[Any] = ()
    total: int = 0


def findings_with_words(session: Session, typed: TextQuery, *, limit: int) -> FindingMatches:
    """The findings that have the words in title, summary or content, in any of their forms, best first.

    A word in the title counts most, then one in the summary; at the same rank the more relevant one comes first, then
    the newer one. Duplicates are left out. Of words that very many have, those with them in the title and the newest
    are ranked.
    """
    if not typed.alternatives:
        return FindingMatches()
    with planner_settings(session):
        wanted, excluded = session.execute(
            select(as_text(wanted_tsquery(typed)), as_text(any_tsquery(typed.excluded)))
        ).one()
        return _matches(session, wanted, excluded, limit) if wanted else FindingMatches()


def has_words(query: str) -> ColumnElement[bool]:
    """The condition that the tsquery (as text) matches a finding's words."""
    return FINDINGS.c.search_vector.op("@@", is_comparison=True)(_tsquery(query))


def _matches(session: Session, wanted: str, excluded: str, limit: int) -> FindingMatches:
    # Inside the text query the index can answer "not"; as a condition it would have to read every long text.
    query = f"({wanted}) & !({excluded})" if excluded else wanted
    expected = expected_rows(session, FINDINGS, [has_words(query), WORTH_SHOWING])
    # Of words that must stand together most matches are none: how many are enough cannot be told beforehand.
    if expected > MOST_COUNTED and "<->" not in query:
        bound = _id_at(session, expected_rows(session, FINDINGS, ()) * ENOUGH // expected)
        if bound is not None:
            newest = _ranked(session, query, _titled(wanted, excluded), [FINDINGS.c.id >= bound], limit)
            if newest.total >= MOST_RANKED:
                return FindingMatches(newest.rows, max(expected, newest.total))
    return _ranked(session, query, _titled(wanted, excluded) if expected > MOST_RANKED // 2 else None, [], limit)


def _tsquery(query: str) -> ColumnElement[Any]:
    return cast(literal(query, String), TSQUERY)


def _id_at(session: Session, place: int) -> int | None:
    """The id at this place, counted from the newest at 0; None where there are fewer."""
    return session.scalar(select(FINDINGS.c.id).order_by(FINDINGS.c.id.desc()).offset(place).limit(1))


def _titled(wanted: str, excluded: str) -> list[ColumnElement[bool]]:
    in_title: Any = text(f"({TITLE_WORDS}) @@ CAST(:titled AS tsquery)").bindparams(titled=wanted)
    # "IS TRUE" is answered by no index: the few that have the words in their title are read.
    return [in_title, *([(~has_words(excluded)).is_(True)] if excluded else [])]


def _ranked(
    session: Session,
    query: str,
    titled: Sequence[ColumnElement[bool]] | None,
    bounds: Sequence[ColumnElement[bool]],
    limit: int,
) -> FindingMatches:
    """The best of the matches within the bounds, and of some whose title has the words; `total` counts the former."""
    columns = (FINDINGS.c.id, FINDINGS.c.relevance_score)
    conditions = [WORTH_SHOWING.is_(True), *bounds, has_words(query)]
    found = select(*columns).where(*conditions).cte("found").prefix_with("MATERIALIZED")
    candidates: CompoundSelect[Any] | Select[Any] = _first(found, MOST_RANKED)
    if titled is not None:
        named = select(*columns).where(WORTH_SHOWING.is_(True), *titled).limit(SEEN_TITLES)
        candidates = union(candidates, _first(named.cte("named").prefix_with("MATERIALIZED"), MOST_TITLED))
    chosen = candidates.cte("chosen").prefix_with("MATERIALIZED")
    rank = func.ts_rank(cast(WEIGHTS, ARRAY(REAL)), FINDINGS.c.search_vector, _tsquery(query))
    rows = session.execute(
        select(*SHOWN, select(func.count()).select_from(found).scalar_subquery().label("total"))
        .join(chosen, chosen.c.id == FINDINGS.c.id)
        .order_by(rank.desc(), FINDINGS.c.relevance_score.desc().nulls_last(), FINDINGS.c.id.desc())
        .limit(limit)
    ).all()
    return FindingMatches(rows, max(rows[0].total, len(rows)) if rows else 0)


def _first(rows: CTE, most: int) -> Select[Any]:
    # In brackets of its own, so that it keeps its order and limit inside a union.
    first = select(rows.c.id).order_by(rows.c.relevance_score.desc().nulls_last(), rows.c.id.desc()).limit(most)
    return select(first.subquery().c.id)
