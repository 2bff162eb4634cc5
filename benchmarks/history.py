"""How long does the history of one enhancement take, with a long log of changes and of talk?

    python -m benchmarks.history [--entries 135000]

Limit: 20 ms; the drawer of an item reads it each time it is drawn. A quarter of the entries are comments, links and
merges of other enhancements, among which those of the one have to be found.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from sqlalchemy import text

from benchmarks.overview import fill, milliseconds
from benchmarks.synthetic import throw_away_database
from ci_core.backlog.history import history_of
from db.engine import Database

LIMIT_MS = 20.0
CARDS = 3000
TALK = """
INSERT INTO ci_comments (enhancement_id, body)
SELECT 1 + n % CAST(:cards AS int), repeat('What would that cost us? ', 1 + n % 20) FROM generate_series(1, :some) AS n
"""
LINKS = """
INSERT INTO ci_enhancement_dependencies (enhancement_id, other_id, kind)
SELECT 1 + n % (CAST(:cards AS int) - 30), 2 + n % (CAST(:cards AS int) - 30) + n % 20, 'related'
FROM generate_series(1, :some) AS n ON CONFLICT DO NOTHING
"""


def talk(database: Database, entries: int) -> None:
    """Comments on all enhancements and links between them, some of which are deleted again."""
    with database.transaction("bob") as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        session.execute(text(TALK), {"cards": CARDS, "some": entries * 6 // 10})
        session.execute(text(LINKS), {"cards": CARDS, "some": entries * 3 // 10})
        session.execute(text("DELETE FROM ci_comments WHERE id % 6 = 0"))
    with database.connect(autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the times with their limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=135_000)
    options = parser.parse_args(arguments)
    with throw_away_database() as database:
        fill(database, CARDS, options.entries * 3 // 4)
        talk(database, options.entries // 4)
        with database.reading() as session:
            count = session.scalar(text("SELECT count(*) FROM ci_audit_log"))
        print(f"{CARDS} enhancements, {count} entries")
        for name, item in (("one that is talked about", 6), ("one that never was", 10**6)):
            median, slowest = milliseconds(database, lambda session, item=item: history_of(session, item))
            print(f"{name:26} {median:7.1f} ms median, {slowest:7.1f} ms slowest   (limit {LIMIT_MS:g})")


if __name__ == "__main__":
    main()
