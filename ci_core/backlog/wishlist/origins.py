"""What earlier imports remembered of each item, in `ci_wishlist_items`."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from ci_core.backlog.wishlist.matching import ItemText
from ci_core.backlog.wishlist.three_way import FIELDS
from db.tables import Enhancement, WishlistOrigin

STORE_CHANGED = text("""
    UPDATE ci_wishlist_items o
    SET item_key = n.item_key, line = n.line, imported = n.imported, missing_since = NULL
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (id bigint, item_key text, line integer, imported jsonb)
    WHERE o.id = n.id
""")
# Only the anchor that an import wrote is kept up to date; an address that a person wrote instead stays.
MOVE_ANCHORS = text("""
    UPDATE ci_enhancements e SET source_url = n.now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (id bigint, before text, now text)
    WHERE e.id = n.id AND e.source_url = n.before
""")
REMEMBER_BLOCKERS = text("""
    UPDATE ci_wishlist_items o SET imported = o.imported || jsonb_build_object('blocked_by', n.ids)
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (id bigint, ids jsonb)
    WHERE o.id = n.id
""")
STEP_ASIDE = text("UPDATE ci_wishlist_items SET item_key = id || '?' || item_key WHERE id = ANY (:ids)")


@dataclass(frozen=True, slots=True)
class Origin:
    """An item as it was last imported, with its enhancement as it is now.

    Attributes:
        board: the enhancement's values; None when it was deleted or merged into another.
        imported: what the file said: the values by field, `section`, `identifier`, `completed`, the `status` that the
            import gave, and `blocked_by`, the ids of the blockers that it added.
    """

    id: int
    key: str
    line: int
    enhancement_id: int | None
    imported: dict[str, Any]
    is_missing: bool
    board: Mapping[str, Any] | None

    @property
    def text(self) -> ItemText:
        """What the item is recognised by."""
        return ItemText(
            self.imported["title"],
            tuple(self.imported.get("section", ())),
            self.imported.get("identifier"),
            self.imported.get("description", ""),
            self.line,
        )


def lock_path(session: Session, path: str) -> None:
    """Let nobody else import this file until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"wishlist:{path}", 0))))


def load_origins(session: Session, path: str) -> list[Origin]:
    """What was imported from this file, in its order."""
    columns = [getattr(Enhancement, name) for name in (*FIELDS, "status", "merged_into_id")]
    rows = session.execute(
        select(WishlistOrigin, *columns)
        .outerjoin(Enhancement, Enhancement.id == WishlistOrigin.enhancement_id)
        .where(WishlistOrigin.path == path)
        .order_by(WishlistOrigin.line, WishlistOrigin.id)
        .execution_options(populate_existing=True)
    )
    return [_origin(row[0], row[1:-1], row[-1]) for row in rows]


def _origin(stored: WishlistOrigin, values: Sequence[Any], merged_into_id: int | None) -> Origin:
    gone = stored.enhancement_id is None or merged_into_id is not None
    board = None if gone else {n: _json_value(v) for n, v in zip((*FIELDS, "status"), values, strict=True)}
    return Origin(
        stored.id,
        stored.item_key,
        stored.line,
        stored.enhancement_id,
        dict(stored.imported),
        stored.missing_since is not None,
        board,
    )


def _json_value(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def add_origins(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Remember new items (`path`, `item_key`, `line`, `enhancement_id`, `imported`); gives the ids in their order."""
    if not rows:
        return []
    statement = insert(WishlistOrigin).returning(WishlistOrigin.id, sort_by_parameter_order=True)
    return list(session.execute(statement, [dict(row) for row in rows]).scalars())


def store_origins(session: Session, rows: Sequence[Mapping[str, Any]], taken_from: Collection[int] = ()) -> None:
    """Remember changed items (`id`, `item_key`, `line`, `imported`); they are in the file, so none is missing.

    `taken_from`: ids of missing items whose key another item has now; they step aside.
    """
    if taken_from:
        session.execute(STEP_ASIDE, {"ids": list(taken_from)})
    if rows:
        session.execute(STORE_CHANGED, {"rows": json.dumps([dict(row) for row in rows])})


def mark_missing(session: Session, ids: Collection[int]) -> None:
    """Note that these items are no longer in their file."""
    if ids:
        session.execute(update(WishlistOrigin).where(WishlistOrigin.id.in_(ids)).values(missing_since=func.now()))


def move_anchors(session: Session, moved: Sequence[tuple[int, str, str]]) -> None:
    """Follow items to their new lines: (enhancement id, address before, address now). This is no edit."""
    if moved:
        rows = [{"id": item, "before": before, "now": now} for item, before, now in moved]
        session.execute(MOVE_ANCHORS, {"rows": json.dumps(rows)})


def known_keys(session: Session) -> dict[str, set[str]]:
    """For each file that something was imported from and is not missing: the keys of its items."""
    rows = session.execute(
        select(WishlistOrigin.path, func.array_agg(WishlistOrigin.item_key))
        .where(WishlistOrigin.missing_since.is_(None))
        .group_by(WishlistOrigin.path)
    )
    return {path: set(keys) for path, keys in rows}


def rename_path(session: Session, before: str, now: str) -> None:
    """A file has another name: its items come along."""
    session.execute(update(WishlistOrigin).where(WishlistOrigin.path == before).values(path=now))


def remember_blockers(session: Session, blockers: Mapping[int, Sequence[int]]) -> None:
    """Note which blockers (ids of enhancements) each item's text named, by id of the item."""
    if blockers:
        rows = [{"id": item, "ids": list(ids)} for item, ids in blockers.items()]
        session.execute(REMEMBER_BLOCKERS, {"rows": json.dumps(rows)})
