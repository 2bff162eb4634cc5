"""Adds and changes the places that are scanned, and shows what one would give before it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ci_core.backlog.validation import line
from ci_core.errors import InvalidInput, NotFound
from ci_core.research.source_reading import checked, config_of, read_source
from ci_core.research.sources import SourceConfig, SourceReading, site_of
from ci_core.research.sources.entry import address
from ci_core.settings import Settings
from db.engine import Database, act_as
from db.tables import ResearchSource

LONGEST_NAME = 200
LONGEST_QUERY = 200
MOST_QUERIES = 20
BOUNDS = {"scan_frequency_hours": (1, 8_760), "max_results": (1, 1_000), "max_requests_per_minute": (1, 10_000)}
OPTIONAL = frozenset({"max_requests_per_minute"})
EDITABLE = frozenset(field.name for field in fields(SourceConfig)) - {"id", "source_type"}
# What decides which items are wanted: with another answer to that, the source is read from its beginning.
DECISIVE = ("source_url", "search_queries", "search_filters")
# To try a source shows so many items.
SHOWN = 3
LARGEST_ID = 2**63 - 1


def sources(session: Session) -> tuple[SourceConfig, ...]:
    """Every configured source, by kind and name."""
    found = select(ResearchSource).order_by(ResearchSource.source_type, func.lower(ResearchSource.source_name))
    return tuple(config_of(row) for row in session.scalars(found))


def find_source(session: Session, named: int | str) -> SourceConfig:
    """The source with this number or name; upper and lower case are the same.

    Raises:
        NotFound: there is none; or several kinds of sites have one of this name, which the text lists.
    """
    return config_of(_row(session, named))


def add_source(session: Session, source: SourceConfig, *, actor: str) -> SourceConfig:
    """Store a further source.

    Raises:
        InvalidInput: a value cannot be used, a filter is unknown, or the kind of site has a source of this name.
    """
    source = checked_source(source)
    act_as(session, actor)
    added = session.scalar(
        insert(ResearchSource).values(**_columns(source)).on_conflict_do_nothing().returning(ResearchSource.id)
    )
    if added is None:
        raise _taken(source)
    return replace(source, id=added)


def edit_source(session: Session, named: int | str, changes: Mapping[str, Any], *, actor: str) -> SourceConfig:
    """Change fields of a source; what is not named stays as it is.

    A source that looks for something else from now on is read from its beginning at the next scan, which is due at
    once: what was found before is known and comes in once.

    Args:
        changes: by the names of `SourceConfig`, all but `id` and `source_type`.

    Raises:
        NotFound: there is no such source.
        InvalidInput: a value or a filter cannot be used, or the name is taken.
    """
    if unknown := sorted(set(changes) - EDITABLE):
        raise InvalidInput(unknown[0], f"A source has no {unknown[0]} that can be changed.")
    act_as(session, actor)
    row = _row(session, named, lock=True)
    before = config_of(row)
    source = checked_source(replace(before, **changes))
    if source == before:
        return before
    if source.source_name != before.source_name and _others_have(session, source):
        raise _taken(source)
    values = _columns(source)
    if any(getattr(source, name) != getattr(before, name) for name in DECISIVE):
        values |= {"newest_item_at": None, "scan_state": {}, "next_scan_at": None, "retry_at": None, "failures": 0}
    session.execute(update(ResearchSource).where(ResearchSource.id == row.id).values(**values))
    return source


def set_enabled(session: Session, named: int | str, enabled: bool, *, actor: str) -> SourceConfig:
    """Let a source be scanned, or not.

    Raises:
        NotFound: there is no such source.
        InvalidInput: it is not configured so that it can be read, and is to be scanned.
    """
    if enabled:
        return edit_source(session, named, {"enabled": True}, actor=actor)
    act_as(session, actor)
    row = _row(session, named, lock=True)  # whatever is wrong with it, it can be switched off
    session.execute(update(ResearchSource).where(ResearchSource.id == row.id).values(enabled=False))
    return replace(config_of(row), enabled=False)


def try_source(
    database: Database, settings: Settings, source: SourceConfig, *, now: datetime | None = None, seconds: float = 60.0
) -> SourceReading:
    """What a source would give: its newest items, at most three, stored or not. Nothing of it is kept.

    Raises:
        InvalidInput: a value or a filter cannot be used.
        DatabaseError: the database cannot be used.
    """
    return read_source(database, settings, checked_source(source), None, SHOWN, now=now, longest_seconds=seconds)


def checked_source(source: SourceConfig) -> SourceConfig:
    """The source with its texts trimmed.

    Raises:
        InvalidInput: something of it cannot be used; `field` names what.
    """
    site_of(source.source_type)
    url = (source.source_url or "").strip() or None
    if url is not None and address(url) is None:
        raise InvalidInput("source_url", "The address must begin with http:// or https:// and name a host.")
    queries = [query for query in source.search_queries if not isinstance(query, str) or query.strip()]
    if len(queries) > MOST_QUERIES:
        raise InvalidInput("search_queries", f"A source has at most {MOST_QUERIES} queries; split it.")
    if not isinstance(source.search_filters, Mapping):
        raise InvalidInput("search_filters", 'The filters are an object, such as {"min_points": 20}.')
    for name, (least, most) in BOUNDS.items():
        _check_number(name, getattr(source, name), least, most)
    source = replace(
        source,
        source_name=line("source_name", source.source_name, LONGEST_NAME),
        source_url=url,
        search_queries=tuple(dict.fromkeys(line("search_queries", query, LONGEST_QUERY) for query in queries)),
        search_filters=dict(source.search_filters),
    )
    checked(source)
    return source


def _check_number(name: str, value: object, least: int, most: int) -> None:
    if value is None and name in OPTIONAL:
        return
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        words = name.replace("_", " ").capitalize()
        raise InvalidInput(name, f"{words} must be a whole number from {least:,} to {most:,}.")


def _row(session: Session, named: int | str, *, lock: bool = False) -> ResearchSource:
    number = int(named) if isinstance(named, int) or named.strip().isdecimal() else None
    found = select(ResearchSource).order_by(ResearchSource.id)
    if number is None:
        found = found.where(func.lower(ResearchSource.source_name) == func.lower(str(named).strip()))
    elif 1 <= number <= LARGEST_ID:
        found = found.where(ResearchSource.id == number)
    else:
        found = found.where(text("false"))
    found = found.with_for_update() if lock else found
    rows = session.scalars(found, execution_options={"populate_existing": True}).all()
    if len(rows) > 1:
        several = ", ".join(f"{row.id} ({row.source_type})" for row in rows)
        raise NotFound(f"Several sources are called “{named}”; say which one by its number: {several}.")
    if not rows:
        called = f"“{named}”" if number is None else number
        raise NotFound(f"There is no source {called}. List them: ci research sources list")
    return rows[0]


def _others_have(session: Session, source: SourceConfig) -> bool:
    same = select(ResearchSource.id).where(
        ResearchSource.source_type == source.source_type,
        ResearchSource.source_name == source.source_name,
        ResearchSource.id != source.id,
    )
    return session.scalar(same) is not None


def _taken(source: SourceConfig) -> InvalidInput:
    return InvalidInput(
        "source_name", f"There is a source “{source.source_name}” of {source.source_type} already. Choose another name."
    )


def _columns(source: SourceConfig) -> dict[str, Any]:
    values = {field.name: getattr(source, field.name) for field in fields(source) if field.name != "id"}
    return values | {"search_queries": list(source.search_queries), "search_filters": dict(source.search_filters)}
