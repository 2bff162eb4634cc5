"""Stack Overflow and every other site of Stack Exchange: questions with the words or tags, newest first.

Runs without credentials; a key raises the limit of 300 requests a day.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from ci_core.errors import InvalidInput, SiteAnswerUnusable, SiteError, SiteUnreachable
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
from ci_core.web import Answer, News, WebClient
from ci_core.web.answer import AnswerProblem
from ci_core.web.site_message import plain_line

LABEL = "Stack Exchange"
KEY_HINT = "Check STACKEXCHANGE_KEY (https://stackapps.com/apps/oauth/register), or leave it empty."
# https://api.stackexchange.com/docs/throttle and /docs/error-handling
THROTTLED, UNAVAILABLE, BROKEN = 502, 503, 500
CREDENTIALS = frozenset({401, 402, 403, 405, 406})
NO_SUCH = 404
SECONDS = re.compile(r"(\d+) seconds?")
Tag = Annotated[str, Field(pattern=r"^[a-z0-9+#.-]{1,35}$")]


class StackFilters(Filters):
    """The filters.

    site: which site, such as "quant" or "stackoverflow". tags: questions with one of these as well. min_score: only
    with so many votes. answered: only with (or without) an accepted answer.
    """

    site: str = Field("stackoverflow", pattern=r"^[a-z0-9.-]{2,80}$")
    tags: tuple[Tag, ...] = Field((), max_length=20)
    min_score: int | None = Field(None, ge=-100, le=100_000)
    answered: bool | None = None


def read(asked: Asked) -> Generator[Item, None, None]:
    """The questions that have one query's words, and those that have one of the tags."""
    filters = asked.filters(StackFilters)
    judge = _Judge(asked)
    with asked.client(
        LABEL,
        asked.settings.stackexchange_api_url,
        judge=judge,
        credentials_hint=KEY_HINT,
        secrets=(asked.settings.stackexchange_key,),
    ) as web:
        judge.web = web
        wanted: list[dict[str, str | int]] = [{"q": query} for query in asked.source.search_queries]
        if filters.tags or not wanted:
            wanted.append({"tagged": ";".join(filters.tags)} if filters.tags else {})
        yield from interleaved([_questions(asked, web, question, filters) for question in wanted])


def _questions(asked: Asked, web: WebClient, wanted: Mapping[str, str | int], filters: StackFilters) -> Iterator[Item]:
    size = PAGE if filters.min_score is not None else min(PAGE, asked.limit)
    asks: dict[str, str | int] = {
        **wanted,
        "site": filters.site,
        "sort": "creation",
        "order": "desc",
        "filter": "withbody",
        "pagesize": size,
    }
    if asked.since is not None:
        asks["fromdate"] = int(asked.since.timestamp())
    if filters.answered is not None:
        asks["accepted"] = str(filters.answered)
    if asked.settings.stackexchange_key:
        asks["key"] = asked.settings.stackexchange_key
    for page in asked.pages(size):
        answer = web.json("/search/advanced", {**asks, "page": page + 1})
        items = answer.get("items") if isinstance(answer, dict) else None
        if not isinstance(items, list):
            raise SiteAnswerUnusable(LABEL, "the answer has no list of items")
        yield from items_of(items, lambda question: _item(question, filters), asked.remark)
        if answer.get("has_more") is not True or not items:
            return


class _Judge:
    """Looks at each answer: what it says of the limits, and its errors, which come with misleading statuses."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self.web: WebClient | None = None

    def __call__(self, answer: Answer) -> None:
        web = self.web
        fields = _fields(answer)
        if web is None or fields is None:
            return
        remaining, hold = fields.number("quota_remaining"), fields.number("backoff")
        if remaining is not None or hold:
            web.gate.heard(News(remaining, _midnight(web.now()) if remaining is not None else None, hold or 0))
        code = fields.number("error_id")
        if code is not None:
            raise self._error(web, answer, fields, code)

    def _error(self, web: WebClient, answer: Answer, fields: Entry, code: int) -> SiteError:
        said = plain_line(fields.text("error_message"))
        if code == THROTTLED:
            seconds = SECONDS.search(said)
            again = web.now() + timedelta(seconds=min(int(seconds[1]), 86_400)) if seconds else None
            return web.limited(again, status=answer.status, why="too many requests")
        if code in {UNAVAILABLE, BROKEN}:
            return SiteUnreachable(LABEL, f"{code} ({said})", status=answer.status)
        if code in CREDENTIALS:
            return web.failure(Answer(answer.url, 401), said)
        if code == NO_SUCH or "no site found" in said.lower():
            return web.failure(Answer(answer.url, 404), said)
        return SiteAnswerUnusable(LABEL, f"it did not accept the request ({said})", status=answer.status)


def _fields(answer: Answer) -> Entry | None:
    try:
        value: Any = answer.json()[0]
    except AnswerProblem:  # the client says what is wrong with it
        return None
    return Entry(value) if isinstance(value, dict) else None


def _midnight(now: datetime) -> datetime:
    """When the quota of a day starts anew."""
    return datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)


def _item(question: Entry, filters: StackFilters) -> Item | None:
    score = question.number("score")
    if filters.min_score is not None and (score is None or score < filters.min_score):
        return None
    number = question.must("question_id", LONGEST_NAME)
    url = address(question.must("link"))
    if url is None:
        raise Unreadable("the link is no address")
    text = question.text("body", LONGEST_TEXT)
    return Item(
        source_type=SITE.source_type,
        external_id=f"{filters.site}:{number}",
        url=url,
        title=title_of(question.must("title"), escaped=True),
        text=text,
        markup="html",
        author=question.entry("owner").text("display_name", LONGEST_NAME) or None,
        published_at=question.moment("creation_date"),
        engagement=question.figures(score="score", answers="answer_count", views="view_count"),
        links=links_in(text, "html", own=url),
    )


def pace(_settings: Settings) -> Pace:
    """30 a second are allowed, and 300 a day: politeness costs nothing here."""
    return Pace(30, burst=10)


def place(source: SourceConfig) -> None:
    """A whole site is no source.

    Raises:
        InvalidInput: neither a query nor a tag is given.
    """
    if not source.search_queries and not source.search_filters.get("tags"):
        raise InvalidInput("search_queries", "Name a query or a tag; a whole site of Stack Exchange is too much.")


SITE = Site(
    source_type="stack_overflow",
    label=LABEL,
    filters=StackFilters,
    pace=pace,
    read=read,
    place=place,
    overlap=timedelta(days=7),  # votes come with time
    credentials={"STACKEXCHANGE_KEY": False},
)
