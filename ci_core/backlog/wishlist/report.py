"""What an import did, or would do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ci_core.backlog.wishlist.items import SkippedPart


class ChangeKind(StrEnum):
    """What the import did with one item; an unchanged item gives no change."""

    CREATED = "created"
    UPDATED = "updated"
    KEPT = "kept"
    MISSING = "missing"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One item that is new, changed, gone or back again.

    Attributes:
        enhancement_id: None in a dry run of a new item.
        line: where it stands in the file (of a missing item: where it last stood).
        fields: which fields were written (updated), or stand although the file changed (kept).
    """

    kind: ChangeKind
    enhancement_id: int | None
    title: str
    line: int
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file: `created + updated + unchanged` is the number of its items.

    `dependencies` counts blockers named in the text that were added; `error` says why the file was not imported.
    """

    path: str
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    dependencies: int = 0
    changes: tuple[ItemChange, ...] = ()
    skipped: tuple[SkippedPart, ...] = ()
    error: str | None = None

    @property
    def kept(self) -> tuple[ItemChange, ...]:
        """Items with fields that a person edited on the board and the import therefore left alone."""
        return self._of(ChangeKind.KEPT)

    @property
    def missing(self) -> tuple[ItemChange, ...]:
        """Items that are no longer in the file; their enhancements stay."""
        return self._of(ChangeKind.MISSING)

    def _of(self, kind: ChangeKind) -> tuple[ItemChange, ...]:
        return tuple(change for change in self.changes if change.kind is kind)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did; with `dry_run`, what it would have done."""

    files: tuple[FileReport, ...]
    dry_run: bool = False

    @property
    def created(self) -> int:
        """New enhancements."""
        return sum(file.created for file in self.files)

    @property
    def updated(self) -> int:
        """Enhancements that were changed."""
        return sum(file.updated for file in self.files)

    @property
    def unchanged(self) -> int:
        """Items for which nothing was to be done."""
        return sum(file.unchanged for file in self.files)

    @property
    def failed(self) -> int:
        """Files that could not be imported."""
        return sum(file.error is not None for file in self.files)
