"""A small wishlist of a trading desk, and what importer tests ask of a database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from ci_core.backlog.listing import list_enhancements
from ci_core.backlog.values import Enhancement
from ci_core.backlog.wishlist.items import WishlistItem
from ci_core.backlog.wishlist.render import render_wishlist
from ci_core.backlog.wishlist.report import FileReport, ImportReport
from db.engine import Database

WISHES = """\
# Desk wishlist

## High Priority

1. **Warn before early assignment** (2 hours)
   - A deep short call is assigned the night before its ex-dividend day
   - Depends on #3

2. **Hide illiquid contracts** (30 min)
   - A spread wider than the premium cannot be traded

3. **Load dividends every night** (1 day)
   - The calendar of ex-dividend days is bought and never read

## Low Priority

4. **Export the journal** (3 hours)
   - One row per closed position, for the tax adviser

### Done ✅
- ✅ **Round strikes correctly**: half strikes were cut off
"""

Import = Callable[..., ImportReport]


def counts(report: ImportReport | FileReport) -> tuple[int, int, int]:
    return report.created, report.updated, report.unchanged


def by_title(database: Database) -> dict[str, Enhancement]:
    with database.reading() as session:
        return {one.title: one for one in list_enhancements(session, limit=1000).enhancements}


def edit(path: Path, before: str, after: str) -> None:
    content = path.read_text(encoding="utf-8")
    assert content.count(before) == 1
    path.write_text(content.replace(before, after), encoding="utf-8")


def audit_rows(database: Database) -> int:
    with database.reading() as session:
        return int(session.execute(text("SELECT count(*) FROM ci_audit_log")).scalar_one())


def versions(database: Database) -> dict[str, int]:
    return {title: one.version for title, one in by_title(database).items()}


def blockers(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        rows = session.execute(
            text("""
                SELECT a.title, b.title FROM ci_enhancement_dependencies d
                JOIN ci_enhancements a ON a.id = d.enhancement_id JOIN ci_enhancements b ON b.id = d.other_id
                WHERE d.kind = 'blocked_by' ORDER BY 1, 2
            """)
        )
        return [(waiting, blocker) for waiting, blocker in rows]


def document(*items: WishlistItem) -> str:
    return render_wishlist(items, title="Wishes")
