"""The SQL of triage: who is asleep, what a snooze would wait for, and proposals whose titles share words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, false, func, literal, or_, select, text
from sqlalchemy.orm import Session

from ci_core.backlog.queries import ENHANCEMENTS, OPEN
from db.enums import Status

Condition = ColumnElement[bool]

# What an enhancement waits for: its blockers, and what it is snoozed for.
WAITS_FOR = text("""
    WITH RECURSIVE waits (id) AS (
        SELECT CAST(:start AS bigint)
        UNION
        SELECT next.id FROM waits, LATERAL (
            SELECT d.other_id AS id FROM ci_enhancement_dependencies d
            WHERE d.enhancement_id = waits.id AND d.kind = 'blocked_by'
            UNION ALL
            SELECT e.snoozed_for_id FROM ci_enhancements e WHERE e.id = waits.id AND e.snoozed_for_id IS NOT NULL
        ) AS next
    )
    SELECT id FROM waits
""")
# As the index idx_ci_enhancements_title has it; the rarest shared words say most, so the rank decides whom to look at.
SHARED_WORDS = text("""
    WITH wanted AS (
        SELECT string_agg(quote_literal(lexeme), ' | ')::tsquery AS words
        FROM unnest(to_tsvector('english', ci_words(ARRAY[CAST(:title AS text)])))
    )
    SELECT e.id FROM ci_enhancements e, wanted,
    LATERAL (SELECT to_tsvector('english', ci_words(ARRAY[e.title]))
                 || to_tsvector('simple', ci_words(ARRAY[e.title])) AS vector) AS named
    WHERE (to_tsvector('english', ci_words(ARRAY[title])) || to_tsvector('simple', ci_words(ARRAY[title])))
        @@ wanted.words
        AND e.id <> :without AND e.status <> 'archived' AND e.merged_into_id IS NULL
    ORDER BY ts_rank(named.vector, wanted.words) DESC, e.id
    LIMIT :most
""")
WORDS = text("""
    SELECT given.id, word, (tsvector_to_array(to_tsvector('english', word)))[1] AS lexeme
    FROM unnest(CAST(:ids AS bigint[]), CAST(:titles AS text[])) AS given (id, title),
    regexp_split_to_table(lower(given.title), '[^[:alnum:]_]+') AS word
""")


def snoozed(now: datetime) -> Condition:
    """The condition for proposals that are asleep: their time has not come, or the other one is not done yet."""
    other = ENHANCEMENTS.alias()
    waits = exists(
        select(literal(1)).where(other.c.id == ENHANCEMENTS.c.snoozed_for_id, other.c.status.in_(OPEN))
    ).correlate(ENHANCEMENTS)
    later = func.coalesce(ENHANCEMENTS.c.snoozed_until > now, false())
    return and_(proposed(), or_(later, waits))


def proposed() -> Condition:
    """The condition for proposals that nobody has decided."""
    return and_(ENHANCEMENTS.c.status == Status.PROPOSED.value, ENHANCEMENTS.c.merged_into_id.is_(None))


def waits_for(session: Session, enhancement_id: int, other_id: int) -> bool:
    """Whether an enhancement waits for the other one, directly or through others, as blocked or as snoozed."""
    return other_id in all_waited_for(session, enhancement_id)


def all_waited_for(session: Session, enhancement_id: int) -> set[int]:
    """Everything that an enhancement waits for, and itself."""
    return set(session.scalars(WAITS_FOR, {"start": enhancement_id}))


def with_shared_words(session: Session, title: str, *, without: int, most: int) -> Sequence[int]:
    """Ids of enhancements whose titles share words with `title`, the best first."""
    return session.scalars(SHARED_WORDS, {"title": title, "without": without, "most": most}).all()


def words_of(session: Session, titles: Mapping[int, str]) -> dict[int, dict[str, str]]:
    """The words of titles by what the search makes of them, without "the", "of" and their like."""
    rows = session.execute(WORDS, {"ids": list(titles), "titles": list(titles.values())})
    found: dict[int, dict[str, str]] = {item: {} for item in titles}
    for item, word, lexeme in rows:
        if lexeme is not None:
            found[item].setdefault(lexeme, word)
    return found
