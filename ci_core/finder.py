"""One search over everything that the product holds. A further kind of things is one entry in `KINDS`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import Row
from sqlalchemy.orm import Session

from ci_core.backlog import Enhancement, get_enhancement
from ci_core.backlog.lifecycle import LABELS
from ci_core.backlog.query_syntax import MOST_CHARACTERS, Query, parse_query
from ci_core.backlog.search import search_enhancements
from ci_core.backlog.text_query import read_text
from ci_core.errors import InvalidInput, NotFound, QueryError
from ci_core.research.search_queries import FindingMatches, findings_with_words

if TYPE_CHECKING:
    from ci_core.embeddings import Encoder

ENHANCEMENT, FINDING = "enhancement", "finding"
MOST_PER_KIND = 50
_NUMBER = re.compile(r"#?(\d{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was found.

    Attributes:
        kind: the name of its kind; with `id` it names the thing.
        note: what one wants to know beside the title, such as its state and score.
    """

    kind: str
    id: int
    title: str
    note: str


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """What was found of one kind, best first; `total` counts what is not listed as well."""

    kind: str
    label: str
    total: int
    found: tuple[Found, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class FoundPage:
    """The kinds of which something was found; `message` says why the text could not be taken as it was typed."""

    groups: tuple[FoundGroup, ...] = ()
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is searched for: as typed, as understood, by whom, and how many of each kind are wanted at most."""

    typed: str
    query: Query
    actor: str | None
    encoder: Encoder | None
    limit: int


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of things, and how it is searched."""

    name: str
    label: str
    search: Callable[[Session, Asked], FoundGroup]


def find(session: Session, typed: str, *, encoder: Encoder | None, actor: str | None, limit: int = 8) -> FoundPage:
    """Find things of every kind, grouped by kind.

    Text that means nothing in the syntax of searches is searched for its plain words, and the message says what was
    wrong with it; so there is always a result.

    Args:
        typed: as in `ci_core.backlog.query_syntax`; `#12` finds the enhancement of this number.
        encoder: None searches by words only.
        actor: whom `assignee:me` means.
        limit: how many things of each kind, 1–50.

    Raises:
        InvalidInput: the limit cannot be.
    """
    if not 1 <= limit <= MOST_PER_KIND:
        raise InvalidInput("limit", f"A limit of {limit} cannot be: 1 to {MOST_PER_KIND} of a kind are found.")
    message = None
    try:
        query = parse_query(typed)
    except QueryError as misunderstood:
        message = str(misunderstood)
        query = Query(text=plain_words(typed))
    if query.empty:
        return FoundPage(message=message)
    asked = Asked(typed.strip(), query, actor, encoder, limit)
    groups = (kind.search(session, asked) for kind in KINDS)
    return FoundPage(tuple(group for group in groups if group.found), message)


def plain_words(typed: str) -> str:
    """The words of a text without everything that means something in a search."""
    return " ".join(word for word in re.findall(r"\w+", typed[:MOST_CHARACTERS]) if word != "OR")


def _enhancements(session: Session, asked: Asked) -> FoundGroup:
    page = search_enhancements(session, asked.query, encoder=asked.encoder, actor=asked.actor, limit=asked.limit)
    found = list(page.enhancements)
    # Whoever types a number may mean the words of it, or the one that bears it.
    if (numbered := _numbered(session, asked.typed)) and numbered.id not in [one.id for one in found]:
        found.insert(0, numbered)
    total = max(page.total, len(found))
    return FoundGroup(
        ENHANCEMENT,
        "Enhancements",
        total,
        tuple(Found(ENHANCEMENT, one.id, one.title, _standing(one)) for one in found[: asked.limit]),
        page.note,
    )


def _numbered(session: Session, typed: str) -> Enhancement | None:
    number = _NUMBER.fullmatch(typed)
    if number is None:
        return None
    try:
        return get_enhancement(session, int(number[1]))
    except NotFound:
        return None


def _standing(one: Enhancement) -> str:
    score = "" if one.ai_priority_score is None else f" · {one.ai_priority_score:.0f}"
    return f"{LABELS[one.status]}{score}"


def _findings(session: Session, asked: Asked) -> FoundGroup:
    # A filter speaks of enhancements; together with one, findings are not what is looked for.
    text = read_text(asked.query.text)
    found = FindingMatches() if asked.query.filters else findings_with_words(session, text, limit=asked.limit)
    return FoundGroup(
        FINDING,
        "Research findings",
        found.total,
        tuple(Found(FINDING, row.id, row.source_title, _origin(row)) for row in found.rows),
    )


def _origin(row: Row[Any]) -> str:
    parts = [row.source_type.replace("_", " "), row.status.replace("_", " ")]
    if row.relevance_score is not None:
        parts.append(f"relevance {row.relevance_score:.0f}")
    if row.enhancement_id is not None:
        parts.append(f"#{row.enhancement_id}")
    return " · ".join(parts)


def web_address(url: str) -> str | None:
    """`url` when a browser may follow it: http or https with a host, and nothing else (it was written elsewhere)."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


KINDS: tuple[Kind, ...] = (
    Kind(ENHANCEMENT, "Enhancements", _enhancements),
    Kind(FINDING, "Research findings", _findings),
)
