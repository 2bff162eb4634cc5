"""arXiv's Atom feed, against the stand-in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ci_core.research.sources import SourceConfig
from ci_core.research.sources.arxiv import ArxivFilters, parsed, query_of
from ci_core.research.sources.reading import Asked
from ci_core.settings import Settings
from ci_core.web import OpenGate
from db.enums import SourceHealth
from tests.ci_core.research.sources.reading import ids, read
from tests.sites import Sites

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)


def papers(*queries: str, **filters: Any) -> SourceConfig:
    return SourceConfig("arxiv", "Finance", search_queries=queries, search_filters=filters)


def asked(source: SourceConfig, since: datetime | None = None) -> str:
    question = Asked(source, since, 50, Settings(_env_file=None), OpenGate(), NOW)
    return query_of(question, question.filters(ArxivFilters))


def test_a_paper_is_read_whole(sites: Sites) -> None:
    paper = read(sites, papers("option selling")).items[0]

    assert paper.external_id == "2611.04521"  # whichever version
    assert paper.url == "https://arxiv.org/abs/2611.04521"
    assert paper.title == "When Does Option Selling Pay? Evidence from Cash-Secured Puts"
    assert paper.author == "L. Hart"
    assert paper.published_at == (sites.now - timedelta(hours=20)).replace(microsecond=0)
    assert paper.links == ("https://doi.org/10.1000/optsell.2026", "https://github.com/lhart/option-selling")


def test_the_question_joins_categories_words_and_dates() -> None:
    source = papers("covered call", 'say "hi" (all:x)', categories=["q-fin.PM", "q-fin.*"])

    assert asked(source, NOW - timedelta(days=1)) == (
        '(cat:q-fin.PM OR cat:q-fin.*) AND (all:"covered call" OR all:"say hi all x") '
        "AND submittedDate:[202611241230 TO 202611261230]"
    )
    assert asked(papers("x")) == '(all:"x")'


@pytest.mark.parametrize(
    ("queries", "categories", "found"),
    [
        ((), ["q-fin.PM"], ["2611.04521", "2610.19001"]),
        (("implied volatility",), [], ["2611.05000", "2611.04521", "2611.03310"]),
        (("implied volatility",), ["q-fin.*"], ["2611.04521", "2611.03310"]),
        (("covered call", "early assignment"), ["q-fin.RM", "q-fin.TR"], ["2611.02077", "2611.01950"]),
    ],
)
def test_filters_keep_what_fits(
    sites: Sites, queries: tuple[str, ...], categories: list[str], found: list[str]
) -> None:
    assert ids(read(sites, papers(*queries, categories=categories))) == found


def test_pages_are_turned_up_to_the_limit(sites: Sites) -> None:
    sites.limits("arxiv", page=2)

    assert len(read(sites, papers(categories=["q-fin.*"]), limit=5).items) == 5
    assert sites.asked["arxiv"] == 3


def test_only_what_is_new_is_read_and_a_week_before_it(sites: Sites) -> None:
    reading = read(sites, papers(categories=["q-fin.PM"]), sites.now)

    assert ids(reading) == ["2611.04521"]


def test_a_page_that_comes_empty_is_asked_for_again(sites: Sites) -> None:
    sites.limits("arxiv", empty_page=True)

    reading = read(sites, papers(categories=["q-fin.*"]))

    assert (reading.health, len(reading.items)) == (SourceHealth.OK, 5)


def test_errors_come_as_the_only_entry_of_a_feed(sites: Sites) -> None:
    sites.items("arxiv").clear()
    sites.add("arxiv", {"id": "x", "category": "q-fin.PM", "title": "Error", "text": "sorry, too odd"})
    sites.items("arxiv")[0]["id"] = "/api/errors#x"

    reading = read(sites, papers(categories=["q-fin.PM"]))

    assert reading.message == "arXiv: it did not accept the request (sorry, too odd)"


def test_a_feed_that_refers_to_files_and_unfolds_does_neither() -> None:
    text = (
        '<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY f SYSTEM "file:///etc/passwd"><!ENTITY a "aaaaaaaaaa">'
        '<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>x</id><title>&f;&c;</title></entry></feed>'
    )

    told = str(parsed(text))

    assert "root:" not in told
    assert len(told) < 5_000


def test_a_text_that_is_an_address_is_not_fetched(sites: Sites) -> None:
    parsed(sites.url("arxiv"))

    assert sites.asked["arxiv"] == 0


def test_markup_in_a_title_stays_text(sites: Sites) -> None:
    sites.add("arxiv", {"id": "2611.09999v1", "category": "q-fin.PM", "title": "$x<y$\n  & more", "text": "a < b"})

    paper = read(sites, papers(categories=["q-fin.PM"])).items[0]

    assert (paper.title, paper.text) == ("$x<y$ & more", "a < b")
