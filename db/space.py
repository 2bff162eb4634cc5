"""How much room tables and indexes take, what of it is waste, and which indexes are of no use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

# So much waste is normal: rows that were changed leave room that the next ones take.
WASTE_PERCENT = 30.0
WASTE_BYTES = 16 * 2**20
DEAD_ROWS = 10_000
DEAD_PERCENT = 20.0
UNUSED_BYTES = 16 * 2**20

# What rows and keys need is worked out from the widths that ANALYZE saw: a row has 28 bytes of its own (header and
# pointer), an entry of a B-tree 16, of pages that are filled to 90 %. See "Database Page Layout" in its manual.
TABLES = text("""
    SELECT c.oid::regclass::text AS name, pg_total_relation_size(c.oid) AS total_bytes,
           pg_relation_size(c.oid) AS heap_bytes, greatest(s.n_live_tup, 0) AS live_rows, s.n_dead_tup AS dead_rows,
           CASE WHEN c.reltuples > 0 AND w.width IS NOT NULL
                THEN ceil(c.reltuples * (28 + w.width) / 8168.0) * 8192 END AS needed_bytes
    FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
    LEFT JOIN LATERAL (
        SELECT sum((1 - null_frac) * avg_width) AS width FROM pg_stats
        WHERE schemaname = s.schemaname AND tablename = s.relname
    ) AS w ON true
    WHERE s.schemaname = 'public'
    ORDER BY total_bytes DESC, name
""")
INDEXES = text("""
    SELECT i.indexrelid::regclass::text AS name, i.indrelid::regclass::text AS table_name,
           pg_relation_size(i.indexrelid) AS size_bytes, s.idx_scan AS scans, i.indisvalid AS is_valid,
           i.indisunique OR EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid) AS is_needed,
           CASE WHEN a.amname = 'btree' AND c.reltuples > 0 AND w.width IS NOT NULL
                THEN ceil(c.reltuples * (16 + w.width) / (8168.0 * 0.9)) * 8192 + 8192 END AS needed_bytes
    FROM pg_index i
    JOIN pg_stat_user_indexes s ON s.indexrelid = i.indexrelid
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
    LEFT JOIN LATERAL (
        SELECT sum((1 - p.null_frac) * p.avg_width) AS width
        FROM pg_attribute t JOIN pg_stats p ON p.schemaname = s.schemaname AND p.tablename = s.relname
            AND p.attname = t.attname
        WHERE t.attrelid = i.indrelid AND t.attnum = ANY (i.indkey) AND NOT 0 = ANY (i.indkey)
    ) AS w ON true
    WHERE s.schemaname = 'public'
    ORDER BY size_bytes DESC, name
""")


@dataclass(frozen=True, slots=True)
class TableSpace:
    """One table.

    Attributes:
        total_bytes: with its indexes and what is stored beside it.
        dead_rows: those that nobody sees any more and that are not cleared away yet.
        waste_percent: how much of the table itself holds nothing, an estimate; None where nothing is known.
    """

    name: str
    total_bytes: int
    heap_bytes: int
    live_rows: int
    dead_rows: int
    waste_percent: float | None

    @property
    def needs_vacuum(self) -> bool:
        """Whether so many rows are dead that clearing them away should not wait."""
        whole = self.live_rows + self.dead_rows
        return self.dead_rows >= DEAD_ROWS and 100 * self.dead_rows >= DEAD_PERCENT * whole


@dataclass(frozen=True, slots=True)
class IndexSpace:
    """One index.

    Attributes:
        scans: how often it was used since the statistics began.
        is_needed: whether it keeps a rule, however seldom it is read.
        waste_percent: as of a table; only of B-trees over columns.
    """

    name: str
    table_name: str
    size_bytes: int
    scans: int
    is_valid: bool
    is_needed: bool
    waste_percent: float | None


@dataclass(frozen=True, slots=True)
class SpaceReport:
    """The room that a database takes; the largest come first."""

    database_bytes: int
    tables: tuple[TableSpace, ...]
    indexes: tuple[IndexSpace, ...]

    @property
    def remarks(self) -> tuple[str, ...]:
        """What somebody should look at, each with the remedy; empty when all is well."""
        said = [
            f"Index {index.name} is not valid: an attempt to build it was broken off. "
            f"REINDEX INDEX CONCURRENTLY {index.name}"
            for index in self.indexes
            if not index.is_valid
        ]
        said += [
            f"Table {table.name}: about {table.waste_percent:.0f} % of {_mib(table.heap_bytes)} hold nothing. "
            f"VACUUM FULL {table.name} gives it back, and locks the table meanwhile."
            for table in self.tables
            if _is_much(table.waste_percent, table.heap_bytes)
        ]
        for index in self.indexes:
            if _is_much(index.waste_percent, index.size_bytes):
                said.append(
                    f"Index {index.name}: about {index.waste_percent:.0f} % of {_mib(index.size_bytes)} hold nothing. "
                    f"REINDEX INDEX CONCURRENTLY {index.name}"
                )
            if index.scans == 0 and not index.is_needed and index.size_bytes >= UNUSED_BYTES:
                said.append(f"Index {index.name} ({_mib(index.size_bytes)}) was never used since the statistics began.")
        return tuple(said)


def space_report(session: Session) -> SpaceReport:
    """What the database takes now; reads statistics only, so that it costs nothing."""
    size = session.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    tables = tuple(
        TableSpace(row.name, row.total_bytes, row.heap_bytes, row.live_rows, row.dead_rows, _waste(row, row.heap_bytes))
        for row in session.execute(TABLES)
    )
    indexes = tuple(
        IndexSpace(
            row.name,
            row.table_name,
            row.size_bytes,
            row.scans,
            row.is_valid,
            row.is_needed,
            _waste(row, row.size_bytes),
        )
        for row in session.execute(INDEXES)
    )
    return SpaceReport(int(size), tables, indexes)


def _waste(row: Any, size: int) -> float | None:
    if row.needed_bytes is None or size <= 0:
        return None
    return round(max(0.0, 100.0 * (1 - float(row.needed_bytes) / size)), 1)


def _is_much(percent: float | None, size: int) -> bool:
    return percent is not None and percent >= WASTE_PERCENT and size * percent / 100 >= WASTE_BYTES


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"
