"""From the text of a wishlist to its items."""

from __future__ import annotations

import re
from dataclasses import replace

from ci_core.backlog.wishlist.attributes import item_from
from ci_core.backlog.wishlist.entries import Wish
from ci_core.backlog.wishlist.exported import DOCUMENT, read_export
from ci_core.backlog.wishlist.footer import cut_footer
from ci_core.backlog.wishlist.headings import group_of
from ci_core.backlog.wishlist.items import ParsedWishlist, SkippedPart, WishlistItem
from ci_core.backlog.wishlist.legends import read_legend
from ci_core.backlog.wishlist.markdown_tree import Heading, normalize, read_document
from ci_core.backlog.wishlist.reading import read_wishlist
from ci_core.backlog.wishlist.render import render_wishlist
from ci_core.backlog.wishlist.repeats import leave_out_repeats
from ci_core.backlog.wishlist.sections import find_wishes
from ci_core.backlog.wishlist.titles import read_label
from ci_core.backlog.wishlist.topics import area_of_title

__all__ = ["ParsedWishlist", "SkippedPart", "WishlistItem", "parse_wishlist", "read_wishlist", "render_wishlist"]

_PLACEHOLDER = re.compile(
    r"^\W*(?:to be (?:filled|added|determined|defined|announced|decided)|(?:tbd|tba|todo|placeholder|coming soon"
    r"|none(?: yet)?|n/?a|empty|"
    r"xxx)\W*$|(?:add|insert|enter|describe|write|put) (?:your|an?|the)\b.*(?:here|idea|request|feature)"
    r"|your (?:idea|request|feature)\b|"
    r"no (?:items|requests|feedback|entries)(?: yet)?\W*$|lorem ipsum|example (?:request|item|feature)\W*$)",
    re.IGNORECASE,
)


def parse_wishlist(text: str, *, default_feature_area: str | None = None) -> ParsedWishlist:
    """Reads a wishlist. Takes any text and never raises; what is no item is listed in `skipped` with a reason.

    `default_feature_area` names the feature that the whole file is about (its folder, say) and then counts for every
    item; without it the area comes from a field, from the section, or from the document's title. A document written
    by `render_wishlist` gives exactly the items that were written, and what people added to it.
    """
    exported = read_export(normalize(text).removeprefix("\ufeff")) if DOCUMENT in text else None
    if exported is None:
        return _parse(text, default_feature_area or None)
    items = [
        item if item.feature_area or not default_feature_area else replace(item, feature_area=default_feature_area)
        for item in exported.items
    ]
    if not exported.has_more:
        return ParsedWishlist(exported.title, tuple(items), ())
    added = _parse(exported.rest, default_feature_area or None)
    new = [item for item in added.items if item.line not in exported.section_lines]
    both = sorted([*items, *new], key=lambda item: item.line)
    return ParsedWishlist(exported.title, tuple(both), added.skipped)


def _parse(text: str, area: str | None) -> ParsedWishlist:
    doc = read_document(text)
    footer = cut_footer(doc)
    title, found = find_wishes(doc)
    wishes, skipped = leave_out_repeats(found)
    if footer is not None:
        skipped.append(footer)
    legend = read_legend(doc.root)
    levels = _priority_levels(doc.root)
    general_area = area_of_title(title)
    items: list[WishlistItem] = []
    for wish in sorted(wishes, key=lambda wish: wish.line):
        if reason := _why_no_wish(wish):
            skipped.append(SkippedPart(wish.line, wish.label.full or "(no title)", reason))
            continue
        item = item_from(wish, legend, levels, area)
        items.append(item if item.feature_area else replace(item, feature_area=general_area))
    return ParsedWishlist(title, tuple(items), tuple(sorted(skipped, key=lambda part: part.line)))


def _why_no_wish(wish: Wish) -> str | None:
    if not re.search(r"\w", wish.label.text):
        return "a placeholder without a title"
    if _PLACEHOLDER.match(wish.label.text) and len(wish.body) < 80:
        return "a placeholder without content"
    group = group_of(wish.label.text)
    if wish.batch is not None and group is not None and group.kind == "time":
        return "it names a period, not a wish"
    return None


def _priority_levels(root: Heading) -> int:
    """How many numbered priorities ("Priority 3", "Tier 2") the document counts."""
    ranks = [0]
    todo = [root]
    while todo:
        heading = todo.pop()
        todo.extend(heading.children)
        group = group_of(read_label(heading.text).full)
        if group is not None and group.rank is not None:
            ranks.append(group.rank)
    return max(ranks)
