"""Reads the entries of a site's answer, of which nothing is certain: every field may be missing or something else."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlsplit

from ci_core.research.values import Item, Markup

T = TypeVar("T")
LONGEST_TITLE = 500
LONGEST_TEXT = 20_000
LONGEST_NAME = 200
LONGEST_ADDRESS = 2_000
MOST_LINKS = 20
LARGEST_FIGURE = 2**31 - 1
ADDRESS_IN_TEXT = re.compile(r"https?://[^\s<>\"'\]\[`|\\^{}]+", re.IGNORECASE)
# Punctuation that ends the sentence, and not the address.
AFTER_ADDRESS = ".,;:!?)*_"


class Unreadable(Exception):
    """An entry lacks what every entry must have."""


class Entry:
    """One object of a site's answer.

    Args:
        fields: what should be a JSON object.

    Raises:
        Unreadable: it is none.
    """

    def __init__(self, fields: object) -> None:
        if not isinstance(fields, Mapping):
            raise Unreadable("an entry is no object")
        self._fields = fields

    def text(self, name: str, longest: int = LONGEST_TEXT) -> str:
        """The text of a field, without what no database can store, cut to `longest`; empty where there is none."""
        value = self._fields.get(name)
        return storable(value)[:longest] if isinstance(value, str) else ""

    def must(self, name: str, longest: int = LONGEST_TEXT) -> str:
        """The text of a field that every entry has; a whole number is taken as its digits.

        Raises:
            Unreadable: it is missing or empty.
        """
        value = self._fields.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        text = self.text(name, longest).strip()
        if not text:
            raise Unreadable(f"{name} is missing")
        return text

    def number(self, name: str) -> int | None:
        """A figure, whole and within what can be stored; None where there is none."""
        value = self._fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return None
        return max(-LARGEST_FIGURE, min(LARGEST_FIGURE, int(value)))

    def moment(self, name: str) -> datetime | None:
        """A moment in UTC, from Unix seconds or ISO 8601; None where there is none."""
        value = self._fields.get(name)
        try:
            if isinstance(value, int | float) and not isinstance(value, bool):
                return datetime.fromtimestamp(value, UTC)
            if isinstance(value, str):
                return utc(datetime.fromisoformat(value))
        except (ValueError, OverflowError, OSError):
            return None
        return utc(value) if isinstance(value, datetime) else None

    def entry(self, name: str) -> Entry:
        """The object in a field; an empty one where there is none."""
        value = self._fields.get(name)
        return Entry(value if isinstance(value, Mapping) else {})

    def is_set(self, name: str) -> bool:
        """Whether a field says yes."""
        return self._fields.get(name) is True

    def named(self, name: str) -> str | None:
        """The name of the person in a field: a text, or an object of a library with a `name`; None without one."""
        value = self._fields.get(name)
        found = value if isinstance(value, str) else getattr(value, "name", None)
        return storable(found)[:LONGEST_NAME] or None if isinstance(found, str) else None

    def list(self, name: str) -> Sequence[object]:
        """The list in a field; an empty one where there is none."""
        value = self._fields.get(name)
        return value if isinstance(value, list) else []

    def figures(self, **names: str) -> dict[str, int]:
        """Engagement: figures under our names, those that there are."""
        found = {ours: self.number(theirs) for ours, theirs in names.items()}
        return {ours: figure for ours, figure in found.items() if figure is not None}


def storable(text: str) -> str:
    """Text without the characters that PostgreSQL and UTF-8 cannot hold: NUL, and halves of a pair."""
    return text.replace("\x00", "").encode("utf-8", errors="replace").decode("utf-8")


def title_of(text: str, *, escaped: bool = False) -> str:
    """A title on one line, cut where it gets long.

    Args:
        escaped: whether the site writes "&amp;" for "&" in it.

    Raises:
        Unreadable: there is none.
    """
    title = " ".join((html.unescape(text) if escaped else text).split())[:LONGEST_TITLE]
    if not title:
        raise Unreadable("the title is missing")
    return title


def utc(moment: datetime) -> datetime:
    """The moment in UTC; one without a zone is meant so."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def address(text: str) -> str | None:
    """The text if it is an address that a browser opens, else None."""
    text = storable(text).strip()
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and len(text) <= LONGEST_ADDRESS
    except ValueError:
        return None
    return text if usable and text.isprintable() and " " not in text else None


def links_in(text: str, markup: Markup, *first: str, own: str = "") -> tuple[str, ...]:
    """The addresses that a text speaks of, after those given, each once, without the item's own."""
    found = ADDRESS_IN_TEXT.findall(html.unescape(text) if markup == "html" else text)
    wanted = (address(link) for link in (*first, *(link.rstrip(AFTER_ADDRESS) for link in found)))
    unique = dict.fromkeys(link for link in wanted if link is not None and link != own)
    return tuple(unique)[:MOST_LINKS]


def items_of(
    entries: Iterable[object], convert: Callable[[Entry], Item | None], remark: Callable[[str], None]
) -> Iterator[Item]:
    """What `convert` makes of each entry; one that cannot be read is left out, which is remarked."""
    for fields in entries:
        try:
            item = convert(Entry(fields))
        except Unreadable:
            remark("some of its entries could not be read and were left out")
            continue
        if item is not None:
            yield item
