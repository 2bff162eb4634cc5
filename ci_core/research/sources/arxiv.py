"""arXiv, by its Atom interface: papers of categories with the words, newest first. Needs no credentials."""

from __future__ import annotations

import io
import re
from collections.abc import Generator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from ci_core.errors import InvalidInput, SiteAnswerUnusable
from ci_core.research.sources.entry import (
    LONGEST_NAME,
    LONGEST_TEXT,
    Entry,
    Unreadable,
    items_of,
    links_in,
    title_of,
)
from ci_core.research.sources.reading import PAGE, Asked, Filters, Pace, Site, SourceConfig
from ci_core.research.values import Item
from ci_core.settings import Settings
from ci_core.web import WebClient
from ci_core.web.site_message import plain_line

LABEL = "arXiv"
READ_AT = "https://arxiv.org/abs/"
# Such as http://arxiv.org/abs/2401.01234v2, and from before 2007 …/abs/math.GT/0309136v1.
NUMBER = re.compile(r"/abs/([A-Za-z.-]+/\d{7}|\d{4}\.\d{4,5})(v\d+)?$")
Category = Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*(\.([A-Z]{2}|[a-z]+(-[a-z]+)*|\*))?$", max_length=40)]


class ArxivFilters(Filters):
    """categories: papers of one of these, such as "q-fin.PM" or "q-fin.*"; all of them where none is named."""

    categories: tuple[Category, ...] = ()


def read(asked: Asked) -> Generator[Item, None, None]:
    """The papers of the categories that have one of the queries' words."""
    question = query_of(asked, asked.filters(ArxivFilters))
    with asked.client(LABEL, asked.settings.arxiv_api_url) as web:
        start = 0
        while True:
            size = min(PAGE, max(asked.limit - start, 1))
            entries, total, damaged = _page(asked, web, question, start, size)
            yield from items_of(entries, _item, asked.remark)
            start += len(entries)
            if not entries or damaged or start >= total or start >= asked.limit:
                return


def query_of(asked: Asked, filters: ArxivFilters) -> str:
    """The question in arXiv's language; words between quotation marks are looked for side by side."""
    parts = []
    if filters.categories:
        parts.append(_any(f"cat:{category}" for category in filters.categories))
    queries = [" ".join(re.sub(r'["()\\:]', " ", query).split()) for query in asked.source.search_queries]
    if any(queries):
        parts.append(_any(f'all:"{query}"' for query in queries if query))
    if asked.since is not None:
        parts.append(f"submittedDate:[{_minute(asked.since)} TO {_minute(asked.now + timedelta(days=1))}]")
    return " AND ".join(parts)


def _any(terms: Iterator[str]) -> str:
    return f"({' OR '.join(terms)})"


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%d%H%M}"


def _page(asked: Asked, web: WebClient, question: str, start: int, size: int) -> tuple[list[Any], int, bool]:
    """The entries of one page, how many there are in all, and whether the feed is damaged.

    A page that comes empty though there are more entries is asked for once more: arXiv does that now and then.
    """
    for _ in range(2):
        feed = parsed(
            web.text(
                "/query",
                {
                    "search_query": question,
                    "start": start,
                    "max_results": size,
                    "sortBy": "submittedDate",
                    "sortOrder": "descending",
                },
            )
        )
        entries = list(feed.entries)
        told = str(feed.feed.get("opensearch_totalresults", ""))
        _refuse_error(entries)
        if not told.isdecimal() and not entries:
            raise SiteAnswerUnusable(LABEL, "the answer is no feed that can be read")
        total = int(told) if told.isdecimal() else start + len(entries)
        if feed.bozo:
            asked.remark("the feed is damaged; what could be read of it was kept", gap=True)
        if entries or start >= total:
            return entries, total, bool(feed.bozo)
    asked.remark(f"a page came empty; {total - start} papers are missing", gap=True)
    return [], total, True


def parsed(text: str) -> Any:
    """The feed as feedparser reads it; a damaged one as far as it goes, with `bozo` set."""
    import feedparser

    # As a stream, because a text that looks like an address would be fetched.
    return feedparser.parse(
        io.BytesIO(text.encode("utf-8")), response_headers={"content-type": "application/atom+xml; charset=utf-8"}
    )


def _refuse_error(entries: list[Any]) -> None:
    """arXiv tells errors as the only entry of a feed."""
    if len(entries) == 1 and "/api/errors" in str(entries[0].get("id", "")):
        said = plain_line(str(entries[0].get("summary", "")))
        raise SiteAnswerUnusable(LABEL, f"it did not accept the request ({said})")


def _item(paper: Entry) -> Item:
    found = NUMBER.search(paper.must("id"))
    if found is None:
        raise Unreadable("the id is none of a paper")
    number = found[1]
    url = f"{READ_AT}{number}"
    text = paper.text("summary", LONGEST_TEXT)
    doi = paper.text("arxiv_doi", LONGEST_NAME)
    comment = paper.text("arxiv_comment")  # where authors name their repository
    linked = [f"https://doi.org/{doi}"] if doi else []
    return Item(
        source_type=SITE.source_type,
        external_id=number,
        url=url,
        title=title_of(paper.must("title")),
        text=text,
        author=paper.text("author", LONGEST_NAME) or None,
        published_at=paper.moment("published"),
        links=links_in(f"{text} {comment}", "plain", *linked, own=url),
    )


def pace(_settings: Settings) -> Pace:
    """One request every three seconds, one at a time: https://info.arxiv.org/help/api/tou.html."""
    return Pace(20)


def place(source: SourceConfig) -> None:
    """arXiv as a whole is no source.

    Raises:
        InvalidInput: neither a category nor a query is given.
    """
    if not source.search_queries and not source.search_filters.get("categories"):
        raise InvalidInput("search_filters", "Name a category of arXiv, such as q-fin.PM, or a query.")


SITE = Site(
    source_type="arxiv",
    label=LABEL,
    filters=ArxivFilters,
    pace=pace,
    read=read,
    place=place,
    overlap=timedelta(days=7),  # a paper appears days after it was submitted
)
