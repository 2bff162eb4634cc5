"""Hacker News, by the search that Algolia runs for it: stories with the words, newest first. Needs no credentials."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import timedelta
from typing import Literal

from pydantic import Field

from ci_core.errors import SiteAnswerUnusable
from ci_core.research.sources.entry import (
    LONGEST_NAME,
    LONGEST_TEXT,
    Entry,
    Unreadable,
    address,
    items_of,
    links_in,
    title_of,
)
from ci_core.research.sources.reading import PAGE, Asked, Filters, Pace, Site, SourceConfig, interleaved
from ci_core.research.values import Item
from ci_core.settings import Settings
from ci_core.web import WebClient

LABEL = "Hacker News"
READ_AT = "https://news.ycombinator.com/item?id="


class HackerNewsFilters(Filters):
    """min_points, min_comments: only stories with so many; kinds: only "ask_hn", "show_hn" (both: either of them)."""

    min_points: int = Field(0, ge=0)
    min_comments: int = Field(0, ge=0)
    kinds: tuple[Literal["story", "ask_hn", "show_hn"], ...] = ()


def read(asked: Asked) -> Generator[Item, None, None]:
    """The stories with each query's words; without a query, all."""
    filters = asked.filters(HackerNewsFilters)
    with asked.client(LABEL, asked.settings.hacker_news_api_url) as web:
        queries = asked.source.search_queries or ("",)
        yield from interleaved([_found(asked, web, query, filters) for query in queries])


def _found(asked: Asked, web: WebClient, query: str, filters: HackerNewsFilters) -> Iterator[Item]:
    """Walk back in time from page to page, because one query shows 1,000 stories at most however many there are."""
    tags = f"({','.join(filters.kinds)})" if filters.kinds else "story"
    limits = [f"points>={filters.min_points}"] if filters.min_points else []
    limits += [f"num_comments>={filters.min_comments}"] if filters.min_comments else []
    limits += [f"created_at_i>={int(asked.since.timestamp())}"] if asked.since else []
    size = min(PAGE, asked.limit)
    seen: set[str] = set()
    before: int | None = None
    for _ in asked.pages(size):
        numeric = [*limits, *([f"created_at_i<={before}"] if before is not None else [])]
        answer = web.json(
            "/search_by_date",
            {"query": query, "tags": tags, "hitsPerPage": size, "numericFilters": ",".join(numeric)},
        )
        hits = answer.get("hits") if isinstance(answer, dict) else None
        if not isinstance(hits, list):
            raise SiteAnswerUnusable(LABEL, "the answer has no list of hits")
        fresh = [hit for hit in hits if _id_of(hit) not in seen]
        seen |= {_id_of(hit) for hit in fresh}
        yield from items_of(fresh, _item, asked.remark)
        times = [moment for hit in hits if (moment := _created(hit)) is not None]
        if len(hits) < size or not times:
            return
        # Those of the last second may go on on the next page; if there are only such, it is left behind.
        before = min(times) if fresh else min(times) - 1


def _id_of(hit: object) -> str:
    return str(hit.get("objectID")) if isinstance(hit, dict) else ""


def _created(hit: object) -> int | None:
    return Entry(hit).number("created_at_i") if isinstance(hit, dict) else None


def _item(hit: Entry) -> Item:
    number = hit.must("objectID", LONGEST_NAME)
    if not number.isdecimal():
        raise Unreadable("the id is no number")
    url = f"{READ_AT}{number}"
    text = hit.text("story_text", LONGEST_TEXT)
    linked = address(hit.text("url"))  # an "Ask HN" links nowhere
    return Item(
        source_type=SITE.source_type,
        external_id=number,
        url=url,
        title=title_of(hit.must("title")),
        text=text,
        markup="html",
        author=hit.text("author", LONGEST_NAME) or None,
        published_at=hit.moment("created_at_i"),
        engagement=hit.figures(score="points", comments="num_comments"),
        links=links_in(text, "html", *([linked] if linked else []), own=url),
    )


def pace(_settings: Settings) -> Pace:
    """10,000 requests an hour are allowed; less will do."""
    return Pace(60, burst=10)


def place(_source: SourceConfig) -> None:
    """There is one Hacker News."""


SITE = Site(
    source_type="hacker_news",
    label=LABEL,
    filters=HackerNewsFilters,
    pace=pace,
    read=read,
    place=place,
    overlap=timedelta(days=2),  # points come with time
)
