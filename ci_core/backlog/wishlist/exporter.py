"""Writing enhancements as a wishlist that people can read, and that imports to the same enhancements."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core.backlog.listing import MOST_PER_PAGE, Sort, list_enhancements
from ci_core.backlog.query_syntax import Query
from ci_core.backlog.values import Enhancement
from ci_core.backlog.wishlist.items import WishlistItem
from ci_core.backlog.wishlist.render import render_wishlist
from db.enums import DependencyKind, Status
from db.tables import Dependency

TITLE = "Enhancement wishlist"
NO_AREA = "General"


def export_wishlist(session: Session, query: Query | None = None) -> str:
    """The enhancements that fulfil the query as one markdown document, by area, most urgent first.

    Blockers are named by their numbers, as far as they are in the document too.
    """
    enhancements = _all(session, query)
    blockers = _blockers(session, {enhancement.id for enhancement in enhancements})
    areas = sorted({enhancement.feature_area or "" for enhancement in enhancements}, key=str.casefold)
    items = [
        _item(enhancement, blockers.get(enhancement.id, ()))
        for area in areas
        for enhancement in enhancements
        if (enhancement.feature_area or "") == area
    ]
    return render_wishlist(items, title=TITLE)


def _all(session: Session, query: Query | None) -> list[Enhancement]:
    found: list[Enhancement] = []
    while True:
        page = list_enhancements(session, query, limit=MOST_PER_PAGE, offset=len(found), sort=Sort.PRIORITY)
        found.extend(page.enhancements)
        if len(found) >= page.total or not page.enhancements:
            return found


def _item(enhancement: Enhancement, blockers: tuple[int, ...]) -> WishlistItem:
    return WishlistItem(
        title=enhancement.title,
        description=enhancement.description,
        completed=enhancement.status is Status.COMPLETED,
        priority=enhancement.priority,
        category=enhancement.category,
        complexity=enhancement.complexity,
        estimated_hours=enhancement.estimated_hours,
        feature_area=enhancement.feature_area,
        tags=enhancement.tags,
        dependencies=tuple(f"#{blocker}" for blocker in blockers),
        identifier=str(enhancement.id),
        section=(enhancement.feature_area or NO_AREA,),
    )


def _blockers(session: Session, ids: set[int]) -> dict[int, tuple[int, ...]]:
    """For each enhancement of the document: its blockers in the document."""
    rows = session.execute(
        select(Dependency.enhancement_id, Dependency.other_id)
        .where(Dependency.kind == DependencyKind.BLOCKED_BY.value, Dependency.enhancement_id.in_(ids))
        .order_by(Dependency.id)
    )
    found: dict[int, tuple[int, ...]] = {}
    for here, other in rows:
        if other in ids:
            found[here] = (*found.get(here, ()), other)
    return found
