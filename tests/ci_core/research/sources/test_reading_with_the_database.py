"""A source is read behind the gate that all workers share."""

from __future__ import annotations

from datetime import timedelta

from ci_core.research.default_sources import DEFAULT_SOURCES
from ci_core.research.site_state import locked
from ci_core.research.source_reading import read_source
from ci_core.research.sources import SourceConfig
from db.engine import Database
from db.enums import SourceHealth
from tests.ci_core.research.sources.reading import EACH, ids
from tests.sites import Sites


def default(name: str) -> SourceConfig:
    found = next(source for source in DEFAULT_SOURCES if source["source_name"] == name)
    return SourceConfig(
        **{key: tuple(value) if isinstance(value, list) else value for key, value in found.items()}  # type: ignore[arg-type]
    )


def test_a_limit_holds_for_the_other_sources_of_the_site(database: Database, sites: Sites) -> None:
    sites.break_site("reddit", "429", retry_after="600")

    first = read_source(database, sites.settings(), default("r/options"))
    asked = sites.asked["reddit"]
    second = read_source(database, sites.settings(), default("r/Python"))

    assert (first.message or "").startswith("Reddit: 429, next try ")
    assert second.message == first.message
    assert second.retry_at is not None
    assert sites.asked["reddit"] == asked  # the second did not ask at all


def test_a_broken_site_holds_up_no_other(database: Database, sites: Sites) -> None:
    for _ in range(3):
        sites.break_site("hacker_news", "500")
        read_source(database, sites.settings(), EACH["hacker_news"])

    assert read_source(database, sites.settings(), EACH["arxiv"]).health is SourceHealth.OK
    with database.transaction("tess") as session:
        assert locked(session, "hacker_news")[0].failures == 3


def test_a_spent_quota_is_known_to_the_next_reading(database: Database, sites: Sites) -> None:
    sites.limits("stack_overflow", remaining=1)

    first = read_source(database, sites.settings(), EACH["stack_overflow"])
    second = read_source(database, sites.settings(), EACH["stack_overflow"])

    assert first.health is SourceHealth.OK
    assert (second.message or "").startswith("Stack Exchange: no requests are left for now, next try ")


def test_reading_goes_on_where_the_last_one_ended(database: Database, sites: Sites) -> None:
    first = read_source(database, sites.settings(), EACH["hacker_news"], now=sites.now)
    sites.add("hacker_news", {"id": 48000999, "age_hours": 0.1, "title": "A new one", "url": "https://new.example.org"})

    again = read_source(database, sites.settings(), EACH["hacker_news"], first.newest_item_at, now=sites.now)

    assert "48000999" in ids(again)
    assert again.newest_item_at == (sites.now - timedelta(hours=0.1)).replace(microsecond=0)


def test_a_wrong_filter_is_told_and_nobody_is_asked(database: Database, sites: Sites) -> None:
    wrong = SourceConfig("github", "Finance", search_queries=("x",), search_filters={"min_star": 5})

    reading = read_source(database, sites.settings(), wrong)

    assert reading.health is SourceHealth.FAILED
    assert "“min_star” is not known for github" in (reading.message or "")
    assert sites.asked["github"] == 0


def test_an_unknown_kind_of_source_is_told(database: Database, sites: Sites) -> None:
    reading = read_source(database, sites.settings(), SourceConfig("usenet", "alt.finance"))

    assert (reading.message or "").startswith("There is no kind of source “usenet”.")


def test_what_waits_behind_the_limit_is_not_lost(database: Database, sites: Sites) -> None:
    busy = SourceConfig("hacker_news", "Busy", max_results=5)
    first = read_source(database, sites.settings(), busy, now=sites.now)
    sites.add("hacker_news", *({"id": 900 + n, "age_hours": n / 60, "title": f"Story {n}"} for n in range(8)))

    second = read_source(database, sites.settings(), busy, first.newest_item_at, now=sites.now)
    third = read_source(database, sites.settings(), busy, first.newest_item_at, 50, now=sites.now)

    assert first.newest_item_at is not None  # as far back as the limit goes, the first time
    assert len(second.items) == 5
    assert second.newest_item_at is None
    assert {f"{900 + n}" for n in range(8)} <= set(ids(third))
    assert third.newest_item_at == sites.now.replace(microsecond=0)


def test_a_glance_at_a_source_does_not_move_it_on(database: Database, sites: Sites) -> None:
    glance = read_source(database, sites.settings(), EACH["hacker_news"], None, 3, now=sites.now)

    assert len(glance.items) == 3
    assert glance.newest_item_at is None


def test_a_reading_that_takes_too_long_stops_with_what_it_has(database: Database, sites: Sites) -> None:
    reading = read_source(database, sites.settings(), EACH["hacker_news"], longest_seconds=0)

    assert len(reading.items) == 1
    assert reading.health is SourceHealth.DEGRADED
    assert reading.newest_item_at is None
    assert "it took too long and was stopped" in (reading.message or "")
