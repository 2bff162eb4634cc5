"""Slow statements of the checked app's database, from what PostgreSQL has counted (pg_stat_statements); only looks."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ci_core.health.checkers.kinds import CheckerFailed

if TYPE_CHECKING:
    from psycopg import Connection

CONNECT_SECONDS = 5
FEWEST_CALLS = 3
MOST = 50
LONGEST_TEXT = 500
# Others (ALTER ROLE … PASSWORD, COPY …) are counted with their values in them.
STATEMENTS = r"^\s*(/\*.*?\*/\s*)*(select|insert|update|delete|with|merge)\M"
TEXT = re.compile(r"E?'(?:[^'\\]|''|\\.)*'|\$(\w*)\$.*?\$\1\$", re.DOTALL)
COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
ENABLE = (
    "Let PostgreSQL count: shared_preload_libraries = 'pg_stat_statements', restart it, then "
    "CREATE EXTENSION pg_stat_statements."
)
FOUND = """
    SELECT s.query, s.calls, s.{mean} AS mean_ms, s.{total} AS total_ms
    FROM {schema}.pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
    WHERE d.datname = current_database() AND s.calls >= %(calls)s AND s.{mean} > %(ms)s AND s.query ~* %(statements)s
    ORDER BY s.{total} DESC LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class SlowQuery:
    """A statement that takes long on average.

    Attributes:
        text: with a mark in place of every value.
        mean_ms, total_ms: for each call, and all calls together.
    """

    text: str
    calls: int
    mean_ms: float
    total_ms: float

    @property
    def name(self) -> str:
        """The same for the same statement, wherever and whenever it is counted."""
        return f"query {hashlib.sha256(self.text.encode()).hexdigest()[:12]}"


def slow_queries(database_url: str, slower_than_ms: float) -> tuple[SlowQuery, ...]:
    """The statements that take longer than this on average, those that cost the most first.

    Raises:
        CheckerFailed: the database cannot be reached, or does not count its statements. Holds no password.
    """
    import psycopg
    from psycopg.rows import dict_row

    try:
        with psycopg.connect(
            database_url,
            connect_timeout=CONNECT_SECONDS,
            options="-c default_transaction_read_only=on -c statement_timeout=15000",
            application_name="ci health",
            row_factory=dict_row,
        ) as connection:
            schema = connection.execute(
                "SELECT n.nspname AS name, e.extversion AS version FROM pg_extension e "
                "JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'"
            ).fetchone()
            if schema is None:
                raise CheckerFailed("The database does not count its statements (pg_stat_statements).", remedy=ENABLE)
            return counted_queries(connection, schema["name"], schema["version"], slower_than_ms)
    except (psycopg.Error, UnicodeError, ValueError) as error:
        raise CheckerFailed(
            f"The database of the app cannot be asked: {_reason(error)}.", remedy="Correct CI_HEALTH_DATABASE_URL."
        ) from None


def counted_queries(
    connection: Connection[dict[str, Any]], schema: str, version: str, slower_than_ms: float
) -> tuple[SlowQuery, ...]:
    """The slow ones among the statements that the view in a schema has counted.

    Args:
        version: of the extension: since 1.8 planning is counted too, and the columns say which they are.
    """
    from psycopg import sql

    newer = tuple(int(part) for part in version.split(".")) >= (1, 8)
    mean, total = ("mean_exec_time", "total_exec_time") if newer else ("mean_time", "total_time")
    query = sql.SQL(FOUND).format(schema=sql.Identifier(schema), mean=sql.Identifier(mean), total=sql.Identifier(total))
    values = {"calls": FEWEST_CALLS, "ms": slower_than_ms, "statements": STATEMENTS, "most": MOST}
    rows = connection.execute(query, values).fetchall()
    return tuple(
        SlowQuery(masked(row["query"]), row["calls"], round(row["mean_ms"], 1), round(row["total_ms"], 1))
        for row in rows
    )


def masked(query: str) -> str:
    """A statement on one line without comments, with a mark in place of every text."""
    plain = " ".join(COMMENT.sub(" ", TEXT.sub("'…'", query)).split())
    return plain if len(plain) <= LONGEST_TEXT else f"{plain[:LONGEST_TEXT]}…"


def _reason(error: Exception) -> str:
    """What went wrong; of a wrong address only that, because an address holds a password."""
    import psycopg

    if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
        return "its address cannot be read"
    if isinstance(error, psycopg.Error) and error.sqlstate:
        return f"PostgreSQL refuses it ({error.sqlstate}, {type(error).__name__})"
    if isinstance(error, psycopg.OperationalError):
        return "it cannot be reached, or does not accept who asks"
    return type(error).__name__
