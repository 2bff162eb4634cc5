"""The SQL of triage: who is asleep, what a snooze would wait for, and proposals whose titles share words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, false, func, literal, or_, select, text
from sqlalchemy.orm import Session

from ci_core.backlog.queries import ENHANCEMENTS, OPEN
from db.enums import Status

Condition = ColumnElement[bool]

# Each list of rows is found by an index, however long the log is.
NEWEST = text("""
    SELECT given.id AS about, found.audit_id
    FROM unnest(CAST(:ids AS bigint[])) AS given (id), LATERAL (
        SELECT a.id AS audit_id FROM (
            SELECT 'ci_enhancements' AS name, given.id AS id
            UNION ALL SELECT 'ci_comments', c.id FROM ci_comments c WHERE c.enhancement_id = given.id
            UNION ALL SELECT 'ci_enhancement_dependencies', d.id FROM ci_enhancement_dependencies d
                WHERE d.enhancement_id = given.id OR d.other_id = given.id
        ) AS own, LATERAL (
            SELECT l.id FROM ci_audit_log l
            WHERE l.table_name = own.name AND l.row_id = own.id ORDER BY l.id DESC LIMIT :most
        ) AS a
        ORDER BY a.id DESC LIMIT :most
    ) AS found
    ORDER BY given.id, found.audit_id DESC
""")
MOST_WORDS = 12
COMMON = 150
MOST_NEAR = 300

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
# As the index idx_ci_enhancements_title has it. A word of very many titles tells nothing and would cost the most, so
# only those with rarer words are looked at; how much of their titles is shared decides then.
TITLED = "(to_tsvector('english', ci_words(ARRAY[e.title])) || to_tsvector('simple', ci_words(ARRAY[e.title])))"
SHARED_WORDS = text(f"""
    WITH words AS MATERIALIZED (
        SELECT quote_literal(lexeme)::tsquery AS word
        FROM unnest(to_tsvector('english', ci_words(ARRAY[CAST(:title AS text)])))
        LIMIT {MOST_WORDS}
    ), rare AS MATERIALIZED (
        SELECT string_agg(word::text, ' | ')::tsquery AS words FROM words WHERE (
            SELECT count(*) FROM (SELECT 1 FROM ci_enhancements e WHERE {TITLED} @@ word LIMIT {COMMON}) AS titled
        ) < {COMMON}
    ), near AS MATERIALIZED (
        SELECT e.id, e.title FROM ci_enhancements e, rare
        WHERE {TITLED} @@ rare.words
            AND e.id <> :without AND e.status <> 'archived' AND e.merged_into_id IS NULL
        LIMIT {MOST_NEAR}
    )
    SELECT e.id FROM near e, rare ORDER BY ts_rank({TITLED}, rare.words) DESC, e.id LIMIT :most
""")  # noqa: S608 - constants of this module
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


def newest_changes(session: Session, ids: Sequence[int], most: int) -> dict[int, list[int]]:
    """By enhancement, ids of the newest audit entries about it, its comments and its dependencies, newest first."""
    found: dict[int, list[int]] = {}
    for about, audit_id in session.execute(NEWEST, {"ids": list(ids), "most": most}):
        found.setdefault(about, []).append(audit_id)
    return found
