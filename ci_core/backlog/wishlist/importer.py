"""Import of wishlists: again and again from the same files, without doubling anything or overwriting anybody."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy.orm import Session

from ci_core.backlog.scoring import DEFAULT_POLICY, ScoringPolicy
from ci_core.backlog.wishlist.file_import import Link, import_file
from ci_core.backlog.wishlist.files import MissingPath, WishlistFile, find_wishlists
from ci_core.backlog.wishlist.named_blockers import add_named_blockers
from ci_core.backlog.wishlist.parser import parse_wishlist
from ci_core.backlog.wishlist.reading import read_wishlist
from ci_core.backlog.wishlist.report import ChangeKind, FileReport, ImportReport
from ci_core.errors import CiError
from db.engine import Database

log = logging.getLogger(__name__)

Transaction = Callable[[str], AbstractContextManager[Session]]


def import_wishlists(
    database: Database,
    paths: Sequence[Path],
    *,
    root: Path,
    actor: str,
    dry_run: bool = False,
    policy: ScoringPolicy = DEFAULT_POLICY,
    progress: Callable[[str], None] | None = None,
) -> ImportReport:
    """Bring the backlog up to date with wishlist files and folders of them.

    Each file is one transaction, and what is wrong with one does not stop the others. An item that was imported before
    is found again by its words and its place, and only what its author changed is written; what a person changed on
    the board stays. Nothing is deleted. The same files again change nothing at all.

    Args:
        paths: files, or folders to search for `*WISHLIST*.md`.
        root: the repository; files are remembered by their path from here.
        dry_run: report what would happen, and store nothing.
        progress: told the name of each file before it is read.

    Raises:
        db.errors.DatabaseError: the database cannot be used; what was imported before stays.
    """
    reports: list[FileReport] = []
    links: list[Link] = []
    with _transactions(database, actor, dry_run) as transaction:
        for file in find_wishlists(paths, root=root):
            if progress:
                progress(file.name)
            report, its_links = _import_one(file, transaction, actor, policy)
            links.extend(its_links)
            reports.append(report)
            _log(report, dry_run)
        added: dict[str, int] = {}
        if any(link.item.dependencies or link.blocked_by for link in links):
            with transaction("Dependencies named in wishlists") as session:
                added = add_named_blockers(session, links, policy=policy)
    counted = (replace(report, dependencies=added.get(report.path, 0)) for report in reports)
    return ImportReport(tuple(_without_new_ids(report) if dry_run else report for report in counted), dry_run)


def _without_new_ids(report: FileReport) -> FileReport:
    """A dry run took the new enhancements back: their ids mean nothing."""
    changes = (
        replace(change, enhancement_id=None) if change.kind is ChangeKind.CREATED else change
        for change in report.changes
    )
    return replace(report, changes=tuple(changes))


def _import_one(
    file: WishlistFile | MissingPath, transaction: Transaction, actor: str, policy: ScoringPolicy
) -> tuple[FileReport, list[Link]]:
    if isinstance(file, MissingPath):
        return FileReport(file.name, error=file.reason), []
    try:
        parsed = parse_wishlist(read_wishlist(file.path), default_feature_area=file.feature_area)
        with transaction(f"Import of {file.name}") as session:
            return import_file(session, file.name, parsed, actor=actor, policy=policy)
    except CiError as error:
        return FileReport(file.name, error=str(error)), []


@contextmanager
def _transactions(database: Database, actor: str, dry_run: bool) -> Iterator[Transaction]:
    """How each file gets its transaction. In a dry run all are parts of one, which is taken back."""
    if not dry_run:
        yield lambda reason: database.transaction(actor, reason=reason)
        return
    with database.transaction(actor) as session:

        @contextmanager
        def part(_reason: str) -> Iterator[Session]:
            with session.begin_nested():
                yield session

        yield part
        session.rollback()


def _log(report: FileReport, dry_run: bool) -> None:
    log.info(
        "wishlist_imported",
        extra={
            "path": report.path,
            "created": report.created,
            "updated": report.updated,
            "unchanged": report.unchanged,
            "error": report.error,
            "dry_run": dry_run,
        },
    )
