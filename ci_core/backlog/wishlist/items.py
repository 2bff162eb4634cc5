"""What a wishlist holds, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from db.enums import Category, Complexity, Priority


@dataclass(frozen=True)
class WishlistItem:
    """One wish, as its author wrote it.

    Attributes:
        title: one line without numbering, emoji, effort, status marks and markdown.
        description: the whole body as markdown, dedented; code, lists and sub-headings as they stand.
        completed: the document says that this is done.
        priority, category, complexity: None where the document says nothing.
        estimated_hours: working hours; a day is 8, a week 40, a month 160.
        feature_area: the part of the product it belongs to.
        tags: lower-case words, most telling first.
        dependencies: what it waits for, in the document's words ("ML-001", "#12", "WebSocket server").
        identifier: the document's own number or code ("43", "1.1", "ML-001").
        section: titles of the enclosing sections, outermost first; the document's title is not one of them.
        line: where it stands, counted from 1.
    """

    title: str
    description: str = ""
    completed: bool = False
    priority: Priority | None = None
    category: Category | None = None
    complexity: Complexity | None = None
    estimated_hours: float | None = None
    feature_area: str | None = None
    tags: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    identifier: str | None = None
    section: tuple[str, ...] = ()
    line: int = 1


@dataclass(frozen=True)
class SkippedPart:
    """A section or entry that was not taken over, and why; `line` is counted from 1."""

    line: int
    title: str
    reason: str


@dataclass(frozen=True)
class ParsedWishlist:
    """A whole document: its items and what was left out, each in the order of the document."""

    title: str | None
    items: tuple[WishlistItem, ...]
    skipped: tuple[SkippedPart, ...]
