"""Hacker News by Algolia's search, against the stand-in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ci_core.research.sources import SourceConfig
from db.enums import SourceHealth
from tests.ci_core.research.sources.reading import ids, read
from tests.sites import Sites


def stories(*queries: str, **filters: Any) -> SourceConfig:
    return SourceConfig("hacker_news", "HN", search_queries=queries, search_filters=filters)


def test_a_story_is_read_whole(sites: Sites) -> None:
    story = read(sites, stories("option selling")).items[0]

    assert story.external_id == "48000101"
    assert story.url == "https://news.ycombinator.com/item?id=48000101"
    assert story.links == ("https://arxiv.org/abs/2611.04521",)
    assert story.engagement == {"score": 212, "comments": 96}
    assert story.published_at == (sites.now - timedelta(hours=4)).replace(microsecond=0)


def test_a_question_links_nowhere_but_in_its_text(sites: Sites) -> None:
    question = read(sites, stories("algorithmic trading")).items[0]

    assert question.markup == "html"
    assert question.links == ("https://tests.example.org/replay",)


@pytest.mark.parametrize(
    ("queries", "filters", "found"),
    [
        (("streamlit",), {"min_points": 20}, {"48000105"}),
        (("streamlit",), {}, {"48000105", "48000107"}),
        ((), {"min_comments": 100}, {"48000103"}),
        ((), {"kinds": ["ask_hn"]}, {"48000104"}),
        ((), {"kinds": ["ask_hn", "show_hn"]}, {"48000102", "48000104"}),
    ],
)
def test_filters_keep_what_fits(
    sites: Sites, queries: tuple[str, ...], filters: dict[str, Any], found: set[str]
) -> None:
    assert set(ids(read(sites, stories(*queries, **filters)))) == found


def test_only_what_is_new_is_read_and_two_days_before_it(sites: Sites) -> None:
    reading = read(sites, stories(), sites.now + timedelta(hours=18))

    assert set(ids(reading)) == {f"4800010{number}" for number in (1, 2, 3, 4, 7)}  # no older than 30 hours


def test_it_reads_beyond_the_thousand_hits_of_one_query(sites: Sites) -> None:
    sites.items("hacker_news").clear()
    sites.add("hacker_news", *({"id": 100 + n, "age_hours": 1 + n / 60, "title": f"Story {n}"} for n in range(1_300)))

    reading = read(sites, stories(), limit=1_250)

    assert len(set(ids(reading))) == 1_250
    assert sites.asked["hacker_news"] <= 14


def test_more_stories_of_one_second_than_fit_on_a_page_end(sites: Sites) -> None:
    sites.items("hacker_news").clear()
    sites.add("hacker_news", *({"id": 100 + n, "age_hours": 1, "title": f"Story {n}"} for n in range(150)))
    sites.add("hacker_news", {"id": 1, "age_hours": 2, "title": "Before them"})

    reading = read(sites, stories(), limit=1_000)

    assert "1" in ids(reading)
    assert sites.asked["hacker_news"] < 6


def test_a_date_in_the_future_does_not_hide_what_comes_until_then(sites: Sites) -> None:
    sites.add("hacker_news", {"id": 9, "age_hours": -90_000, "title": "From the future"})

    reading = read(sites, stories())

    assert "9" in ids(reading)
    assert reading.newest_item_at == (sites.now - timedelta(hours=4)).replace(microsecond=0)


def test_odd_hits_are_left_out_and_the_others_kept(sites: Sites) -> None:
    sites.items("hacker_news").clear()
    odd: list[dict[str, Any]] = [
        {"objectID": "../x"}, {"title": " "}, {"points": 1e400}, {"points": True}, {"created_at_i": 10**30},
        {"url": "ftp://x"}, {"story_text": 5},
    ]  # fmt: skip
    for number, raw in enumerate(odd):
        sites.add("hacker_news", {"id": number + 1, "title": "A story", "url": "https://x.example", "raw": raw})

    reading = read(sites, stories())

    assert set(ids(reading)) == {"3", "4", "5", "6", "7"}
    assert reading.health is SourceHealth.DEGRADED
    assert all(isinstance(figure, int) for item in reading.items for figure in item.engagement.values())
