"""The statements of the users' runbook work as they stand in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

NEW_SOURCE = """
INSERT INTO ci_research_sources (source_type, source_name, source_url, search_queries, scan_frequency_hours)
VALUES ('reddit', 'r/thetagang', 'https://www.reddit.com/r/thetagang', ARRAY['wheel', 'covered call'], 24)
"""


@pytest.fixture
def psql(new_database: Callable[..., str], template_name: str, fill: Callable[[str], None]) -> Iterator[psycopg.Cursor]:
    """A plain session, as psql opens it, on a database with some rows."""
    url = new_database(template_name)
    fill(url)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        yield cursor


def test_source_is_added_with_its_queries_and_is_enabled(psql: psycopg.Cursor) -> None:
    psql.execute(NEW_SOURCE)

    psql.execute("SELECT search_queries, enabled FROM ci_research_sources WHERE source_name = 'r/thetagang'")
    assert psql.fetchone() == (["wheel", "covered call"], True)


def test_same_source_twice_is_refused(psql: psycopg.Cursor) -> None:
    psql.execute(NEW_SOURCE)

    with pytest.raises(psycopg.errors.UniqueViolation):
        psql.execute(NEW_SOURCE)


def test_queries_of_a_source_are_changed(psql: psycopg.Cursor) -> None:
    psql.execute("UPDATE ci_research_sources SET search_queries = ARRAY['iron condor'] WHERE source_name = 'r/options'")

    psql.execute("SELECT search_queries FROM ci_research_sources WHERE source_name = 'r/options'")
    assert psql.fetchone() == (["iron condor"],)


def test_source_is_switched_off(psql: psycopg.Cursor) -> None:
    psql.execute("UPDATE ci_research_sources SET enabled = FALSE WHERE source_name = 'r/options'")

    psql.execute("SELECT enabled FROM ci_research_sources WHERE source_name = 'r/options'")
    assert psql.fetchone() == (False,)


def test_top_priorities_come_most_urgent_first_with_what_blocks_them(psql: psycopg.Cursor) -> None:
    psql.execute("UPDATE ci_enhancements SET priority = 'critical' WHERE id = 1")

    psql.execute("SELECT * FROM v_ci_top_priorities LIMIT 5")

    columns = [column.name for column in psql.description or ()]
    rows = [dict(zip(columns, row, strict=True)) for row in psql.fetchall()]
    assert [row["id"] for row in rows] == [1, 4, 2]  # 3 was merged and is archived
    assert [row["blocked_by"] for row in rows] == [[2], [], []]


def test_research_pipeline_shows_where_a_finding_came_from_and_what_it_became(psql: psycopg.Cursor) -> None:
    psql.execute("SELECT * FROM v_ci_research_pipeline LIMIT 10")

    columns = [column.name for column in psql.description or ()]
    row, _ = [dict(zip(columns, row, strict=True)) for row in psql.fetchall()]
    assert (row["source_name"], row["source_title"], row["enhancement_title"]) == (
        "r/options",
        "A better roll",
        "Enhancement 1",
    )


def test_enhancements_are_counted(psql: psycopg.Cursor) -> None:
    psql.execute("SELECT COUNT(*) FROM ci_enhancements")

    assert psql.fetchone() == (4,)


def test_top_priorities_of_many_enhancements_are_read_from_their_index(psql: psycopg.Cursor) -> None:
    psql.execute("INSERT INTO ci_enhancements (title) SELECT 'Enhancement ' || n FROM generate_series(1, 3000) AS n")
    psql.execute("ANALYZE ci_enhancements")

    psql.execute("EXPLAIN SELECT * FROM v_ci_top_priorities LIMIT 5")

    assert any("idx_ci_enhancements_top" in line for (line,) in psql.fetchall())


def test_three_thousand_enhancements_are_inserted_by_plain_sql_in_seconds(psql: psycopg.Cursor) -> None:
    began = time.monotonic()

    psql.execute("INSERT INTO ci_enhancements (title) SELECT 'Enhancement ' || n FROM generate_series(1, 3000) AS n")

    assert time.monotonic() - began < 10
