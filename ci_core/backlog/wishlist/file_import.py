"""Import of one file that was read: match its items, merge each, store what is new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from ci_core.backlog.enhancements import create_enhancements, update_enhancement
from ci_core.backlog.scoring import ScoringPolicy
from ci_core.backlog.values import NewEnhancement
from ci_core.backlog.wishlist.item_values import UnusableItem, values_of
from ci_core.backlog.wishlist.items import ParsedWishlist, SkippedPart, WishlistItem
from ci_core.backlog.wishlist.matching import ItemText, item_keys, match_items
from ci_core.backlog.wishlist.origins import (
    Origin,
    add_origins,
    load_origins,
    lock_path,
    mark_missing,
    move_anchors,
    rename_path,
    store_origins,
)
from ci_core.backlog.wishlist.report import ChangeKind, FileReport, ItemChange
from ci_core.backlog.wishlist.three_way import FieldMerge, merge_fields
from ci_core.errors import NotAllowed
from db.enums import Source, Status


@dataclass(frozen=True, slots=True)
class Link:
    """An item of the file with its enhancement.

    Attributes:
        blocked_by: ids of the blockers that earlier imports found named in its text.
    """

    path: str
    item: WishlistItem
    origin_id: int
    enhancement_id: int
    blocked_by: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One usable item of the file: how it is recognised, its key, and its values as they are stored."""

    item: WishlistItem
    key: str
    values: dict[str, Any]

    def imported(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """What to remember of the item beside the merged fields."""
        return {**base, "section": list(self.item.section), "identifier": self.item.identifier}


@dataclass(slots=True)
class _Outcome:
    """Collects what was done, and what is to be stored at the end."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    changes: list[ItemChange] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    stored: list[dict[str, Any]] = field(default_factory=list)
    anchors: list[tuple[int, str, str]] = field(default_factory=list)


def import_file(
    session: Session,
    path: str,
    parsed: ParsedWishlist,
    *,
    actor: str,
    policy: ScoringPolicy,
    renamed_from: str | None = None,
) -> tuple[FileReport, list[Link]]:
    """Bring the enhancements of one file up to date, in the session's transaction.

    Args:
        path: what the file is remembered by.
        renamed_from: the name under which its items were imported before, if another.
    """
    lock_path(session, path)
    if renamed_from is not None:
        rename_path(session, renamed_from, path)
    origins = load_origins(session, path)
    wanted, unusable = _usable(parsed.items)
    pairs, missing, new = _match(origins, wanted)
    outcome = _Outcome()
    for origin, item in pairs:
        _merge_one(session, path, origin, item, outcome, actor=actor, policy=policy, old_path=renamed_from or path)
    keys = {item.key for item in wanted}
    store_origins(session, outcome.stored, [origin.id for origin in missing if origin.key in keys])
    move_anchors(session, outcome.anchors)
    _create(session, path, new, outcome, actor=actor, policy=policy)
    mark_missing(session, [origin.id for origin in missing if not origin.is_missing])
    for origin in missing:
        if origin.board is not None:
            outcome.changes.append(
                ItemChange(ChangeKind.MISSING, origin.enhancement_id, str(origin.imported["title"]), origin.line)
            )
    report = FileReport(
        path,
        outcome.created,
        outcome.updated,
        outcome.unchanged,
        changes=tuple(sorted(outcome.changes, key=lambda change: change.line)),
        skipped=tuple(sorted((*parsed.skipped, *unusable), key=lambda part: part.line)),
    )
    return report, outcome.links


def _usable(items: Sequence[WishlistItem]) -> tuple[list[_Wanted], list[SkippedPart]]:
    usable: list[tuple[WishlistItem, dict[str, Any]]] = []
    unusable: list[SkippedPart] = []
    for item in items:
        try:
            usable.append((item, values_of(item)))
        except UnusableItem as error:
            unusable.append(SkippedPart(item.line, item.title, str(error)))
    keys = item_keys([_text(item, values) for item, values in usable])
    return [_Wanted(item, key, values) for (item, values), key in zip(usable, keys, strict=True)], unusable


def _text(item: WishlistItem, values: Mapping[str, Any]) -> ItemText:
    return ItemText(values["title"], item.section, item.identifier, values["description"], item.line)


def _match(
    origins: Sequence[Origin], wanted: Sequence[_Wanted]
) -> tuple[list[tuple[Origin, _Wanted]], list[Origin], list[_Wanted]]:
    """Pairs, origins without an item, items without an origin. What was missing comes back only under its own title."""
    texts = [_text(item.item, item.values) for item in wanted]
    live = [origin for origin in origins if not origin.is_missing]
    gone = [origin for origin in origins if origin.is_missing]
    first = match_items([origin.text for origin in live], texts)
    pairs = [(live[here], wanted[there]) for here, there in first.pairs]
    left = [wanted[i] for i in first.new]
    back = match_items([origin.text for origin in gone], [texts[i] for i in first.new], same_title_only=True)
    pairs += [(gone[here], left[there]) for here, there in back.pairs]
    missing = [live[i] for i in first.missing] + [gone[i] for i in back.missing]
    return pairs, missing, [left[i] for i in back.new]


def _merge_one(
    session: Session,
    path: str,
    origin: Origin,
    wanted: _Wanted,
    outcome: _Outcome,
    *,
    actor: str,
    policy: ScoringPolicy,
    old_path: str,
) -> None:
    item = wanted.item
    base = origin.imported
    if origin.board is None or origin.enhancement_id is None:
        outcome.unchanged += 1  # deleted or merged by a person: the file cannot bring it back
    else:
        merged = merge_fields(base, wanted.values, origin.board)
        merge = _written(session, origin.enhancement_id, merged, base, actor, policy)
        base = merge.base
        outcome.updated += bool(merge.changes)
        outcome.unchanged += not merge.changes
        outcome.changes.extend(_changes(origin, wanted, merge))
        if (path, item.line) != (old_path, origin.line):
            outcome.anchors.append((origin.enhancement_id, _anchor(old_path, origin.line), _anchor(path, item.line)))
        blocked_by = tuple(base.get("blocked_by", ()))
        outcome.links.append(Link(path, item, origin.id, origin.enhancement_id, blocked_by))
    imported = wanted.imported(base)
    if (origin.key, origin.line, origin.imported, origin.is_missing) != (wanted.key, item.line, imported, False):
        outcome.stored.append({"id": origin.id, "item_key": wanted.key, "line": item.line, "imported": imported})


def _changes(origin: Origin, wanted: _Wanted, merge: FieldMerge) -> Iterator[ItemChange]:
    kinds = (
        (ChangeKind.UPDATED, bool(merge.changes), tuple(merge.changes)),
        (ChangeKind.KEPT, bool(merge.kept), merge.kept),
        (ChangeKind.BACK, origin.is_missing, ()),
    )
    for kind, happened, names in kinds:
        if happened:
            yield ItemChange(kind, origin.enhancement_id, wanted.values["title"], wanted.item.line, names)


def _written(
    session: Session,
    enhancement_id: int,
    merge: FieldMerge,
    base: Mapping[str, Any],
    actor: str,
    policy: ScoringPolicy,
) -> FieldMerge:
    """Write the changes; where the lifecycle forbids the new status, that is kept as if a person wanted it so."""
    changes = dict(merge.changes)
    status = changes.pop("status", None)

    def write(some: Mapping[str, Any]) -> None:
        update_enhancement(session, enhancement_id, some, expected_version=None, actor=actor, policy=policy)

    if changes:
        write(changes)
    if status is None:
        return merge
    try:
        if status == Status.COMPLETED and base["status"] == Status.PROPOSED:
            write({"status": Status.APPROVED})  # the lifecycle completes only what was accepted; the file says it was
        write({"status": status})
    except NotAllowed:
        remembered = merge.base | {"completed": base["completed"], "status": base["status"]}
        return FieldMerge(changes, (*merge.kept, "status"), remembered)
    return merge


def _create(
    session: Session, path: str, items: Sequence[_Wanted], outcome: _Outcome, *, actor: str, policy: ScoringPolicy
) -> None:
    created = create_enhancements(
        session,
        [
            NewEnhancement(
                **{name: value for name, value in item.values.items() if name != "completed"},
                status=Status.COMPLETED if item.item.completed else Status.PROPOSED,
                source=Source.WISHLIST,
                source_url=_anchor(path, item.item.line),
            )
            for item in items
        ],
        actor=actor,
        policy=policy,
    )
    rows = [
        {
            "path": path,
            "item_key": item.key,
            "line": item.item.line,
            "enhancement_id": enhancement.id,
            "imported": item.imported({**item.values, "status": enhancement.status.value}),
        }
        for item, enhancement in zip(items, created, strict=True)
    ]
    for item, enhancement, origin_id in zip(items, created, add_origins(session, rows), strict=True):
        outcome.links.append(Link(path, item.item, origin_id, enhancement.id, ()))
        outcome.changes.append(ItemChange(ChangeKind.CREATED, enhancement.id, enhancement.title, item.item.line))
    outcome.created = len(created)


def _anchor(path: str, line: int) -> str:
    return f"{path}#L{line}"
