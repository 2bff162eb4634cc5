"""Reddit, by praw: posts of a subreddit with the words, or simply its newest. Needs an app's id and secret."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import Field

from ci_core.errors import InvalidInput, SiteAnswerUnusable, SiteError, SiteNotFound, SiteRefused
from ci_core.research.sources.entry import LONGEST_NAME, LONGEST_TEXT, Entry, address, items_of, links_in, title_of
from ci_core.research.sources.reading import Asked, Filters, Pace, Site, SourceConfig, interleaved
from ci_core.research.values import Item
from ci_core.settings import Settings
from ci_core.web import Answer, News
from ci_core.web.client import utc_now
from ci_core.web.retry_after import reset_at
from ci_core.web.site_message import plain_line
from db.errors import DatabaseError

if TYPE_CHECKING:
    import praw

    from ci_core.web import WebClient

LABEL = "Reddit"
PUBLIC, API = "https://www.reddit.com", "https://oauth.reddit.com"
WHERE = "https://www.reddit.com/prefs/apps"
KEYS_HINT = f"Check REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET: they belong to an app at {WHERE}."
KEYS_MISSING = (
    f"{{missing}} not set. Create an app of the type “script” at {WHERE} and put its id and secret into .env as "
    "REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET."
)
USER_AGENT = "linux:magnus-continuous-improvement:0.1 (reads posts for a team's backlog)"
# How praw fails over an answer that is not as it should be.
UNEXPECTED = (AssertionError, AttributeError, KeyError, TypeError, ValueError)
NAME = re.compile(r"(?:^|/)r/([A-Za-z0-9_+]{2,200})(?:/|$)")
# How far back Reddit's search looks; the smallest that covers the time is asked for.
SPANS = ((1 / 24, "hour"), (1, "day"), (7, "week"), (30, "month"), (365, "year"))


class RedditFilters(Filters):
    """The filters.

    subreddit: which one (or several joined by "+"), where the source's name and address do not say it. min_score,
    min_comments: only posts with so many. flairs: only with one of these.
    """

    subreddit: str | None = Field(None, pattern=r"^[A-Za-z0-9_+]{2,200}$")
    min_score: int | None = Field(None, ge=-1000, le=1_000_000)
    min_comments: int = Field(0, ge=0)
    flairs: tuple[str, ...] = Field((), max_length=50)


def read(asked: Asked) -> Generator[Item, None, None]:
    """The posts that have one query's words, newest first; without a query, the newest."""
    filters = asked.filters(RedditFilters)
    name = place(asked.source)
    settings = asked.settings
    client_id, secret = _credentials(settings)
    with asked.client(
        LABEL,
        settings.reddit_url,
        judge=_Listener(asked),
        credentials_hint=KEYS_HINT,
        secrets=(client_id, secret),
        follow=False,  # Reddit redirects from what is not there to a search for it
    ) as web:
        reddit = _praw(settings, client_id, secret, web)
        with _translated(name):
            subreddit = reddit.subreddit(name)
            # So many are looked at; those that the filters leave out do not count for the limit.
            most = asked.limit * 3 if asked.source.search_filters else asked.limit
            listings = [
                subreddit.search(query, sort="new", time_filter=_span(asked), limit=most)
                for query in asked.source.search_queries
            ] or [subreddit.new(limit=most)]
            streams = [_posts(asked, listing, filters) for listing in listings]
            yield from interleaved(streams)


def place(source: SourceConfig) -> str:
    """The subreddit that a source is about.

    Raises:
        InvalidInput: nothing says which one.
    """
    if name := source.search_filters.get("subreddit"):
        return str(name)
    for text in (source.source_url or "", source.source_name):
        if found := NAME.search(text):
            return found[1]
    raise InvalidInput(
        "source_url", "Say which subreddit: with its address (https://www.reddit.com/r/NAME), or as the name r/NAME."
    )


def _credentials(settings: Settings) -> tuple[str, str]:
    pairs = {"REDDIT_CLIENT_ID": settings.reddit_client_id, "REDDIT_CLIENT_SECRET": settings.reddit_client_secret}
    if missing := [name for name, value in pairs.items() if not value]:
        told = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'}"
        raise SiteRefused(LABEL, KEYS_MISSING.format(missing=told), prefix=" API authentication failed: ")
    return str(settings.reddit_client_id), str(settings.reddit_client_secret)


