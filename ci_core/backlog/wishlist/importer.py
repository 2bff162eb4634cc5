"""Import of wishlists: again and again from the same files, without doubling anything or overwriting anybody."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy.orm import Session

from ci_core.backlog.scoring import DEFAULT_POLICY, ScoringPolicy
from ci_core.backlog.wishlist.file_import import Link, import_file
from ci_core.backlog.wishlist.files import MissingPath, WishlistFile, find_wishlists
from ci_core.backlog.wishlist.items import ParsedWishlist
from ci_core.backlog.wishlist.matching import ItemText, item_keys
from ci_core.backlog.wishlist.named_blockers import add_named_blockers
from ci_core.backlog.wishlist.origins import known_keys
from ci_core.backlog.wishlist.parser import parse_wishlist
from ci_core.backlog.wishlist.reading import read_wishlist
from ci_core.backlog.wishlist.report import ChangeKind, FileReport, ImportReport
from ci_core.errors import CiError
from ci_core.logs import get_logger
from db.engine import Database

log = get_logger(__name__)

# A new file with at least so many of the items of one that is gone is that one under another name.
SAME_FILE_SHARE = 0.5

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
    root = root.absolute()
    with _transactions(database, actor, dry_run) as transaction:
        with transaction("Reading what was imported before") as session:
            known = known_keys(session)
        gone = {name: keys for name, keys in known.items() if not (root / name).exists()}
        # The same file has another name when it was imported with another repository as the root.
        names = {os.path.normpath(root / name): name for name in known}
        for file in find_wishlists(paths, root=root):
            if progress:
                progress(file.name)
            if file.name in known:
                report, its_links = _import_one(file, None, {}, transaction, actor, policy)
            else:
                known_as = names.get(os.path.normpath(file.path)) if isinstance(file, WishlistFile) else None
                report, its_links = _import_one(file, known_as, gone, transaction, actor, policy)
            links.extend(its_links)
            reports.append(report)
        folders = [Path(os.path.normpath(path.absolute())) for path in paths if path.is_dir()]
        lost = sorted(name for name in gone if any((root / name).is_relative_to(folder) for folder in folders))
        reports.extend(_all_missing(name, transaction, actor, policy) for name in lost)
        for report in reports:
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
    file: WishlistFile | MissingPath,
    known_as: str | None,
    gone: dict[str, set[str]],
    transaction: Transaction,
    actor: str,
    policy: ScoringPolicy,
) -> tuple[FileReport, list[Link]]:
    """Import one file, perhaps known under another name. If it is one of those that are `gone`, it leaves them."""
    if isinstance(file, MissingPath):
        return FileReport(file.name, error=file.reason), []
    try:
        parsed = parse_wishlist(read_wishlist(file.path), default_feature_area=file.feature_area)
        before = known_as or renamed_from(parsed, gone)
        with transaction(f"Import of {file.name}") as session:
            imported = import_file(session, file.name, parsed, actor=actor, policy=policy, renamed_from=before)
        gone.pop(before or "", None)
        return imported
    except CiError as error:
        return FileReport(file.name, error=str(error)), []


def renamed_from(parsed: ParsedWishlist, gone: Mapping[str, set[str]]) -> str | None:
    """The file among those that are gone whose items are, by half of them at least, the items of this one."""
    keys = set(item_keys([ItemText(item.title, item.section) for item in parsed.items]))
    shares = {name: len(keys & items) / max(len(keys), len(items), 1) for name, items in gone.items()}
    best = max(shares, key=lambda name: (shares[name], name), default=None)
    return best if best is not None and shares[best] >= SAME_FILE_SHARE else None


def _all_missing(name: str, transaction: Transaction, actor: str, policy: ScoringPolicy) -> FileReport:
    """A file that was imported from and is no more: its items are missing, their enhancements stay."""
    with transaction(f"{name} is gone") as session:
        report, _ = import_file(session, name, ParsedWishlist(None, (), ()), actor=actor, policy=policy)
    return report


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
        path=report.path,
        created=report.created,
        updated=report.updated,
        unchanged=report.unchanged,
        error=report.error,
        dry_run=dry_run,
    )
