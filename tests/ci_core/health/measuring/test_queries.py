"""Slow statements are told without any value, and a wrong address without its password."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.rows import dict_row

from ci_core.health.checkers.kinds import CheckerFailed
from ci_core.health.measuring.queries import SlowQuery, counted_queries, masked, slow_queries
from db.engine import Database


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("SELECT *\n  FROM t WHERE a = $1", "SELECT * FROM t WHERE a = $1"),
        ("SELECT 'o''brien', E'it\\'s' -- who\n", "SELECT '…', '…'"),
        ("/* key=abc */ SELECT $$secret$$, $q$it's$q$", "SELECT '…', '…'"),
        ("SELECT '" + "x" * 900 + "'", "SELECT '…'"),
    ],
)
def test_texts_and_comments_are_taken_out(query: str, shown: str) -> None:
    assert masked(query) == shown


def test_a_long_statement_is_cut() -> None:
    assert len(masked("SELECT " + ", ".join(f"a{number}" for number in range(500)))) == 501


def test_a_statement_has_the_same_name_each_time() -> None:
    assert SlowQuery("SELECT 1", 5, 1.0, 5.0).name == SlowQuery("SELECT 1", 99, 3.0, 7.0).name
    assert SlowQuery("SELECT 1", 5, 1.0, 5.0).name != SlowQuery("SELECT 2", 5, 1.0, 5.0).name


def test_a_database_that_does_not_count_says_how_to_let_it(database: Database) -> None:
    with pytest.raises(CheckerFailed, match="does not count") as failed:
        slow_queries(database.url, 100)

    assert "CREATE EXTENSION pg_stat_statements" in str(failed.value.remedy)


@pytest.mark.parametrize(
    "address", ["postgresql://u:hunter2@127.0.0.1:1/none", "postgresql://u:hunter2@[broken", "hunter2 nonsense"]
)
def test_an_address_that_does_not_work_is_told_without_its_password(address: str) -> None:
    with pytest.raises(CheckerFailed) as failed:
        slow_queries(address, 100)

    assert "hunter2" not in str(failed.value)
    assert failed.value.remedy == "Correct CI_HEALTH_DATABASE_URL."


@pytest.mark.parametrize(("version", "kind"), [("1.10", "exec_time"), ("1.7", "time")])
def test_slow_statements_are_found_and_fast_ones_are_not(database: Database, version: str, kind: str) -> None:
    """A view stands in for the extension's, which must be loaded when a server starts."""
    rows = (
        "('SELECT * FROM a', 10::bigint, 400.0::float8, 4000.0::float8), ('SELECT fast', 10, 1.0, 10.0), "
        "('SELECT rare', 1, 900.0, 900.0), ('ALTER ROLE x PASSWORD $$hunter2$$', 10, 900.0, 9000.0), "
        "('/* a */ UPDATE b SET c = $1', 5, 101.26, 506.3)"
    )
    with psycopg.connect(database.url, row_factory=dict_row) as connection:
        connection.execute("CREATE SCHEMA counted")
        connection.execute(
            f"CREATE VIEW counted.pg_stat_statements AS SELECT oid AS dbid, q.* FROM pg_database, (VALUES {rows}) "
            f"AS q (query, calls, mean_{kind}, total_{kind}) WHERE datname IN (current_database(), 'template1')"
        )

        found = counted_queries(connection, "counted", version, 100)

        assert [(one.text, one.calls, one.mean_ms) for one in found] == [
            ("SELECT * FROM a", 10, 400.0),
            ("UPDATE b SET c = $1", 5, 101.3),
        ]
        connection.rollback()