def _praw(settings: Settings, client_id: str, secret: str, web: WebClient) -> praw.Reddit:
    import praw

    from ci_core.web.library_adapter import session_through

    return praw.Reddit(
        "DEFAULT",
        client_id=client_id,
        client_secret=secret,
        user_agent=settings.reddit_user_agent or USER_AGENT,
        reddit_url=settings.reddit_url,
        # With a last slash, because praw joins its paths to it, and a proxy may stand below a path.
        oauth_url=f"{API if settings.reddit_url == PUBLIC else settings.reddit_url}/",
        check_for_updates=False,
        # Nobody signs in, whatever a praw.ini or the environment says.
        username=None,
        password=None,
        refresh_token=None,
        requestor_kwargs={"session": session_through(web)},
    )


class _Listener:
    """Tells the gate what the headers of an answer say of the limit."""

    def __init__(self, asked: Asked) -> None:
        self._gate = asked.gate

    def __call__(self, answer: Answer) -> None:
        now = utc_now()
        remaining = answer.headers.get("x-ratelimit-remaining", "")
        try:
            left = int(float(remaining))
        except (ValueError, OverflowError):
            return
        self._gate.heard(News(max(left, 0), reset_at(answer.headers.get("x-ratelimit-reset"), now)))


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """What praw raises, as our errors; those of our client pass through it."""
    import praw.exceptions
    import prawcore

    try:
        yield
    except prawcore.RequestException as error:
        if isinstance(error.original_exception, SiteError | DatabaseError):
            raise error.original_exception from None
        raise SiteAnswerUnusable(LABEL, "the request could not be sent") from None
    except prawcore.Redirect:
        raise SiteNotFound(LABEL, f"r/{name} is not there (it redirects elsewhere)") from None
    except prawcore.OAuthException as error:
        raise SiteRefused(
            LABEL, f"{plain_line(str(error.error))}. {KEYS_HINT}", prefix=" API authentication failed: "
        ) from None
    except (prawcore.PrawcoreException, praw.exceptions.PRAWException, *UNEXPECTED) as error:
        raise SiteAnswerUnusable(LABEL, f"the answer is not what praw expects ({type(error).__name__})") from None


def _span(asked: Asked) -> str:
    if asked.since is None:
        return "year"
    days = (asked.now - asked.since) / timedelta(days=1)
    return next((name for most, name in SPANS if days <= most), "all")


def _posts(asked: Asked, listing: Iterator[Any], filters: RedditFilters) -> Iterator[Item]:
    def recent() -> Iterator[dict[str, Any]]:
        for post in listing:
            # As it came: an attribute that is missing would be fetched with a request of its own.
            fields = vars(post)
            created = _created(fields)
            # Posts that were pinned stand before newer ones.
            if asked.is_old(created) and not fields.get("stickied"):
                return
            if not asked.is_old(created):
                yield fields

    return items_of(recent(), lambda post: _item(post, filters), asked.remark)


def _created(fields: dict[str, Any]) -> datetime | None:
    return Entry(fields).moment("created_utc")


def _item(post: Entry, filters: RedditFilters) -> Item | None:
    engagement = post.figures(score="score", comments="num_comments")
    if filters.min_score is not None and engagement.get("score", 0) < filters.min_score:
        return None
    if engagement.get("comments", 0) < filters.min_comments:
        return None
    if filters.flairs and post.text("link_flair_text") not in filters.flairs:
        return None
    number = post.must("id", LONGEST_NAME)
    url = f"{PUBLIC}{post.must('permalink')}"
    linked = address(post.text("url"))
    text = post.text("selftext", LONGEST_TEXT)
    outward = [linked] if linked and not post.is_set("is_self") else []
    return Item(
        source_type=SITE.source_type,
        external_id=f"t3_{number}",
        url=url,
        title=title_of(post.must("title")),
        text=text,
        markup="markdown",
        author=post.named("author"),
        published_at=post.moment("created_utc"),
        engagement=engagement,
        links=links_in(text, "markdown", *outward, own=url),
    )


def pace(_settings: Settings) -> Pace:
    """100 requests a minute are allowed on average over ten minutes; ours are 60."""
    return Pace(60, burst=10)


SITE = Site(
    source_type="reddit",
    label=LABEL,
    filters=RedditFilters,
    pace=pace,
    read=read,
    place=place,
    overlap=timedelta(days=1),  # search finds a post some time after it was written
    credentials={"REDDIT_CLIENT_ID": True, "REDDIT_CLIENT_SECRET": True, "REDDIT_USER_AGENT": False},
)
