"""Stack Exchange 2.3, against the stand-in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ci_core.research.source_reading import read_through
from ci_core.research.sources import SourceConfig
from ci_core.web import News, OpenGate
from db.enums import SourceHealth
from tests.ci_core.research.sources.reading import ids, read
from tests.sites import Sites


def questions(*queries: str, **filters: Any) -> SourceConfig:
    return SourceConfig("stack_overflow", "Questions", search_queries=queries, search_filters=filters)


class Listening(OpenGate):
    def __init__(self) -> None:
        super().__init__()
        self.news: list[News] = []

    def heard(self, news: News) -> None:
        self.news.append(news)


def test_a_question_is_read_whole(sites: Sites) -> None:
    question = read(sites, questions("streamlit performance")).items[0]

    assert question.external_id == "stackoverflow:79100001"
    assert question.url == "https://stackoverflow.com/questions/79100001/question"
    assert question.title == 'Streamlit performance drops with "many" fragments'
    assert question.markup == "html"
    assert question.engagement == {"score": 5, "answers": 1, "views": 210}
    assert question.published_at == (sites.now - timedelta(hours=6)).replace(microsecond=0)


@pytest.mark.parametrize(
    ("queries", "filters", "found"),
    [
        (("pandas",), {}, {"stackoverflow:79100004"}),
        (("pandas",), {"min_score": 1}, set()),
        (("sqlalchemy pool",), {"tags": ["streamlit"]}, {"stackoverflow:79100001", "stackoverflow:79100002"}),
        ((), {"site": "quant", "tags": ["volatility", "backtesting"]}, {"quant:88002", "quant:88003"}),
    ],
)
def test_filters_keep_what_fits(
    sites: Sites, queries: tuple[str, ...], filters: dict[str, Any], found: set[str]
) -> None:
    assert set(ids(read(sites, questions(*queries, **filters)))) == found


def test_only_what_is_new_is_read_and_a_week_before_it(sites: Sites) -> None:
    reading = read(sites, questions(site="quant", tags=["options", "volatility"]), sites.now + timedelta(days=6))

    assert ids(reading) == ["quant:88001"]


def test_pages_are_turned_up_to_the_limit(sites: Sites) -> None:
    for number in range(250):
        sites.add(
            "stack_overflow",
            {"id": number, "site": "many", "tags": ["t"], "age_hours": number + 1, "title": f"Question {number}"},
        )

    assert len(read(sites, questions(site="many", tags=["t"]), limit=230).items) == 230
    assert sites.asked["stack_overflow"] == 3


def test_the_gate_hears_of_backoff_and_quota(sites: Sites) -> None:
    sites.limits("stack_overflow", backoff=17, remaining=42)
    gate = Listening()

    read_through(gate, sites.settings(), questions("pandas"), now=sites.now)

    news = gate.news[0]
    assert (news.hold_seconds, news.quota_remaining) == (17, 41)
    assert news.quota_resets_at is not None
    assert (news.quota_resets_at.hour, news.quota_resets_at.minute) == (0, 0)


def test_throttling_comes_as_400_and_says_until_when(sites: Sites) -> None:
    sites.limits("stack_overflow", throttled=7_200)

    reading = read(sites, questions("pandas"))

    assert (reading.message or "").startswith("Stack Exchange: too many requests, next try ")
    assert reading.retry_at is not None
    assert 7_100 < (reading.retry_at - sites.now).total_seconds() < 7_300
    assert sites.asked["stack_overflow"] == 1


def test_a_site_that_is_none_is_said_so(sites: Sites) -> None:
    reading = read(sites, questions("x", site="nonesuch"))

    assert reading.health is SourceHealth.FAILED
    assert reading.message == "Stack Exchange: 404, not there (any more) (No site found for name `nonesuch`)"


def test_the_key_is_sent_and_never_shown(sites: Sites) -> None:
    sites.break_site("stack_overflow", "400")

    reading = read(sites, questions("x"), stackexchange_key="se-s3cret")

    assert "key=se-s3cret" in sites.requests[0][1]
    assert "se-s3cret" not in (reading.message or "")


def test_a_site_where_nothing_fits_is_not_read_to_its_end(sites: Sites) -> None:
    for number in range(3_000):
        sites.add(
            "stack_overflow", {"id": number, "site": "many", "tags": ["t"], "age_hours": 1, "title": "A question"}
        )

    reading = read(sites, questions(site="many", tags=["t"], min_score=50), sites.now)

    assert reading.items == ()
    assert sites.asked["stack_overflow"] == 11  # a page for the limit, and ten more
    assert reading.newest_item_at is None
