"""The SQL of the feed: what waits, in order, by index, however many findings there are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Table, and_, func, literal, literal_column, not_, or_, select, text
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from ci_core.backlog.text_query import TextQuery, any_tsquery, as_text, wanted_tsquery
from db.enums import FindingStatus
from db.tables import ResearchFinding, ResearchSource

if TYPE_CHECKING:
    from ci_core.research.feed import FeedFilter

FINDINGS = cast(Table, ResearchFinding.__table__)
SOURCES = cast(Table, ResearchSource.__table__)
Conditions = Sequence[ColumnElement[bool]]
Row = dict[str, Any]


class Words(NamedTuple):
    """Full-text queries as text: what must occur, and what must not; empty for none."""

    wanted: str = ""
    excluded: str = ""


AGENT = "agent:%"
# Written out and not bound: the planner has to see that these are the rows of the index `…_waiting`.
WAITS = cast(ColumnElement[bool], text("ci_research_findings.status IN ('new', 'analyzed')"))
BEST_FIRST = (FINDINGS.c.relevance_score.desc().nulls_last(), FINDINGS.c.id.desc())
LATEST_DECISION_FIRST = (FINDINGS.c.decided_at.desc().nulls_last(), FINDINGS.c.id.desc())
RENAMED = {
    "difficulty_score": "implementation_difficulty",
    "score_reasoning": "reason",
    "canonical_finding_id": "duplicate_of",
}
SHOWN = (
    "id", "source_type", "source_url", "source_title", "author", "status", "relevance_score", "novelty_score",
    "applicability_score", "difficulty_score", "score_reasoning", "summary", "scored_by", "uncertain", "engagement",
    "canonical_finding_id", "published_at", "discovered_at", "snoozed_until", "decided_by", "decided_at",
    "decision_reason", "enhancement_id", "version",
)  # fmt: skip
SOURCE_NAME = func.coalesce(SOURCES.c.source_name, FINDINGS.c.source_type).label("source_name")

SIGHTINGS = text("""
    SELECT f.canonical_finding_id AS about, f.id, f.source_type,
        coalesce(s.source_name, f.source_type) AS source_name, f.source_url
    FROM ci_research_findings f LEFT JOIN ci_research_sources s ON s.id = f.source_id
    WHERE f.canonical_finding_id = ANY (:ids)
    ORDER BY f.canonical_finding_id, f.id
""")
RELATED = text("""
    SELECT low_id AS about, high_id AS other, similarity FROM ci_research_relations WHERE low_id = ANY (:ids)
    UNION ALL
    SELECT high_id, low_id, similarity FROM ci_research_relations WHERE high_id = ANY (:ids)
    ORDER BY about, similarity DESC, other
""")
FEED_SOURCES = text("""
    SELECT f.source_type, coalesce(s.source_name, f.source_type), count(*) AS waiting
    FROM ci_research_findings f LEFT JOIN ci_research_sources s ON s.id = f.source_id
    WHERE f.status IN ('new', 'analyzed')
    GROUP BY 1, 2 ORDER BY waiting DESC, 1, 2
""")
LAST_EXPOSURE = text("SELECT max(shown_at) FROM ci_research_exposures WHERE person = :person AND shown_at < :before")
ANSWERS_LEARNED = text("SELECT samples FROM ci_research_models WHERE kind = 'relevance' ORDER BY id DESC LIMIT 1")
# A relevance at which yes and no are equally probable.
EVEN = 50
SET_SEQSCAN = text("SELECT set_config('enable_seqscan', :value, true)")
STORE_EXPOSURES = text("""
    INSERT INTO ci_research_exposures (finding_id, person, position, relevance_score)
    SELECT f.id, :person, given.position, f.relevance_score
    FROM unnest(CAST(:ids AS bigint[]), CAST(:positions AS integer[])) AS given (id, position)
    JOIN ci_research_findings f ON f.id = given.id
    ON CONFLICT DO NOTHING RETURNING finding_id
