"""People add and change sources; what cannot be read is refused before it is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from ci_core.backlog import undo_last
from ci_core.errors import InvalidInput, NotFound
from ci_core.research.default_sources import DEFAULT_SOURCES, ensure_default_sources
from ci_core.research.source_reading import checked
from ci_core.research.source_settings import (
    add_source,
    checked_source,
    edit_source,
    find_source,
    set_enabled,
    sources,
    try_source,
)
from ci_core.research.sources import SITES, SourceConfig
from db.engine import Database
from db.enums import SourceHealth
from db.tables import ResearchSource
from tests.sites import Sites

HN = SourceConfig("hacker_news", "HN options", search_queries=("options",), search_filters={"min_points": 5})


def stored(session: Session, source_id: int | None) -> Any:
    return session.execute(
        select(ResearchSource.newest_item_at, ResearchSource.next_scan_at, ResearchSource.failures).where(
            ResearchSource.id == source_id
        )
    ).one()


def test_an_added_source_is_found_by_name_and_number(session: Session) -> None:
    added = add_source(session, HN, actor="tess")

    assert added.id is not None
    assert find_source(session, "hn OPTIONS") == added
    assert find_source(session, added.id) == added
    assert find_source(session, str(added.id)) == added
    assert added in sources(session)


def test_texts_are_trimmed_and_repeated_queries_dropped(session: Session) -> None:
    source = replace(HN, source_name="  HN  ", search_queries=(" options ", "options", " "), source_url=" ")

    added = add_source(session, source, actor="tess")

    assert (added.source_name, added.search_queries, added.source_url) == ("HN", ("options",), None)


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"source_type": "usenet"}, "source_type", "Choose one of reddit, github, arxiv"),
        ({"source_name": " "}, "source_name", "must not be empty"),
        ({"source_name": "a\nb"}, "source_name", "one line"),
        ({"source_url": "javascript:alert(1)"}, "source_url", "http"),
        ({"search_queries": ("x" * 201,)}, "search_queries", "200 are allowed"),
        ({"search_queries": tuple(f"q{n}" for n in range(21))}, "search_queries", "at most 20"),
        ({"search_filters": {"min_point": 3}}, "search_filters", "“min_point” is not known for hacker_news"),
        ({"search_filters": {"min_points": "many"}}, "search_filters", "“min_points” of HN options cannot be used"),
        ({"search_filters": {"min_points": -1}}, "search_filters", "greater than or equal to 0"),
        ({"search_filters": {"kinds": ["story", "jobs"]}}, "search_filters", "item 2"),
        ({"scan_frequency_hours": 0}, "scan_frequency_hours", "from 1 to 8,760"),
        ({"max_results": 1001}, "max_results", "from 1 to 1,000"),
        ({"max_results": True}, "max_results", "whole number"),
        ({"max_requests_per_minute": 0}, "max_requests_per_minute", "from 1"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(changes: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=None) as refused:
        checked_source(replace(HN, **changes))

    assert refused.value.field == field
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "filters"),
    [
        ("reddit", {"subreddit": "options; DROP"}),
        ("reddit", {}),
        ("github", {"topics": ["Trading Platform"]}),
        ("github", {"repositories": ["no-owner"]}),
        ("github", {"topics": ["a"], "include": ["wiki"]}),
        ("github", {"topics": ["a"], "min_stars": "50 fork:true"}),
        ("github", {"topics": ["a"], "language": 'python" user:x'}),
        ("arxiv", {"categories": ["q-fin.PM) OR cat:cs"]}),
        ("arxiv", {}),
        ("stack_overflow", {"site": "quant&key=x", "tags": ["options"]}),
        ("stack_overflow", {"tags": ["a;b"]}),
        ("stack_overflow", {}),
    ],
)
def test_every_kind_of_site_checks_its_filters(kind: str, filters: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        checked(SourceConfig(kind, "Nameless", search_filters=filters))


def test_the_default_sources_are_as_they_should_be(session: Session) -> None:
    ensure_default_sources(session, actor="tess")

    found = sources(session)

    assert len(found) == len(DEFAULT_SOURCES)
    assert {source.source_type for source in found} == set(SITES)
    assert all(checked_source(source) == source for source in found)


def test_a_name_is_taken_once_for_each_kind(session: Session) -> None:
    add_source(session, HN, actor="tess")
    other = add_source(session, SourceConfig("arxiv", "HN options", search_queries=("options",)), actor="tess")

    with pytest.raises(InvalidInput, match="already"):
        add_source(session, HN, actor="tess")
    with pytest.raises(NotFound, match=rf"{other.id} \(arxiv\)"):
        find_source(session, "HN options")


def test_a_rename_to_a_taken_name_is_refused(session: Session) -> None:
    add_source(session, HN, actor="tess")
    other = add_source(session, replace(HN, source_name="Other"), actor="tess")

    with pytest.raises(InvalidInput, match="already"):
        edit_source(session, other.id or 0, {"source_name": "HN options"}, actor="tess")


def test_a_source_that_looks_for_something_else_begins_anew(session: Session) -> None:
    added = add_source(session, HN, actor="tess")
    seen = {
        "newest_item_at": datetime(2026, 11, 1, tzinfo=UTC),
        "next_scan_at": datetime(2027, 1, 1, tzinfo=UTC),
        "failures": 2,
    }
    session.execute(update(ResearchSource).where(ResearchSource.id == added.id).values(**seen))

    edit_source(session, added.id or 0, {"scan_frequency_hours": 6}, actor="tess")
    assert tuple(stored(session, added.id)) == tuple(seen.values())

    edit_source(session, added.id or 0, {"search_queries": ("wheel",)}, actor="tess")
    assert tuple(stored(session, added.id)) == (None, None, 0)


def test_fields_that_are_none_of_a_person_stay(session: Session) -> None:
    added = add_source(session, HN, actor="tess")

    for name in ("id", "source_type", "failures"):
        with pytest.raises(InvalidInput):
            edit_source(session, added.id or 0, {name: 1}, actor="tess")


def test_an_edit_can_be_taken_back(database: Database) -> None:
    with database.transaction("tess") as session:
        added = add_source(session, HN, actor="tess")
    with database.transaction("tess") as session:
        edit_source(session, added.id or 0, {"max_results": 7}, actor="tess")

    with database.transaction("tess") as session:
        undo_last(session, actor="tess")

    with database.reading() as session:
        assert find_source(session, added.id or 0) == added


def test_a_broken_source_can_be_switched_off_but_not_on(session: Session) -> None:
    added = add_source(session, HN, actor="tess")
    session.execute(update(ResearchSource).where(ResearchSource.id == added.id).values(search_filters={"min_point": 3}))

    assert not set_enabled(session, added.id or 0, False, actor="tess").enabled
    with pytest.raises(InvalidInput, match="min_point"):
        set_enabled(session, added.id or 0, True, actor="tess")


@pytest.mark.parametrize("named", ["nothing", 0, 10**30, "-1"])
def test_a_source_that_is_not_there_is_said_so(session: Session, named: int | str) -> None:
    with pytest.raises(NotFound, match="ci research sources list"):
        find_source(session, named)


def test_trying_a_source_shows_three_items_and_stores_nothing(database: Database, sites: Sites) -> None:
    reading = try_source(database, sites.settings(), SourceConfig("hacker_news", "Everything"))

    assert (reading.health, len(reading.items)) == (SourceHealth.OK, 3)
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM ci_research_findings")) == 0


def test_trying_a_source_without_credentials_says_which(database: Database, sites: Sites) -> None:
    settings = sites.settings(reddit_client_id=None)

    reading = try_source(database, settings, SourceConfig("reddit", "r/options"))

    assert reading.message == (
        "Reddit API authentication failed: REDDIT_CLIENT_ID is not set. Create an app of the type “script” at "
        "https://www.reddit.com/prefs/apps and put its id and secret into .env as REDDIT_CLIENT_ID and "
        "REDDIT_CLIENT_SECRET."
    )
