"""An item's fields as the backlog stores them."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Any

from ci_core.backlog.validation import (
    DESCRIPTION_MAX,
    DIRECTION_MARKS,
    NAME_MAX,
    TAG_MAX,
    TAGS_MAX,
    TITLE_MAX,
    checked_fields,
)
from ci_core.backlog.wishlist.items import WishlistItem
from ci_core.errors import InvalidInput
from db.enums import Category, Priority

CUT = "\n\n*(The rest is in the wishlist; it is too long to be stored.)*"


class UnusableItem(Exception):
    """An item has no usable title or a value that cannot be stored; the text says which."""


def values_of(item: WishlistItem) -> dict[str, Any]:
    """The values by field, as plain JSON, and `completed`; what the file does not say takes the usual value.

    Raises:
        UnusableItem: nothing can be made of it.
    """
    try:
        stored = checked_fields({
            "title": _line(item.title, TITLE_MAX),
            "description": _body(item.description),
            "priority": item.priority or Priority.MEDIUM,
            "category": item.category or Category.ENHANCEMENT,
            "complexity": item.complexity,
            "estimated_hours": item.estimated_hours,
            "feature_area": _line(item.feature_area or "", NAME_MAX) or None,
            "tags": [tag for tag in (_line(tag, TAG_MAX) for tag in item.tags) if tag][:TAGS_MAX],
        })  # fmt: skip
    except InvalidInput as error:
        raise UnusableItem(str(error)) from error
    plain = {name: float(value) if isinstance(value, Decimal) else value for name, value in stored.items()}
    return {**plain, "completed": item.completed}


def _line(text: str, longest: int) -> str:
    readable = "".join(
        " " if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} else character
        for character in text
        if character not in DIRECTION_MARKS
    )
    line = re.sub(r"\s+", " ", readable).strip()
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _body(text: str) -> str:
    usable = text.replace("\r\n", "\n").replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    return usable if len(usable) <= DESCRIPTION_MAX else usable[: DESCRIPTION_MAX - len(CUT)] + CUT