""")


def shelf_condition(shelf: str, now: datetime) -> ColumnElement[bool]:
    """The condition for what stands on a shelf at a moment."""
    columns = FINDINGS.c
    asleep = and_(columns.snoozed_until.is_not(None), columns.snoozed_until > now)
    awake = or_(columns.snoozed_until.is_(None), columns.snoozed_until <= now)
    rejected = columns.status == FindingStatus.REJECTED.value
    by_agent = func.coalesce(columns.decided_by, "agent:").like(AGENT)
    conditions: dict[str, ColumnElement[bool]] = {
        "waiting": and_(WAITS, awake),
        "snoozed": and_(WAITS, asleep),
        "set_aside": and_(rejected, by_agent),
        "rejected": and_(rejected, not_(by_agent)),
        "converted": columns.status == FindingStatus.CONVERTED_TO_ENHANCEMENT.value,
        "duplicates": columns.status == FindingStatus.DUPLICATE.value,
        "everything": literal_column("true"),
    }
    return conditions[shelf]


def conditions_of(wanted: FeedFilter, words: Words, now: datetime) -> list[ColumnElement[bool]]:
    """The conditions of a filter; `words` is its text as full-text queries."""
    columns = FINDINGS.c
    conditions: list[ColumnElement[bool]] = (
        [columns.status.in_([status.value for status in wanted.statuses])]
        if wanted.statuses
        else [shelf_condition(wanted.shelf.value, now)]
    )
    if wanted.source_types:
        conditions.append(columns.source_type.in_(wanted.source_types))
    if wanted.source_ids:
        conditions.append(columns.source_id.in_(wanted.source_ids))
    if wanted.least is not None:
        conditions.append(columns.relevance_score >= wanted.least)
    if wanted.most is not None:
        conditions.append(columns.relevance_score <= wanted.most)
    if wanted.found_after is not None:
        conditions.append(columns.discovered_at >= wanted.found_after)
    if wanted.found_before is not None:
        conditions.append(columns.discovered_at < wanted.found_before)
    return conditions + _with_words(words)


def words_in_query(session: Session, words: TextQuery) -> Words:
    """The full-text queries of what must and what must not occur, as text; empty for none, or for words like "the"."""
    queries = as_text(wanted_tsquery(words)), as_text(any_tsquery(words.excluded))
    wanted, excluded = session.execute(select(*queries)).one()
    return Words(wanted, excluded)


def _with_words(words: Words) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if words.wanted:
        # What has the words is found first, by their index: the planner takes reading a long text for free, and would
        # read all that wait.
        with_words = select(FINDINGS.c.id).where(_has(words.wanted)).cte("with_words").prefix_with("MATERIALIZED")
        conditions.append(FINDINGS.c.id.in_(select(with_words.c.id)))
    if words.excluded:
        conditions.append(not_(_has(words.excluded)))
    return conditions


def _has(tsquery: str) -> ColumnElement[bool]:
    # Given as text: made of words within the statement it would be no constant, and no index would be used.
    return FINDINGS.c.search_vector.op("@@", is_comparison=True)(sql_cast(literal(tsquery), TSQUERY))


@contextmanager
def by_index(session: Session) -> Iterator[None]:
    """Let the planner prefer every index to reading a whole table, until the block ends."""
    before = session.scalar(text("SELECT current_setting('enable_seqscan')"))
    session.execute(SET_SEQSCAN, {"value": "off"})
    yield
    session.execute(SET_SEQSCAN, {"value": before})


def count(session: Session, conditions: Conditions) -> int:
    """How many findings fulfil the conditions."""
    return session.scalar(select(func.count()).select_from(FINDINGS).where(*conditions)) or 0


def count_certain(session: Session, conditions: Conditions) -> tuple[int, int]:
    """How many of what fulfils the conditions is certain, and how many uncertain."""
    row = session.execute(
        select(func.count(), func.count().filter(FINDINGS.c.uncertain)).select_from(FINDINGS).where(*conditions)
    ).one()
    return row[0] - row[1], row[1]


def waiting_ids(session: Session, conditions: Conditions, uncertain: bool, limit: int, offset: int) -> list[int]:
    """Ids of what waits and is certain or uncertain, the most relevant first."""
    kind: ColumnElement[bool] = literal_column(f"ci_research_findings.uncertain = {str(uncertain).lower()}")
    query = select(FINDINGS.c.id).where(*conditions, kind).order_by(*BEST_FIRST)
    return list(session.scalars(query.limit(limit).offset(offset)))


def nearest_to_even(session: Session, conditions: Conditions, *, limit: int) -> list[int]:
    """Ids of the uncertain ones of what fulfils the conditions, the nearest to even odds first.

    Only of the newest thousand findings, however many there are.
    """
    newest = select(FINDINGS.c.id).order_by(FINDINGS.c.discovered_at.desc(), FINDINGS.c.id.desc()).limit(1_000)
    found = FINDINGS.c.id.in_(select(newest.cte("newest").prefix_with("MATERIALIZED").c.id))
    order = func.abs(FINDINGS.c.relevance_score - EVEN), FINDINGS.c.id.desc()
    query = select(FINDINGS.c.id).where(found, *conditions, FINDINGS.c.uncertain).order_by(*order)
    return list(session.scalars(query.limit(limit)))


def answers_learned(session: Session) -> int:
    """From how many answers relevance was learned last."""
    return session.scalar(ANSWERS_LEARNED) or 0


def ids_in_order(session: Session, wanted: FeedFilter, conditions: Conditions, limit: int, offset: int) -> list[int]:
    """Ids of what fulfils the conditions: the most relevant first, or what was decided last."""
    decided = wanted.shelf.value in ("rejected", "converted") and not wanted.statuses
    order = LATEST_DECISION_FIRST if decided else BEST_FIRST
    return list(session.scalars(select(FINDINGS.c.id).where(*conditions).order_by(*order).limit(limit).offset(offset)))


def rows_by_id(session: Session, ids: Collection[int]) -> list[Row]:
    """What the feed shows of these findings, by the names that it shows them under."""
    columns = [FINDINGS.c[name].label(RENAMED.get(name, name)) for name in SHOWN]
    rows = session.execute(
        select(*columns, SOURCE_NAME)
        .select_from(FINDINGS.outerjoin(SOURCES, SOURCES.c.id == FINDINGS.c.source_id))
        .where(FINDINGS.c.id.in_(ids))
    )
    return [_plain(row._asdict()) for row in rows]


def sightings(session: Session, ids: Collection[int]) -> dict[int, list[tuple[int, str, str, str]]]:
    """By finding, those that repeat it: id, kind of site, source and address."""
    found: dict[int, list[tuple[int, str, str, str]]] = {}
    for row in session.execute(SIGHTINGS, {"ids": list(ids)}):
        found.setdefault(row.about, []).append((row.id, row.source_type, row.source_name, row.source_url))
    return found


def related_ids(session: Session, ids: Collection[int]) -> dict[int, list[int]]:
    """By finding, the ids of those that speak of the same thing, the most similar first."""
    found: dict[int, list[int]] = {}
    for row in session.execute(RELATED, {"ids": list(ids)}):
        found.setdefault(row.about, []).append(row.other)
    return found


def sources(session: Session) -> list[tuple[str, str, int]]:
    """Kind of site, source, and how many of its findings wait."""
    return [(row[0], row[1], row[2]) for row in session.execute(FEED_SOURCES)]


def last_exposure(session: Session, person: str, before: datetime) -> datetime | None:
    """When this person was last shown a finding before a moment."""
    moment: datetime | None = session.scalar(LAST_EXPOSURE, {"person": person, "before": before})
    return moment


def store_exposures(session: Session, person: str, shown: Sequence[tuple[int, int]]) -> int:
    """Store pairs of finding and place; gives how many were new. Findings that do not exist are left out."""
    if not shown:
        return 0
    values = {"person": person, "ids": [item for item, _ in shown], "positions": [place for _, place in shown]}
    return len(session.execute(STORE_EXPOSURES, values).all())


def _plain(row: Row) -> Row:
    scores = ("relevance_score", "novelty_score", "applicability_score", "implementation_difficulty")
    numbers = {name: None if row[name] is None else float(row[name]) for name in scores}
    return row | numbers | {"status": FindingStatus(row["status"])}
